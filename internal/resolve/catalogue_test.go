package resolve_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// foreign is a definition of a kind that there is not.
type foreign struct{}

func (foreign) Name() string    { return "foreign" }
func (foreign) Validate() error { return nil }

// TestNewRefuses: every fault of every definition is named, at once.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	faulty := journey.Define("_j", journey.Stages("a", "a"))
	for _, c := range []struct {
		name, reason string
		defs         []event.Definition
		says         []string // one for each fault
	}{
		{"none", "there need not be any", nil, nil},
		{"the same twice", "one value for both, or two that mean the same", []event.Definition{checkout, checkout, journey.Define("checkout", journey.Stages("cart", "payment"))}, nil},
		{"one name for three kinds", "a journey, a touchpoint and a survey may share a name", []event.Definition{
			journey.Define("x"), touchpoint.Define("x"), feedback.Define("x", feedback.NPS),
		}, nil},
		{"nil", "a variable that was never set", []event.Definition{checkout, nil}, []string{"definition 2 is nil"}},
		{"nil of a kind", "the same, with a type", []event.Definition{(*journey.Definition)(nil), (*touchpoint.Definition)(nil), (*feedback.Survey)(nil)}, []string{"journey", "touchpoint", "feedback"}},
		{"faulty", "its own faults, all of them", []event.Definition{faulty}, []string{"_j", "stage 2"}},
		{"a kind of its own", "only the vocabulary's", []event.Definition{foreign{}}, []string{"resolve_test.foreign"}},
		{"journeys in conflict", "the same name defined twice must mean the same", []event.Definition{checkout, journey.Define("checkout")}, []string{`journey "checkout" is defined twice`}},
		{"touchpoints in conflict", "the same", []event.Definition{search, touchpoint.Define("search", touchpoint.Satisfied(time.Second))}, []string{`touchpoint "search" is defined twice`}},
		{"surveys in conflict", "the same", []event.Definition{survey, feedback.Define("after-checkout", feedback.CES)}, []string{`survey "after-checkout" is defined twice`}},
		{"a touchpoint of a faulty journey", "its journey's faults are its own", []event.Definition{touchpoint.Define("t", touchpoint.In(faulty, "a"))}, []string{"_j"}},
		{"a touchpoint of a journey in conflict", "two journeys of one name", []event.Definition{checkout, touchpoint.Define("t", touchpoint.In(journey.Define("checkout"), ""))}, []string{`journey "checkout" is defined twice`}},
		{"all at once", "who fixes one must not meet the next", []event.Definition{
			faulty, nil, search, touchpoint.Define("search", touchpoint.Satisfied(time.Second)), feedback.Define("", 0),
		}, []string{"_j", "stage 2", "definition 2 is nil", `"search" is defined twice`, `survey ""`, "no scale"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := resolve.New(resolve.Config{Now: time.Now}, c.defs...)
			if (err != nil) != (len(c.says) > 0) {
				t.Fatalf("New: %v, want %d faults: %s", err, len(c.says), c.reason)
			}
			if err == nil {
				return
			}
			if !errors.Is(err, resolve.ErrDefinition) {
				t.Errorf("the error is not an ErrDefinition: %v", err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("no fault says %q: %v: %s", s, err, c.reason)
				}
			}
		})
	}
}

// TestNewBoundsNames at a thousand of a kind.
func TestNewBoundsNames(t *testing.T) {
	t.Parallel()
	var defs []event.Definition
	for i := range 1000 {
		defs = append(defs, journey.Define(fmt.Sprintf("j%d", i)), touchpoint.Define(fmt.Sprintf("t%d", i)), feedback.Define(fmt.Sprintf("s%d", i), feedback.NPS))
	}
	if _, err := resolve.New(resolve.Config{Now: time.Now}, defs...); err != nil {
		t.Fatalf("a thousand of each kind: %v", err)
	}
	for what, d := range map[string]event.Definition{"journey": journey.Define("more"), "touchpoint": touchpoint.Define("more"), "survey": feedback.Define("more", feedback.NPS)} {
		_, err := resolve.New(resolve.Config{Now: time.Now}, append(defs, d)...)
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "1000") {
			t.Errorf("a %s more: %v", what, err)
		}
	}
}

