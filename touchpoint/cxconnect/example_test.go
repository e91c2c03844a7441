package cxconnect_test

import (
	"context"
	"fmt"
	"net/http"

	"connectrpc.com/connect"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxconnect"
)

// Every procedure is a touchpoint; one of them has a definition, and the journey's ID is in the message. The client sends the position to
// the payments service.
func ExampleNewInterceptor() {
	submitPayment := touchpoint.Define("submit-payment", touchpoint.In(checkout, "payment"))
	handler := connect.WithInterceptors(cxconnect.NewInterceptor(
		cxconnect.WithSignedPositions(),
		cxconnect.WithRoute("/shop.v1.Cart/Pay", submitPayment),
		cxconnect.WithJourneyID(checkout, func(_ context.Context, _ string, message any) string {
			if m, ok := message.(*text); ok {
				return m.GetValue()
			}
			return ""
		})))
	client := connect.WithInterceptors(cxconnect.NewInterceptor(cxconnect.WithTargets("payments.internal")))
	_ = connect.NewClient[text, text](http.DefaultClient, "https://payments.internal/payments.v1.Payments/Charge", client)
	fmt.Println(handler != nil)
	// Output: true
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
