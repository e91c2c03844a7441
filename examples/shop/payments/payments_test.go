package payments_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"

	lognoop "go.opentelemetry.io/otel/log/noop"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/otelsetup"
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

func noSDK() *otelsetup.SDK {
	return &otelsetup.SDK{
		TracerProvider: tracenoop.NewTracerProvider(), JourneyTracerProvider: tracenoop.NewTracerProvider(),
		MeterProvider: metricnoop.NewMeterProvider(), LoggerProvider: lognoop.NewLoggerProvider(),
		Propagator: propagation.TraceContext{},
	}
}
