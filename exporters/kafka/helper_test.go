package kafka_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/kafka"
)

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

// patience bounds what no machine needs so long for.
const patience = 2 * time.Minute // only what hangs takes so long

var noon = time.Date(2026, 4, 17, 12, 0, 0, 0, time.UTC)

// event n of a journey, or of none where that is "".
func touch(n int, journey string) event.Event {
	e := event.Event{
		ID: idOf(event.Run{ID: journey}, fmt.Sprint(n)), Kind: event.TouchpointEnded, Time: noon,
		Touchpoint: fmt.Sprintf("%s %d", journey, n), Outcome: event.OK, Visit: n + 1,
	}
	if journey != "" {
		e.Journey = event.Run{Namespace: "test", Name: "checkout", ID: journey}
	}
	return e
}

// mixed returns n events, which belong to so many journeys in turn.
func mixed(first, n, journeys int) []event.Event {
	list := make([]event.Event, n)
	for i := range list {
		list[i] = touch((first+i)/journeys, fmt.Sprint("order-", (first+i)%journeys))
	}
	return list
}

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

// inOrder checks that each event is there, once where it says so, and that those of one journey are in
// the order of what was sent: the first time that each is there.
func inOrder(tb testing.TB, sent, got []event.Event, once bool) {
	tb.Helper()
	seen := map[event.ID]bool{}
	last := map[string]int{}
	for _, e := range got {
		if seen[e.ID] {
			if once {
				tb.Errorf("%s is there twice", e.Touchpoint)
			}
			continue
		}
		seen[e.ID] = true
		if e.Visit <= last[e.Journey.ID] {
			tb.Errorf("%s comes after visit %d", e.Touchpoint, last[e.Journey.ID])
		}
		last[e.Journey.ID] = e.Visit
	}
	for i := range sent {
		if !seen[sent[i].ID] {
			tb.Errorf("event %d of %d, %s, is not there", i, len(sent), sent[i].Touchpoint)
		}
	}
}

// idOf returns the ID of an event in the run, the same one for the same name.
func idOf(r event.Run, name string) event.ID {
	sum := sha256.Sum256([]byte(r.Name + "/" + r.ID + "/" + name))
	return event.ID(sum[:16])
}
