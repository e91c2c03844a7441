package slo_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// report is how a call center reports a queue: it adds up classes of calls, and applies Cisco's formulas to the sums. It knows nothing of
// how a call is judged by itself.
type report struct {
	answeredInTime, abandonedInTime, exceeded, flowedOut int
}

// add counts a leg in whole seconds, with a threshold and a wait of short abandons in whole seconds.
func (r *report) add(l *event.Leg, within, short int) {
	if !l.Queued || l.Bot {
		return
	}
	wait := int(time.Duration(l.Wait) / time.Second)
	class := "in the queue"
	switch {
	case l.Answered:
		class = "answered"
	case l.End == event.LegAbandoned && wait < short:
		return
	case l.End == event.LegAbandoned:
		class = "abandoned"
	case l.End == event.LegOverflowed || l.End == event.LegCallback || l.End == event.LegClosed:
		class = "flowed out"
	}
	switch {
	case wait > within:
		r.exceeded++
	case class == "answered":
		r.answeredInTime++
	case class == "abandoned":
		r.abandonedInTime++
	case class == "flowed out":
		r.flowedOut++
	}
}

// level returns the numerator and the denominator of Cisco's three formulas.
func (r *report) level(v assist.Variant, flowOuts bool) (met, offered int) {
	met, offered = r.answeredInTime, r.answeredInTime+r.abandonedInTime+r.exceeded
	if flowOuts {
		offered += r.flowedOut
	}
	switch v {
	case assist.Ignored:
		offered -= r.abandonedInTime
	case assist.Positive:
		met += r.abandonedInTime
	default: // negative
	}
	return met, offered
}

// anyLegs draws the legs of a contact. The waits lie at, just below and just above the times at which something changes.
func anyLegs(t *rapid.T) (legs []event.Leg) {
	for range rapid.IntRange(0, 5).Draw(t, "legs") {
		legs = append(legs, event.Leg{
			Queue: rapid.SampledFrom([]string{"support", "support", "billing", ""}).Draw(t, "queue"), Queued: rapid.IntRange(0, 4).Draw(t, "queued") > 0,
			Bot: rapid.IntRange(0, 5).Draw(t, "bot") == 0, Answered: rapid.Bool().Draw(t, "answered"), End: event.LegEnd(rapid.IntRange(0, 6).Draw(t, "end")),
			Wait: event.Seconds(time.Duration(rapid.SampledFrom([]int{0, 1, 2, 3, 5, 6, 7, 19, 20, 21, 59, 60, 61, 600}).Draw(t, "wait")) * time.Second),
		})
	}
	return legs
}

// TestQueuesAreThoseOfAReport: each leg is for an objective what it is for [assist.Level], and the sums are those of a report with the
// published formulas, in each variant. A wait is the variant that ignores those who leave in time.
func TestQueuesAreThoseOfAReport(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		within := rapid.SampledFrom([]int{1, 2, 6, 20, 60}).Draw(t, "within")
		short := rapid.SampledFrom([]int{-1, 0, 3, 21}).Draw(t, "short")
		shortest := short
		if short == 0 {
			shortest = 6
		}
		var objectives []slo.Objective
		for v := assist.Negative; v <= assist.Positive; v++ {
			for _, flowOuts := range []bool{false, true} {
				o := ofQueue(slo.Criteria{ServiceLevel: assist.Level{
					Within: time.Duration(within) * time.Second, Variant: v, ShortAbandon: time.Duration(short) * time.Second, FlowOuts: flowOuts,
				}})
				o.Name = fmt.Sprint(v, " ", flowOuts)
				objectives = append(objectives, o)
			}
		}
		wait := ofQueue(slo.Criteria{WaitWithin: time.Duration(within) * time.Second})
		wait.Name = "wait"
		objectives = append(objectives, wait)
		if err := slo.Validate(objectives); err != nil {
			t.Fatal(err)
		}
		judge := slo.NewJudge(objectives)
		last := contact()
		counter, err := slo.NewCounter(objectives, slo.CounterConfig{Now: func() time.Time { return last.Time }})
		if err != nil {
			t.Fatal(err)
		}
		var withShort, all report
		good, counted := map[string]int{}, map[string]int{}
		for range rapid.IntRange(0, 8).Draw(t, "contacts") {
			e := contact(anyLegs(t)...)
			counter.Record(t.Context(), &e)
			verdicts := judge.Verdicts(nil, &e)
			var levels []slo.Verdict // what assist.Level says, leg by leg
			for i := range e.Assisted.Legs {
				l := &e.Assisted.Legs[i]
				if l.Queue != "support" {
					continue
				}
				withShort.add(l, within, shortest)
				all.add(l, within, -1)
				for k := range objectives[:6] {
					if c, g := objectives[k].Good.ServiceLevel.Judge(l); c {
						levels = append(levels, slo.Verdict{Index: k, Result: map[bool]slo.Result{true: slo.Good, false: slo.Bad}[g]})
					}
				}
			}
			for _, v := range verdicts {
				counted[v.Objective.Name]++
				if v.Result == slo.Good {
					good[v.Objective.Name]++
				}
				if v.Index == 6 {
					continue
				}
				if len(levels) == 0 || levels[0].Index != v.Index || levels[0].Result != v.Result {
					t.Fatalf("%+v: the objective %s has %v where the level has %+v", e.Assisted.Legs, v.Objective.Name, v.Result, levels)
				}
				levels = levels[1:]
			}
			if len(levels) > 0 {
				t.Fatalf("%+v: no objective counts %+v", e.Assisted.Legs, levels)
			}
		}
		statuses := counter.Status(last.Time)
		for i, o := range objectives {
			met, offered := withShort.level(o.Good.ServiceLevel.Variant, o.Good.ServiceLevel.FlowOuts)
			if i == 6 {
				met, offered = all.level(assist.Ignored, false)
			}
			s := statuses[i]
			if good[o.Name] != met || counted[o.Name] != offered || int(s.Good) != met || int(s.Good+s.Bad) != offered {
				t.Fatalf("%s: %d of %d, in memory %d of %d, and the report has %d of %d", o.Name, good[o.Name], counted[o.Name], s.Good, s.Good+s.Bad, met, offered)
			}
		}
	})
}

