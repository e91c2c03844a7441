package kafka_test

import (
	"context"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/kafka"
	"cairncx.dev/cairn/journey"
)

func ExampleNew() {
	cluster, err := kfake.NewCluster(kfake.SeedTopics(4, "cx.events")) // in this process, for the example
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()

	sink, err := kafka.New("cx.events", kafka.WithBrokers(cluster.ListenAddrs()...))
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "spool") // in a service, a directory that outlives it
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	spool, err := exporters.NewSpool(dir, sink) // without a disk: exporters.NewRetry(sink)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := cx.New(cx.WithExporters(spool), cx.WithNamespace("docs"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := cx.NewContext(context.Background(), client)
	checkout := journey.Define("checkout")
	ctx = checkout.Start(ctx, "cart-42", event.Customer{ID: "alice"})
	checkout.Complete(ctx)
	if err := client.Flush(context.Background()); err != nil { // it is on the disk
		fmt.Println(err)
	}
	if err := spool.Drain(context.Background()); err != nil { // and delivered
		fmt.Println(err)
	}
	if err := client.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}

	consumer, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("cx.events"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer consumer.Close()
	for n := 0; n < 2; {
		for _, r := range consumer.PollFetches(context.Background()).Records() {
			e, err := event.ParseJSON(r.Value)
			fmt.Println(string(r.Key), e.Kind, err)
			n++
		}
	}
	// Output:
	// docs/checkout/cart-42 journey.started <nil>
	// docs/checkout/cart-42 journey.ended <nil>
}

func ExampleAppendKey() {
	fmt.Printf("%s\n", kafka.AppendKey(nil, &event.Run{Namespace: "shop", Name: "sign/up", ID: "a/b"}))
	// Output:
	// shop/sign~2Fup/a/b
}
