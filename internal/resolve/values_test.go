package resolve_test

import (
	"math"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
)

// TestTimes: at what times an event may be. The clock is at noon.
func TestTimes(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)
	const ahead, decade = 5 * time.Minute, event.MaxDuration
	run := event.Run{Name: "checkout", ID: "c1"}
	began := func(at time.Time) event.Run {
		j := run
		j.Started = at
		return j
	}
	east := time.FixedZone("east", 3600)
	for _, c := range []struct {
		name, reason string
		e            flight.Event
		anyTime      bool
		want         time.Time
		fault        bool
	}{
		{"no time", "now", flight.Event{Event: event.Event{}}, false, noon, false},
		{"now", "as it is", flight.Event{Event: event.Event{Time: noon}}, false, noon, false},
		{"five minutes ahead", "clocks differ", flight.Event{Event: event.Event{Time: noon.Add(ahead)}}, false, noon.Add(ahead), false},
		{"a nanosecond more", "recorded as now", flight.Event{Event: event.Event{Time: noon.Add(ahead + 1)}}, false, noon, true},
		{"five years ahead", "recorded as now", flight.Event{Event: event.Event{Time: noon.AddDate(5, 0, 0)}}, false, noon, true},
		{"five years ahead in a log", "a log's times are its own", flight.Event{Event: event.Event{Time: noon.AddDate(5, 0, 0)}}, true, noon.AddDate(5, 0, 0), false},
		{"five years ago", "history", flight.Event{Event: event.Event{Time: noon.AddDate(-5, 0, 0)}}, false, noon.AddDate(-5, 0, 0), false},
		{"1970", "the first time", flight.Event{Event: event.Event{Time: time.Unix(0, 0)}}, false, time.Unix(0, 0), false},
		{"1970, in the east", "it is the moment that counts, not the year in a zone", flight.Event{Event: event.Event{Time: time.Unix(0, 0).In(east)}}, false, time.Unix(0, 0), false},
		{"before 1970, in the east", "1970 there, and before it", flight.Event{Event: event.Event{Time: time.Unix(-1, 0).In(east)}}, false, noon, true},
		{"1969", "out of range", flight.Event{Event: event.Event{Time: time.Unix(0, -1)}}, false, noon, true},
		{"1677", "nanoseconds overflow", flight.Event{Event: event.Event{Time: time.Date(1677, 1, 1, 0, 0, 0, 0, time.UTC)}}, true, noon, true},
		{"2262", "nanoseconds overflow", flight.Event{Event: event.Event{Time: time.Date(2262, 4, 12, 0, 0, 0, 0, time.UTC)}}, true, noon, true},
		{"2261", "its end might overflow", flight.Event{Event: event.Event{Time: time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC)}}, true, noon, true},
		{"2250 in a log", "as it is", flight.Event{Event: event.Event{Time: time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC)}}, true, time.Date(2250, 1, 1, 0, 0, 0, 0, time.UTC), false},
		{"9999", "out of range", flight.Event{Event: event.Event{Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}}, true, noon, true},
		{"the end of Go's time", "out of range", flight.Event{Event: event.Event{Time: time.Unix(math.MaxInt64/2, 0)}}, true, noon, true},
		{"an hour that is not over", "it has just ended", flight.Event{Event: event.Event{Time: noon, Duration: time.Hour}}, false, noon.Add(-time.Hour), true},
		{"an hour that is just over", "as it is", flight.Event{Event: event.Event{Time: noon.Add(-time.Hour), Duration: time.Hour}}, false, noon.Add(-time.Hour), false},
		{"an hour that ends within five minutes", "clocks differ", flight.Event{Event: event.Event{Time: noon.Add(ahead - time.Hour), Duration: time.Hour}}, false, noon.Add(ahead - time.Hour), false},
		{"an hour, an hour ahead", "it has just ended", flight.Event{Event: event.Event{Time: noon.Add(time.Hour), Duration: time.Hour}}, false, noon.Add(-time.Hour), true},
		{"without end", "ten years at most, and over", flight.Event{Event: event.Event{Time: noon, Duration: math.MaxInt64}}, false, noon.Add(-decade), true},
		{"a negative hour", "no time at all", flight.Event{Event: event.Event{Time: noon, Duration: -time.Hour}}, false, noon, false},
		{"an hour in a log", "as it is", flight.Event{Event: event.Event{Time: noon, Duration: time.Hour}}, true, noon, false},
		{"a start ahead", "of every kind", flight.Event{Event: event.Event{Kind: event.JourneyStarted, Journey: run, Time: noon.Add(time.Hour)}}, false, noon, true},
		{"a stage ahead", "of every kind", flight.Event{Event: event.Event{Kind: event.JourneyStageEntered, Journey: run, Stage: "cart", Time: noon.Add(time.Hour)}}, false, noon, true},
		{"an end ahead", "of every kind", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: run, Time: noon.Add(time.Hour)}}, false, noon, true},
		{"an answer ahead", "of every kind", flight.Event{Event: event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{}, Time: noon.Add(time.Hour)}}, false, noon, true},
		{"an own kind ahead", "of every kind", flight.Event{Event: event.Event{Kind: "parcel.lost", Time: noon.Add(time.Hour)}}, false, noon, true},
		{"an end before the start", "at the start", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: began(noon.Add(-time.Hour)), Time: noon.Add(-2 * time.Hour)}}, false, noon.Add(-time.Hour), true},
		{"an end at the start", "as it is", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: began(noon.Add(-time.Hour)), Time: noon.Add(-time.Hour)}}, false, noon.Add(-time.Hour), false},
		{"an end now, of what another clock has started", "at the start: clocks differ", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: began(noon.Add(time.Second))}}, false, noon.Add(time.Second), false},
		{"an end now, of what begins tomorrow", "that is not believed", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: began(noon.AddDate(0, 0, 1))}}, false, noon, true},
		{"an end before the start in a log", "the same", flight.Event{Event: event.Event{Kind: event.JourneyEnded, Journey: began(noon), Time: noon.Add(-time.Hour)}}, true, noon, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := resolve.New(resolve.Config{Namespace: "n", Now: func() time.Time { return noon }, AnyTime: c.anyTime})
			if err != nil {
				t.Fatal(err)
			}
			e := c.e
			if e.Kind == "" {
				e.Kind = event.TouchpointEnded
			}
			_, faults := r.Open(&e)
			if !e.Time.Equal(c.want) {
				t.Errorf("it is at %v, want %v: %s", e.Time, c.want, c.reason)
			}
			if got := faults.Has(fault.Time); got != c.fault {
				t.Errorf("its time is a fault: %v, want %v: %s", got, c.fault, c.reason)
			}
		})
	}
}

