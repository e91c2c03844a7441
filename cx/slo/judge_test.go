package slo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// noon is a Wednesday.
var noon = time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)

func number(f float64) *float64 { return &f }

// not is the result of an event that does not count.
const not slo.Result = 0

// The events of the tables: each is changed by its case.
func ended(change func(*event.Event)) event.Event {
	return changed(event.Event{
		Kind: event.JourneyEnded, Time: noon, Duration: 3 * time.Minute, Outcome: event.Completed, Transition: &event.Transition{},
		Journey: event.Run{Name: "checkout", ID: "1", Started: noon.Add(-3 * time.Minute)},
	}, change)
}

func touched(change func(*event.Event)) event.Event {
	return changed(event.Event{
		Kind: event.TouchpointEnded, Time: noon.Add(-time.Second), Duration: time.Second, Touchpoint: "pay", Outcome: event.OK,
		Zone: event.Satisfied, Channel: event.Web,
	}, change)
}

func answered(score int, change func(*event.Event)) event.Event {
	return changed(event.Event{
		Kind: event.FeedbackReceived, Time: noon, Feedback: &event.Feedback{Survey: "post-purchase", Scale: event.CSAT, Score: score, Verdict: event.Positive},
	}, change)
}

func settled(kind event.Kind, change func(*event.Event)) event.Event {
	return changed(event.Event{
		Kind: kind, Time: noon, Journey: event.Run{Name: "order", ID: "1"}, Promise: &event.Promise{Name: "answered", Number: 1},
	}, change)
}

func changed(e event.Event, change func(*event.Event)) event.Event {
	if change != nil {
		change(&e)
	}
	return e
}

func outcome(o event.Outcome) func(*event.Event) { return func(e *event.Event) { e.Outcome = o } }
func took(d time.Duration) func(*event.Event)    { return func(e *event.Event) { e.Duration = d } }
func by(a event.Actor) func(*event.Event)        { return func(e *event.Event) { e.Actor = a } }

// The objectives of the tables.
func completes(change func(*slo.Objective)) slo.Objective {
	return with(slo.Objective{Name: "o", Journey: "checkout"}, change)
}

func fast(change func(*slo.Objective)) slo.Objective {
	return with(slo.Objective{Name: "o", Touchpoint: "pay"}, change)
}

func satisfied(change func(*slo.Objective)) slo.Objective {
	return with(slo.Objective{Name: "o", Survey: "post-purchase", Good: slo.Criteria{ScoreAtLeast: number(4)}}, change)
}

func kept(change func(*slo.Objective)) slo.Objective {
	return with(slo.Objective{Name: "o", Journey: "order", Promise: "answered"}, change)
}

func with(o slo.Objective, change func(*slo.Objective)) slo.Objective {
	if change != nil {
		change(&o)
	}
	return o
}

func within(d time.Duration) func(*slo.Objective) {
	return func(o *slo.Objective) { o.Good.Within = d }
}

func except(x slo.Except) func(*slo.Objective) { return func(o *slo.Objective) { o.Except = x } }

func during(m ...slo.Maintenance) func(*slo.Objective) {
	return func(o *slo.Objective) { o.Maintenance = m }
}

