package service_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/service"
	"cairncx.dev/cairn/internal/flight"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, demo bool, app http.Handler) *service.Service {
	t.Helper()
	svc, err := service.New(service.Config{
		Name: "test", DemoClock: demo, Clock: service.NewClock(-24 * time.Hour),
		CustomerKey: []byte("a key for tests only"), Log: slog.New(slog.DiscardHandler),
		Options: []cx.Option{cx.WithDefinitions(experience.Definitions()...)},
		SDK: &otelsetup.SDK{
			TracerProvider: tracenoop.NewTracerProvider(), JourneyTracerProvider: tracenoop.NewTracerProvider(),
			MeterProvider: metricnoop.NewMeterProvider(), LoggerProvider: lognoop.NewLoggerProvider(),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.Serve(t.Context(), "127.0.0.1:0", app); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := svc.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := svc.Wait(ctx); err != nil {
			t.Error(err)
		}
	})
	return svc
}

func post(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestDemoClock(t *testing.T) {
	svc := start(t, true, http.NotFoundHandler())
	if behind := time.Since(svc.Now()); behind < 24*time.Hour {
		t.Errorf("the clock is %v behind the wall clock", behind)
	}
	for _, bad := range []string{"", "?ahead=tomorrow", "?ahead=-1h", "?ahead=100000h"} {
		if status, body := post(t, svc.URL()+"/demo/clock"+bad); status != http.StatusBadRequest {
			t.Errorf("%q: status %d: %s", bad, status, body)
		}
	}
	status, body := post(t, svc.URL()+"/demo/clock?ahead=24h")
	if status != http.StatusOK || !strings.HasPrefix(body, `{"now":"20`) {
		t.Errorf("status %d: %s", status, body)
	}
	if behind := time.Since(svc.Now()); behind > time.Hour {
		t.Errorf("the clock is still %v behind the wall clock", behind)
	}
}

func TestNoDemoClockByDefault(t *testing.T) {
	svc := start(t, false, http.NotFoundHandler())
	if status, _ := post(t, svc.URL()+"/demo/clock?ahead=24h"); status != http.StatusNotFound {
		t.Errorf("status %d, want the application's 404", status)
	}
}

// Requests record to the service's own client, whose clock the demonstration moves.
func TestRequestsRecordToTheServicesClient(t *testing.T) {
	svc := start(t, true, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := experience.Checkout.Start(r.Context(), "1", event.Customer{})
		_, _ = io.WriteString(w, flight.PositionFromContext(ctx).Journey.Started.UTC().Format(time.DateOnly))
	}))
	want := svc.Now().UTC().Format(time.DateOnly)
	if _, day := post(t, svc.URL()+"/"); day != want {
		t.Errorf("the journey started on %s, want %s", day, want)
	}
}

func TestPortTaken(t *testing.T) {
	first := start(t, false, http.NotFoundHandler())
	second := start(t, false, http.NotFoundHandler())
	err := second.Serve(t.Context(), strings.TrimPrefix(first.URL(), "http://"), nil)
	if err == nil || !strings.Contains(err.Error(), "service test") {
		t.Errorf("Serve on a port in use returned %v", err)
	}
}