// TestOutcomes: which outcome an event of a kind can have. Touchpoints and journeys have words of their own.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	type becomes struct {
		outcome event.Outcome
		fault   bool
		dropped bool
	}
	kept := func(o event.Outcome) becomes { return becomes{outcome: o} }
	want := map[event.Kind][flight.NumOutcomes]becomes{
		event.TouchpointEnded: {
			kept(event.OK), kept(event.OK), kept(event.Degraded), kept(event.Failed), kept(event.Cancelled), kept(event.Abandoned),
			{outcome: event.OK, fault: true},
		},
		event.JourneyEnded: {
			{},
			{outcome: event.OK, fault: true, dropped: true},
			{outcome: event.Degraded, fault: true, dropped: true},
			kept(event.Failed), kept(event.Cancelled), kept(event.Abandoned), kept(event.Completed),
		},
	}
	for _, kind := range []event.Kind{event.JourneyStarted, event.JourneyStageEntered, event.JourneyStalled} {
		none := [flight.NumOutcomes]becomes{}
		for o := 1; o < flight.NumOutcomes; o++ {
			none[o].fault = true // what has not ended has no outcome
		}
		want[kind] = none
	}
	for kind, outcomes := range want {
		for o, w := range outcomes {
			r, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			e := flight.Event{Event: event.Event{Kind: kind, Outcome: event.Outcome(o)}} //nolint:gosec // it is small
			ok, faults := r.Close(&e)
			if got := (becomes{e.Outcome, faults.Has(fault.Outcome), !ok}); got != w {
				t.Errorf("%s that is %v becomes %+v, want %+v", kind, event.Outcome(o), got, w) //nolint:gosec // it is small
			}
		}
	}
}