// touch is an event that code recorded with its definition.
func touch(d *touchpoint.Definition) flight.Event {
	e := flight.Event{Event: event.Event{Kind: event.TouchpointEnded, Touchpoint: d.Name()}}
	e.SetDefinition(d)
	return e
}

func begin(d *journey.Definition, id string) flight.Event {
	e := flight.Event{Event: event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: d.Name(), ID: id}}}
	e.SetDefinition(d)
	return e
}

func answer(s *feedback.Survey, score int) flight.Event {
	e := flight.Event{Event: event.Event{Kind: event.FeedbackReceived, Feedback: &event.Feedback{Survey: s.Name(), Scale: s.Scale(), Score: score}}}
	e.SetDefinition(s)
	return e
}

// TestAdoption: a definition that a client first meets in use is adopted if valid, else
// folded.
func TestAdoption(t *testing.T) {
	t.Parallel()
	fresh := journey.Define("fresh", journey.Stages("a"))
	for _, c := range []struct {
		name, reason string
		e            flight.Event
		got          func(*flight.Event) string
		want         string
		faults       fault.Set
	}{
		{"journey", "adopted", begin(fresh, "1"), func(e *flight.Event) string { return e.Journey.Name }, "fresh", faults()},
		{"faulty journey", "folded", begin(journey.Define("f", journey.Stages("a", "a")), "1"), func(e *flight.Event) string { return e.Journey.Name }, event.Other, faults(fault.InvalidName)},
		{"journey in conflict", "the first definition holds", begin(journey.Define("checkout"), "1"), func(e *flight.Event) string { return e.Journey.Name }, "checkout", faults(fault.Conflict)},
		{"touchpoint", "adopted", touch(touchpoint.Define("t")), func(e *flight.Event) string { return e.Touchpoint }, "t", faults()},
		{"faulty touchpoint", "folded", touch(touchpoint.Define("t", touchpoint.Satisfied(-1))), func(e *flight.Event) string { return e.Touchpoint }, event.Other, faults(fault.InvalidName)},
		{"touchpoint without a name", "folded", touch(touchpoint.Define("")), func(e *flight.Event) string { return e.Touchpoint }, event.Other, faults(fault.InvalidName)},
		{"touchpoint in conflict", "the first definition holds", touch(touchpoint.Define("pay")), func(e *flight.Event) string { return e.Touchpoint }, "pay", faults(fault.Conflict)},
		{"survey", "adopted", answer(feedback.Define("s", feedback.CSAT), 5), func(e *flight.Event) string { return e.Feedback.Survey }, "s", faults()},
		{"faulty survey", "folded", answer(feedback.Define("_s", feedback.CSAT), 5), func(e *flight.Event) string { return e.Feedback.Survey }, event.Other, faults(fault.InvalidName)},
		{"survey in conflict", "the name has the first scale, so that an answer on another one is not counted under it", answer(feedback.Define("after-checkout", feedback.CSAT), 5), func(e *flight.Event) string { return e.Feedback.Survey }, event.Other, faults(fault.Conflict)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := resolver(t)
			for range 2 { // what was refused once is refused again
				e := c.e
				_, got := r.Open(&e)
				if name := c.got(&e); name != c.want || got.Set != c.faults {
					t.Errorf("it goes on as %q, faults %v; want %q, %v: %s", name, names(got.Set), c.want, names(c.faults), c.reason)
				}
			}
		})
	}
	t.Run("known from then on", func(t *testing.T) {
		t.Parallel()
		r := resolver(t)
		outside := flight.Event{Event: event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: "fresh", ID: "1"}}}
		e := outside
		if _, got := r.Open(&e); e.Journey.Name != event.Other || got.Set != faults(fault.UnknownName) || r.Journey("fresh") != nil {
			t.Errorf("before, an event from outside goes on as %q, %v", e.Journey.Name, names(got.Set))
		}
		e = begin(fresh, "1")
		r.Open(&e)
		e = outside
		if _, got := r.Open(&e); e.Journey.Name != "fresh" || !got.IsEmpty() || r.Journey("fresh") != fresh {
			t.Errorf("after, an event from outside goes on as %q, %v", e.Journey.Name, names(got.Set))
		}
	})
	t.Run("a touchpoint brings its journey", func(t *testing.T) {
		t.Parallel()
		r := resolver(t)
		e := touch(touchpoint.Define("t", touchpoint.In(fresh, "a")))
		e.Journey = event.Run{Name: "fresh", ID: "1"}
		if stage, got := r.Open(&e); stage != "a" || !got.IsEmpty() || e.Journey.Name != "fresh" || r.Journey("fresh") != fresh {
			t.Errorf("it is in %q of %q, %v", stage, e.Journey.Name, names(got.Set))
		}
	})
	t.Run("a touchpoint in conflict has the first one's target", func(t *testing.T) {
		t.Parallel()
		r := resolver(t)
		e := touch(touchpoint.Define("pay", touchpoint.Satisfied(time.Hour)))
		e.Duration = time.Minute
		r.Open(&e)
		r.Close(&e)
		if e.Zone != event.Frustrated {
			t.Errorf("a minute is %q, by the first definition's 800 ms it is frustrated", e.Zone)
		}
	})
}

