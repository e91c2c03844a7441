// Package exemplars_test has a real Prometheus scrape the endpoint of otelsetup.WithPrometheus.
package exemplars_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/internal/e2e/servers"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	checkout = journey.Define("checkout", journey.Stages("cart", "payment"))
	pay      = touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
)

// TestExemplarsLeadToJourneys: the metrics have the names in the queries of README, and an exemplar leads to the
// trace of a journey.
func TestExemplarsLeadToJourneys(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", "")
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"} {
		t.Setenv(name, "")
	}
	sdk, err := otelsetup.Start(t.Context(), otelsetup.WithoutGlobals(), otelsetup.OnlyIfConfigured(),
		otelsetup.WithServiceName("shop"), otelsetup.WithPrometheus())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", sdk.PrometheusHandler())
	srv := httptest.NewServer(mux)
	defer srv.Close()
	prometheus := servers.StartPrometheus(t, srv.Listener.Addr().String())

	client, err := cx.New(cx.WithDefinitions(checkout, pay), cx.WithTracerProvider(sdk.TracerProvider),
		cx.WithJourneyTracerProvider(sdk.JourneyTracerProvider), cx.WithMeterProvider(sdk.MeterProvider), cx.WithLoggerProvider(sdk.LoggerProvider))
	if err != nil {
		t.Fatal(err)
	}
	const journeys = 10
	traces := map[string]bool{}
	for i := range journeys {
		ctx := checkout.Start(cx.NewContext(context.Background(), client), strconv.Itoa(i), event.Customer{})
		_, tp := pay.Start(ctx, event.Web)
		tp.End()
		j, ok := journey.FromContext(ctx)
		if !ok {
			t.Fatal("no journey")
		}
		traces[j.TraceID()] = true
		checkout.Complete(ctx)
	}
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sum, series string }{
		{`sum(cx_journey_ended_total{cx_journey_name="checkout",cx_outcome="completed"})`, "cx_journey_ended_total"},
		{`sum(cx_touchpoint_duration_seconds_count{cx_touchpoint_name="pay"})`, "cx_touchpoint_duration_seconds_bucket"},
	} {
		servers.Eventually(t, time.Minute, func() error {
			if n, ok := prometheus.Value(t, c.sum); !ok || n != journeys {
				return fmt.Errorf("%s is %v, %v; want %d", c.sum, n, ok, journeys)
			}
			ids, err := exemplars(t.Context(), prometheus.URL(), c.series)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				return errors.New(c.series + " has no exemplar")
			}
			for _, id := range ids {
				if !traces[id] {
					return fmt.Errorf("the exemplar of %s leads to %s, which is not the trace of a journey", c.series, id)
				}
			}
			return nil
		})
	}
	if err := errors.Join(client.Shutdown(t.Context()), sdk.Shutdown(t.Context())); err != nil {
		t.Error(err)
	}
}

// exemplars returns the trace IDs of the exemplars that Prometheus has for the series.
func exemplars(ctx context.Context, base, series string) (ids []string, err error) {
	now := time.Now()
	query := url.Values{
		"query": {series},
		"start": {strconv.FormatInt(now.Add(-time.Hour).Unix(), 10)}, "end": {strconv.FormatInt(now.Add(time.Minute).Unix(), 10)},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/query_exemplars?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	var answer struct {
		Status string
		Error  string
		Data   []struct {
			Exemplars []struct{ Labels map[string]string }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("query_exemplars: %s", answer.Error)
	}
	for _, s := range answer.Data {
		for _, x := range s.Exemplars {
			ids = append(ids, x.Labels["trace_id"])
		}
	}
	return ids, nil
}
