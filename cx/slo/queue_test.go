package slo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

func ofQueue(good slo.Criteria) slo.Objective {
	return slo.Objective{Name: "support-answers", Queue: "support", Good: good, Target: 0.8, Window: slo.Window{Days: 28}}
}

func inQueue(queue string, wait time.Duration, end event.LegEnd) event.Leg {
	return event.Leg{Queue: queue, Queued: true, Answered: end == event.LegFinished || end == event.LegTransferred, Wait: event.Seconds(wait), End: end}
}

func contact(legs ...event.Leg) event.Event {
	return event.Event{Kind: event.TouchpointEnded, Touchpoint: "helpline", Channel: event.Phone, Time: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Assisted: &event.Assisted{Legs: legs}}
}

func TestJudgeQueues(t *testing.T) {
	const s = time.Second
	level := slo.Criteria{ServiceLevel: assist.Level{Within: 20 * s}}
	positive := slo.Criteria{ServiceLevel: assist.Level{Within: 20 * s, Variant: assist.Positive}}
	wait := slo.Criteria{WaitWithin: 20 * s}
	reply, open := slo.Criteria{FirstReplyWithin: time.Hour}, slo.Criteria{FirstReplyWithin: time.Hour, OpenHours: true}
	thread := func(th event.Thread) event.Event {
		e := contact(event.Leg{Queue: "support", Queued: true, Answered: true})
		e.Assisted.Thread = &th
		return e
	}
	replied := func(after, open time.Duration) event.Event {
		return thread(event.Thread{Replies: []event.Reply{{After: event.Seconds(after), Open: event.Seconds(open)}, {After: event.Seconds(9 * time.Hour)}}})
	}
	synthetic := contact(inQueue("support", 0, event.LegFinished))
	synthetic.Actor = event.ActorSynthetic
	segment := contact(inQueue("support", 0, event.LegFinished))
	segment.Customer.Segment = "staff"
	for _, c := range []struct {
		name, reason string
		good         slo.Criteria
		event        event.Event
		want         string
	}{
		{"in time", "the threshold is within", level, contact(inQueue("support", 20*s, event.LegFinished)), "[good]"},
		{"late", "beyond the threshold", level, contact(inQueue("support", 21*s, event.LegFinished)), "[bad]"},
		{"left", "by the variant", level, contact(inQueue("support", 10*s, event.LegAbandoned)), "[bad]"},
		{"left, positive", "by the variant", positive, contact(inQueue("support", 10*s, event.LegAbandoned)), "[good]"},
		{"left at once", "a short abandon", level, contact(inQueue("support", s, event.LegAbandoned)), "[]"},
		{"another queue", "it is about one", level, contact(inQueue("billing", 0, event.LegFinished)), "[]"},
		{"there and back", "each leg counts", level, contact(inQueue("support", 0, event.LegTransferred), inQueue("billing", 0, event.LegTransferred), inQueue("support", 30*s, event.LegFinished)), "[good bad]"},
		{"no queue", "nothing to wait for", level, contact(event.Leg{Queue: "support", Answered: true}), "[]"},
		{"a probe", "it is no customer", level, synthetic, "[]"},
		{"excepted", "its segment does not count", level, segment, "[]"},
		{"no contact", "nobody helped", level, event.Event{Kind: event.TouchpointEnded, Touchpoint: "support"}, "[]"},
		{"waited at most", "as long as it may", wait, contact(inQueue("support", 20*s, event.LegFinished)), "[good]"},
		{"waited longer and left", "it waited too long, whatever came then", wait, contact(inQueue("support", 21*s, event.LegAbandoned)), "[bad]"},
		{"left before", "how long it would have waited is not known", wait, contact(inQueue("support", 19*s, event.LegAbandoned)), "[]"},
		{"replied", "the first reply decides", reply, replied(time.Hour, time.Minute), "[good]"},
		{"replied late", "around the clock", reply, replied(time.Hour+1, time.Minute), "[bad]"},
		{"replied late at night", "in business hours", open, replied(12*time.Hour, time.Hour), "[good]"},
		{"replied late by day", "in business hours", open, replied(12*time.Hour, time.Hour+1), "[bad]"},
		{"never replied", "the last word is the customer's", reply, thread(event.Thread{Unanswered: true}), "[bad]"},
		{"needed no reply", "nobody waits", reply, thread(event.Thread{}), "[]"},
		{"a call", "it has no replies", reply, contact(inQueue("support", 0, event.LegFinished)), "[]"},
		{"a thread", "its leg was not in time, and it has no service level by its replies", level, thread(event.Thread{Replies: []event.Reply{{}}}), "[good]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := ofQueue(c.good)
			o.Except.Segments = []string{"staff"}
			if err := o.Validate(); err != nil {
				t.Fatal(err)
			}
			got := make([]string, 0, 2)
			for _, v := range slo.NewJudge([]slo.Objective{o}).Verdicts(nil, &c.event) {
				got = append(got, v.Result.String())
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("got %v, want %s: %s", got, c.want, c.reason)
			}
		})
	}
	o := ofQueue(level)
	o.Maintenance = []slo.Maintenance{{Name: "move", From: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)}}
	e := contact(inQueue("support", 0, event.LegFinished), inQueue("support", s, event.LegAbandoned))
	if v := slo.NewJudge([]slo.Objective{o}).Verdicts(nil, &e); len(v) != 1 || v[0].Result != slo.Excluded {
		t.Errorf("in a maintenance: got %v, want the counted leg excluded", v)
	}
}

