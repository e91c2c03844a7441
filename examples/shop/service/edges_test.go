package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/examples/shop/service"
)

// config returns the settings of a service without telemetry.
func config() service.Config {
	return service.Config{
		Name: "test", DemoClock: true, Clock: service.NewClock(0), Log: slog.New(slog.DiscardHandler),
		CustomerKey: []byte("a key for tests only"),
		SDK: &otelsetup.SDK{
			TracerProvider: tracenoop.NewTracerProvider(), JourneyTracerProvider: tracenoop.NewTracerProvider(),
			MeterProvider: metricnoop.NewMeterProvider(), LoggerProvider: lognoop.NewLoggerProvider(),
		},
	}
}

// TestNewRefuses: a setting that the client refuses is an error with the service's name.
func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		drop float64
		ok   bool
	}{{"all traces", 0, true}, {"half of them", 0.5, true}, {"no trace", 1, true}, {"less than none", 1.5, false}, {"more than all", -0.5, false}} {
		cfg := config()
		cfg.DropTraces = c.drop
		svc, err := service.New(cfg)
		if (err == nil) != c.ok || err != nil && !strings.HasPrefix(err.Error(), "service test: ") {
			t.Errorf("%s: the error is %v", c.name, err)
		}
		if err != nil {
			continue
		}
		if err := svc.Stop(t.Context()); err != nil {
			t.Errorf("%s: a service that has never listened stops with %v", c.name, err)
		}
	}
}

// TestClockBounds: the clock moves ahead by 0 to 366 days, by POST alone, and the answer has the time on it.
func TestClockBounds(t *testing.T) {
	svc := start(t, true, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for _, c := range []struct {
		path   string
		status int
	}{
		{"/demo/clock?ahead=0s", 200},
		{"/demo/clock?ahead=-1ns", 400},
		{"/demo/clock?ahead=8784h0m0.000000001s", 400},
		{"/demo/clock?ahead=8784h", 200},
		{"/demo/clock/?ahead=24h", http.StatusTeapot},
		{"/", http.StatusTeapot},
	} {
		before := svc.Now()
		status, body := post(t, svc.URL()+c.path)
		if status != c.status {
			t.Errorf("%s: the status is %d, want %d: %s", c.path, status, c.status, body)
		}
		if moved := svc.Now().Sub(before) >= 8784*time.Hour; moved != strings.HasSuffix(c.path, "8784h") {
			t.Errorf("%s: the clock has moved: %v", c.path, moved)
		}
		if status != http.StatusOK {
			continue
		}
		var answer struct{ Now time.Time }
		if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Now.After(svc.Now()) || svc.Now().Sub(answer.Now) > time.Hour {
			t.Errorf("%s: the answer is %s, %v, and the clock says %v", c.path, body, err, svc.Now())
		}
	}
	for method, want := range map[string]struct {
		status int
		form   string
	}{http.MethodGet: {http.StatusTeapot, ""}, http.MethodPost: {http.StatusOK, "application/json"}} {
		r, err := http.NewRequestWithContext(t.Context(), method, svc.URL()+"/demo/clock?ahead=24h", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want.status || resp.Header.Get("Content-Type") != want.form {
			t.Errorf("%s is answered with %d, %v, want %d, %q", method, resp.StatusCode, resp.Header, want.status, want.form)
		}
	}
}

// TestOnlyLoopback: the address of the connection decides, in each of its forms.
func TestOnlyLoopback(t *testing.T) {
	t.Parallel()
	h := service.OnlyLoopback(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "served") }))
	for peer, served := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.1:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		"192.0.2.1:1": false, "[2001:db8::1]:1": false, "[::ffff:192.0.2.1]:1": false, "127.0.0.1": false, "": false, "@": false,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
		r.RemoteAddr = peer
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Body.String() == "served"; got != served || !served && w.Code != http.StatusForbidden {
			t.Errorf("%q is answered with %d, %s", peer, w.Code, w.Body)
		}
	}
}

// stuck is a processor that cannot flush.
type stuck struct{ err error }

func (*stuck) Process(context.Context, *event.Event)  {}
func (s *stuck) Flush(context.Context) error          { return s.err }
func (s *stuck) Shutdown(context.Context) (err error) { return s.err }

var errStuck = errors.New("the disk is full")

// TestErrors: what the client cannot send is an error of Flush, Advance and Stop, and of the request that moves the clock.
func TestErrors(t *testing.T) {
	cfg := config()
	p := &stuck{errStuck}
	cfg.Processors = []event.Processor{p}
	var log strings.Builder
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	svc, err := service.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.Serve(t.Context(), "127.0.0.1:0", http.NotFoundHandler()); err != nil {
		t.Fatal(err)
	}
	status, body := post(t, svc.URL()+"/demo/clock?ahead=1h")
	if status != http.StatusBadGateway || strings.Contains(body, "now") || !strings.Contains(log.String(), errStuck.Error()) {
		t.Errorf("the clock: %d, %s, and the log says %s", status, body, log.String())
	}
	for name, err := range map[string]error{"Flush": svc.Flush(t.Context()), "Advance": svc.Advance(t.Context(), time.Hour)} {
		if !errors.Is(err, errStuck) || !strings.HasPrefix(err.Error(), "service test: ") {
			t.Errorf("%s returns %v", name, err)
		}
	}
	if err := svc.Stop(t.Context()); !errors.Is(err, errStuck) || !strings.HasPrefix(err.Error(), "service test: ") {
		t.Errorf("Stop returns %v", err)
	}
	p.err = nil
	if err := svc.Stop(t.Context()); err != nil {
		t.Errorf("the second Stop returns %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := svc.Wait(ended); err != nil || svc.Name() != "test" {
		t.Errorf("after Stop the server has ended with %v", err)
	}
}

// TestClock: the clock is the wall clock with an offset.
func TestClock(t *testing.T) {
	cfg := config()
	cfg.Clock = service.NewClock(-time.Hour)
	svc, err := service.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Clock.Advance(30 * time.Minute)
	if behind := time.Since(svc.Now()); behind < 30*time.Minute || behind > 59*time.Minute {
		t.Errorf("the clock is %v behind", behind)
	}
	if err := svc.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
