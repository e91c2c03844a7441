package resolve_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/resolve"
	"cairncx.dev/cairn/journey"
)

// TestStallsOfALog: a log of Cairn's own events has stalls and promises, which the replay makes again.
func TestStallsOfALog(t *testing.T) {
	t.Parallel()
	r := resolver(t, func(cfg *resolve.Config) { cfg.AnyTime = true })
	for _, kind := range event.Kinds() {
		if !ours(kind) {
			continue
		}
		e := run(kind)
		e.Promise = &event.Promise{Name: "answered"}
		if ok, found := r.Admit(&e); !ok || !found.IsEmpty() {
			t.Errorf("%s goes on: %v, with faults %v", kind, ok, names(found.Set))
		}
	}
}

// TestPromisesOfALog: a promise in a log needs a run and a name.
func TestPromisesOfALog(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]event.Event{
		"no run":     {Promise: &event.Promise{Name: "answered"}},
		"no promise": {Journey: event.Run{Name: "checkout", ID: "1"}},
		"no name":    {Journey: event.Run{Name: "checkout", ID: "1"}, Promise: &event.Promise{Number: 1}},
	} {
		for _, kind := range []event.Kind{event.PromiseMade, event.PromiseKept, event.PromiseBroken, event.PromiseWithdrawn} {
			e.Kind = kind
			ok, found := resolver(t, func(cfg *resolve.Config) { cfg.AnyTime = true }).Admit(flight.Of(e))
			if ok || !found.Has(fault.MissingDetail) {
				t.Errorf("%s with %s goes on: %v, with faults %v", kind, name, ok, names(found.Set))
			}
		}
	}
}

// TestPromisesByHand: a promise that code makes needs a due time that a clock can have; and no kind from outside begins with _.
func TestPromisesByHand(t *testing.T) {
	t.Parallel()
	d := journey.Define("checkout")
	for _, c := range []struct {
		name  string
		due   time.Time
		fault fault.Fault
		goes  bool
	}{
		{"due", time.Now().Add(time.Hour), 0, true},
		{"without a due time", time.Time{}, fault.MissingDetail, false},
		{"due too late to store", time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC), fault.Time, false},
		{"due before 1970", time.Unix(-1, 0), fault.Time, false},
	} {
		e := begin(d, "1")
		e.Kind, e.Promise = event.PromiseMade, &event.Promise{Name: "callback", Due: c.due, ByHand: true}
		if ok, found := resolver(t).Admit(&e); ok != c.goes || !ok && !found.Has(c.fault) {
			t.Errorf("a promise %s goes on: %v, with faults %v", c.name, ok, names(found.Set))
		}
	}
	e := run("_promise.due")
	if ok, found := resolver(t).Admit(&e); ok || !found.Has(fault.InvalidKind) {
		t.Errorf("a kind of the client goes on: %v, with faults %v", ok, names(found.Set))
	}
}

// TestBoundsOfPromises: a promise of a log is bounded as everything else from outside, on a copy.
func TestBoundsOfPromises(t *testing.T) {
	t.Parallel()
	given := event.Promise{Name: strings.Repeat("n", event.MaxName+1), Number: -1, Made: time.Unix(-1, 0), Due: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)}
	was := given
	e := run(event.PromiseKept)
	e.Promise, e.Outcome = &given, event.Failed
	_, found := resolver(t).Close(&e)
	if want := (event.Promise{Name: given.Name[:event.MaxName]}); *e.Promise != want || e.Outcome != 0 {
		t.Errorf("the promise is %+v with the outcome %q, want %+v without one", *e.Promise, e.Outcome, want)
	}
	if given != was {
		t.Error("the caller's own promise has changed")
	}
	for _, f := range []fault.Fault{fault.TooLong, fault.Number, fault.Time, fault.Outcome} {
		if !found.Has(f) {
			t.Errorf("the faults are %v, without %v", names(found.Set), f)
		}
	}
}