// TestNumbers: counts are not negative, amounts no larger than their sums can be.
func TestNumbers(t *testing.T) {
	t.Parallel()
	worth := func(amount int64) *flight.Event {
		return &flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Journey: event.Run{Name: "checkout", ID: "c1", Value: &event.Money{Amount: amount, Currency: "EUR"}}}}
	}
	amount := func(e *flight.Event) int64 {
		if e.Journey.Value == nil {
			return 0
		}
		return e.Journey.Value.Amount
	}
	for _, c := range []struct {
		name  string
		e     *flight.Event
		got   func(e *flight.Event) int64
		want  int64
		fault fault.Fault
		none  bool
	}{
		{name: "an amount", e: worth(12_900), got: amount, want: 12_900, none: true},
		{name: "a credit", e: worth(-12_900), got: amount, want: -12_900, none: true},
		{name: "the largest amount", e: worth(event.MaxAmount), got: amount, want: event.MaxAmount, none: true},
		{name: "more than that", e: worth(event.MaxAmount + 1), got: amount, fault: fault.Number},
		{name: "all that there is", e: worth(math.MaxInt64), got: amount, fault: fault.Number},
		{name: "less than nothing", e: worth(math.MinInt64), got: amount, fault: fault.Number},
		{
			name: "a negative visit", e: &flight.Event{Event: event.Event{Kind: event.FeedbackMentioned, Journey: event.Run{Name: "checkout", ID: "c1"}, Stage: "cart", Visit: -1}},
			got: func(e *flight.Event) int64 { return int64(e.Visit) }, fault: fault.Number,
		},
		{
			name: "negative holds", e: &flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Assisted: &event.Assisted{Legs: []event.Leg{{Holds: math.MinInt}}}}},
			got: func(e *flight.Event) int64 { return int64(e.Assisted.Legs[0].Holds) }, fault: fault.Number,
		},
		{
			name: "a negative visit that was left", e: &flight.Event{Event: event.Event{Kind: event.JourneyStageEntered, Transition: &event.Transition{From: "cart", Visit: -3}}},
			got: func(e *flight.Event) int64 { return int64(e.Transition.Visit) }, fault: fault.Number,
		},
		{
			name: "a visit that began in 9999", e: &flight.Event{Event: event.Event{Kind: event.JourneyStageEntered, Transition: &event.Transition{From: "cart", Visit: 1, Entered: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}}},
			got: func(e *flight.Event) int64 { return int64(e.Transition.Entered.Year()) }, want: 1, fault: fault.Time,
		},
		{
			name: "a follow-up that is due in 9999", e: &flight.Event{Event: event.Event{Kind: event.JourneyStageEntered, FollowUp: &event.FollowUp{Due: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}}},
			got: func(e *flight.Event) int64 { return int64(e.FollowUp.Due.Year()) }, want: 1, fault: fault.Time,
		},
		{
			name: "a zone that is none", e: &flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Zone: 200}},
			got: func(e *flight.Event) int64 { return int64(e.Zone) }, fault: fault.InvalidValue,
		},
		{
			name: "a sentiment that is none", e: &flight.Event{Event: event.Event{Kind: event.FeedbackMentioned, Feedback: &event.Feedback{Sentiment: 200}}},
			got: func(e *flight.Event) int64 { return int64(e.Feedback.Sentiment) }, fault: fault.InvalidValue,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := resolve.New(resolve.Config{Namespace: "n", Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			before := *c.e
			_, faults := r.Open(c.e)
			_, more := r.Close(c.e)
			faults.Set = faults.Union(more.Set)
			if got := c.got(c.e); got != c.want {
				t.Errorf("it is %d, want %d", got, c.want)
			}
			if c.none && (faults.Has(fault.Number) || faults.Has(fault.Time)) || !c.none && !faults.Has(c.fault) {
				t.Errorf("the faults are %b, want %v", faults.Set, c.fault)
			}
			if a := before.Assisted; a != nil && a.Legs[0].Holds >= 0 {
				t.Error("the caller's own details were changed")
			}
		})
	}
}