func TestJudgeEfforts(t *testing.T) {
	resolved := func(intent string, answered int, first bool) event.Event {
		return event.Event{Kind: event.ContactResolved, Intent: intent, Effort: &event.Effort{Answered: answered, FirstContact: first}}
	}
	about := func(name, intent string) slo.Objective {
		return slo.Objective{Name: name, Effort: intent, Target: 0.7, Window: slo.Window{Days: 28}}
	}
	judge := slo.NewJudge([]slo.Objective{about("bills", "bill"), about("any", slo.AllEfforts)})
	for _, c := range []struct {
		name, reason string
		event        event.Event
		want         string
	}{
		{"at the first contact", "for the intent and for all", resolved("bill", 1, true), "[bills good any good]"},
		{"at the second one", "observed", resolved("bill", 2, false), "[bills bad any bad]"},
		{"another intent", "all has it", resolved("fault", 1, true), "[any good]"},
		{"nobody answered", "no contact could resolve it", resolved("bill", 0, false), "[]"},
		{"no effort", "an event from outside may lack it", event.Event{Kind: event.ContactResolved, Intent: "bill"}, "[]"},
		{"an intent named all", "it counts once", resolved(slo.AllEfforts, 1, true), "[any good]"},
	} {
		got := make([]string, 0, 4)
		for _, v := range judge.Verdicts(nil, &c.event) {
			got = append(got, v.Objective.Name, v.Result.String())
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: got %v, want %s: %s", c.name, got, c.want, c.reason)
		}
	}
}

