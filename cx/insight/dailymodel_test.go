package insight_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// dailyWorld is what the model knows: whole events, and the question.
type dailyWorld struct {
	events  []event.Event
	now     time.Time
	zone    *time.Location
	from    time.Time // of the first day
	until   time.Time // of the day of the moment
	journey string
	segment string // "" is all

	counts map[string]map[int][2]int
	people map[string]map[string]bool
}

func (w *dailyWorld) count(subject string, at time.Time, bad bool, customer string) {
	if at.Before(w.from) || !at.Before(w.until) {
		return
	}
	if w.counts[subject] == nil {
		w.counts[subject], w.people[subject] = map[int][2]int{}, map[string]bool{}
	}
	day := 0
	for d := w.from; !at.Before(d.AddDate(0, 0, 1)); d = d.AddDate(0, 0, 1) {
		day++
	}
	n := w.counts[subject][day]
	n[1]++
	if bad {
		n[0]++
	}
	w.counts[subject][day] = n
	if customer == "" {
		customer = fmt.Sprint("unknown ", len(w.people[subject]))
	}
	w.people[subject][customer] = true
}

// lines returns the charts of at least five customers, as written does them.
func (w *dailyWorld) lines() (lines []string) {
	for subject, days := range w.counts {
		never := strings.Contains(subject, " cause ")
		for _, n := range days {
			never = never && n[0] == 0
		}
		if len(w.people[subject]) < 5 || never {
			continue // a cause that ended no run has no chart
		}
		line := subject + ":"
		for day := range 1000 {
			if n, ok := days[day]; ok {
				line += fmt.Sprintf(" %d %d/%d", day, n[0], n[1])
			}
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// run counts the events of a run, in the order of time, none of them later than the moment.
func (w *dailyWorld) run(events []event.Event) {
	journey, who := events[0].Journey.Name, events[0].Customer.Hash
	var ended, last time.Time
	outcome, cause := event.Outcome(0), ""
	for _, e := range events {
		switch e.Kind { //nolint:exhaustive // the model makes no others
		case event.JourneyEnded:
			ended, outcome, cause = e.Time, e.Outcome, e.Cause
		case event.JourneyStarted, event.JourneyStageEntered, event.TouchpointEnded, event.FeedbackReceived, event.FeedbackAmended:
			last = e.Time
		}
	}
	if silent := last.Add(72 * time.Hour); ended.IsZero() && journey == "ticket" && !silent.After(w.now) {
		ended, outcome = silent, event.Abandoned
	}
	bad := outcome != event.Completed
	if !ended.IsZero() {
		w.count(journey+" journey", ended, bad, who)
		for _, one := range []string{"slow", "rude"} {
			w.count(journey+" cause "+one, ended, bad && cause == one, who)
		}
	}
	stage, made, due := "", time.Time{}, time.Time{}
	settled := false
	leave := func(at time.Time, bad bool) {
		known := map[string]string{"ticket": "received answered", "order": "cart payment confirmation"}[journey]
		if stage != "" && slices.Contains(strings.Fields(known), stage) {
			w.count(journey+" stage "+stage, at, bad, who)
		}
	}
	for _, e := range events {
		late := !ended.IsZero() && e.Time.After(ended)
		if e.Stage != "" && e.Stage != stage && !late && (e.Kind == event.JourneyStageEntered || e.Kind == event.TouchpointEnded) {
			leave(e.Time, false)
			stage = e.Stage
		}
		switch e.Kind { //nolint:exhaustive // the model makes no others
		case event.TouchpointEnded:
			if e.Touchpoint != "fax" {
				w.count(journey+" touchpoint "+e.Touchpoint, e.Time, e.Outcome == event.Failed, who)
			}
		case event.PromiseMade:
			made, due = e.Promise.Made, e.Promise.Due
		case event.PromiseKept:
			settled = true
			w.count(journey+" promise "+e.Promise.Name, e.Time, false, who)
		case event.PromiseBroken:
			settled = true
			w.count(journey+" promise "+e.Promise.Name, e.Promise.Due, true, who)
		case event.PromiseWithdrawn:
			settled = true
		}
	}
	if !ended.IsZero() {
		leave(ended, bad)
	}
	if made.IsZero() || settled {
		return
	}
	switch {
	case !due.After(w.now):
		w.count(journey+" promise solved", due, true, who)
	case outcome == event.Abandoned && !ended.IsZero() && !slices.ContainsFunc(events, func(e event.Event) bool { return e.Kind == event.JourneyEnded && e.Outcome != event.Abandoned }):
		w.count(journey+" promise solved", ended, true, who)
	}
}

// all counts everything.
func (w *dailyWorld) all() {
	w.counts, w.people = map[string]map[int][2]int{}, map[string]map[string]bool{}
	runs, answers := map[event.RunRef][]event.Event{}, map[event.ID]event.Event{}
	list := slices.SortedStableFunc(slices.Values(w.events), func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	for _, e := range list {
		if e.Time.After(w.now) || w.segment != "" && e.Customer.Segment != w.segment || w.journey != "" && e.Journey.Name != w.journey {
			continue
		}
		if ref := e.Journey.Ref(); ref != (event.RunRef{}) {
			runs[ref] = append(runs[ref], e)
		}
		if f := e.Feedback; f != nil {
			id := e.ID
			if e.Kind == event.FeedbackAmended {
				id = f.Amends
				first := answers[id]
				f.Survey, e.Time = first.Feedback.Survey, first.Time
			}
			answers[id] = e
		}
		if e.Assisted == nil {
			continue
		}
		for _, leg := range e.Assisted.Legs {
			gaveUp := leg.End == event.LegAbandoned && !leg.Answered
			if leg.Queued && !leg.Bot && leg.Queue != "none" && !(gaveUp && time.Duration(leg.Wait) < assist.DefaultShortAbandon) {
				w.count("queue "+leg.Queue, e.Time.Add(time.Duration(leg.Start)+time.Duration(leg.Wait)), gaveUp, e.Customer.Hash)
			}
		}
	}
	for _, events := range runs {
		if events[0].Journey.Name != "secret" {
			w.run(events)
		}
	}
	for _, e := range answers {
		if e.Feedback.Survey == "after" {
			w.count("survey after", e.Time, e.Feedback.Score <= 2, e.Customer.Hash)
		}
	}
}

// drawDays draws events of runs over three weeks around a change of the clocks. No two of a run have one time.
func drawDays(t *rapid.T) (all []event.Event) {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	chance := func(label string, of int) bool { return rapid.IntRange(0, of-1).Draw(t, label) == 0 }
	for n := range rapid.IntRange(0, 25).Draw(t, "runs") {
		run := event.Run{Name: pick("journey", "ticket", "ticket", "order", "secret"), ID: fmt.Sprint(n)}
		customer := event.Customer{Hash: fmt.Sprint("c", rapid.IntRange(0, 11).Draw(t, "customer")), Segment: pick("segment", "gold", "iron")}
		now := monday.Add(time.Duration(rapid.IntRange(-200, 300).Draw(t, "begun")) * time.Hour)
		run.Started = now
		add := func(kind event.Kind, fill func(*event.Event)) event.ID {
			e := event.Event{Kind: kind, Time: now, Journey: run, Customer: customer}
			fill(&e)
			e.ID = event.NewID(now)
			all = append(all, e)
			return e.ID
		}
		wait := func() { now = now.Add(time.Duration(rapid.IntRange(1, 40*60).Draw(t, "minutes")) * time.Minute) }
		add(event.JourneyStarted, func(*event.Event) {})
		ended, made := false, time.Time{}
		due := now.Add(time.Duration(rapid.IntRange(30, 6000).Draw(t, "due"))*time.Minute + time.Second)
		promise := func(e *event.Event) {
			e.Promise = &event.Promise{Name: "solved", Number: 1, Made: made, Due: due}
		}
		settled := false
		for range rapid.IntRange(0, 7).Draw(t, "steps") {
			wait()
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				if !ended {
					add(event.JourneyStageEntered, func(e *event.Event) { e.Stage = pick("stage", "received", "answered", "cart", "payment", "none") })
				}
			case 1:
				add(event.TouchpointEnded, func(e *event.Event) {
					e.Touchpoint, e.Outcome, e.Late = pick("touchpoint", "call", "mail", "fax"), rapid.SampledFrom([]event.Outcome{event.OK, event.Failed}).Draw(t, "outcome"), ended
					e.Cause = pick("why", "", "slow", "rude") // it is not that of the end
					if !ended {
						e.Stage = pick("at", "", "", "received", "cart")
					}
				})
			case 2:
				add(event.TouchpointEnded, func(e *event.Event) {
					e.Touchpoint, e.Outcome, e.Late = "call", event.OK, ended
					e.Assisted = &event.Assisted{Legs: []event.Leg{{
						Queue: pick("queue", "first", "second", "none"), Queued: !chance("direct", 4), Bot: chance("bot", 5), Answered: chance("answered", 2), End: event.LegAbandoned,
						Start: event.Seconds(time.Minute), Wait: event.Seconds(time.Duration(rapid.IntRange(0, 300).Draw(t, "waited")) * time.Second),
					}}}
				})
			case 3:
				id := add(event.FeedbackReceived, func(e *event.Event) {
					e.Feedback = &event.Feedback{Survey: pick("survey", "after", "other"), Scale: event.CSAT, Score: rapid.IntRange(1, 5).Draw(t, "score")}
				})
				if chance("amends", 3) {
					wait()
					survey := all[len(all)-1].Feedback.Survey
					add(event.FeedbackAmended, func(e *event.Event) {
						e.Feedback = &event.Feedback{Survey: survey, Scale: event.CSAT, Score: rapid.IntRange(1, 5).Draw(t, "then"), Amends: id}
					})
				}
			case 4:
				if !ended && chance("ends", 2) {
					ended = true
					add(event.JourneyEnded, func(e *event.Event) {
						e.Outcome = rapid.SampledFrom([]event.Outcome{event.Completed, event.Completed, event.Failed, event.Cancelled}).Draw(t, "end")
						e.Cause = pick("cause", "", "slow", "rude", "rain")
					})
				}
			case 5:
				if run.Name == "order" {
					break
				}
				switch {
				case made.IsZero() && now.Before(due):
					made = now
					add(event.PromiseMade, promise)
				case !made.IsZero() && !settled && now.Before(due):
					settled = true
					add(rapid.SampledFrom([]event.Kind{event.PromiseKept, event.PromiseWithdrawn}).Draw(t, "settled"), promise)
				case !made.IsZero() && !settled:
					settled = true
					add(event.PromiseBroken, promise)
				}
			}
		}
	}
	return all
}

// TestDailyOfModel: whatever the events, the moment, the zone and the question, the series are those of a model that looks at whole events.
func TestDailyOfModel(t *testing.T) {
	t.Parallel()
	york, err := time.LoadLocation("America/New_York") // its clocks go forward on 8 March 2026
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		w := dailyWorld{
			events: drawDays(rt), now: at(float64(rapid.IntRange(0, 500).Draw(rt, "now"))), zone: rapid.SampledFrom([]*time.Location{time.UTC, york}).Draw(rt, "zone"),
			journey: rapid.SampledFrom([]string{"", "", "ticket"}).Draw(rt, "about"), segment: rapid.SampledFrom([]string{"", "", "gold"}).Draw(rt, "of"),
		}
		days := rapid.IntRange(1, 30).Draw(rt, "days")
		y, m, day := w.now.Add(time.Microsecond).In(w.zone).Date()
		w.until = time.Date(y, m, day, 0, 0, 0, 0, w.zone)
		w.from = time.Date(y, m, day-days, 0, 0, 0, 0, w.zone)
		arrived := slices.Clone(w.events)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "arrived"), 1)) //nolint:gosec // an order
		r.Shuffle(len(arrived), func(i, k int) { arrived[i], arrived[k] = arrived[k], arrived[i] })
		w.all()
		q := insight.Which{Journey: w.journey}
		if w.segment != "" {
			q.Where = []insight.Where{{Column: insight.Segment, Values: []string{w.segment}}}
		}
		view := daysTable(t, daysOf(), arrived).View(insight.Everything(), w.now)
		view.SetWorkers(rapid.IntRange(1, 3).Draw(rt, "workers"))
		d, err := view.Daily(t.Context(), q, insight.DailySettings{Days: days, Zone: w.zone})
		if err != nil {
			rt.Fatal(err)
		}
		got := written(&d)
		slices.Sort(got)
		if diff := gocmp.Diff(w.lines(), got); diff != "" {
			rt.Fatalf("(-model +view):\n%s", diff)
		}
	})
}
