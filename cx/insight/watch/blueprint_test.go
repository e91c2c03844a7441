package watch_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/watch"
)

// The journey of breakdowns is in the blueprint.
func ExampleFromBlueprint() {
	day := blueprint.Duration(24 * time.Hour)
	b := &blueprint.Blueprint{
		Version: blueprint.Version,
		Breakdowns: &blueprint.Breakdowns{
			Confirm: blueprint.Within{Duration: day}, Mend: blueprint.Within{Duration: 30 * day},
			Severities: []blueprint.BreakdownSeverity{{Name: "high", CustomersADay: 20, Mend: blueprint.Within{Duration: 7 * day}}},
		},
	}
	j := watch.FromBlueprint(b)
	for _, customersADay := range []float64{3, 50} {
		severity := j.Severity(customersADay)
		for _, p := range j.Promises(severity) {
			fmt.Printf("%q %s within %v\n", severity, p.Name, p.Within)
		}
	}
	// Output:
	// "" confirmed within 24h0m0s
	// "" mended within 720h0m0s
	// "high" confirmed within 24h0m0s
	// "high" mended within 168h0m0s
}

// severities collects the severities in the events of a client.
type severities struct{ of []string }

func (s *severities) Process(_ context.Context, e *event.Event) {
	if e.Breakdown != nil {
		s.of = append(s.of, string(e.Kind)+" "+e.Breakdown.Severity)
	}
}
func (*severities) Flush(context.Context) error    { return nil }
func (*severities) Shutdown(context.Context) error { return nil }

// TestUnknownSeverity: a severity that the journey does not have is _other in its events, and promises what all others do.
func TestUnknownSeverity(t *testing.T) {
	t.Parallel()
	var s severities
	client, err := cx.New(cx.WithDefinitions(breakdowns.Journey()), cx.WithProcessors(&s), cx.WithoutCustomerIDs())
	if err != nil {
		t.Fatal(err)
	}
	ctx := breakdowns.Find(cx.NewContext(t.Context(), client), "1", event.Breakdown{Severity: "high"})
	breakdowns.Confirm(ctx, watch.Details(event.Breakdown{Severity: "a text from outside"}))
	breakdowns.Escalate(ctx, event.Breakdown{Severity: "highest"}, time.Now())
	breakdowns.Dismiss(ctx, "intended")
	if err := client.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, line := range s.of {
		seen[line] = true
	}
	for _, want := range []string{"journey.started high", "journey.stage.entered _other", "promise.made _other", "journey.ended "} {
		if !seen[want] {
			t.Errorf("there is no %q in %q", want, s.of)
		}
	}
	for line := range seen {
		if line == "journey.stage.entered a text from outside" {
			t.Errorf("a severity from outside is in the events: %q", s.of)
		}
	}
}

// causes collects the causes of ends.
type causes struct{ of []string }

func (s *causes) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.JourneyEnded {
		s.of = append(s.of, e.Cause)
	}
}
func (*causes) Flush(context.Context) error    { return nil }
func (*causes) Shutdown(context.Context) error { return nil }

// TestHeldIsInEveryVocabulary: the cause with which a breakdown is closed needs no declaration, and another one does.
func TestHeldIsInEveryVocabulary(t *testing.T) {
	t.Parallel()
	var s causes
	client, err := cx.New(cx.WithDefinitions(breakdowns.Journey()), cx.WithCauses("courier"), cx.WithProcessors(&s), cx.WithoutCustomerIDs(), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	ctx := cx.NewContext(t.Context(), client)
	breakdowns.Close(breakdowns.Find(ctx, "1", event.Breakdown{}))
	breakdowns.Dismiss(breakdowns.Find(ctx, "2", event.Breakdown{}), "whatever")
	if err := client.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.of); got != "[held _other]" {
		t.Errorf("the causes are %s", got)
	}
}
