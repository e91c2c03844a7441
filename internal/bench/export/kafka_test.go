//go:build unix

package export

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/kafka"
)

const (
	topic       = "cx.events"
	kafkaBatch  = exporters.DefaultBatchSize
	kafkaEvents = 40 * kafkaBatch // in a turn: short ones, and many, for most of one is waiting for the broker
	kafkaRounds = 15
)

// toKafka measures the exporter beside franz-go with records that somebody has made before, to a broker in
// this process that speaks Kafka's protocol. At its defaults franz-go is given all of a turn and flushed at
// the end; one batch at a time it waits for each, as an exporter has to, but has nothing to encode.
func toKafka(b *testing.B, t *table) {
	k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(8, topic), kfake.BrokerConfigs(map[string]string{"log.retention.bytes": "1"}))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(k.Close)
	events := samples(kafkaEvents)
	made := recordsOf(events)
	sides := []*side{
		{name: "`kafka`, one call at a time", run: cairnToKafka(b, k, events, 1)},
		{name: "`kafka`, 4 calls at a time", run: cairnToKafka(b, k, events, 4)},
		{name: "`kafka`, 4 calls at a time, protobuf", run: cairnToKafka(b, k, events, 4, kafka.WithEncoding(kafka.Protobuf))},
		{name: "franz-go, all at once", run: franzToKafka(b, k, made, kafkaEvents)},
		{name: "franz-go, one batch of 512 at a time", run: franzToKafka(b, k, made, kafkaBatch)},
	}
	contest(b, kafkaRounds, sides...)
	one, four, proto, bare, batched := sides[0], sides[1], sides[2], sides[3], sides[4]
	t.sink(b, one, bare, &goal{bound: 0.8})
	t.sink(b, four, bare, &goal{bound: 0.8})
	t.sink(b, proto, bare, nil) // of JSON
	t.sink(b, one, batched, nil)
}

// recordsOf returns the events' records, as the exporter makes them.
func recordsOf(events []event.Event) []*kgo.Record {
	list := make([]*kgo.Record, len(events))
	for i := range events {
		list[i] = &kgo.Record{
			Topic: topic, Key: kafka.AppendKey(nil, &events[i].Journey), Value: events[i].AppendJSON(nil),
			Headers: []kgo.RecordHeader{
				{Key: "content-type", Value: []byte("application/json")},
				{Key: "cairn-schema-version", Value: []byte("1")},
				{Key: "cairn-event-id", Value: []byte(events[i].ID.String())},
				{Key: "cairn-event-kind", Value: []byte(events[i].Kind)},
			},
		}
	}
	return list
}

// franzToKafka returns what has a client of franz-go produce the records and flush after so many.
func franzToKafka(b *testing.B, k *kfake.Cluster, list []*kgo.Record, batch int) func(*testing.B) turn {
	b.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(k.ListenAddrs()...), kgo.MaxBufferedRecords(kafkaEvents))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	ctx := context.Background()
	if err := client.ProduceSync(ctx, &kgo.Record{Topic: topic}).FirstErr(); err != nil { // it is connected
		b.Fatal(err)
	}
	var failed atomic.Int64
	note := func(_ *kgo.Record, err error) {
		if err != nil {
			failed.Add(1)
		}
	}
	return func(b *testing.B) turn {
		defer k.ApplyRetention()
		t := turn{events: len(list)}
		if err := t.time(func() error {
			for i, r := range list {
				client.Produce(ctx, r, note)
				if (i+1)%batch == 0 {
					if err := client.Flush(ctx); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil || failed.Load() > 0 {
			b.Fatalf("franz-go: %v, and %d records failed", err, failed.Load())
		}
		return t
	}
}

// cairnToKafka returns what exports the events with so many calls at a time.
func cairnToKafka(b *testing.B, k *kfake.Cluster, events []event.Event, calls int, opts ...kafka.Option) func(*testing.B) turn {
	b.Helper()
	e, err := kafka.New(topic, append(opts, kafka.WithBrokers(k.ListenAddrs()...), kafka.WithConcurrency(calls))...)
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	b.Cleanup(func() { _ = e.Shutdown(ctx) })
	for range calls { // its clients are connected
		if err := e.Export(ctx, events[:1]); err != nil {
			b.Fatal(err)
		}
	}
	return func(b *testing.B) turn {
		defer k.ApplyRetention()
		t := turn{events: len(events)}
		if err := t.time(func() error {
			var g errgroup.Group
			for c := range calls {
				g.Go(func() error {
					for from := c * kafkaBatch; from < len(events); from += calls * kafkaBatch {
						if err := e.Export(ctx, events[from:from+kafkaBatch]); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return g.Wait()
		}); err != nil {
			b.Fatal(err)
		}
		return t
	}
}
