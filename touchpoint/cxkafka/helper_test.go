package cxkafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	topic = "orders"
	// patience bounds what no machine needs so long for.
	patience = time.Minute
)

var (
	key = []byte("a key of tests, of 32 bytes.....")

	order   = journey.Define("order", journey.Stages("paid", "delivered"))
	deliver = touchpoint.Define("deliver", touchpoint.In(order, "delivered"))
)

func newService(tb testing.TB, opts ...cx.Option) *cxtest.Recorder {
	tb.Helper()
	return cxtest.New(tb, append([]cx.Option{cx.WithNamespace("shop"), cx.WithDefinitions(order, deliver), cx.WithPositionKeys(key)}, opts...)...)
}

// in is a context in which the customer is in the order.
func in(r *cxtest.Recorder, id string) context.Context {
	return propagate.ContextWithPosition(r.Context(context.Background()), &event.Position{
		Journey: event.Run{Namespace: "shop", Name: "order", ID: id}, Stage: "paid", Visit: 1, Channel: event.Web,
	})
}

func cluster(tb testing.TB) *kfake.Cluster {
	tb.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, topic))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

func client(tb testing.TB, c *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	tb.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.ListenAddrs()...)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(cl.Close)
	return cl
}

// grouped returns a client of the group, which commits what it is told to.
func grouped(tb testing.TB, c *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	tb.Helper()
	return client(tb, c, append([]kgo.Opt{
		kgo.ConsumerGroup("shipping"), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.HeartbeatInterval(20 * time.Millisecond), kgo.RebalanceTimeout(2 * time.Second),
	}, opts...)...)
}

// take polls until there are n records.
func take(tb testing.TB, cl *kgo.Client, n int) (records []*kgo.Record) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for len(records) < n {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			tb.Fatalf("%d of %d records: %v", len(records), n, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

func header(r *kgo.Record, key string) (all []string) {
	for _, h := range r.Headers {
		if h.Key == key {
			all = append(all, string(h.Value))
		}
	}
	return all
}
