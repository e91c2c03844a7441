package journey_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func ExampleNewCookie() {
	order := journey.Define("order")
	pay := touchpoint.Define("pay", touchpoint.In(order, ""))
	client, err := cx.New(cx.WithDefinitions(order, pay), cx.WithProcessors(printer{}))
	if err != nil {
		panic(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	// In a service, the keys come from its configuration.
	cookie, err := journey.NewCookie(order, [][]byte{[]byte("32 random bytes, from the secrets")})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /shop", func(w http.ResponseWriter, r *http.Request) { cookie.Start(w, r, event.Customer{}) })
	mux.HandleFunc("POST /pay", func(w http.ResponseWriter, r *http.Request) {
		order.Complete(r.Context())
		cookie.End(w)
	})
	shop := touchpoint.Handler(mux, touchpoint.WithJourneyID(order, cookie.ID), touchpoint.WithRoute("POST /pay", pay), touchpoint.WithSkip("GET /shop"))

	ctx := cx.NewContext(context.Background(), client)
	first := httptest.NewRecorder()
	shop.ServeHTTP(first, httptest.NewRequestWithContext(ctx, http.MethodGet, "/shop", nil))
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/pay", nil)
	r.AddCookie(first.Result().Cookies()[0])
	shop.ServeHTTP(httptest.NewRecorder(), r)

	// Output:
	// journey.started order
	// journey.ended order completed
	// touchpoint.ended order ok
}

// printer prints what is recorded.
type printer struct{}

// Process implements [event.Processor].
func (printer) Process(_ context.Context, e *event.Event) {
	fmt.Print(e.Kind, " ", e.Journey.Name)
	if o := e.Outcome.String(); o != "" {
		fmt.Print(" ", o)
	}
	fmt.Println()
}

// Shutdown implements [event.Processor].
func (printer) Shutdown(context.Context) error { return nil }