// TestJudge: each criterion of each subject, at its limits. The text and the comment of Judge say what is wanted.
func TestJudge(t *testing.T) {
	t.Parallel()
	night := slo.Maintenance{Name: "night", From: noon.Add(-time.Hour), Until: noon}
	for _, c := range []struct {
		name, reason string
		objective    slo.Objective
		event        event.Event
		want         slo.Result
	}{
		// Journeys.
		{"completed", "the default", completes(nil), ended(nil), slo.Good},
		{"failed", "only completed runs are good", completes(nil), ended(outcome(event.Failed)), slo.Bad},
		{"cancelled", "only completed runs are good", completes(nil), ended(outcome(event.Cancelled)), slo.Bad},
		{"abandoned", "only completed runs are good", completes(nil), ended(outcome(event.Abandoned)), slo.Bad},
		{"no outcome", "how it ended is not known", completes(nil), ended(outcome(0)), slo.Excluded},
		{"an outcome of a newer release", "it is not among the good ones", completes(nil), ended(outcome(event.Outcome(200))), slo.Bad},
		{"a declared outcome", "it replaces the default", completes(func(o *slo.Objective) { o.Good.Outcomes = []event.Outcome{event.Cancelled} }), ended(outcome(event.Cancelled)), slo.Good},
		{"the default beside a declared outcome", "it is replaced", completes(func(o *slo.Objective) { o.Good.Outcomes = []event.Outcome{event.Cancelled} }), ended(nil), slo.Bad},
		{"within, at the limit", "it is the longest that a run may take", completes(within(3 * time.Minute)), ended(nil), slo.Good},
		{"beyond the limit", "one nanosecond is too long", completes(within(3 * time.Minute)), ended(took(3*time.Minute + 1)), slo.Bad},
		{"within, but failed", "all criteria hold", completes(within(3 * time.Minute)), ended(outcome(event.Failed)), slo.Bad},
		{"partial, with a limit", "how long it took is not known", completes(within(time.Hour)), ended(func(e *event.Event) { e.Transition.Partial = true }), slo.Excluded},
		{"partial and failed, with a limit", "otherwise only the bad ones of such runs would count", completes(within(time.Hour)), ended(func(e *event.Event) { e.Transition.Partial, e.Outcome = true, event.Failed }), slo.Excluded},
		{"partial, without a limit", "the outcome is known", completes(nil), ended(func(e *event.Event) { e.Transition.Partial = true }), slo.Good},
		{"an unknown start, with a limit", "an event from a log may lack the transition", completes(within(time.Hour)), ended(func(e *event.Event) { e.Transition, e.Duration, e.Journey.Started = nil, 0, time.Time{} }), slo.Excluded},
		{"a run that took no time", "its start is known", completes(within(time.Hour)), ended(func(e *event.Event) { e.Duration, e.Journey.Started = 0, noon }), slo.Good},
		{"another journey", "it is not the objective's", completes(nil), ended(func(e *event.Event) { e.Journey.Name = "order" }), not},
		{"an unknown journey", "a folded name is no objective's", completes(nil), ended(func(e *event.Event) { e.Journey.Name = event.Other }), not},
		{"a start", "only ends count", completes(nil), ended(func(e *event.Event) { e.Kind = event.JourneyStarted }), not},
		{"a delegate", "an assistant's run is the customer's", completes(nil), ended(by(event.ActorDelegate)), slo.Good},
		{"a probe", "it is no customer", completes(nil), ended(by(event.ActorSynthetic)), not},

		// Touchpoints.
		{"ok", "the default", fast(nil), touched(nil), slo.Good},
		{"degraded", "worse than promised", fast(nil), touched(outcome(event.Degraded)), slo.Bad},
		{"a failed touchpoint", "the default is ok", fast(nil), touched(outcome(event.Failed)), slo.Bad},
		{"a cancelled touchpoint", "the default is ok", fast(nil), touched(outcome(event.Cancelled)), slo.Bad},
		{"a late touchpoint", "it happened to the customer", fast(nil), touched(func(e *event.Event) { e.Late = true }), slo.Good},
		{"another touchpoint", "it is not the objective's", fast(nil), touched(func(e *event.Event) { e.Touchpoint = "see" }), not},
		{"a touchpoint within", "at the limit", fast(within(time.Second)), touched(nil), slo.Good},
		{"a touchpoint beyond", "one nanosecond", fast(within(time.Second)), touched(took(time.Second + 1)), slo.Bad},
		{"a touchpoint of unknown duration", "0 is not known", fast(within(time.Second)), touched(took(0)), slo.Excluded},
		{"a touchpoint of unknown duration, without a limit", "no duration is asked", fast(nil), touched(took(0)), slo.Good},
		{"satisfied", "its zone is asked", fast(func(o *slo.Objective) { o.Good.Zones = []event.Zone{event.Satisfied} }), touched(nil), slo.Good},
		{"tolerating", "only satisfied is good", fast(func(o *slo.Objective) { o.Good.Zones = []event.Zone{event.Satisfied} }), touched(func(e *event.Event) { e.Zone = event.Tolerating }), slo.Bad},
		{"tolerating may be good", "both zones are listed", fast(func(o *slo.Objective) { o.Good.Zones = []event.Zone{event.Satisfied, event.Tolerating} }), touched(func(e *event.Event) { e.Zone = event.Tolerating }), slo.Good},
		{"degraded and satisfied", "a zone replaces the default outcome", fast(func(o *slo.Objective) { o.Good.Zones = []event.Zone{event.Satisfied} }), touched(outcome(event.Degraded)), slo.Good},
		{"degraded and satisfied, with an outcome", "both are asked", fast(func(o *slo.Objective) {
			o.Good.Zones, o.Good.Outcomes = []event.Zone{event.Satisfied}, []event.Outcome{event.OK}
		}), touched(outcome(event.Degraded)), slo.Bad},
		{"no zone", "Apdex leaves out what the customer cancelled", fast(func(o *slo.Objective) { o.Good.Zones = []event.Zone{event.Satisfied} }), touched(func(e *event.Event) { e.Zone, e.Outcome = 0, event.Cancelled }), slo.Excluded},
		{"a synthetic touchpoint", "a probe is no customer", fast(nil), touched(by(event.ActorSynthetic)), not},

		// Surveys.
		{"at least", "the lowest good score", satisfied(nil), answered(4, nil), slo.Good},
		{"below", "one below", satisfied(nil), answered(3, nil), slo.Bad},
		{"at most", "the highest good score", satisfied(func(o *slo.Objective) { o.Good = slo.Criteria{ScoreAtMost: number(2)} }), answered(2, nil), slo.Good},
		{"above", "one above", satisfied(func(o *slo.Objective) { o.Good = slo.Criteria{ScoreAtMost: number(2)} }), answered(3, nil), slo.Bad},
		{"between", "both limits", satisfied(func(o *slo.Objective) { o.Good.ScoreAtMost = number(4) }), answered(5, nil), slo.Bad},
		{"a limit between scores", "a limit is any number", satisfied(func(o *slo.Objective) { o.Good.ScoreAtLeast = number(3.5) }), answered(4, nil), slo.Good},
		{"the score 0", "it is a score", satisfied(func(o *slo.Objective) { o.Good = slo.Criteria{ScoreAtLeast: number(0)} }), answered(0, nil), slo.Good},
		{"a verdict", "it is listed", satisfied(func(o *slo.Objective) { o.Good = slo.Criteria{Verdicts: []event.Verdict{event.Positive}} }), answered(9, nil), slo.Good},
		{"another verdict", "it is not listed", satisfied(func(o *slo.Objective) { o.Good = slo.Criteria{Verdicts: []event.Verdict{event.Negative}} }), answered(9, nil), slo.Bad},
		{"no verdict", "what the score means is not known", satisfied(func(o *slo.Objective) { o.Good = slo.Criteria{Verdicts: []event.Verdict{event.Positive}} }), answered(9, func(e *event.Event) { e.Feedback.Verdict = 0 }), slo.Excluded},
		{"nothing asked", "there is no default", satisfied(func(o *slo.Objective) { o.Good = slo.Criteria{} }), answered(9, nil), slo.Excluded},
		{"another survey", "it is not the objective's", satisfied(nil), answered(5, func(e *event.Event) { e.Feedback.Survey = "nps" }), not},
		{"an answer by a delegate", "an assistant has no opinion", satisfied(nil), answered(5, by(event.ActorDelegate)), not},
		{"an answer by an employee", "for a customer at the desk", satisfied(nil), answered(5, by(event.ActorEmployee)), slo.Good},
		{"a probe's answer", "it is no customer", satisfied(nil), answered(5, by(event.ActorSynthetic)), not},
		{"a late answer", "answers come after the end", satisfied(nil), answered(5, func(e *event.Event) { e.Late = true }), slo.Good},
		{"a request", "only answers count", satisfied(nil), answered(5, func(e *event.Event) { e.Kind = event.SurveyRequested }), not},
		{"an answer without one", "a damaged event does not count", satisfied(nil), answered(5, func(e *event.Event) { e.Feedback = nil }), not},

		// Promises.
		{"kept", "that is what was promised", kept(nil), settled(event.PromiseKept, nil), slo.Good},
		{"broken", "it was not", kept(nil), settled(event.PromiseBroken, nil), slo.Bad},
		{"kept late", "the break has counted", kept(nil), settled(event.PromiseKept, func(e *event.Event) { e.Late = true }), not},
		{"withdrawn", "it is no event of the objective", kept(nil), settled(event.PromiseWithdrawn, nil), not},
		{"made", "it is open", kept(nil), settled(event.PromiseMade, nil), not},
		{"another promise", "it is not the objective's", kept(nil), settled(event.PromiseKept, func(e *event.Event) { e.Promise.Name = "called" }), not},
		{"another journey's promise", "names are a journey's own", kept(nil), settled(event.PromiseKept, func(e *event.Event) { e.Journey.Name = "checkout" }), not},
		{"no promise", "a damaged event does not count", kept(nil), settled(event.PromiseKept, func(e *event.Event) { e.Promise = nil }), not},
		{"the journey's end", "the objective is about its promise", kept(nil), ended(func(e *event.Event) { e.Journey.Name = "order" }), not},
		{"the promise's journey", "an objective on ends does not count promises", completes(func(o *slo.Objective) { o.Journey = "order" }), settled(event.PromiseBroken, nil), not},
		{"a probe's promise", "it is no customer", kept(nil), settled(event.PromiseBroken, by(event.ActorSynthetic)), not},

		// Exceptions.
		{"except an actor", "it is listed", fast(except(slo.Except{Actors: []event.Actor{event.ActorDelegate}})), touched(by(event.ActorDelegate)), not},
		{"except the customer", "the zero value can be listed", fast(except(slo.Except{Actors: []event.Actor{event.ActorCustomer}})), touched(nil), not},
		{"another actor", "it is not listed", fast(except(slo.Except{Actors: []event.Actor{event.ActorDelegate}})), touched(nil), slo.Good},
		{"except a channel", "it is listed", fast(except(slo.Except{Channels: []event.Channel{event.Web}})), touched(nil), not},
		{"except other channels", "an event without a channel came by another one", fast(except(slo.Except{Channels: []event.Channel{event.OtherChannel}})), touched(func(e *event.Event) { e.Channel = 0 }), not},
		{"another channel", "it is not listed", fast(except(slo.Except{Channels: []event.Channel{event.Phone}})), touched(nil), slo.Good},
		{"except an outcome", "it is in no count", completes(except(slo.Except{Outcomes: []event.Outcome{event.Cancelled}})), ended(outcome(event.Cancelled)), not},
		{"except a segment", "it is listed", fast(except(slo.Except{Segments: []string{"staff"}})), touched(func(e *event.Event) { e.Customer.Segment = "staff" }), not},
		{"no segment", "it is not known, so not listed", fast(except(slo.Except{Segments: []string{""}})), touched(nil), slo.Good},
		{"except a cause", "it is listed", completes(except(slo.Except{Causes: []string{"out-of-stock"}})), ended(func(e *event.Event) { e.Outcome, e.Cause = event.Failed, "out-of-stock" }), not},
		{"the cause of a touchpoint before", "it is not that of the end", completes(except(slo.Except{Causes: []string{"out-of-stock"}})), ended(func(e *event.Event) { e.Transition.LastCause = "out-of-stock" }), slo.Good},
		{"an exception in a maintenance", "what does not count is not excluded either", fast(func(o *slo.Objective) {
			o.Except.Channels, o.Maintenance = []event.Channel{event.Web}, []slo.Maintenance{{From: noon.Add(-time.Hour), Until: noon.Add(time.Hour)}}
		}), touched(nil), not},

		// Maintenances.
		{"just before the end of a maintenance", "until is not in it", completes(during(night)), ended(func(e *event.Event) { e.Time = noon.Add(-1) }), slo.Excluded},
		{"at the end of a maintenance", "until is not in it", completes(during(night)), ended(nil), slo.Good},
		{"at its beginning", "from is in it", completes(during(night)), ended(func(e *event.Event) { e.Time, e.Outcome = noon.Add(-time.Hour), event.Failed }), slo.Excluded},
		{"before its beginning", "from is in it", completes(during(night)), ended(func(e *event.Event) { e.Time = noon.Add(-time.Hour - 1) }), slo.Good},
		{"a touchpoint across the end", "its end decides", fast(during(night)), touched(nil), slo.Good},
		{"a touchpoint across the beginning", "its end decides", fast(during(slo.Maintenance{From: noon, Until: noon.Add(time.Hour)})), touched(nil), slo.Excluded},
		{"a promise that broke in it", "the moment of the break decides", kept(during(slo.Maintenance{From: noon, Until: noon.Add(1)})), settled(event.PromiseBroken, nil), slo.Excluded},
		{"a promise that was kept in it", "nothing counts in it", kept(during(slo.Maintenance{From: noon, Until: noon.Add(1)})), settled(event.PromiseKept, nil), slo.Excluded},
		{"an answer in it", "nothing counts in it", satisfied(during(slo.Maintenance{From: noon, Until: noon.Add(1)})), answered(5, nil), slo.Excluded},
		{"the second of two", "any of them", completes(during(night, slo.Maintenance{From: noon, Until: noon.Add(time.Hour)})), ended(nil), slo.Excluded},
		{"weekly hours", "Wednesday noon", completes(during(slo.Maintenance{Hours: calendar.Define("m", calendar.Zone("UTC"), calendar.Open("wed", "11:30-12:30"))})), ended(nil), slo.Excluded},
		{"weekly hours, after", "closed by then", completes(during(slo.Maintenance{Hours: calendar.Define("m", calendar.Zone("UTC"), calendar.Open("wed", "11:30-12:00"))})), ended(nil), slo.Good},
		{"weekly hours before their first week", "from bounds them", completes(during(slo.Maintenance{
			From: noon.Add(time.Minute), Hours: calendar.Define("m", calendar.Zone("UTC"), calendar.Open("wed", "11:30-12:30")),
		})), ended(nil), slo.Good},
		{"an empty maintenance", "it names no time", completes(during(slo.Maintenance{Name: "some day"})), ended(nil), slo.Good},

		// Composites.
		{"a composite", "its parts count", slo.Objective{Name: "o", Of: []slo.Part{{Objective: "x", Weight: 1}}}, ended(nil), not},
		{"several things", "which one counts is not said", slo.Objective{Name: "o", Journey: "checkout", Touchpoint: "pay"}, ended(nil), not},
		{"a promise of no journey", "which journey's is not said", slo.Objective{Name: "o", Promise: "answered"}, settled(event.PromiseKept, func(e *event.Event) { e.Journey.Name = "" }), not},
		{"nothing", "it is about nothing", slo.Objective{Name: "o"}, ended(nil), not},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := not
			for _, v := range slo.NewJudge([]slo.Objective{c.objective}).Verdicts(nil, &c.event) {
				if v.Index != 0 || v.Objective.Name != "o" || got != not {
					t.Errorf("the verdict %+v is not the only one of the objective", v)
				}
				got = v.Result
			}
			if got != c.want {
				t.Errorf("the result is %d, want %d: %s", got, c.want, c.reason)
			}
		})
	}
}

