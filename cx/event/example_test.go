package event_test

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// frictions prints the friction of each run that ends.
type frictions struct{}

func (frictions) Process(_ context.Context, e *event.Event) {
	if e.Kind != event.JourneyEnded || e.Transition.Friction == nil {
		return
	}
	for kind, n := range e.Transition.Friction.Counts() {
		fmt.Println(kind, n)
	}
}

func (frictions) Shutdown(context.Context) error { return nil }

// A customer fails twice to pay, goes back to the cart, and pays by phone in the end.
func ExampleFriction() {
	checkout := journey.Define("checkout", journey.Stages("cart", "payment"))
	cart := touchpoint.Define("cart", touchpoint.In(checkout, "cart"))
	pay := touchpoint.Define("pay", touchpoint.In(checkout, "payment"), touchpoint.Ends(event.Completed))

	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	client, err := cx.New(cx.WithProcessors(frictions{}), cx.WithDefinitions(checkout, cart, pay), cx.WithClock(func() time.Time {
		now = now.Add(time.Second)
		return now
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := checkout.Start(cx.NewContext(context.Background(), client), "cart-42", event.Customer{ID: "alice"})
	cart.Record(ctx, event.Web)
	pay.Record(ctx, event.Web, touchpoint.Outcome(event.Failed))
	pay.Record(ctx, event.Web, touchpoint.Outcome(event.Failed))
	cart.Record(ctx, event.Web)  // a loop: back to the cart
	pay.Record(ctx, event.Phone) // and another one: to the payment
	if err := client.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// repeat 2
	// failure_before_success 2
	// loop 2
	// channel_switch 1
	// overdue 0
}

// An ID tells events apart, and the order of IDs is that of time.
func ExampleNewID() {
	first := event.NewID(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	second := event.NewID(time.Date(2026, 3, 2, 9, 0, 1, 0, time.UTC))
	fmt.Println(first.String() < second.String())
	// Output: true
}
