package message_test

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/message"
)

// ids is a processor that keeps one event of each ID, as an archive does.
type ids map[event.ID]bool

func (seen ids) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded && !seen[e.ID] {
		seen[e.ID] = true
		fmt.Println(e.Journey.Name, e.Journey.ID, e.Touchpoint, e.Channel, e.Outcome)
	}
}
func (ids) Shutdown(context.Context) error { return nil }

// A queue whose messages have attributes carries the journey in them. The message comes twice, and the archive keeps one event.
func Example() {
	client, err := cx.New(cx.WithProcessors(ids{}), cx.WithPositionKeys([]byte("in a service: 32 random bytes....")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	order := journey.Define("order", journey.Stages("paid", "confirmed"))
	confirm := touchpoint.Define("confirm-order", touchpoint.In(order, "confirmed"))

	attributes := message.Map{} // of the message that is sent
	message.Inject(order.Start(ctx, "order-7", event.Customer{}), attributes)

	mailer := message.NewConsumer("mailer")
	for range 2 {
		_, tp := mailer.Start(ctx, message.Message{Headers: attributes, ID: "6fa459ea"}, confirm, touchpoint.Via(event.Email))
		tp.End() // and then the message is acknowledged
	}
	// Output: order order-7 confirm-order email ok
}

// A message that lives long in its queue has its own expiry.
func ExampleInject() {
	client, err := cx.New(cx.WithPositionKeys([]byte("in a service: 32 random bytes....")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	order := journey.Define("order")
	ctx := order.Start(cx.NewContext(context.Background(), client), "order-7", event.Customer{})

	headers := message.Lists{"baggage": {"tenant=a"}}
	message.Inject(ctx, headers, message.WithLife(90*day))
	fmt.Println(len(headers["baggage"]), headers["baggage"][0][:len("tenant=a,cairn=")])
	// Output: 1 tenant=a,cairn=
}

// A consumer of a queue that only the application's own services can write to needs no keys.
func ExampleConsumer_Extract() {
	headers := message.Map{"baggage": "cairn=1/shop/order/order-7////////"}
	ctx := message.NewConsumer("shipping", message.WithTrustedQueue()).Extract(context.Background(), headers)
	message.Inject(ctx, headers) // of a message that follows
	fmt.Println(headers["baggage"])
	// Output: cairn=1/shop/order/order-7////////
}