// TestAdoptionIsBounded: a definition made in a loop must not make endless series.
func TestAdoptionIsBounded(t *testing.T) {
	t.Parallel()
	r, err := resolve.New(resolve.Config{Namespace: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	journeys, touchpoints, surveys, heard := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	var counted int
	for i := range 1500 {
		name := fmt.Sprintf("n%d", i)
		j, tp, s := begin(journey.Define(name), "1"), touch(touchpoint.Define(name)), answer(feedback.Define(name, feedback.NPS), 9)
		// An answer about a journey that is not defined here: its name is heard.
		h := answer(feedback.Define("csat", feedback.CSAT), 5)
		h.Journey = event.Run{Name: "heard-" + name, ID: "1"}
		for _, e := range []*flight.Event{&j, &tp, &s, &h} {
			if _, got := r.Open(e); !got.IsEmpty() {
				counted++
			}
		}
		journeys[j.Journey.Name], touchpoints[tp.Touchpoint], surveys[s.Feedback.Survey], heard[h.Journey.Name] = true, true, true, true
	}
	// The survey "csat" is one of the thousand.
	for what, n := range map[string]int{"journeys": len(journeys), "touchpoints": len(touchpoints), "surveys": len(surveys) + 1, "heard of": len(heard)} {
		if n != 1001 {
			t.Errorf("%d names of %s are on metrics, want 1000 and _other", n, what)
		}
	}
	if want := 500 + 500 + 501 + 500; counted != want {
		t.Errorf("%d faults were counted, want %d", counted, want)
	}
	if !journeys[event.Other] || !touchpoints[event.Other] || !surveys[event.Other] || !heard[event.Other] {
		t.Error("what is too much is not counted under _other")
	}
}

// TestAdoptionConcurrently: of two different definitions of a name, one holds for all, also
// for those who meet it at the same time.
func TestAdoptionConcurrently(t *testing.T) {
	t.Parallel()
	const callers, rounds = 8, 500
	r, err := resolve.New(resolve.Config{Namespace: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		name := fmt.Sprintf("t%d", round)
		var met [callers]flight.Event
		var wg sync.WaitGroup
		gate := make(chan struct{})
		for w := range callers {
			wg.Go(func() {
				e := touch(touchpoint.Define(name, touchpoint.Satisfied(time.Duration(1+w%2)*time.Hour)))
				e.Duration = 90 * time.Minute // satisfied by the one, tolerating by the other
				<-gate
				r.Open(&e)
				r.Close(&e)
				met[w] = e
			})
		}
		close(gate)
		wg.Wait()
		for _, e := range met {
			if e.Touchpoint != name || e.Zone != met[0].Zone {
				t.Fatalf("%s goes on as %q in the zone %v, and as %q in %v: want one definition to hold", name, e.Touchpoint, e.Zone, met[0].Touchpoint, met[0].Zone)
			}
		}
	}
}
