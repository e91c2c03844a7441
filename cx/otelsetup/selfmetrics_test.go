package otelsetup_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	metricpb "go.opentelemetry.io/proto/otlp/metrics/v1"

	"cairncx.dev/cairn/cx/otelsetup"
)

// attrs are a point's attributes that are strings or numbers.
func attrs(p *metricpb.NumberDataPoint) map[string]any {
	all := map[string]any{}
	for _, kv := range p.GetAttributes() {
		if s := kv.GetValue().GetStringValue(); s != "" {
			all[kv.GetKey()] = s
		} else {
			all[kv.GetKey()] = kv.GetValue().GetIntValue()
		}
	}
	return all
}

// sum adds up the last values of a metric by error.type.
func (c *collector) sum(name string) (byType map[string]int64, one map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.metrics {
		if m.GetName() != name {
			continue
		}
		byType = map[string]int64{} // cumulative: the last export has it all
		for _, p := range m.GetSum().GetDataPoints() {
			one = attrs(p)
			class, _ := one["error.type"].(string)
			byType[class] += p.GetAsInt()
		}
	}
	return byType, one
}

// TestStandardMetrics: what is delivered and lost is in OpenTelemetry's own metrics, where metrics
// go elsewhere than what is lost.
func TestStandardMetrics(t *testing.T) { //nolint:paralleltest // variables are the process's
	listen(t)
	col := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://"+refused(t)+"/v1/traces")
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
	must(t, err)
	record(t, s)
	if s.Flush(context.Background()) == nil {
		t.Error("Flush says that everything was sent")
	}
	must(t, s.Flush(context.Background())) // the metrics of the flush before
	must(t, s.Shutdown(context.Background()))

	got, one := col.sum("otel.sdk.exporter.span.exported")
	if got["connection_refused"] != sentSpans || one["otel.component.type"] != "otlp_http_span_exporter" || one["server.address"] != "127.0.0.1" || one["server.port"] == nil {
		t.Errorf("spans: %v %v", got, one)
	}
	if got, one = col.sum("otel.sdk.processor.span.processed"); got[""] != sentSpans || one["otel.component.type"] != "batching_span_processor" {
		t.Errorf("the span processor: %v %v", got, one)
	}
	if got, one = col.sum("otel.sdk.exporter.log.exported"); got[""] != sentRecords || one["otel.component.type"] != "otlp_http_log_exporter" {
		t.Errorf("log records: %v %v", got, one)
	}
	if got, _ = col.sum("otel.sdk.processor.log.processed"); got[""] != sentRecords {
		t.Errorf("the log processor: %v", got)
	}
	if got, one = col.sum("otel.sdk.exporter.metric_data_point.exported"); got[""] == 0 || one["otel.component.type"] != "otlp_http_metric_exporter" {
		t.Errorf("metric points: %v %v", got, one)
	}
	if got, _ = col.sum("otel.sdk.exporter.span.inflight"); got[""] != 0 {
		t.Errorf("in flight: %v", got)
	}
}

// TestTheSDKsOwnMetrics: where the SDK makes the standard metrics itself, there are not two of each.
func TestTheSDKsOwnMetrics(t *testing.T) { //nolint:paralleltest // variables are the process's
	for _, name := range []string{"OTEL_GO_X_OBSERVABILITY", "OTEL_GO_X_SELF_OBSERVABILITY"} {
		t.Setenv(name, "true")
		col := newCollector(t)
		s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals())
		must(t, err)
		record(t, s)
		must(t, s.Flush(context.Background()))
		must(t, s.Shutdown(context.Background()))
		if got, _ := col.sum("otel.sdk.exporter.span.exported"); got != nil {
			t.Errorf("%s: %v", name, got)
		}
		t.Setenv(name, "")
	}
}

// TestPrometheusHandler: a scrape that asks for OpenMetrics gets exemplars, and names are
// Prometheus' own.
func TestPrometheusHandler(t *testing.T) { //nolint:paralleltest // variables are the process's
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(), otelsetup.WithPrometheus())
	must(t, err)
	client := newClient(t, s)
	trace := buy(t, client)
	must(t, client.Flush(context.Background()))
	open := scrape(t, s, "application/openmetrics-text; version=1.0.0")
	for _, want := range []string{"# EOF", "cx_journey_ended_total{", "cx_touchpoint_duration_seconds_bucket{", `trace_id="` + trace + `"`} {
		if !strings.Contains(open, want) {
			t.Errorf("there is no %q in\n%s", want, open)
		}
	}
	plain := scrape(t, s, "text/plain; version=0.0.4")
	if !strings.Contains(plain, "cx_journey_ended_total{") || strings.Contains(plain, trace) {
		t.Errorf("the older format:\n%s", plain)
	}
	must(t, client.Shutdown(context.Background()))
	must(t, s.Shutdown(context.Background()))
}

// TestPrometheusBesides: the option adds an endpoint; metrics go to OTLP where a variable says so.
func TestPrometheusBesides(t *testing.T) { //nolint:paralleltest // variables are the process's
	col := newCollector(t)
	s, err := otelsetup.Start(context.Background(), otelsetup.WithoutGlobals(), otelsetup.WithPrometheus())
	must(t, err)
	emit(t, s)
	if !strings.Contains(scrape(t, s, "text/plain"), "count_total") {
		t.Error("the metric is not there")
	}
	must(t, s.Shutdown(context.Background()))
	if len(col.paths()) != 3 {
		t.Errorf("%q arrive, want all", col.paths())
	}
	var none *otelsetup.SDK
	for _, s := range []*otelsetup.SDK{none, {}} {
		w := httptest.NewRecorder()
		s.PrometheusHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("without the option: %d", w.Code)
		}
	}
}

func scrape(t *testing.T, s *otelsetup.SDK, accept string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	s.PrometheusHandler().ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	must(t, err)
	if w.Code != http.StatusOK {
		t.Fatalf("status %d: %s", w.Code, body)
	}
	return string(body)
}
