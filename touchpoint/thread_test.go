package touchpoint_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

var deskHours = calendar.Define("desk", calendar.Zone("Europe/Berlin"), calendar.Open("mon-fri", "09:00-17:00"), calendar.Closed("2026-04-03", "2026-04-06"))

// at is an instant of Berlin, as in "2026-03-27 16:00".
func at(tb testing.TB, text string) time.Time {
	tb.Helper()
	zone, err := calendar.LoadZone("Europe/Berlin")
	must(tb, err)
	t, err := calendar.ParseMoment(text, zone)
	must(tb, err)
	return t
}

type said struct {
	when string
	by   event.Actor
	note bool
}

func says(when string) said    { return said{when: when} }
func answers(when string) said { return said{when: when, by: event.ActorEmployee} }
func bot(when string) said     { return said{when: when, by: event.ActorAutomation} }
func note(when string) said    { return said{when: when, by: event.ActorEmployee, note: true} }

func hours(h float64) event.Seconds { return event.Seconds(time.Duration(h * float64(time.Hour))) }

// TestThreadCases were worked out by hand. The desk is open from 9 to 17 on weekdays in Berlin. On Sunday 2026-03-29 at 2 the clocks
// there go forward by an hour; on 2026-10-25 at 3 back.
func TestThreadCases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		messages     []said
		want         event.Thread
	}{
		{"empty", "nobody waits", nil, event.Thread{}},
		{
			"within a day", "the clocks are the same in business hours",
			[]said{says("2026-03-25 10:00"), answers("2026-03-25 11:30")},
			event.Thread{Replies: []event.Reply{{After: hours(1.5), Open: hours(1.5)}}, Waited: hours(1.5), WaitedOpen: hours(1.5)},
		},
		{
			"over night", "an hour before closing, and an hour after opening",
			[]said{says("2026-03-25 16:00"), answers("2026-03-26 10:00")},
			event.Thread{Replies: []event.Reply{{After: hours(18), Open: hours(2)}}, Waited: hours(18), WaitedOpen: hours(2)},
		},
		{
			"over the weekend of the summer time", "from Friday 16:00 to Monday 10:00 are 66 hours by the wall, and 65 by the clock",
			[]said{says("2026-03-27 16:00"), answers("2026-03-30 10:00")},
			event.Thread{Replies: []event.Reply{{After: hours(65), Open: hours(2)}}, Waited: hours(65), WaitedOpen: hours(2)},
		},
		{
			"over the weekend of the winter time", "67 hours by the clock",
			[]said{says("2026-10-23 16:00"), answers("2026-10-26 10:00")},
			event.Thread{Replies: []event.Reply{{After: hours(67), Open: hours(2)}}, Waited: hours(67), WaitedOpen: hours(2)},
		},
		{
			"over Easter", "Good Friday and Easter Monday are holidays: Thursday 16 to 17, Tuesday 9 to 10",
			[]said{says("2026-04-02 16:00"), answers("2026-04-07 10:00")},
			event.Thread{Replies: []event.Reply{{After: hours(114), Open: hours(2)}}, Waited: hours(114), WaitedOpen: hours(2)},
		},
		{
			"the company waits for the customer", "the two days between are not the company's",
			[]said{says("2026-03-23 10:00"), answers("2026-03-23 11:00"), says("2026-03-25 10:00"), answers("2026-03-25 13:00")},
			event.Thread{Replies: []event.Reply{{After: hours(1), Open: hours(1)}, {After: hours(3), Open: hours(3)}}, Waited: hours(4), WaitedOpen: hours(4)},
		},
		{
			"the customer writes again", "the wait began with the first message without a reply",
			[]said{says("2026-03-25 10:00"), says("2026-03-25 11:00"), says("2026-03-25 12:00"), answers("2026-03-25 13:00")},
			event.Thread{Replies: []event.Reply{{After: hours(3), Open: hours(3)}}, Waited: hours(3), WaitedOpen: hours(3)},
		},
		{
			"the employee writes again", "the customer does not wait for it",
			[]said{says("2026-03-25 10:00"), answers("2026-03-25 11:00"), answers("2026-03-25 15:00"), says("2026-03-25 16:00"), answers("2026-03-25 16:30")},
			event.Thread{Replies: []event.Reply{{After: hours(1), Open: hours(1)}, {After: hours(0.5), Open: hours(0.5)}}, Waited: hours(1.5), WaitedOpen: hours(1.5)},
		},
		{
			"a bot", "its reply stops no clock",
			[]said{says("2026-03-25 10:00"), bot("2026-03-25 10:00"), answers("2026-03-25 12:00"), bot("2026-03-25 13:00")},
			event.Thread{Replies: []event.Reply{{After: hours(2), Open: hours(2)}}, BotReplies: 2, Waited: hours(2), WaitedOpen: hours(2)},
		},
		{
			"a note", "the customer does not see it",
			[]said{says("2026-03-25 10:00"), note("2026-03-25 10:30"), answers("2026-03-25 12:00")},
			event.Thread{Replies: []event.Reply{{After: hours(2), Open: hours(2)}}, Waited: hours(2), WaitedOpen: hours(2)},
		},
		{
			"no reply", "the customer waits until the latest message that is known, which is a note",
			[]said{says("2026-03-25 16:00"), note("2026-03-25 18:00")},
			event.Thread{Waited: hours(2), WaitedOpen: hours(1), Unanswered: true},
		},
		{"one message", "nobody has waited yet", []said{says("2026-03-25 16:00")}, event.Thread{Unanswered: true}},
		{
			"only a bot", "nobody has answered",
			[]said{says("2026-03-25 10:00"), bot("2026-03-25 11:00")},
			event.Thread{BotReplies: 1, Waited: hours(1), WaitedOpen: hours(1), Unanswered: true},
		},
		{
			"the customer has the last word", "the thread is unanswered, and the first reply is known",
			[]said{says("2026-03-25 10:00"), answers("2026-03-25 11:00"), says("2026-03-25 12:00")},
			event.Thread{Replies: []event.Reply{{After: hours(1), Open: hours(1)}}, Waited: hours(1), WaitedOpen: hours(1), Unanswered: true},
		},
		{
			"the company begins", "nobody waits for its first message",
			[]said{answers("2026-03-25 10:00"), says("2026-03-25 12:00"), answers("2026-03-25 12:30")},
			event.Thread{Replies: []event.Reply{{After: hours(0.5), Open: hours(0.5)}}, Waited: hours(0.5), WaitedOpen: hours(0.5)},
		},
		{
			"out of order", "the order of the times counts",
			[]said{answers("2026-03-25 13:00"), answers("2026-03-23 11:00"), says("2026-03-25 10:00"), says("2026-03-23 10:00")},
			event.Thread{Replies: []event.Reply{{After: hours(1), Open: hours(1)}, {After: hours(3), Open: hours(3)}}, Waited: hours(4), WaitedOpen: hours(4)},
		},
		{
			"at one time", "the order of the list counts",
			[]said{says("2026-03-25 10:00"), answers("2026-03-25 10:00")},
			event.Thread{Replies: []event.Reply{{}}},
		},
		{
			"an assistant of the customer", "it writes for the customer",
			[]said{{when: "2026-03-25 10:00", by: event.ActorDelegate}, answers("2026-03-25 11:00")},
			event.Thread{Replies: []event.Reply{{After: hours(1), Open: hours(1)}}, Waited: hours(1), WaitedOpen: hours(1)},
		},
		{
			"a probe", "it is no customer", []said{{when: "2026-03-25 10:00", by: event.ActorSynthetic}, answers("2026-03-25 11:00")}, event.Thread{},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list := []touchpoint.Message{{By: event.ActorEmployee}} // without a time
			for _, m := range c.messages {
				list = append(list, touchpoint.Message{At: at(t, m.when), By: m.by, Internal: m.note})
			}
			before := slices.Clone(list)
			if diff := cmp.Diff(c.want, touchpoint.Thread(list, deskHours), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("want -, got +: %s\n%s", c.reason, diff)
			}
			if !slices.Equal(before, list) {
				t.Error("the caller's list has changed")
			}
		})
	}
	nights := touchpoint.Thread([]touchpoint.Message{{At: at(t, "2026-03-25 16:00")}, {At: at(t, "2026-03-26 10:00"), By: event.ActorEmployee}}, nil)
	if nights.WaitedOpen != hours(18) {
		t.Errorf("without hours the customer waited %v of opened time, want 18 hours", nights.WaitedOpen)
	}
}

