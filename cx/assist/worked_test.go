package assist_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

// The cases by hand. What a queue comes to is written as a report would print it, and the reason says the arithmetic.

// printed returns the numbers of a queue: the service level, the speed of answer, the abandonment and the handle time.
func printed(n *assist.Numbers) string {
	text := []string{"level " + ratioOf(n.Good, n.Counted)}
	if wait, ok := n.SpeedOfAnswer(); ok {
		text = append(text, fmt.Sprintf("wait %v", wait))
	}
	text = append(text, "left "+ratioOf(n.Abandoned, n.Queued-n.ShortAbandons))
	if took, ok := n.HandleTime(); ok {
		text = append(text, fmt.Sprintf("handle %v", took))
	}
	return strings.Join(text, ", ")
}

func ratioOf(part, whole int) string {
	if whole == 0 {
		return "none"
	}
	return fmt.Sprintf("%d/%d=%.1f%%", part, whole, 100*float64(part)/float64(whole))
}

// times returns n contacts of one leg each.
func times(n int, l event.Leg) (all []event.Event) {
	for range n {
		all = append(all, call(noon(), l))
	}
	return all
}

func in(queue string, l event.Leg) event.Leg { l.Queue = queue; return l }

// handled is a leg with its times in seconds.
func handled(wait, talk, hold, wrap float64, end event.LegEnd) event.Leg {
	l := answered(wait)
	l.Talk, l.Hold, l.Wrap, l.End = sec(talk), sec(hold), sec(wrap), end
	return l
}