func TestQueueObjectivesAreValid(t *testing.T) {
	level := assist.Level{Within: time.Minute}
	five := 5.0
	for _, c := range []struct {
		name, reason string
		objective    slo.Objective
		want         string // "" is valid
	}{
		{"a service level", "one criterion", ofQueue(slo.Criteria{ServiceLevel: level}), ""},
		{"a wait", "one criterion", ofQueue(slo.Criteria{WaitWithin: time.Minute}), ""},
		{"a first reply", "one criterion, in business hours", ofQueue(slo.Criteria{FirstReplyWithin: time.Minute, OpenHours: true}), ""},
		{"an effort", "it has a default", slo.Objective{Name: "e", Effort: "all", Target: 0.5, Window: slo.Window{Days: 7}}, ""},
		{"nothing", "no contact is good by itself", ofQueue(slo.Criteria{}), "good: the criteria are missing"},
		{"two criteria", "they count different things", ofQueue(slo.Criteria{ServiceLevel: level, WaitWithin: time.Minute}), "good: has several"},
		{"a level without a time", "it promises nothing", ofQueue(slo.Criteria{ServiceLevel: assist.Level{FlowOuts: true}}), "good.service_level: the threshold"},
		{"a negative wait", "a typing mistake", ofQueue(slo.Criteria{WaitWithin: -1}), "good.wait_within: is -1ns"},
		{"an endless wait", "no leg waits as long", ofQueue(slo.Criteria{FirstReplyWithin: event.MaxDuration + 1}), "good.first_reply_within: is "},
		{"hours alone", "they belong to a time", ofQueue(slo.Criteria{WaitWithin: 1, OpenHours: true}), "good: business hours"},
		{"a duration", "a leg has several", ofQueue(slo.Criteria{WaitWithin: 1, Within: 1}), "good: a queue has"},
		{"a score", "a survey has it", ofQueue(slo.Criteria{WaitWithin: 1, ScoreAtLeast: &five}), "good: a queue has"},
		{"an effort with a time", "it is judged by repeats", slo.Objective{Name: "e", Effort: "all", Good: slo.Criteria{Within: 1}, Target: 0.5, Window: slo.Window{Days: 7}}, "good: an effort asks for nothing else"},
		{"a journey with a wait", "only queues have it", slo.Objective{Name: "j", Journey: "j", Good: slo.Criteria{WaitWithin: 1}, Target: 0.5, Window: slo.Window{Days: 7}}, "good.wait_within: only a queue"},
		{"two subjects", "one each", slo.Objective{Name: "j", Journey: "j", Queue: "q", Good: slo.Criteria{WaitWithin: 1}, Target: 0.5, Window: slo.Window{Days: 7}}, "several things"},
		{"no name", "names are checked", slo.Objective{Name: "j", Queue: "_q", Good: slo.Criteria{WaitWithin: 1}, Target: 0.5, Window: slo.Window{Days: 7}}, `queue: "_q" is not a valid name`},
		{"an outcome is excepted", "a leg has none", func() slo.Objective {
			o := ofQueue(slo.Criteria{WaitWithin: 1})
			o.Except.Outcomes = []event.Outcome{event.OK}
			return o
		}(), "except.outcome: only a journey and a touchpoint"},
	} {
		err := c.objective.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q: %s", c.name, err, c.want, c.reason)
		}
	}
}

func TestQueueSentences(t *testing.T) {
	for want, o := range map[string]slo.Objective{
		`80% of the contacts in the queue "support" are answered within 20 seconds, and not left by the customer, over 28 days.`:            ofQueue(slo.Criteria{ServiceLevel: assist.Level{Within: 20 * time.Second}}),
		`80% of the contacts in the queue "support" are answered within 20 seconds, without the customers who leave earlier, over 28 days.`: ofQueue(slo.Criteria{WaitWithin: 20 * time.Second}),
		`80% of the contacts in the queue "support" are answered within 20 seconds, or left by the customer in this time, over 28 days.`:    ofQueue(slo.Criteria{ServiceLevel: assist.Level{Within: 20 * time.Second, Variant: assist.Positive}}),
		`80% of the threads in the queue "support" get a first reply within 4 hours of business hours, over 28 days.`:                       ofQueue(slo.Criteria{FirstReplyWithin: 4 * time.Hour, OpenHours: true}),
		`70% of the efforts about "bill" are resolved at the first contact, over 28 days.`:                                                  {Effort: "bill", Target: 0.7, Window: slo.Window{Days: 28}},
		`70% of all efforts are resolved at the first contact, over 28 days. Fewer than 30 efforts are not enough to say.`:                  {Effort: "all", Target: 0.7, Window: slo.Window{Days: 28}, MinEvents: 30},
	} {
		if got := o.Sentence(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// A counter counts each leg in the metric and in the memory of the process.
func TestQueuesAreCounted(t *testing.T) {
	o := ofQueue(slo.Criteria{ServiceLevel: assist.Level{Within: 20 * time.Second}})
	e := contact(inQueue("support", 0, event.LegTransferred), inQueue("support", time.Minute, event.LegFinished), inQueue("support", time.Second, event.LegAbandoned))
	c, err := slo.NewCounter([]slo.Objective{o}, slo.CounterConfig{Now: func() time.Time { return e.Time }})
	if err != nil {
		t.Fatal(err)
	}
	c.Record(t.Context(), &e)
	if s := c.Status(e.Time)[0]; s.Good != 1 || s.Bad != 1 {
		t.Errorf("got %d good and %d bad, want one of each", s.Good, s.Bad)
	}
	if n := testing.AllocsPerRun(100, func() { c.Record(t.Context(), &e) }); n != 0 {
		t.Errorf("Record allocates %v times", n)
	}
}