// naive counts the minutes one by one.
func naive(messages []touchpoint.Message, h *calendar.Hours) event.Thread {
	var t event.Thread
	first, last := int64(0), int64(0)
	by := map[int64][]touchpoint.Message{}
	for _, m := range messages {
		minute := m.At.Unix() / 60
		if len(by) == 0 || minute < first {
			first = minute
		}
		last = max(last, minute)
		by[minute] = append(by[minute], m)
	}
	var reply event.Reply
	waits := false
	for minute := first; len(by) > 0 && minute <= last; minute++ {
		for _, m := range by[minute] {
			customer := m.By == event.ActorCustomer || m.By == event.ActorDelegate
			switch {
			case m.Internal || m.By == event.ActorSynthetic:
			case m.By == event.ActorAutomation:
				t.BotReplies++
			case customer && !waits:
				waits, reply = true, event.Reply{}
			case !customer && waits:
				t.Replies = append(t.Replies, reply)
				waits = false
			}
		}
		if waits && minute < last {
			reply.After += seconds(60)
			t.Waited += seconds(60)
			if h.Open(time.Unix(minute*60, 0)) {
				reply.Open += seconds(60)
				t.WaitedOpen += seconds(60)
			}
		}
	}
	t.Unanswered = waits
	return t
}

// TestThreadAsCounted holds Thread against a count of the minutes, over a weekend on which the clocks change.
func TestThreadAsCounted(t *testing.T) {
	t.Parallel()
	began := at(t, "2026-03-27 12:00")
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) touchpoint.Message {
			return touchpoint.Message{
				At:       began.Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(rt, "minute")) * time.Minute),
				By:       rapid.SampledFrom([]event.Actor{event.ActorCustomer, event.ActorEmployee, event.ActorDelegate, event.ActorAutomation}).Draw(rt, "by"),
				Internal: rapid.IntRange(0, 4).Draw(rt, "internal") == 0,
			}
		}), 0, 12).Draw(rt, "messages")
		if diff := cmp.Diff(naive(list, deskHours), touchpoint.Thread(list, deskHours), cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("counted -, got +:\n%s", diff)
		}
	})
}
