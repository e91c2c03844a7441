package kafka_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/kafka"
)

const (
	benchEvents = 102_400
	benchBatch  = 512
)

// BenchmarkExport writes 102,400 events to a broker in this process, and prints beside it what franz-go
// does with the same records when somebody has made them before: at its defaults all are given to it and
// flushed at the end; in batches it waits for each batch, as an exporter has to.
func BenchmarkExport(b *testing.B) {
	k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(8, topic), kfake.BrokerConfigs(map[string]string{"log.retention.bytes": "1"}))
	if err != nil {
		b.Fatal(err)
	}
	defer k.Close()
	events := mixed(0, benchEvents, 5_000)
	records := made(b, events)
	for _, c := range []struct {
		name string
		run  func(b *testing.B) time.Duration
	}{
		{"one call at a time", func(b *testing.B) time.Duration { return ours(b, k, events, 1) }},
		{"4 calls at a time", func(b *testing.B) time.Duration { return ours(b, k, events, 4) }},
		{"4 calls at a time, protobuf", func(b *testing.B) time.Duration { return ours(b, k, events, 4, kafka.WithEncoding(kafka.Protobuf)) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var us, bare, batched time.Duration
			runs := []func(){
				func() { us += c.run(b) },
				func() { bare += franz(b, k, records, benchEvents) },
				func() { batched += franz(b, k, records, benchBatch) },
			}
			turn := 0
			for b.Loop() { // in turn, so that a busy machine is busy for all of them
				for i := range runs {
					runtime.GC()
					runs[(turn+i)%len(runs)]()
				}
				turn++
				k.ApplyRetention()
			}
			rate := func(d time.Duration) float64 { return float64(b.N) * benchEvents / d.Seconds() }
			b.ReportMetric(rate(us), "events/s")
			b.ReportMetric(rate(bare), "franz-go/s")
			b.ReportMetric(rate(us)/rate(bare), "ratio")
			b.ReportMetric(rate(us)/rate(batched), "ratio-batched")
			fmt.Fprintf(os.Stderr, "%-28s %8.0f events/s, franz-go %8.0f, batch by batch %8.0f: %.2f and %.2f of it\n",
				c.name, rate(us), rate(bare), rate(batched), rate(us)/rate(bare), rate(us)/rate(batched))
		})
	}
}

// made returns the events' records, as the exporter makes them.
func made(b *testing.B, events []event.Event) []*kgo.Record {
	b.Helper()
	records := make([]*kgo.Record, len(events))
	for i := range events {
		records[i] = &kgo.Record{
			Topic: topic, Key: kafka.AppendKey(nil, &events[i].Journey), Value: events[i].AppendJSON(nil),
			Headers: []kgo.RecordHeader{
				{Key: "content-type", Value: []byte("application/json")},
				{Key: "cairn-schema-version", Value: []byte("1")},
				{Key: "cairn-event-id", Value: []byte(events[i].ID.String())},
				{Key: "cairn-event-kind", Value: []byte(events[i].Kind)},
			},
		}
	}
	return records
}

func franz(b *testing.B, k *kfake.Cluster, records []*kgo.Record, batch int) time.Duration {
	b.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(k.ListenAddrs()...), kgo.MaxBufferedRecords(benchEvents))
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(context.Background(), &kgo.Record{Topic: topic}).FirstErr(); err != nil { // it is connected
		b.Fatal(err)
	}
	var mu sync.Mutex
	var failed error
	start := time.Now()
	for i, r := range records {
		client.Produce(context.Background(), r, func(_ *kgo.Record, err error) {
			if err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
			}
		})
		if (i+1)%batch == 0 {
			if err := client.Flush(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	}
	took := time.Since(start)
	if failed != nil {
		b.Fatal(failed)
	}
	return took
}

func ours(b *testing.B, k *kfake.Cluster, events []event.Event, calls int, opts ...kafka.Option) time.Duration {
	b.Helper()
	e, err := kafka.New(topic, append(opts, kafka.WithBrokers(k.ListenAddrs()...), kafka.WithConcurrency(calls))...)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Shutdown(context.Background())
	for range calls { // the clients are connected
		if err := e.Export(context.Background(), events[:1]); err != nil {
			b.Fatal(err)
		}
	}
	start := time.Now()
	var wg sync.WaitGroup
	for c := range calls {
		wg.Go(func() {
			for from := c * benchBatch; from < len(events); from += calls * benchBatch {
				if err := e.Export(context.Background(), events[from:from+benchBatch]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}
