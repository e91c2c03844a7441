package otelsetup_test

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/telemetry"
)

// TestServiceVersion: the provider of journeys knows it from the resource, which has that of the environment and what Start is given.
func TestServiceVersion(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	t.Setenv("OTEL_LOGS_EXPORTER", "none")
	for _, c := range []struct {
		name, environment, want string
		opts                    []otelsetup.Option
	}{
		{"none", "service.name=shop", "", nil},
		{"of the environment", "service.version=7%2C1", "7,1", nil},
		{"of the options", "service.version=7", "8", []otelsetup.Option{otelsetup.WithAttributes(attribute.String("service.version", "8"))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("OTEL_RESOURCE_ATTRIBUTES", c.environment)
			sdk, err := otelsetup.Start(t.Context(), append(c.opts, otelsetup.WithoutGlobals())...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := sdk.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			}()
			p, ok := sdk.JourneyTracerProvider.(telemetry.ServiceVersioner)
			if !ok || p.ServiceVersion() != c.want {
				t.Errorf("it is a %T with the version %q, want %q", sdk.JourneyTracerProvider, p.ServiceVersion(), c.want)
			}
		})
	}
	for _, p := range []*otelsetup.JourneyTracerProvider{nil, otelsetup.NewJourneyTracerProvider(nil), otelsetup.NewJourneyTracerProvider(resource.Empty())} {
		if got := p.ServiceVersion(); got != "" {
			t.Errorf("the version is %q", got)
		}
	}
}
