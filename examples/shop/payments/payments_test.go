package payments_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/propagation"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/otelsetup"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/examples/shop/payments"
)

func TestCharge(t *testing.T) {
	t.Parallel()
	charge := func(card string) string {
		b, err := json.Marshal(payments.Charge{Order: "7KQ2-M4XA-ZP6T", Amount: 100, Currency: "EUR", Card: card})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, c := range []struct {
		name, body string
		status     int
		outcome    event.Outcome
		cause      string
		errorType  string
	}{
		{"good", charge(payments.CardGood), 201, event.OK, "", ""},
		{"slow", charge(payments.CardSlow), 201, event.Degraded, payments.CauseSlow, ""},
		{"declined", charge(payments.CardDeclined), 402, event.Failed, payments.CauseDeclined, "card_declined"},
		{"broken", charge(payments.CardBroken), 500, event.Failed, payments.CauseBroken, "bank_unavailable"},
		{"made up", charge("1"), 402, event.Failed, payments.CauseDeclined, "card_declined"},
		{"no order", `{"amount":1,"currency":"EUR","card":"1"}`, 400, event.OK, "", ""},
		{"no amount", `{"order":"x","currency":"EUR","card":"1"}`, 400, event.OK, "", ""},
		{"the smallest amount", `{"order":"x","amount":1,"currency":"EUR","card":"` + payments.CardGood + `"}`, 201, event.OK, "", ""},
		{"not a charge", `{"order":`, 400, event.OK, "", ""},
		{"unknown field", `{"order":"x","amount":1,"cvc":"123"}`, 400, event.OK, "", ""},
		{"too long", `{"order":"` + strings.Repeat("x", 5000) + `"}`, 400, event.OK, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// Without the storefront there is no customer's position, and therefore no journey.
			rec := cxtest.New(t).AllowFaults(fault.OutsideJourney, "charge-card")
			h := payments.New(payments.Config{SDK: noSDK(), Log: slog.New(slog.DiscardHandler), Slow: time.Millisecond})
			r := httptest.NewRequestWithContext(rec.Context(context.Background()), http.MethodPost, "/charges", strings.NewReader(c.body))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("the status is %d, want %d: %s", w.Code, c.status, w.Body)
			}
			checkReceipt(t, w, c.cause)
			events := rec.Touchpoint("charge-card").Times(1).Events()
			if len(events) != 1 {
				return
			}
			if e := events[0]; e.Outcome != c.outcome || e.Cause != c.cause || e.ErrorType != c.errorType {
				t.Errorf("outcome %s, cause %q, error %q, want %s, %q, %q", e.Outcome, e.Cause, e.ErrorType, c.outcome, c.cause, c.errorType)
			}
		})
	}
}

// checkReceipt: a charge that the bank decided on has a receipt, which says why a good one was worse than promised.
func checkReceipt(t *testing.T, w *httptest.ResponseRecorder, cause string) {
	t.Helper()
	var want payments.Receipt
	switch w.Code {
	case http.StatusCreated:
		want = payments.Receipt{Status: payments.StatusPaid, Degraded: cause}
	case http.StatusPaymentRequired:
		want.Status = payments.StatusDeclined
	default:
		return
	}
	var got payments.Receipt
	if err := json.NewDecoder(w.Body).Decode(&got); err != nil || got != want || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("the receipt is %v, %v, of the type %q, want %v", got, err, w.Header().Get("Content-Type"), want)
	}
}

// TestWait: the bank takes Config.Slow for the slow card, which is DefaultSlow for 0. A customer who does not wait that long has no receipt.
func TestWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		slow, patience time.Duration
		takes          time.Duration
		receipt        bool
	}{
		{"patient", 0, payments.DefaultSlow + 1, payments.DefaultSlow, true},
		{"gives up", 0, payments.DefaultSlow - 1, payments.DefaultSlow - 1, false},
		{"the shortest wait", 1, payments.DefaultSlow, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rec := cxtest.New(t).AllowFaults(fault.OutsideJourney, "charge-card")
				ctx, cancel := context.WithTimeout(rec.Context(t.Context()), c.patience)
				defer cancel()
				w, begun := httptest.NewRecorder(), time.Now()
				payments.New(payments.Config{SDK: noSDK(), Log: slog.New(slog.DiscardHandler), Slow: c.slow}).ServeHTTP(w,
					httptest.NewRequestWithContext(ctx, http.MethodPost, "/charges", strings.NewReader(`{"order":"x","amount":1,"card":"`+payments.CardSlow+`"}`)))
				if got := w.Body.Len() > 0; got != c.receipt {
					t.Errorf("the answer after %v is %q", time.Since(begun), w.Body)
				}
				if took := time.Since(begun); took != c.takes {
					t.Errorf("it takes %v, want %v", took, c.takes)
				}
				if e := rec.Touchpoint("charge-card").Times(1).Events()[0]; (e.Outcome == event.Degraded) != c.receipt || (e.Outcome == event.Failed) == c.receipt {
					t.Errorf("the outcome is %s, %q", e.Outcome, e.ErrorType)
				}
			})
		})
	}
}

// TestWhose: a charge belongs to the journey that the storefront names, on the customer's channel, where the storefront
// runs on this machine. Other peers are not believed. A check of the service's health is no touchpoint.
func TestWhose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		peer     string
		believed bool
	}{{"127.0.0.1:4711", true}, {"[::1]:4711", true}, {"192.0.2.1:4711", false}} {
		t.Run(c.peer, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			rec := cxtest.New(t, cx.WithDefinitions(experience.Definitions()...)).
				AllowFaults(fault.OutsideJourney, "charge-card").AllowFaults(fault.Untrusted)
			ctx := rec.Context(context.Background())
			h := payments.New(payments.Config{SDK: noSDK(), Log: slog.New(slog.NewTextHandler(&log, nil))})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/healthz", http.NoBody))
			if w.Code != http.StatusNoContent {
				t.Errorf("the service's health is %d", w.Code)
			}
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/charges", strings.NewReader(`{"order":"x","amount":1,"card":"`+payments.CardBroken+`"}`))
			r.RemoteAddr = c.peer
			text, ok := propagate.Header(&event.Position{Journey: event.Run{Name: "checkout", ID: "order-1"}, Channel: event.Mobile})
			if !ok {
				t.Fatal("the position has no header form")
			}
			r.Header.Set("Baggage", propagate.AddToBaggage("", text))
			h.ServeHTTP(httptest.NewRecorder(), r)
			e := rec.Touchpoint("charge-card").Times(1).Events()[0]
			if believed := e.Journey.ID == "order-1" && e.Channel == event.Mobile; believed != c.believed || (e.Journey.ID != "") != c.believed {
				t.Errorf("the charge belongs to %q, on the channel %v", e.Journey.ID, e.Channel)
			}
			if n := len(rec.Events(event.TouchpointEnded)); n != 1 {
				t.Errorf("there are %d touchpoints, want the charge", n)
			}
			if !strings.Contains(log.String(), "charging") || !strings.Contains(log.String(), "order=x") {
				t.Errorf("the log says %q, want which order the bank's answer was broken for", log.String())
			}
		})
	}
}

func noSDK() *otelsetup.SDK {
	return &otelsetup.SDK{
		TracerProvider: tracenoop.NewTracerProvider(), JourneyTracerProvider: tracenoop.NewTracerProvider(),
		MeterProvider: metricnoop.NewMeterProvider(), LoggerProvider: lognoop.NewLoggerProvider(),
		Propagator: propagation.TraceContext{},
	}
}
