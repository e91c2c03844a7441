package cxnats_test

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
	"cairncx.dev/cairn/touchpoint/cxnats"
)

// told is a processor that says which touchpoints have ended.
type told struct{}

func (told) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		fmt.Println(e.Journey.Name, e.Journey.ID, e.Touchpoint, e.Channel, e.Outcome)
	}
}
func (told) Shutdown(context.Context) error { return nil }

func Example() {
	broker, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true}) // for the example
	if err != nil {
		fmt.Println(err)
		return
	}
	broker.Start()
	defer broker.WaitForShutdown()
	defer broker.Shutdown()
	if !broker.ReadyForConnections(time.Minute) {
		return
	}
	conn, err := nats.Connect(broker.ClientURL())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	client, err := cx.New(cx.WithProcessors(told{}), cx.WithPositionKeys([]byte("in a service: 32 random bytes....")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)
	sub, err := conn.QueueSubscribeSync("orders", "mailer")
	if err != nil {
		fmt.Println(err)
		return
	}

	m := nats.NewMsg("orders") // the publisher
	cxnats.Inject(order.Start(ctx, "order-7", event.Customer{}), m)
	if err := conn.PublishMsg(m); err != nil {
		fmt.Println(err)
		return
	}

	mailer := cxnats.NewConsumer("") // the consumer
	if m, err = sub.NextMsg(time.Minute); err != nil {
		fmt.Println(err)
		return
	}
	_, tp := mailer.StartMsg(ctx, m, confirm, touchpoint.Via(event.Email))
	tp.End()
	// Output: order order-7 confirm email ok
}
