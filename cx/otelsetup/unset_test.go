package otelsetup_test

import (
	"context"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/otelsetup"
)

// TestBlankEndpointOfLogs: the exporter of logs takes its own variable as it is, blanks and all, so that the general
// one does not hold for logs.
func TestBlankEndpointOfLogs(t *testing.T) { //nolint:paralleltest // variables are the process's
	const own = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv(own, "  ")
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	if err == nil {
		_ = s.Shutdown(expired())
	}
	if err == nil || !strings.Contains(err.Error(), own+" is") || !strings.Contains(err.Error(), "blanks only") {
		t.Errorf("%v, want that %s has blanks only", err, own)
	}
	// Those of spans and metrics trim theirs, and take the general one.
	t.Setenv(own, "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "  ")
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "  ")
	s, err = otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	_ = s.Shutdown(context.Background()) // nothing listens there
}

// TestOwnEndpointFirst: "the signal's own variable comes before the general one", also where the general one is
// wrong and the own one is right, or the other way round.
func TestOwnEndpointFirst(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, signal := range []string{"TRACES", "METRICS", "LOGS"} {
		own := "OTEL_EXPORTER_OTLP_" + signal + "_ENDPOINT"
		t.Run(signal, func(t *testing.T) { //nolint:paralleltest // see above
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
			t.Setenv(own, "nowhere:4318")
			s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
			if err == nil {
				_ = s.Shutdown(expired())
			}
			if err == nil || !strings.Contains(err.Error(), own+" is") || strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_ENDPOINT is") {
				t.Errorf("%v, want that %s alone is wrong", err, own)
			}
		})
	}
}

// TestNothingIsRecorded: where nothing is configured, and that has to be, spans are not even recorded, and with a
// general endpoint they are.
func TestNothingIsRecorded(t *testing.T) { //nolint:paralleltest // variables are the process's
	for endpoint, want := range map[string]bool{"": false, "http://127.0.0.1:1": true} {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured())
		must(t, err)
		_, request := s.TracerProvider.Tracer("test").Start(context.Background(), "request")
		_, journey := s.JourneyTracerProvider.Tracer("test").Start(context.Background(), "journey")
		if request.IsRecording() != want || journey.IsRecording() != want {
			t.Errorf("with the endpoint %q the spans record: %v and %v, want %v", endpoint, request.IsRecording(), journey.IsRecording(), want)
		}
		_ = s.Shutdown(context.Background()) // nothing listens there
	}
}
