package cx_test

import (
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// described is a provider that knows the version of the service.
type described struct {
	trace.TracerProvider
	version string
}

func (d described) ServiceVersion() string { return d.version }

// TestRelease says where the release of an event comes from.
func TestRelease(t *testing.T) {
	provider := func(version string) cx.Option {
		return cx.WithJourneyTracerProvider(described{tracenoop.NewTracerProvider(), version})
	}
	for _, c := range []struct {
		name, reason, environment string
		opts                      []cx.Option
		want                      string
	}{
		{"no option", "services share journeys, and their versions are no release", "service.version=7", []cx.Option{provider("8")}, ""},
		{"given", "the application says so", "service.version=7", []cx.Option{provider("8"), cx.WithRelease("9")}, "9"},
		{"of the provider", "its resource has it", "service.version=7", []cx.Option{provider("8"), cx.WithReleaseOfService()}, "8"},
		{"of the environment", "the provider has none", "service.name=shop, service.version = 7%2C1 ", []cx.Option{provider(""), cx.WithReleaseOfService()}, "7,1"},
		{"of the environment alone", "there is no provider", "service.version=7", []cx.Option{cx.WithReleaseOfService()}, "7"},
		{"of nothing", "the resource does not say it", "service.name=shop", []cx.Option{cx.WithReleaseOfService()}, ""},
		{"a broken escape", "the text is taken as it is", "service.version=7%", []cx.Option{cx.WithReleaseOfService()}, "7%"},
		{"a long one", "it has a bound", "service.version=" + strings.Repeat("x", 100), []cx.Option{cx.WithReleaseOfService()}, strings.Repeat("x", 64)},
		{"one that is no text", "it is left out", "service.version=a%0Ab", []cx.Option{cx.WithReleaseOfService()}, ""},
		{"the last one", "it holds", "service.version=7", []cx.Option{cx.WithRelease("9"), cx.WithReleaseOfService()}, "7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", c.environment)
			var got seen
			i := open(t, nil, append([]cx.Option{cx.WithProcessors(&got)}, c.opts...)...)
			ctx := order.Start(i.ctx(), "1", event.Customer{})
			pay.Record(ctx, event.Web)
			order.Complete(ctx, journey.Variant(event.Variant{Release: "own"}))
			i.Record(ctx, event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay"})
			i.close(t)
			release := func(e event.Event) string {
				if e.Variant == nil {
					return ""
				}
				return e.Variant.Release
			}
			if got := release(got.of(event.JourneyStarted)[0]); got != c.want {
				t.Errorf("%s: the start has the release %q, want %q", c.reason, got, c.want)
			}
			touched := got.of(event.TouchpointEnded)
			if release(touched[0]) != c.want || release(touched[1]) != "" {
				t.Errorf("%s: a touchpoint has %q, and one from outside %q", c.reason, release(touched[0]), release(touched[1]))
			}
			if got := release(got.of(event.JourneyEnded)[0]); got != "own" {
				t.Errorf("the end that says its release has %q", got)
			}
		})
	}
	for _, bad := range []string{"", strings.Repeat("x", 65), "a\nb"} {
		if _, err := cx.New(cx.WithRelease(bad)); err == nil || !strings.Contains(err.Error(), "WithRelease") {
			t.Errorf("%q: the error is %v", bad, err)
		}
	}
}

// TestDeclaredEndsHaveTheArm: the end of a run that a touchpoint declares has what its customer saw.
func TestDeclaredEndsHaveTheArm(t *testing.T) {
	t.Parallel()
	var got seen
	i := open(t, nil, cx.WithProcessors(&got), cx.WithDefinitions(confirm), cx.WithRelease("2"))
	ctx := order.Start(i.ctx(), "1", event.Customer{})
	within, tp := confirm.Start(ctx, event.Web)
	touchpoint.SeeArm(within, "page", "b")
	tp.End()
	i.close(t)
	end := got.of(event.JourneyEnded)
	if len(end) != 1 || end[0].Variant == nil || *end[0].Variant != (event.Variant{Release: "2", Experiment: "page", Arm: "b"}) {
		t.Errorf("the end is %+v", end)
	}
}
