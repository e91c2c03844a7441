package beacon_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/beacon"
)

func ExampleNew() {
	order := journey.Define("order")
	pay := touchpoint.Define("pay-button", touchpoint.In(order, ""))
	client, err := cx.New(cx.WithDefinitions(order, pay), cx.WithProcessors(printer{}))
	if err != nil {
		panic(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	cookie, err := journey.NewCookie(order, [][]byte{[]byte("32 random bytes, from the secrets")})
	if err != nil {
		panic(err)
	}
	signals, err := beacon.New(cookie, beacon.WithClient(client))
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/cairn/", signals)
	mux.HandleFunc("GET /shop", func(w http.ResponseWriter, r *http.Request) {
		cookie.Start(w, r, event.Customer{})
		fmt.Fprint(w, `<script type="module" src="/cairn/beacon.js"></script> <button data-cairn="pay-button">Pay</button>`)
	})

	// A browser opens the page, where the button does nothing.
	ctx := cx.NewContext(context.Background(), client)
	page := httptest.NewRecorder()
	mux.ServeHTTP(page, httptest.NewRequestWithContext(ctx, http.MethodGet, "/shop", nil))
	sent := httptest.NewRequestWithContext(ctx, http.MethodPost, "/cairn/", strings.NewReader(
		`{"v":1,"page":"5f0c2a94d1b6480e9c7733a1e2d4f608","first":0,"events":[{"kind":"dead","name":"pay-button","ago":0}]}`))
	sent.Header.Set("Content-Type", "text/plain")
	sent.AddCookie(page.Result().Cookies()[0])
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, sent)
	fmt.Println(answer.Code)

	// Output:
	// order: journey.started
	// order: pay-button failed, dead_click
	// 204
}

// printer prints what is recorded.
type printer struct{}

// Process implements [event.Processor].
func (printer) Process(_ context.Context, e *event.Event) {
	switch e.Kind {
	case event.TouchpointEnded:
		fmt.Printf("%s: %s %v, %s\n", e.Journey.Name, e.Touchpoint, e.Outcome, e.Cause)
	default:
		fmt.Printf("%s: %s\n", e.Journey.Name, e.Kind)
	}
}

// Shutdown implements [event.Processor].
func (printer) Shutdown(context.Context) error { return nil }
