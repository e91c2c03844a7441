package cxchi_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/go-chi/chi/v5"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxchi"
)

var (
	checkout      = journey.Define("checkout", journey.Stages("cart", "payment"))
	submitPayment = touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment"))
)

// printed prints each touchpoint.
type printed struct{}

func (printed) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		fmt.Println(e.Touchpoint, e.Journey.ID, e.Outcome)
	}
}

func (printed) Shutdown(context.Context) error { return nil }

func ExampleMiddleware() {
	client, err := cx.New(cx.WithDefinitions(checkout, submitPayment), cx.WithProcessors(printed{}), cx.WithoutCustomerIDs(), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	r := chi.NewRouter()
	r.Use(cxchi.Middleware(
		touchpoint.WithRoute("POST /cart/{cart}/pay", submitPayment),
		touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("cart") })))
	r.Post("/cart/{cart}", func(_ http.ResponseWriter, r *http.Request) {
		checkout.Start(r.Context(), chi.URLParam(r, "cart"), event.Customer{})
	})
	r.Post("/cart/{cart}/pay", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the bank does not answer", http.StatusBadGateway)
	})

	for _, path := range []string{"/cart/c-1", "/cart/c-1/pay"} {
		request := httptest.NewRequest(http.MethodPost, path, http.NoBody)
		r.ServeHTTP(httptest.NewRecorder(), request.WithContext(cx.NewContext(request.Context(), client)))
	}
	// Output:
	// POST /cart/{cart} c-1 ok
	// submit-payment c-1 failed
}
