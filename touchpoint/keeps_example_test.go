package touchpoint_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// promises prints what becomes of promises.
type promises struct{}

func (promises) Process(_ context.Context, e *event.Event) {
	if e.Promise != nil {
		fmt.Println(e.Kind, e.Promise.Name)
	}
}
func (promises) Shutdown(context.Context) error { return nil }

// A call keeps the promise of an answer, too. A call that fails does not.
func ExampleKeeps() {
	claim := journey.Define("claim",
		journey.Stages("received", "replied"),
		journey.Promise("answered", 24*time.Hour, journey.Since("received"), journey.Until("replied")))
	call := touchpoint.Define("call-customer", touchpoint.In(claim, ""), touchpoint.Keeps(claim, "answered"))

	client, err := cx.New(cx.WithDefinitions(claim, call), cx.WithProcessors(promises{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	ctx = claim.Start(ctx, "claim-1", event.Customer{})
	ctx = claim.Enter(ctx, "received")
	call.Record(ctx, event.Phone, touchpoint.Outcome(event.Failed))
	fmt.Println("called, and nobody answered")
	call.Record(ctx, event.Phone)
	claim.Complete(ctx)
	// Output:
	// promise.made answered
	// called, and nobody answered
	// promise.kept answered
}
