package cxkafka_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint/cxkafka"
)

// told is a processor that says which touchpoints have ended.
type told struct{}

func (told) Process(_ context.Context, e *event.Event) {
	if e.Kind == event.TouchpointEnded {
		fmt.Println(e.Journey.Name, e.Journey.ID, e.Touchpoint, e.Outcome)
	}
}
func (told) Shutdown(context.Context) error { return nil }

func Example() {
	cluster, err := kfake.NewCluster(kfake.SeedTopics(1, "orders")) // in this process, for the example
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()
	kafka, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumerGroup("shipping"), kgo.ConsumeTopics("orders"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer kafka.Close()
	client, err := cx.New(cx.WithProcessors(told{}), cx.WithPositionKeys([]byte("in a service: 32 random bytes....")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Shutdown(context.Background()) }()
	ctx := cx.NewContext(context.Background(), client)

	record := &kgo.Record{Topic: "orders"} // the producer
	cxkafka.Inject(order.Start(ctx, "order-7", event.Customer{}), record)
	if err := kafka.ProduceSync(ctx, record).FirstErr(); err != nil {
		fmt.Println(err)
		return
	}

	shipping := cxkafka.NewConsumer("shipping") // the consumer
	fetches := kafka.PollFetches(ctx)
	for _, r := range fetches.Records() {
		_, tp := shipping.Start(ctx, r, deliver)
		tp.End()
	}
	if err := kafka.CommitUncommittedOffsets(ctx); err != nil {
		fmt.Println(err)
	}
	// Output: order order-7 deliver ok
}
