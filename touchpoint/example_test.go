package touchpoint_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// teller tells what was recorded, line by line. A service does not need one: its telemetry is in
// its OpenTelemetry backend.
type teller struct{}

func (teller) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		fmt.Println(e.Touchpoint, e.Channel, e.Outcome, e.Stage)
	}
}
func (teller) Shutdown(context.Context) error { return nil }

func newTeller() *cx.Client {
	client, err := cx.New(cx.WithProcessors(teller{}))
	if err != nil {
		panic(err)
	}
	return client
}

var (
	exampleOrder = journey.Define("order", journey.Stages("basket", "payment"))
	examplePay   = touchpoint.Define("pay",
		touchpoint.In(exampleOrder, "payment"),
		touchpoint.Satisfied(800*time.Millisecond))
)

func ExampleDefinition_Start() {
	client := newTeller()
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client) // or cx.SetDefault(client), once, in main

	ctx = exampleOrder.Start(ctx, "order-1", event.Customer{})
	_, tp := examplePay.Start(ctx, event.Web)
	defer tp.End()
	tp.Degrade("slow-psp")
	tp.End() // it may be called again

	// Output:
	// pay web degraded payment
}

func ExampleDefinition_Record() {
	client := newTeller()
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	// What the telephone system reports when the call is over, about an order of yesterday.
	call := touchpoint.Define("call-support")
	ctx = exampleOrder.Resume(ctx, "order-1")
	call.Record(ctx, event.Phone,
		touchpoint.At(time.Now().Add(-10*time.Minute)),
		touchpoint.Took(7*time.Minute),
		touchpoint.Assisted(event.Assisted{
			Legs: []event.Leg{{Queue: "orders", Queued: true, Answered: true, Wait: event.Seconds(20 * time.Second)}}, Claimed: event.Yes,
		}))

	// Output:
	// call-support phone ok
}

func ExampleHandler() {
	client := newTeller()
	defer func() { _ = client.Shutdown(context.Background()) }()

	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{order}/payment", func(_ http.ResponseWriter, r *http.Request) {
		touchpoint.FromContext(r.Context()).Fail(errors.New("declined"))
	})
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	handler := touchpoint.Handler(mux,
		touchpoint.WithRoute("POST /orders/{order}/payment", examplePay),
		touchpoint.WithSkip("GET /healthz"),
		touchpoint.WithJourneyID(exampleOrder, func(r *http.Request) string { return r.PathValue("order") }))
	// In a service, otelhttp.NewHandler(handler, "shop") goes around it.

	ctx := cx.NewContext(context.Background(), client)
	for _, r := range []*http.Request{
		httptest.NewRequestWithContext(ctx, http.MethodPost, "/orders/order-1/payment", nil),
		httptest.NewRequestWithContext(ctx, http.MethodGet, "/healthz", nil),
	} {
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}

	// Output:
	// pay web failed payment
}

func ExampleTransport() {
	client := newTeller()
	defer func() { _ = client.Shutdown(context.Background()) }()

	// The payments service believes its own network.
	payments := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		fmt.Println("the position came along:", propagate.FromBaggage(r.Header.Get("baggage")) != "")
	}))
	defer payments.Close()

	// The storefront tells that one service where the customer is, and no other.
	http := &http.Client{Transport: touchpoint.Transport(nil, "127.0.0.1")}
	ctx := exampleOrder.Start(cx.NewContext(context.Background(), client), "order-1", event.Customer{})
	req, err := newRequest(ctx, payments.URL)
	if err != nil {
		panic(err)
	}
	resp, err := http.Do(req)
	if err != nil {
		panic(err)
	}
	_ = resp.Body.Close()

	// Output:
	// the position came along: true
}

func ExampleWithSignedPositions() {
	// Both services have the key, from where they have their other secrets.
	key := []byte("32 random bytes, for this example")
	client, err := cx.New(cx.WithPositionKeys(key))
	if err != nil {
		panic(err)
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	// The payments service is behind a load balancer, so no request comes from whom it seems to.
	payments := touchpoint.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if run, ok := journey.FromContext(r.Context()); ok {
			fmt.Println("the customer is in", run.Name(), run.ID())
		} else {
			fmt.Println("the customer is in no journey")
		}
	}), touchpoint.WithSignedPositions())
	balancer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		payments.ServeHTTP(w, r.WithContext(ctx))
	}))
	defer balancer.Close()

	get := func(ctx context.Context, transport http.RoundTripper, header string) {
		req, err := newRequest(ctx, balancer.URL)
		if err != nil {
			panic(err)
		}
		if header != "" {
			req.Header.Set("baggage", header)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			panic(err)
		}
		_ = resp.Body.Close()
	}
	storefront := touchpoint.Transport(nil, "127.0.0.1")
	get(exampleOrder.Start(ctx, "order-1", event.Customer{}), storefront, "")
	get(ctx, http.DefaultTransport, "cairn=1/default/order/order-1////////") // a stranger

	// Output:
	// the customer is in order order-1
	// the customer is in no journey
}

func newRequest(ctx context.Context, url string) (*http.Request, error) {
	return http.NewRequestWithContext(ctx, http.MethodPost, url, http.NoBody)
}
