package cxconnect_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"connectrpc.com/connect"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxconnect"
)

// printed prints each touchpoint.
type printed struct{}

func (printed) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		fmt.Println(e.Touchpoint, e.Journey.ID, e.Outcome)
	}
}

func (printed) Shutdown(context.Context) error { return nil }

// Every procedure is a touchpoint; one of them has a definition, and the journey's ID is in the message. The client sends the position to
// this server and to no other.
func ExampleNewInterceptor() {
	submitPayment := touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment"))
	client, err := cx.New(cx.WithDefinitions(checkout, submitPayment), cx.WithProcessors(printed{}), cx.WithoutCustomerIDs(), cx.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	cx.SetDefault(client)
	defer cx.SetDefault(nil)

	interceptors := connect.WithInterceptors(cxconnect.NewInterceptor(
		cxconnect.WithRoute("/shop.v1.Cart/Pay", submitPayment),
		cxconnect.WithJourneyID(checkout, func(_ context.Context, _ string, message any) string {
			if m, ok := message.(*text); ok {
				return m.GetValue()
			}
			return ""
		})))
	mux := http.NewServeMux()
	mux.Handle("/shop.v1.Cart/Open", connect.NewUnaryHandler("/shop.v1.Cart/Open", func(ctx context.Context, r *connect.Request[text]) (*connect.Response[text], error) {
		checkout.Start(ctx, r.Msg.GetValue(), event.Customer{})
		return connect.NewResponse(&text{}), nil
	}, interceptors))
	mux.Handle("/shop.v1.Cart/Pay", connect.NewUnaryHandler("/shop.v1.Cart/Pay", func(context.Context, *connect.Request[text]) (*connect.Response[text], error) {
		return nil, connect.NewError(connect.CodeUnavailable, errors.New("the bank does not answer"))
	}, interceptors))
	server := httptest.NewServer(mux)
	defer server.Close()

	sends := connect.WithInterceptors(cxconnect.NewInterceptor(cxconnect.WithTargets(server.Listener.Addr().String())))
	for _, procedure := range []string{"/shop.v1.Cart/Open", "/shop.v1.Cart/Pay"} {
		shop := connect.NewClient[text, text](server.Client(), server.URL+procedure, sends)
		_, err := shop.CallUnary(context.Background(), connect.NewRequest(&text{Value: "c-1"}))
		fmt.Println(err)
	}
	// Output:
	// shop.v1.Cart/Open c-1 ok
	// <nil>
	// submit-payment c-1 failed
	// unavailable: the bank does not answer
}

// Clients end these streams by leaving, which is ok.
func ExampleWithCodes() {
	opt := cxconnect.WithCodes(func(c connect.Code) event.Outcome {
		if c == connect.CodeCanceled {
			return event.OK
		}
		return cxconnect.Outcome(c)
	})
	fmt.Println(opt != nil, cxconnect.Outcome(connect.CodeCanceled), cxconnect.Outcome(connect.CodeUnavailable), cxconnect.Outcome(connect.CodeNotFound))
	// Output: true cancelled failed ok
}
