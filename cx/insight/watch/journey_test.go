package watch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/cx/stores/memory"
)

// TestFaultyJourney: the faults of a definition are named.
func TestFaultyJourney(t *testing.T) {
	t.Parallel()
	within := watch.ConfirmWithin(time.Hour)
	for _, c := range []struct {
		name, want string
		j          *watch.Journey
	}{
		{"good", "", breakdowns},
		{"nil", "is nil", nil},
		{"no name", "not a valid name", watch.Define("", within, watch.ForSeverity("", 1))},
		{"two of a name", "another one", watch.Define("", within, watch.ForSeverity("a", 1), watch.ForSeverity("a", 2))},
		{"two of a bound", "another one", watch.Define("", within, watch.ForSeverity("a", 1), watch.ForSeverity("b", 1))},
		{"a bound below 0", "use 0 to", watch.Define("", within, watch.ForSeverity("a", -1))},
		{"a time of its own", "has PlanWithin", watch.Define("", within, watch.ForSeverity("a", 1, watch.PlanWithin(time.Hour)))},
		{"severities of its own", "of its own", watch.Define("", within, watch.ForSeverity("a", 1, watch.ForSeverity("b", 2)))},
		{"a promise without a time", "", watch.Define("_x", within)},
	} {
		err := c.j.Validate()
		if c.name == "a promise without a time" {
			if err == nil {
				t.Error("a name that begins with _ is valid")
			}
			continue
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestSeverity: the severity with the highest bound holds.
func TestSeverity(t *testing.T) {
	t.Parallel()
	j := watch.Define("", watch.ConfirmWithin(time.Hour), watch.ForSeverity("high", 20), watch.ForSeverity("low", 2))
	for perDay, want := range map[float64]string{-5: "", 1.9: "", 2: "low", 19: "low", 20: "high", 1e6: "high"} {
		if got := j.Severity(perDay); got != want {
			t.Errorf("%v customers a day are %q, want %q", perDay, got, want)
		}
	}
	same := watch.Define("", watch.ConfirmWithin(time.Hour), watch.ForSeverity("low", 2), watch.ForSeverity("high", 20))
	other := watch.Define("", watch.ConfirmWithin(time.Hour), watch.ForSeverity("low", 2), watch.ForSeverity("high", 21))
	if !j.Equal(same) || j.Equal(other) || j.Equal(nil) {
		t.Error("equal definitions differ, or the reverse")
	}
}

// TestNothing: nil values record nothing, and plans that are not whole are errors.
func TestNothing(t *testing.T) {
	t.Parallel()
	var j *watch.Journey
	ctx := context.Background()
	ctx = j.Plan(j.Confirm(j.Find(ctx, "1", event.Breakdown{})), event.RunRef{}, "")
	j.Dismiss(j.Verify(j.Mend(j.Reopen(j.Resume(ctx, "1"), event.Breakdown{}))), "")
	j.Close(ctx)
	j.Escalate(ctx, event.Breakdown{}, time.Time{})
	if j.Name() != "" || j.Journey() != nil || j.Promises("") != nil || j.Severity(1) != "" {
		t.Error("a nil journey has something")
	}
	var w *watch.Watch
	if list, err := w.List(ctx); list != nil || err != nil || w.Shutdown(ctx) != nil {
		t.Error("a nil watch does something")
	}
	if _, err := watch.New(new(memory.Store), watch.Plan{}); err == nil || !strings.Contains(err.Error(), "no Client") {
		t.Error(err)
	}
}

// TestCauses: a client with a vocabulary of causes knows the reasons of a dismissal, and why a watch ends breakdowns.
func TestCauses(t *testing.T) {
	t.Parallel()
	r := cxtest.New(t, cx.WithDefinitions(breakdowns.Journey()), cx.WithCauses("no-authority"))
	r.AllowFaults(fault.UnknownName)
	ends := append(watch.Reasons(), watch.Held, watch.Subsided, "no-authority")
	for i, cause := range append(ends, "made-up") {
		ctx := breakdowns.Find(r.Context(t.Context()), fmt.Sprint("b", i), event.Breakdown{About: string(breakdown.OfStage), Journey: "checkout", Name: "payment"})
		breakdowns.Dismiss(ctx, cause)
	}
	var causes []string
	for _, e := range r.Events() {
		if e.Kind == event.JourneyEnded {
			causes = append(causes, e.Cause)
		}
	}
	if want := append(ends, event.Other); !slices.Equal(causes, want) {
		t.Errorf("the breakdowns are dismissed for %q, want %q", causes, want)
	}
}