func TestWorkedCases(t *testing.T) {
	const s = time.Second
	every := func(want string) [3]string { return [3]string{want, want, want} }
	ringing := left(event.LegAbandoned, 25)
	ringing.Ring = sec(5)
	bot := event.Leg{Answered: true, Bot: true, Talk: sec(40), End: event.LegTransferred}
	outbound := event.Event{Kind: event.TouchpointEnded, Touchpoint: "helpline", Time: noon(), Direction: event.Outbound, Assisted: &event.Assisted{
		Legs: []event.Leg{{Answered: true, Ring: sec(10), Talk: sec(60), Wrap: sec(20), End: event.LegFinished}},
	}}
	for _, c := range []struct {
		name, reason string
		level        assist.Level
		contacts     []event.Event
		want         [3]string // of the queue "support": negative, ignored, positive
	}{
		{
			"Cisco: 50 within, 80 later", "50 / (50 + 80) = 38.46%; nobody leaves, so the variants agree; (50 · 10 + 80 · 62) / 130 = 42 s",
			assist.Level{Within: 30 * s},
			slices.Concat(times(50, answered(10)), times(80, answered(62))),
			every("level 50/130=38.5%, wait 42s, left 0/130=0.0%, handle 0s"),
		},
		{
			"Cisco: 70 within, 10 left within, 20 exceeded", "negative 70 / 100, ignored 70 / (100 - 10), positive (70 + 10) / 100; (70 · 6 + 20 · 51) / 90 = 16 s",
			assist.Level{Within: 30 * s},
			slices.Concat(times(70, answered(6)), times(10, left(event.LegAbandoned, 15)), times(20, answered(51))),
			[3]string{
				"level 70/100=70.0%, wait 16s, left 10/100=10.0%, handle 0s", "level 70/90=77.8%, wait 16s, left 10/100=10.0%, handle 0s",
				"level 80/100=80.0%, wait 16s, left 10/100=10.0%, handle 0s",
			},
		},
		{
			"at the threshold", "answered at 30.000 s is in time, at 30.001 s it is not; left at 30.000 s is within, at 30.001 s it exceeds in each variant: 1/4, 1/3, 2/4",
			assist.Level{Within: 30 * s},
			slices.Concat(times(1, answered(30)), times(1, answered(30.001)), times(1, left(event.LegAbandoned, 30)), times(1, left(event.LegAbandoned, 30.001))),
			[3]string{
				"level 1/4=25.0%, wait 30.0005s, left 2/4=50.0%, handle 0s", "level 1/3=33.3%, wait 30.0005s, left 2/4=50.0%, handle 0s",
				"level 2/4=50.0%, wait 30.0005s, left 2/4=50.0%, handle 0s",
			},
		},
		{
			"short abandons", "who leaves after 0 s or 5.999 s is in no number, who leaves after exactly 6 s is: of 2 + 1 one has left; negative 2/3, ignored 2/2, positive 3/3",
			assist.Level{Within: 30 * s},
			slices.Concat(times(2, answered(0)), times(1, left(event.LegAbandoned, 0)), times(1, left(event.LegAbandoned, 5.999)), times(1, left(event.LegAbandoned, 6))),
			[3]string{
				"level 2/3=66.7%, wait 0s, left 1/3=33.3%, handle 0s", "level 2/2=100.0%, wait 0s, left 1/3=33.3%, handle 0s",
				"level 3/3=100.0%, wait 0s, left 1/3=33.3%, handle 0s",
			},
		},
		{
			"a short abandon beyond the threshold", "Within is 5 s and a short abandon one below 6 s: who leaves after 5.5 s has exceeded the threshold and counts for nothing all the same",
			assist.Level{Within: 5 * s},
			slices.Concat(times(1, answered(5)), times(1, left(event.LegAbandoned, 5.5))),
			every("level 1/1=100.0%, wait 5s, left 0/1=0.0%, handle 0s"),
		},
		{
			"everybody who leaves counts", "without short abandons 1 of 2 has left after 0 s: negative 1/2, ignored 1/1, positive 2/2",
			assist.Level{Within: 30 * s, ShortAbandon: -1},
			slices.Concat(times(1, answered(0)), times(1, left(event.LegAbandoned, 0))),
			[3]string{
				"level 1/2=50.0%, wait 0s, left 1/2=50.0%, handle 0s", "level 1/1=100.0%, wait 0s, left 1/2=50.0%, handle 0s",
				"level 2/2=100.0%, wait 0s, left 1/2=50.0%, handle 0s",
			},
		},
		{
			"flow-outs out", "8 answered, and an overflow, a callback and a closed line within 30 s do not count; an overflow after 31 s does: 8/9. None of the four has been left: 0/12",
			assist.Level{Within: 30 * s},
			slices.Concat(times(8, answered(10)), times(1, left(event.LegOverflowed, 20)), times(1, left(event.LegCallback, 20)), times(1, left(event.LegClosed, 0)), times(1, left(event.LegOverflowed, 31))),
			every("level 8/9=88.9%, wait 10s, left 0/12=0.0%, handle 0s"),
		},
		{
			"flow-outs in", "the same four are missed: 8 / (8 + 4) in each variant, because none of them is an abandonment",
			assist.Level{Within: 30 * s, FlowOuts: true},
			slices.Concat(times(8, answered(10)), times(1, left(event.LegOverflowed, 20)), times(1, left(event.LegCallback, 20)), times(1, left(event.LegClosed, 0)), times(1, left(event.LegOverflowed, 31))),
			every("level 8/12=66.7%, wait 10s, left 0/12=0.0%, handle 0s"),
		},
		{
			"abandoned while a device rings", "20 s in the queue and 5 s of ringing are a wait of 25 s: left, within 30 s. Negative 0/1, positive 1/1, and ignored has nothing to count",
			assist.Level{Within: 30 * s},
			times(1, ringing),
			[3]string{"level 0/1=0.0%, left 1/1=100.0%", "level none, left 1/1=100.0%", "level 1/1=100.0%, left 1/1=100.0%"},
		},
		{
			"there and back", "support after 10 s, billing, and support again after 40 s: each leg counts in its queue, 1/2; (10 + 40) / 2 = 25 s; (60 + 0 + 0) and (30 + 20 + 10) are 60 s each",
			assist.Level{Within: 30 * s},
			[]event.Event{call(noon(), handled(10, 60, 0, 0, event.LegTransferred), in("billing", handled(5, 600, 0, 0, event.LegTransferred)), handled(40, 30, 20, 10, event.LegFinished))},
			every("level 1/2=50.0%, wait 25s, left 0/2=0.0%, handle 1m0s"),
		},
		{
			"a callback is promised and kept", "the leg in the queue is neither counted nor left: 0/1. Calling back is the company's contact: nobody queued, and 60 + 20 = 80 s of work are of no queue",
			assist.Level{Within: 30 * s},
			append(times(1, left(event.LegCallback, 12)), outbound),
			every("level none, left 0/1=0.0%"),
		},
		{
			"a bot before the queue", "40 s with the bot are neither wait nor work: 1/1 with 8 s, and (100 + 0 + 20) / 1 = 2 min",
			assist.Level{Within: 30 * s},
			[]event.Event{call(noon(), bot, handled(8, 100, 0, 20, event.LegFinished))},
			every("level 1/1=100.0%, wait 8s, left 0/1=0.0%, handle 2m0s"),
		},
		{
			"a direct line", "it has no queue and no wait, and (90 + 30) / 2 = 60 s: 1/1 of the queued alone",
			assist.Level{Within: 30 * s},
			[]event.Event{
				call(noon(), func() event.Leg { l := handled(0, 90, 0, 0, event.LegFinished); l.Queued = false; return l }()), call(noon(), handled(20, 30, 0, 0, event.LegFinished)),
			},
			every("level 1/1=100.0%, wait 20s, left 0/1=0.0%, handle 1m0s"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for v := assist.Negative; v <= assist.Positive; v++ {
				c.level.Variant = v
				tally := assist.NewTally(map[string]assist.Level{"support": c.level})
				for i := range c.contacts {
					tally.Add(&c.contacts[i])
				}
				n := tally.Queue("support")
				if got := printed(&n); got != c.want[v] {
					t.Errorf("%s: got %s, want %s: %s", v, got, c.want[v], c.reason)
				}
			}
		})
	}
}

