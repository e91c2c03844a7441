package sdktest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/feedback/intake"
	"cairncx.dev/cairn/feedback/intake/webhook"
)

// knock makes each handler of feedback/intake refuse a request.
func knock(t *testing.T, meters metric.MeterProvider) {
	t.Helper()
	signer, err := intake.NewSigner([]byte(strings.Repeat("k", 32)))
	must(t, err)
	links, err := intake.New(intake.WithSigner(signer), intake.WithSurveys(feedback.Define("door", feedback.CSAT, feedback.Ask("en", "How was it?"))), intake.WithMeterProvider(meters))
	must(t, err)
	hooks, err := webhook.New(webhook.WithFeedback(), webhook.WithMeterProvider(meters),
		webhook.WithVerify(func(http.Header, []byte) (string, error) { return "", errRefused }))
	must(t, err)
	for _, h := range []http.Handler{links, hooks} {
		r := httptest.NewRequest(http.MethodPost, "/feedback/r/forged", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code < 400 {
			t.Errorf("%T answers %d", h, w.Code)
		}
	}
}