// TestJudgeIsTheModel compares the judge with a naive model for every combination of a small world.
func TestJudgeIsTheModel(t *testing.T) {
	t.Parallel()
	var objectives []slo.Objective
	add := func(o slo.Objective) {
		o.Name = fmt.Sprint(len(objectives))
		objectives = append(objectives, o)
	}
	for _, within := range []time.Duration{0, time.Second} {
		for _, outs := range [][]event.Outcome{nil, {event.Failed}, {event.OK, event.Completed, event.Degraded}} {
			for _, zones := range [][]event.Zone{nil, {event.Tolerating}} {
				for _, x := range []slo.Except{{}, {Actors: []event.Actor{event.ActorDelegate}}, {Channels: []event.Channel{event.OtherChannel}, Causes: []string{"c"}}, {Outcomes: []event.Outcome{event.Failed}, Segments: []string{"s"}}} {
					for _, ms := range [][]slo.Maintenance{nil, {{From: noon, Until: noon.Add(2 * time.Second)}}} {
						good := slo.Criteria{Outcomes: outs, Within: within, Zones: zones}
						add(slo.Objective{Touchpoint: "pay", Good: good, Except: x, Maintenance: ms})
						good.Zones = nil
						add(slo.Objective{Journey: "checkout", Good: good, Except: x, Maintenance: ms})
						add(slo.Objective{Journey: "checkout", Promise: "answered", Except: x, Maintenance: ms})
					}
				}
			}
		}
	}
	judge, n := slo.NewJudge(objectives), 0
	seen := map[slo.Result]int{}
	for _, kind := range []event.Kind{event.TouchpointEnded, event.JourneyEnded, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn} {
		for _, out := range []event.Outcome{0, event.OK, event.Failed, event.Completed, event.Abandoned} {
			for _, d := range []time.Duration{0, time.Second, 3 * time.Second} {
				for actor := event.ActorCustomer; actor <= event.ActorSynthetic; actor++ {
					for _, zone := range []event.Zone{0, event.Satisfied, event.Tolerating} {
						for flags := range 16 {
							e := event.Event{
								Kind: kind, Time: noon.Add(-time.Second), Duration: d, Outcome: out, Actor: actor, Zone: zone, Touchpoint: "pay",
								Journey: event.Run{Name: "checkout", ID: "1", Started: noon}, Promise: &event.Promise{Name: "answered"},
								Transition: &event.Transition{Partial: flags&1 != 0}, Late: flags&8 != 0,
							}
							if flags&2 != 0 {
								e.Channel, e.Cause = event.Web, "c"
							}
							if flags&4 != 0 {
								e.Customer.Segment, e.Time = "s", noon
							}
							verdicts := judge.Verdicts(nil, &e)
							for i := range objectives {
								want := naive(&objectives[i], &e)
								got := not
								if k := slices.IndexFunc(verdicts, func(v slo.Verdict) bool { return v.Index == i }); k >= 0 {
									got = verdicts[k].Result
								}
								if got != want {
									t.Fatalf("%+v\nis %d for\n%+v\nwant %d", e, got, objectives[i], want)
								}
								seen[got]++
								n++
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d verdicts: %v", n, seen)
	if len(seen) != 4 {
		t.Errorf("the world has only the results %v", seen)
	}
}

// naive is the definition of a verdict, written as the documentation says it.
func naive(o *slo.Objective, e *event.Event) slo.Result {
	at := e.Time
	switch {
	case e.Actor == event.ActorSynthetic:
		return not
	case o.Promise != "":
		if e.Kind != event.PromiseKept && e.Kind != event.PromiseBroken || e.Late || e.Promise.Name != o.Promise || e.Journey.Name != o.Journey {
			return not
		}
	case o.Journey != "":
		if e.Kind != event.JourneyEnded || e.Journey.Name != o.Journey {
			return not
		}
	case o.Touchpoint != "":
		if e.Kind != event.TouchpointEnded || e.Touchpoint != o.Touchpoint {
			return not
		}
		at = at.Add(e.Duration)
	}
	channel := e.Channel
	if channel == 0 {
		channel = event.OtherChannel
	}
	if slices.Contains(o.Except.Actors, e.Actor) || slices.Contains(o.Except.Channels, channel) || slices.Contains(o.Except.Outcomes, e.Outcome) ||
		slices.Contains(o.Except.Segments, e.Customer.Segment) || slices.Contains(o.Except.Causes, e.Cause) {
		return not
	}
	for _, m := range o.Maintenance {
		if !at.Before(m.From) && at.Before(m.Until) {
			return slo.Excluded
		}
	}
	if o.Promise != "" {
		return map[event.Kind]slo.Result{event.PromiseKept: slo.Good, event.PromiseBroken: slo.Bad}[e.Kind]
	}
	outcomes := o.Good.Outcomes
	if len(outcomes) == 0 && o.Journey != "" {
		outcomes = []event.Outcome{event.Completed}
	}
	if len(outcomes) == 0 && len(o.Good.Zones) == 0 {
		outcomes = []event.Outcome{event.OK}
	}
	known, good := true, true
	if len(outcomes) > 0 {
		known = known && e.Outcome != 0
		good = good && slices.Contains(outcomes, e.Outcome)
	}
	if len(o.Good.Zones) > 0 {
		known = known && e.Zone != 0
		good = good && slices.Contains(o.Good.Zones, e.Zone)
	}
	if o.Good.Within > 0 {
		if o.Journey != "" {
			known = known && !e.Transition.Partial
		} else {
			known = known && e.Duration != 0
		}
		good = good && e.Duration <= o.Good.Within
	}
	switch {
	case !known:
		return slo.Excluded
	case good:
		return slo.Good
	default:
		return slo.Bad
	}
}

// TestJudgeFindsItsObjectives: many objectives together give each event the verdicts that each of them gives alone, in order.
func TestJudgeFindsItsObjectives(t *testing.T) {
	t.Parallel()
	names := rapid.SampledFrom([]string{"a", "b", "c", ""})
	rapid.Check(t, func(t *rapid.T) {
		objectives := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) slo.Objective {
			o := slo.Objective{Name: names.Draw(t, "name"), Journey: names.Draw(t, "journey"), Promise: names.Draw(t, "promise")}
			if o.Journey == "" {
				o.Promise, o.Touchpoint, o.Survey = "", names.Draw(t, "touchpoint"), names.Draw(t, "survey")
			}
			o.Good.ScoreAtLeast = number(float64(rapid.IntRange(0, 3).Draw(t, "score")))
			return o
		}), 0, 20).Draw(t, "objectives")
		e := event.Event{
			Kind: rapid.SampledFrom(event.Kinds()).Draw(t, "kind"), Time: noon, Journey: event.Run{Name: names.Draw(t, "run"), ID: "1", Started: noon},
			Touchpoint: names.Draw(t, "at"), Outcome: rapid.SampledFrom([]event.Outcome{event.OK, event.Completed, event.Failed}).Draw(t, "outcome"),
			Promise:  &event.Promise{Name: names.Draw(t, "promised")},
			Feedback: &event.Feedback{Survey: names.Draw(t, "asked"), Score: rapid.IntRange(0, 3).Draw(t, "answer")},
		}
		var want []slo.Verdict
		for i := range objectives {
			for _, v := range slo.NewJudge(objectives[i:i+1]).Verdicts(nil, &e) {
				v.Index = i
				want = append(want, v)
			}
		}
		got := slo.NewJudge(objectives).Verdicts(nil, &e)
		if !slices.EqualFunc(got, want, func(a, b slo.Verdict) bool {
			return a.Index == b.Index && a.Result == b.Result && a.Objective.Name == b.Objective.Name
		}) {
			t.Fatalf("the verdicts are %v, want %v", got, want)
		}
	})
}

// TestNilJudge: it has no verdicts.
func TestNilJudge(t *testing.T) {
	t.Parallel()
	var j *slo.Judge
	if e := ended(nil); len(j.Verdicts(nil, &e)) != 0 {
		t.Error("a nil Judge has a verdict")
	}
}

// TestJudgeAllocatesNothing: the slice has room.
func TestJudgeAllocatesNothing(t *testing.T) {
	var many []slo.Objective
	for i := range 50 {
		many = append(many, slo.Objective{Name: fmt.Sprint(i), Touchpoint: fmt.Sprint(i / 2)})
	}
	judge, e := slo.NewJudge(many), touched(func(e *event.Event) { e.Touchpoint = "7" })
	into := make([]slo.Verdict, 0, 2)
	if n := testing.AllocsPerRun(100, func() { into = judge.Verdicts(into[:0], &e) }); n != 0 || len(into) != 2 {
		t.Errorf("%d verdicts allocate %v times, want 2 and none", len(into), n)
	}
}

// TestDimensions: what an event has in each dimension.
func TestDimensions(t *testing.T) {
	t.Parallel()
	full := event.Event{
		Channel: event.Phone, Actor: event.ActorDelegate, Intent: "move", Customer: event.Customer{Segment: "business"},
		Variant: &event.Variant{Release: "1.2", Experiment: "e", Arm: "b"},
	}
	for d, want := range map[slo.Dimension][2]string{
		slo.ByChannel: {"phone", "other"}, slo.BySegment: {"business", ""}, slo.ByActor: {"delegate", "customer"},
		slo.ByIntent: {"move", ""}, slo.ByRelease: {"1.2", ""}, slo.ByArm: {"b", ""}, "colour": {"", ""},
	} {
		if got := [2]string{d.Of(&full), d.Of(&event.Event{})}; got != want {
			t.Errorf("the dimension %s has the values %q, want %q", d, got, want)
		}
	}
}
