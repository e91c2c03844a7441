package touchpoint_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

func ExampleSessionOf() {
	client, err := cx.New(cx.WithProcessors(attributePrinter{}))
	if err != nil {
		panic(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()

	mux := http.NewServeMux()
	mux.HandleFunc("GET /offers", func(http.ResponseWriter, *http.Request) {})
	handler := touchpoint.Handler(mux, touchpoint.WithSession(touchpoint.SessionOf("sid")))

	r := httptest.NewRequestWithContext(cx.NewContext(context.Background(), client), http.MethodGet, "/offers", nil)
	r.Header.Set("Cookie", "sid=secret")
	handler.ServeHTTP(httptest.NewRecorder(), r)

	// Output:
	// GET /offers session.id fdc6dd6836d21baeb899dd4bc390b484
}

// attributePrinter prints the attributes of touchpoints.
type attributePrinter struct{}

// Process implements [event.Processor].
func (attributePrinter) Process(_ context.Context, e *event.Event) {
	for _, kv := range e.Attributes {
		fmt.Println(e.Touchpoint, kv.Key, kv.Value.AsString())
	}
}

// Shutdown implements [event.Processor].
func (attributePrinter) Shutdown(context.Context) error { return nil }
