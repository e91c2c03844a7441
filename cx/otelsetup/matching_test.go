package otelsetup_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/touchpoint/spanmatch"
)

func matched() *blueprint.Blueprint {
	return &blueprint.Blueprint{
		Version: 1, Journeys: []blueprint.Journey{{Name: "checkout"}},
		Touchpoints: []blueprint.Touchpoint{{
			Name: "submit-payment", Journey: "checkout",
			Match: blueprint.Matches{{Span: "POST /pay", Case: blueprint.MatchSource{Attribute: "cart.id"}, Starts: true}},
		}},
	}
}

// counter counts touchpoints.
type counter struct{ n int }

func (c *counter) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded && e.Journey.ID == "c-1" {
		c.n++
	}
}

func (*counter) Shutdown(context.Context) error { return nil }

// TestSpanMatching: spans become touchpoints whatever the sampler does with them and wherever they go, and a request that is exported is
// linked to the trace of its run.
func TestSpanMatching(t *testing.T) { //nolint:paralleltest // it sets variables, and the default client
	for _, c := range []struct {
		name, reason string
		ratio        string
		endpoint     bool
		exported     bool
	}{
		{"sampled", "the request has the link", "1", true, true},
		{"not sampled", "RecordAll records it all the same", "0", true, false},
		{"nowhere", "an archive needs no backend for traces", "1", false, false},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			col := newCollector(t)
			if !c.endpoint {
				t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
			}
			t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
			t.Setenv("OTEL_TRACES_SAMPLER_ARG", c.ratio)
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(), otelsetup.WithSpanMatching(matched()))
			must(t, err)
			count := &counter{}
			client, err := cx.New(cx.WithBlueprint(matched()), cx.WithProcessors(count), cx.WithTracerProvider(s.TracerProvider),
				cx.WithJourneyTracerProvider(s.JourneyTracerProvider), cx.WithMeterProvider(s.MeterProvider), cx.WithLoggerProvider(s.LoggerProvider))
			must(t, err)
			cx.SetDefault(client)
			t.Cleanup(func() { cx.SetDefault(nil) })
			_, span := s.TracerProvider.Tracer("otelhttp").Start(context.Background(), "POST /pay", trace.WithAttributes(attribute.String("cart.id", "c-1")))
			span.End()
			must(t, client.Shutdown(context.Background()))
			must(t, s.Shutdown(context.Background()))
			if count.n != 1 {
				t.Errorf("%d touchpoints, want 1: %s", count.n, c.reason)
			}
			if faults := client.Faults(); len(faults) != 1 || faults[0].Name != "checkout" { // live_runs_lost
				t.Errorf("the faults are %v", faults)
			}
			run := event.Run{Namespace: client.Namespace(), Name: "checkout", ID: "c-1"}
			want := run.TraceID()
			if c.exported {
				links := col.span(t, "POST /pay").GetLinks()
				if len(links) != 1 || string(links[0].GetTraceId()) != string(want[:]) {
					t.Errorf("the request has the links %v, want one to the run's trace %s: %s", links, want, c.reason)
				}
				return
			}
			for _, sp := range col.spans {
				if sp.GetName() == "POST /pay" {
					t.Errorf("the request was exported: %s", c.reason)
				}
			}
		})
	}
}

func TestSpanMatchingWithoutRules(t *testing.T) { //nolint:paralleltest // newCollector sets variables
	newCollector(t)
	for _, bp := range []*blueprint.Blueprint{nil, {Version: 1}, {Version: 2}} {
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.WithSpanMatching(bp))
		if !errors.Is(err, spanmatch.ErrConfig) || !strings.Contains(err.Error(), "WithSpanMatching") || s != nil {
			t.Errorf("%v: %v, want an error about WithSpanMatching", bp, err)
		}
	}
}
