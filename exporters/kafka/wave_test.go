package kafka_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/kafka"
)

// hasty are options of a client that sends what it has as soon as it may, and has all the time for it: in
// front of each record that it is given the brokers are asked something a few times, by another client.
func hasty(t *testing.T, k *kfake.Cluster) []kgo.Opt {
	t.Helper()
	other := client(t, k)
	return append(plain(), kgo.ProducerLinger(0), kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(func(string) func(*kgo.Record, int) int {
		return func(*kgo.Record, int) int {
			for range 10 {
				if err := other.Ping(context.Background()); err != nil {
					t.Error(err)
				}
			}
			return 0
		}
	})))
}

// TestNothingBehind: of what a broker is sent it refuses the first for now, and would take what comes then.
// Nothing of the journey is written that comes after what was refused, and all is in order when it is tried
// again.
func TestNothingBehind(t *testing.T) {
	t.Parallel()
	own := func(opts ...kgo.Opt) func(*testing.T, *kfake.Cluster) []kafka.Option {
		return func(t *testing.T, k *kfake.Cluster) []kafka.Option {
			t.Helper()
			return []kafka.Option{kafka.WithBrokers(k.ListenAddrs()...), kafka.WithClientOptions(append(hasty(t, k), opts...)...)}
		}
	}
	given := func(t *testing.T, k *kfake.Cluster) []kafka.Option {
		t.Helper()
		return []kafka.Option{kafka.WithClient(client(t, k, append(hasty(t, k), kgo.ManualFlushing(), kgo.AllowIdempotentProduceCancellation())...))}
	}
	noRight := []*kerr.Error{kerr.TopicAuthorizationFailed}
	for _, c := range []struct {
		name, reason string
		before       int // events that are written before
		opts         func(t *testing.T, k *kfake.Cluster) []kafka.Option
		refusals     []*kerr.Error
	}{
		{"the first call", "the partitions are not known yet, and franz-go sends what waited for them as it comes", 0, own(), noRight},
		{"one record batch", "franz-go would send the first event before it has the others", 3, own(), noRight},
		{"one record batch of a client that is given", "it flushes by hand, too", 3, given, noRight},
		{"several record batches", "the second waits for the answer to the first", 3, own(kgo.ProducerBatchMaxBytes(1_500)), noRight},
		{"several, for the client holds few", "so does it", 3, own(kgo.MaxBufferedRecords(5)), noRight},
		{"the half of a record batch", "the other half waits for the answer", 3, own(), []*kerr.Error{kerr.InvalidRecord, kerr.TopicAuthorizationFailed}},
		{"a quarter of a record batch", "so do the three others", 3, own(), []*kerr.Error{kerr.InvalidRecord, kerr.InvalidRecord, kerr.TopicAuthorizationFailed}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := cluster(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
			e, err := kafka.New(topic, c.opts(t, k)...)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Shutdown(context.Background())
			sent := sinktest.Mixed(0, c.before+16, 1)
			if err := e.Export(t.Context(), sent[:c.before]); err != nil {
				t.Fatal(err)
			}
			var faults []*kfake.FaultHandle
			for _, refusal := range c.refusals {
				faults = append(faults, k.Fault(kfake.Fault{Keys: produce, Err: refusal}))
			}
			err = e.Export(t.Context(), sent[c.before:])
			for i, h := range faults {
				if h.Hits() != 1 {
					t.Errorf("refusal %d was given %d times", i, h.Hits())
				}
			}
			if err == nil {
				t.Fatal("the call says that all is written")
			}
			if got := parsed(t, received(t, k)); len(got) != c.before {
				t.Errorf("%d events are written, want the %d of before: %s", len(got), c.before, c.reason)
			}
			if err := send(t, e, sinktest.Rest(t, sent[c.before:], err)); err != nil {
				t.Fatal(err)
			}
			sinktest.InOrder(t, sent, parsed(t, received(t, k)), true)
		})
	}
}

// TestSmallClient: what a client may hold of a call is sent in parts, for it refuses more at a time.
func TestSmallClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opt          kgo.Opt
	}{
		{"few records", "a sixth one is refused until those five are written", kgo.MaxBufferedRecords(5)},
		{"few bytes", "so are the events behind the first ones", kgo.MaxBufferedBytes(1_500)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := cluster(t)
			sent := sinktest.Mixed(0, 32, 4)
			e := open(t, k, kafka.WithClientOptions(append(plain(), c.opt)...))
			if err := e.Export(t.Context(), sent); err != nil {
				t.Errorf("%v: %s", err, c.reason)
			}
			sinktest.InOrder(t, sent, parsed(t, received(t, k)), true)
		})
	}
}

// TestWaveIsOneRecordBatch: events that are sent together fit into one record batch, whatever their size is. Two
// would be two requests, of which a broker may refuse the first alone.
func TestWaveIsOneRecordBatch(t *testing.T) {
	t.Parallel()
	k := cluster(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	state, err := trace.ParseTraceState("vendor=1")
	if err != nil {
		t.Fatal(err)
	}
	span := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceState: state})
	together := map[int]int{} // how often so many events of a batch were sent together
	for size := 300; size < 500; size += 3 {
		e := open(t, k, kafka.WithClientOptions(append(plain(), kgo.ProducerBatchMaxBytes(2_000))...))
		batch := sinktest.Mixed(0, 3, 1)
		for i := range batch {
			batch[i].SpanContext, batch[i].Cause = span, strings.Repeat("x", size)
		}
		if err := e.Export(t.Context(), batch[:1]); err != nil { // the client learns the partitions
			t.Fatal(err)
		}
		before := k.PartitionInfos(topic)[0].HighWatermark
		h := k.Fault(kfake.Fault{Keys: produce, Err: kerr.TopicAuthorizationFailed, When: func(r kmsg.Request) bool {
			together[bytes.Count(r.AppendTo(nil), []byte("traceparent"))]++
			return true
		}})
		err := e.Export(t.Context(), batch[1:])
		if after := k.PartitionInfos(topic)[0].HighWatermark; err == nil || h.Hits() != 1 || after != before {
			t.Fatalf("of %d bytes: %d requests are refused, and %d events are written behind them: %v", size, h.Hits(), after-before, err)
		}
		h.Remove()
	}
	if together[1] == 0 || together[2] == 0 {
		t.Errorf("the sizes show no bound: of two events so many were sent together: %v", together)
	}
}