// TestEffortsAreThoseOfAList: for the objectives on efforts, the share is that of [assist.Resolve] on the list of all contacts, where each
// effort that is over is told once.
func TestEffortsAreThoseOfAList(t *testing.T) {
	t.Parallel()
	objectives := []slo.Objective{
		{Name: "bills", Effort: "bill", Target: 0.5, Window: slo.Window{Days: 28}}, {Name: "all", Effort: slo.AllEfforts, Target: 0.5, Window: slo.Window{Days: 28}},
	}
	rapid.Check(t, func(t *rapid.T) {
		judge := slo.NewJudge(objectives)
		var contacts []event.Event
		const window = 7 * 24 * time.Hour
		begin := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		good, counted := make([]int, 2), make([]int, 2)
		// Each customer has one effort about each intent at a time that no other effort is near.
		for n := range rapid.IntRange(0, 10).Draw(t, "efforts") {
			intent := rapid.SampledFrom([]string{"bill", "fault"}).Draw(t, "intent")
			from := begin.Add(time.Duration(n) * 10 * window)
			var told event.Effort
			answeredBefore := false
			for range rapid.IntRange(1, 4).Draw(t, "contacts") {
				e := contact(event.Leg{Queue: "support", Queued: true, Answered: rapid.Bool().Draw(t, "answered")})
				e.Time, e.Customer.Hash, e.Intent = from, "a", intent
				contacts = append(contacts, e)
				from = from.Add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, window}).Draw(t, "gap"))
				told.Contacts++
				told.FirstContact = e.Assisted.Legs[0].Answered && !answeredBefore
				if e.Assisted.Legs[0].Answered {
					told.Answered++
					answeredBefore = true
				}
			}
			resolved := event.Event{Kind: event.ContactResolved, Time: from.Add(window), Intent: intent, Effort: &told}
			for _, v := range judge.Verdicts(nil, &resolved) {
				counted[v.Index]++
				if v.Result == slo.Good {
					good[v.Index]++
				}
			}
		}
		until := begin.Add(1000 * window)
		for i, of := range []func(*event.Event) bool{func(e *event.Event) bool { return e.Intent == "bill" }, func(*event.Event) bool { return true }} {
			var list []event.Event
			for k := range contacts {
				if of(&contacts[k]) {
					list = append(list, contacts[k])
				}
			}
			if r := assist.Resolve(list, window, until); r.Efforts != counted[i] || r.FirstContact != good[i] {
				t.Fatalf("%s: %d of %d, and the list has %d of %d", objectives[i].Name, good[i], counted[i], r.FirstContact, r.Efforts)
			}
		}
	})
}
