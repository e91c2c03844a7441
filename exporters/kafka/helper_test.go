package kafka_test

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/kafka"
)

// patience bounds what no machine needs so long for.
const patience = sinktest.Patience

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// part returns whether the n-th case of many is among those that are tried: one in three, at random, or all with
// CAIRN_WHOLE=1.
func part(t *testing.T) func(n int) bool {
	t.Helper()
	if os.Getenv("CAIRN_WHOLE") != "" {
		return func(int) bool { return true }
	}
	const parts = 3
	mine := rand.IntN(parts)
	t.Logf("part %d of %d; CAIRN_WHOLE=1 has all", mine+1, parts)
	return func(n int) bool { return n%parts == mine }
}

const topic = "cx.events"

func cluster(tb testing.TB, opts ...kfake.Opt) *kfake.Cluster {
	tb.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3), kfake.SeedTopics(4, topic)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.Close)
	return c
}

// open returns an exporter to the cluster, which goes with the test.
func open(tb testing.TB, c *kfake.Cluster, opts ...kafka.Option) *kafka.Exporter {
	tb.Helper()
	e, err := kafka.New(topic, append([]kafka.Option{kafka.WithBrokers(c.ListenAddrs()...)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := e.Shutdown(ctx); err != nil {
			tb.Error(err)
		}
	})
	return e
}

// received returns all that is in the topic, partition by partition.
func received(tb testing.TB, c *kfake.Cluster) []*kgo.Record {
	tb.Helper()
	want := int64(0)
	for _, p := range c.PartitionInfos(topic) {
		want += p.HighWatermark
	}
	if want == 0 {
		return nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.ConsumeTopics(topic))
	if err != nil {
		tb.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var records []*kgo.Record
	for int64(len(records)) < want {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			tb.Fatal(err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

func parsed(tb testing.TB, records []*kgo.Record) []event.Event {
	tb.Helper()
	list := make([]event.Event, len(records))
	for i, r := range records {
		e, err := event.ParseJSON(r.Value)
		if err != nil {
			tb.Fatalf("record %d of partition %d: %v", r.Offset, r.Partition, err)
		}
		list[i] = e
	}
	return list
}
