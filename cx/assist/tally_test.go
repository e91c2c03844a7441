package assist_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

func levels() map[string]assist.Level {
	return map[string]assist.Level{"support": {Within: 20 * time.Second}, "billing": {Within: time.Minute}}
}

func tallied(events ...event.Event) *assist.Tally {
	t := assist.NewTally(levels())
	for i := range events {
		t.Add(&events[i])
	}
	return t
}

// The case by hand: A waits 10 s, talks for 120, is on hold for 30, wrapped up in 20. B waits 0 s, talks for 60 and is passed on to billing,
// where she waits 90 s (too long), talks for 200 and is passed back to support at once. C leaves after 25 s, D after 4 s. E takes a callback
// after 15 s, F overflows to billing after 40 s (too long) and is answered there after 5 s.
func TestWorkedDay(t *testing.T) {
	leg := func(queue string, wait, talk, hold, wrap float64, end event.LegEnd) event.Leg {
		return event.Leg{Queue: queue, Queued: true, Answered: true, Wait: sec(wait), Talk: sec(talk), Hold: sec(hold), Wrap: sec(wrap), End: end}
	}
	over := left(event.LegOverflowed, 40)
	tally := tallied(
		call(noon(), leg("support", 10, 120, 30, 20, event.LegFinished)),
		call(noon(), leg("support", 0, 60, 0, 0, event.LegTransferred), leg("billing", 90, 200, 0, 0, event.LegTransferred), leg("support", 0, 30, 0, 10, event.LegFinished)),
		call(noon(), left(event.LegAbandoned, 25)), call(noon(), left(event.LegAbandoned, 4)), call(noon(), left(event.LegCallback, 15)),
		call(noon(), over, leg("billing", 5, 40, 0, 0, event.LegFinished)),
	)
	support, billing, all := tally.Queue("support"), tally.Queue("billing"), tally.All()
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"support queued", support.Queued, 7},
		{"support answered", support.Answered, 3},
		{"support abandoned", support.Abandoned, 1},
		{"support short abandons", support.ShortAbandons, 1},
		{"support callbacks", support.Callbacks, 1},
		{"support overflowed", support.Overflowed, 1},
		{"support counted: A, B twice, C, F", support.Counted, 5},
		{"support good: A, B twice", support.Good, 3},
		{"support service level", share(support.ServiceLevel()), 0.6},
		{"support speed of answer: 10, 0 and 0", mean(support.SpeedOfAnswer()), 10 * time.Second / 3},
		{"support abandonment: C of seven without D", share(support.Abandonment()), 1.0 / 6},
		{"support handled", support.Handled, 3},
		{"support handle time: 170, 60 and 40", mean(support.HandleTime()), 90 * time.Second},
		{"all transfers: as of the contacts", all.Transfers, 2},
		{"support longest wait", support.Longest, 10 * time.Second},
		{"support lost", support.Lost, 25 * time.Second},
		{"billing counted", billing.Counted, 2},
		{"billing service level: F of two", share(billing.ServiceLevel()), 0.5},
		{"billing speed of answer: 90 and 5", mean(billing.SpeedOfAnswer()), 47500 * time.Millisecond},
		{"all counted", all.Counted, 7},
		{"all service level", share(all.ServiceLevel()), 4.0 / 7},
		{"all handling", all.Handling(), 510 * time.Second},
		{"contacts", tally.Contacts(), assist.Contacts{All: 6, Answered: 3, Transfers: 2, Returns: 1}},
		{"queues", fmt.Sprint(tally.Queues()), "[billing support]"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

func share(f float64, ok bool) any {
	if !ok {
		return "none"
	}
	return f
}

func mean(d time.Duration, ok bool) any {
	if !ok {
		return "none"
	}
	return d
}

func TestNothingIsNoNumber(t *testing.T) {
	tally := tallied(
		event.Event{Kind: event.TouchpointEnded, Touchpoint: "web"},
		event.Event{Kind: event.JourneyEnded, Assisted: &event.Assisted{Legs: []event.Leg{answered(1)}}},
		func() event.Event { e := call(noon(), answered(1)); e.Actor = event.ActorSynthetic; return e }(),
	)
	n := tally.All()
	got := []any{share(n.ServiceLevel()), mean(n.SpeedOfAnswer()), share(n.Abandonment()), mean(n.HandleTime()), tally.Contacts().All, len(tally.Queues())}
	if fmt.Sprint(got) != "[none none none none 0 0]" {
		t.Errorf("got %v", got)
	}
	if _, _, ok := n.FirstReplies.Mean(); ok {
		t.Error("no reply has a mean")
	}
}

func TestTransfers(t *testing.T) {
	to := func(queue string, end event.LegEnd) event.Leg {
		return event.Leg{Queue: queue, Queued: true, Answered: true, End: end}
	}
	bot := to("bot", event.LegTransferred)
	bot.Bot, bot.Queued = true, false
	for _, c := range []struct {
		name, reason string
		legs         []event.Leg
		all, returns int
	}{
		{"none", "one leg", []event.Leg{to("a", event.LegFinished)}, 0, 0},
		{"a bot hands over", "customers are passed on by people", []event.Leg{bot, to("a", event.LegFinished)}, 0, 0},
		{"to another team", "it has not been there", []event.Leg{to("a", event.LegTransferred), to("b", event.LegFinished)}, 1, 0},
		{"there and back", "a return", []event.Leg{to("a", event.LegTransferred), to("b", event.LegTransferred), to("a", event.LegFinished)}, 2, 1},
		{"within the team", "the team again", []event.Leg{to("a", event.LegTransferred), to("a", event.LegFinished)}, 1, 1},
		{"an overflow", "no employee had answered", []event.Leg{left(event.LegOverflowed, 9), to("a", event.LegFinished)}, 0, 0},
		{"out of sight", "to another company", []event.Leg{to("a", event.LegTransferred)}, 1, 0},
		{"no queues", "two desks without a name are not the same", []event.Leg{to("", event.LegTransferred), to("", event.LegFinished)}, 1, 0},
	} {
		if all, returns := assist.Transfers(&event.Assisted{Legs: c.legs}); all != c.all || returns != c.returns {
			t.Errorf("%s: got %d, %d, want %d, %d: %s", c.name, all, returns, c.all, c.returns, c.reason)
		}
	}
}

func TestThreads(t *testing.T) {
	mail := func(thread event.Thread) event.Event {
		e := call(noon(), event.Leg{Queue: "bot", Bot: true}, event.Leg{Queue: "mail", Queued: true})
		e.Assisted.Thread = &thread
		return e
	}
	tally := tallied(
		mail(event.Thread{Replies: []event.Reply{{After: sec(7200), Open: sec(3600)}, {After: sec(600), Open: sec(600)}, {After: sec(1200)}}, BotReplies: 2}),
		mail(event.Thread{Replies: []event.Reply{{After: sec(3600), Open: 0}}}),
		mail(event.Thread{BotReplies: 1, Unanswered: true, Waited: sec(86400)}),
		mail(event.Thread{}), // closed without a word
	)
	n := tally.Queue("mail")
	after, open, _ := n.FirstReplies.Mean()
	if n.FirstReplies.Count != 2 || after != 90*time.Minute || open != 30*time.Minute {
		t.Errorf("first replies: %+v, %v, %v", n.FirstReplies, after, open)
	}
	if after, open, _ = n.NextReplies.Mean(); n.NextReplies.Count != 2 || after != 15*time.Minute || open != 5*time.Minute {
		t.Errorf("next replies: %+v, %v, %v", n.NextReplies, after, open)
	}
	if n.Unanswered != 1 || tally.Contacts().Answered != 2 {
		t.Errorf("got %d unanswered, %+v", n.Unanswered, tally.Contacts())
	}
	if _, ok := assist.FirstReply(nil); ok || assist.NextReplies(nil) != nil || assist.QueueOf(&event.Assisted{}) != "" {
		t.Error("no thread has a reply")
	}
}

func TestBounds(t *testing.T) {
	tally := tallied()
	table, err := assist.NewTable(assist.HalfHour, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range assist.MaxQueues + 5 {
		l := answered(1)
		l.Queue = "q" + strconv.Itoa(i)
		e := call(noon(), l)
		tally.Add(&e)
		table.Add(&e)
	}
	if n := tally.Queue(event.Other); len(tally.Queues()) != assist.MaxQueues+1 || n.Queued != 5 {
		t.Errorf("got %d queues, %d in the others", len(tally.Queues()), n.Queued)
	}
	if rows := table.Rows(); len(rows) != assist.MaxQueues+1 || table.Beyond() != 0 {
		t.Errorf("got %d rows", len(rows))
	}
	long := answered(0)
	long.Wait, long.Talk = event.Seconds(math.MaxInt64), event.Seconds(math.MaxInt64)
	tally = tallied(call(noon(), long), call(noon(), long, left(0, -1)))
	if n := tally.All(); n.Waited != math.MaxInt64 || n.Handling() != math.MaxInt64 {
		t.Errorf("the sums are %v and %v: want the longest time", n.Waited, n.Handling())
	}
}

// A tally is a sum: its numbers are those of its parts in any order, and each queued leg is in one count.
func TestTallyAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []event.Event
		for range rapid.IntRange(0, 12).Draw(t, "contacts") {
			var legs []event.Leg
			for range rapid.IntRange(0, 4).Draw(t, "legs") {
				legs = append(legs, event.Leg{
					Queue: rapid.SampledFrom([]string{"", "support", "billing", "other"}).Draw(t, "queue"), Queued: rapid.Bool().Draw(t, "queued"),
					Answered: rapid.Bool().Draw(t, "answered"), Bot: rapid.Bool().Draw(t, "bot"), End: event.LegEnd(rapid.IntRange(0, 6).Draw(t, "end")),
					Wait: sec(float64(rapid.IntRange(0, 90).Draw(t, "wait"))), Talk: sec(float64(rapid.IntRange(0, 9).Draw(t, "talk"))),
				})
			}
			events = append(events, call(noon().Add(time.Duration(rapid.IntRange(0, 1440).Draw(t, "minute"))*time.Minute), legs...))
		}
		tally := tallied(events...)
		slices.Reverse(events)
		if !reflect.DeepEqual(tally, tallied(events...)) {
			t.Fatal("the order matters")
		}
		table, err := assist.NewTable(assist.HalfHour, time.UTC, levels())
		if err != nil {
			t.Fatal(err)
		}
		for i := range events {
			table.Add(&events[i])
		}
		sums := map[string]int{}
		for _, r := range table.Rows() {
			sums[r.Queue] += r.Queued
			sums["good"] += r.Good
			sums["counted"] += r.Counted
		}
		all := tally.All()
		for _, queue := range tally.Queues() {
			n := tally.Queue(queue)
			if parts := n.Answered + n.Abandoned + n.ShortAbandons + n.Overflowed + n.Callbacks + n.Closed + n.Unknown; parts != n.Queued || sums[queue] != n.Queued {
				t.Fatalf("%s: %d parts and %d in intervals, of %d", queue, parts, sums[queue], n.Queued)
			}
		}
		if sums["good"] != all.Good || sums["counted"] != all.Counted {
			t.Fatalf("the table has %v, the tally %+v", sums, all)
		}
	})
}