// TestWorkedNights: legs count in the interval of the clock in which they came to the queue, with all that became of them, over midnight and
// over a change of the clock.
func TestWorkedNights(t *testing.T) {
	later := func(start float64, l event.Leg) event.Leg { l.Start = sec(start); return l }
	for _, c := range []struct {
		name, reason, zone, at string
		legs                   []event.Leg
		want                   []string
	}{
		{
			"midnight passes in the queue", "23:59:50 + 25 s is 00:00:15 of the next day: the wait of 25 s, its answer and the talk of an hour are of the evening",
			"Europe/London", "2026-03-01 23:59:50",
			[]event.Leg{handled(25, 3600, 0, 0, event.LegFinished)},
			[]string{"Sun 23:30+00 support level 0/1=0.0%, wait 25s, left 0/1=0.0%, handle 1h0m0s"},
		},
		{
			"passed on after midnight", "the leg of billing begins 610 s later, at 00:00:10 of the next day, and is left there after 30 s of 60",
			"Europe/London", "2026-03-01 23:50:00",
			[]event.Leg{handled(10, 600, 0, 0, event.LegTransferred), later(610, in("billing", left(event.LegAbandoned, 30)))},
			[]string{"Sun 23:30+00 support level 1/1=100.0%, wait 10s, left 0/1=0.0%, handle 10m0s", "Mon 00:00+00 billing level 0/1=0.0%, left 1/1=100.0%"},
		},
		{
			"the hour that is left out", "01:59:50 + 15 s is 03:00:05: it waited 15 s and not an hour; a leg 20 s after the beginning is of 03:00",
			"Europe/Berlin", "2026-03-29 01:59:50",
			[]event.Leg{handled(15, 5, 0, 0, event.LegTransferred), later(20, in("billing", handled(61, 1, 0, 0, event.LegFinished)))},
			[]string{"Sun 01:30+01 support level 1/1=100.0%, wait 15s, left 0/1=0.0%, handle 5s", "Sun 03:00+02 billing level 0/1=0.0%, wait 1m1s, left 0/1=0.0%, handle 1s"},
		},
		{
			"the hour that is there twice", "02:40 of summer time, and an hour later 02:40 of winter time: two intervals with one leg each",
			"Europe/Berlin", "2026-10-25 01:40:00",
			[]event.Leg{later(3600, handled(15, 5, 0, 0, event.LegTransferred)), later(7200, handled(25, 7, 0, 0, event.LegFinished))},
			[]string{"Sun 02:30+02 support level 1/1=100.0%, wait 15s, left 0/1=0.0%, handle 5s", "Sun 02:30+01 support level 0/1=0.0%, wait 25s, left 0/1=0.0%, handle 7s"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			when := at(t, c.zone, c.at)
			table, err := assist.NewTable(assist.HalfHour, when.Location(), levels())
			if err != nil {
				t.Fatal(err)
			}
			e := call(when, c.legs...)
			table.Add(&e)
			got := make([]string, 0, len(c.want))
			for _, r := range table.Rows() {
				got = append(got, r.Begin.Format("Mon 15:04-07")+" "+r.Queue+" "+printed(&r.Numbers))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestWorkedReplies: the waits of threads around the clock and in business hours.
func TestWorkedReplies(t *testing.T) {
	thread := func(th event.Thread) event.Event {
		e := call(noon(), in("mail", answered(0)))
		e.Channel, e.Assisted.Thread = event.Email, &th
		return e
	}
	reply := func(after, open float64) event.Reply { return event.Reply{After: sec(after), Open: sec(open)} }
	tally := tallied(
		thread(event.Thread{Replies: []event.Reply{reply(57600, 3600), reply(1800, 1800)}}), // 17:00 to 09:00, of which an hour is open; then half an hour
		thread(event.Thread{Replies: []event.Reply{reply(1200, 1200)}}),
		thread(event.Thread{BotReplies: 3, Unanswered: true}),
	)
	n := tally.Queue("mail")
	after, open, ok := n.FirstReplies.Mean()
	if want := (57600 + 1200) / 2 * time.Second; !ok || n.FirstReplies.Count != 2 || after != want || open != 40*time.Minute {
		t.Errorf("first replies: %d, %v and %v open; want 2, (16 h + 20 min) / 2 = %v and (60 + 20) / 2 = 40 min", n.FirstReplies.Count, after, open, want)
	}
	if after, _, _ = n.NextReplies.Mean(); n.NextReplies.Count != 1 || after != 30*time.Minute || n.Unanswered != 1 {
		t.Errorf("next replies: %d, %v, and %d unanswered; want 1, 30 min and the one with a bot's replies alone", n.NextReplies.Count, after, n.Unanswered)
	}
}

func TestWorkedHandleTimes(t *testing.T) {
	bot := handled(0, 60, 0, 0, event.LegTransferred)
	bot.Bot = true
	direct := handled(0, 60, 0, 5, event.LegFinished)
	direct.Queued = false
	for _, c := range []struct {
		name, reason string
		leg          event.Leg
		want         float64
		handled      bool
	}{
		{"talk, hold and wrap", "60 + 20 + 10 = 90 s; the wait of 40 s is not work", handled(40, 60, 20, 10, event.LegFinished), 90, true},
		{"passed on at once", "0 s are handled all the same", handled(5, 0, 0, 0, event.LegTransferred), 0, true},
		{"a direct line", "60 + 5 = 65 s without a queue", direct, 65, true},
		{"a bot", "nobody worked", bot, 0, false},
		{"left", "nobody answered", left(event.LegAbandoned, 50), 0, false},
	} {
		if got, ok := assist.HandleTime(&c.leg); got != sec(c.want) || ok != c.handled {
			t.Errorf("%s: got %v, %v, want %v s, %v: %s", c.name, time.Duration(got), ok, c.want, c.handled, c.reason)
		}
	}
}
