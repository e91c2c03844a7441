package kafka_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/kafka"
	"cairncx.dev/cairn/exporters/sink"
)

func TestNew(t *testing.T) {
	t.Parallel()
	made := func(opts ...kgo.Opt) *kgo.Client {
		c, err := kgo.NewClient(append(opts, kgo.SeedBrokers("127.0.0.1:1"))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	brokers := kafka.WithBrokers("127.0.0.1:1")
	for _, c := range []struct {
		name, reason string
		topic        string
		opts         []kafka.Option
		want         []string // "" for no error
	}{
		{"brokers", "what is needed", topic, []kafka.Option{brokers, nil}, nil},
		{"a client", "what is needed", topic, []kafka.Option{kafka.WithClient(made())}, nil},
		{"neither", "nobody to send to", topic, nil, []string{"WithBrokers or WithClient"}},
		{"both", "which one?", topic, []kafka.Option{brokers, kafka.WithClient(made())}, []string{"leave WithBrokers"}},
		{"a nil client", "a mistake that is found now", topic, []kafka.Option{kafka.WithClient(nil)}, []string{"WithClient(nil)"}},
		{"no topic", "Kafka's rules", "", []kafka.Option{brokers}, []string{"New(\"\")"}},
		{"a topic of dots", "Kafka's rules", "..", []kafka.Option{brokers}, []string{"New(\"..\")"}},
		{"a topic with a slash", "Kafka's rules", "a/b", []kafka.Option{brokers}, []string{"New(\"a/b\")"}},
		{"a topic that is long", "Kafka's rules", strings.Repeat("x", 250), []kafka.Option{brokers}, []string{"1 to 249"}},
		{"the longest topic", "Kafka's rules", strings.Repeat("x", 249), []kafka.Option{brokers}, nil},
		{"a topic of all that it may have", "Kafka's rules", "azAZ09._-", []kafka.Option{brokers}, nil},
		{"a topic of three dots", "Kafka's rules", "...", []kafka.Option{brokers}, nil},
		{"a topic of one dot", "Kafka's rules", ".", []kafka.Option{brokers}, []string{"New(\".\")"}},
		{"before the small letters", "next to them in ASCII", "a`", []kafka.Option{brokers}, []string{"letters, digits"}},
		{"behind the small letters", "next to them in ASCII", "a{", []kafka.Option{brokers}, []string{"letters, digits"}},
		{"before the large letters", "next to them in ASCII", "a@", []kafka.Option{brokers}, []string{"letters, digits"}},
		{"behind the large letters", "next to them in ASCII", "a[", []kafka.Option{brokers}, []string{"letters, digits"}},
		{"behind the digits", "next to them in ASCII", "a:", []kafka.Option{brokers}, []string{"letters, digits"}},
		{"beyond ASCII", "Kafka's rules", "käse", []kafka.Option{brokers}, []string{"letters, digits"}},
		{"a client with options", "it has them", topic, []kafka.Option{kafka.WithClient(made()), kafka.WithClientOptions(kgo.ClientID("c"))}, []string{"leave WithBrokers and WithClientOptions out"}},
		{"the most calls", "within the bounds", topic, []kafka.Option{brokers, kafka.WithConcurrency(64)}, nil},
		{"no call", "nothing would be sent", topic, []kafka.Option{brokers, kafka.WithConcurrency(0)}, []string{"WithConcurrency(0): use 1 to 64"}},
		{"the shortest time", "it is positive", topic, []kafka.Option{brokers, kafka.WithTimeout(1)}, nil},
		{"less than no time", "nothing would be sent", topic, []kafka.Option{brokers, kafka.WithTimeout(-1)}, []string{"WithTimeout(-1ns)"}},
		{"an unknown encoding", "the content type would be a lie", topic, []kafka.Option{brokers, kafka.WithEncoding(kafka.Protobuf + 1)}, []string{"WithEncoding(2)"}},
		{"many mistakes", "all are said at once", "", []kafka.Option{brokers, kafka.WithTimeout(0), kafka.WithConcurrency(65), kafka.WithEncoding(9)}, []string{"WithTimeout(0s)", "WithConcurrency(65)", "WithEncoding(9)", "New("}},
		{"a client for two", "one carries one", topic, []kafka.Option{kafka.WithClient(made()), kafka.WithConcurrency(2)}, []string{"WithConcurrency(2)"}},
		{"acknowledged by the leader", "a broker that is lost loses events", topic, []kafka.Option{brokers, kafka.WithClientOptions(kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite())}, []string{"kgo.RequiredAcks(kgo.LeaderAck): ", "all replicas", "not idempotent"}},
		{"a client that is not idempotent", "events change places", topic, []kafka.Option{kafka.WithClient(made(kgo.DisableIdempotentWrite()))}, []string{"not idempotent"}},
		{"not acknowledged at all", "as above", topic, []kafka.Option{brokers, kafka.WithClientOptions(kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())}, []string{"kgo.RequiredAcks(kgo.NoAck): "}},
		{"a nil option of franz-go", "it does nothing", topic, []kafka.Option{brokers, kafka.WithClientOptions(nil, kgo.ClientID("c"), nil)}, nil},
		{"a transaction", "nobody commits it", topic, []kafka.Option{kafka.WithClient(made(kgo.TransactionalID("t")))}, []string{`kgo.TransactionalID("t"): `, "transactional"}},
		{"an option that franz-go refuses", "it says why", topic, []kafka.Option{brokers, kafka.WithClientOptions(kgo.ProducerBatchMaxBytes(1))}, []string{"franz-go does not take"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := kafka.New(c.topic, c.opts...)
			if err == nil {
				defer e.Shutdown(context.Background())
			}
			if (err == nil) != (c.want == nil) || (err == nil) != (e != nil) {
				t.Fatalf("it says %v: %s", err, c.reason)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("it says %v, want %q: %s", err, want, c.reason)
				}
			}
		})
	}
}

func TestNil(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*kafka.Exporter{"nil": nil, "zero": {}} {
		if err := e.Export(nil, sinktest.Mixed(0, 2, 1)); err != nil { //nolint:staticcheck // on purpose
			t.Errorf("%s: %v", name, err)
		}
		if err := e.Flush(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := e.Shutdown(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAppendKey(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, c := range []struct {
		name, reason string
		j            event.Run
		want         string
	}{
		{"plain", "legible", event.Run{Namespace: "shop", Name: "checkout", ID: "cart-42"}, "shop/checkout/cart-42"},
		{"no namespace", "its place stays", event.Run{Name: "checkout", ID: "cart-42"}, "/checkout/cart-42"},
		{"slashes in the ID", "it is the rest", event.Run{Namespace: "a", Name: "b", ID: "c/d~e"}, "a/b/c/d~e"},
		{"a slash in the name", "it is not what divides", event.Run{Namespace: "a", Name: "b/c", ID: "d~e"}, "a/b~2Fc/d~e"},
		{"a tilde in the namespace", "it escapes", event.Run{Namespace: "a~2F", Name: "b", ID: "c"}, "a~7E2F/b/c"},
		{"not UTF-8", "bytes are bytes", event.Run{Namespace: "\xff", Name: "b", ID: "\x00"}, "\xff/b/\x00"},
		{"no journey", "it may be anywhere", event.Run{}, ""},
	} {
		got := string(kafka.AppendKey(nil, &c.j))
		if got != c.want {
			t.Errorf("%s: %q, want %q: %s", c.name, got, c.want, c.reason)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s have one key", c.name, other)
		}
		seen[got] = c.name
	}
}

// TestRecord: key, headers and value as they are documented; a journey is in one partition.
func TestRecord(t *testing.T) {
	t.Parallel()
	state, err := trace.ParseTraceState("vendor=1")
	if err != nil {
		t.Fatal(err)
	}
	e := sinktest.Touch(0, "order-1")
	e.SpanContext = trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0x4b, 15: 1}, SpanID: trace.SpanID{0xf9, 7: 2}, TraceFlags: trace.FlagsSampled, TraceState: state,
	})
	for _, c := range []struct {
		name, reason string
		e            event.Event
		encoding     kafka.Encoding
		key          string
		headers      map[string]string
	}{
		{"all of it", "W3C Trace Context, section 3.2", e, kafka.JSON, "test/checkout/order-1", map[string]string{
			"content-type": "application/json", "cairn-schema-version": "1", "cairn-event-id": e.ID.String(), "cairn-event-kind": "touchpoint.ended",
			"traceparent": "00-4b000000000000000000000000000001-f900000000000002-01", "tracestate": "vendor=1",
		}},
		{"protobuf", "the header says so", e, kafka.Protobuf, "test/checkout/order-1", map[string]string{
			"content-type": "application/x-protobuf", "cairn-schema-version": "1", "cairn-event-id": e.ID.String(), "cairn-event-kind": "touchpoint.ended",
			"traceparent": "00-4b000000000000000000000000000001-f900000000000002-01", "tracestate": "vendor=1",
		}},
		{"as little as there is", "what is not there has no header", event.Event{Kind: "acme.note", Time: sinktest.Noon()}, kafka.JSON, "", map[string]string{
			"content-type": "application/json", "cairn-schema-version": "1", "cairn-event-kind": "acme.note",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := cluster(t)
			before := time.Now().Truncate(time.Millisecond) // Kafka's are whole ones
			if err := open(t, k, kafka.WithEncoding(c.encoding)).Export(t.Context(), []event.Event{c.e}); err != nil {
				t.Fatal(err)
			}
			records := received(t, k)
			if len(records) != 1 || string(records[0].Key) != c.key || (c.key == "") != (records[0].Key == nil) {
				t.Fatalf("%d records, the key is %q", len(records), records[0].Key)
			}
			if at := records[0].Timestamp; at.Before(before) || at.After(time.Now()) {
				t.Errorf("the timestamp is %v, want the time of sending", at)
			}
			for _, h := range records[0].Headers {
				if want, ok := c.headers[h.Key]; !ok || want != string(h.Value) {
					t.Errorf("header %s is %q, want %q: %s", h.Key, h.Value, want, c.reason)
				}
				delete(c.headers, h.Key)
			}
			if len(c.headers) > 0 {
				t.Errorf("headers are missing: %v", c.headers)
			}
			if c.encoding == kafka.JSON && string(records[0].Value) != string(c.e.AppendJSON(nil)) {
				t.Errorf("the value is %s", records[0].Value)
			}
		})
	}
}

func TestSASL(t *testing.T) {
	t.Parallel()
	k := cluster(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "cairn", "right"))
	with := func(pass string) kafka.Option {
		return kafka.WithClientOptions(append(plain(), kgo.SASL(scram.Auth{User: "cairn", Pass: pass}.AsSha256Mechanism()))...)
	}
	if err := open(t, k, with("right")).Export(t.Context(), sinktest.Mixed(0, 3, 1)); err != nil {
		t.Error(err)
	}
	err := open(t, k, with("w0rd-that-is-wrong"), kafka.WithTimeout(500*time.Millisecond)).Export(t.Context(), sinktest.Mixed(0, 3, 1))
	if err == nil || sink.IsPermanent(err) || strings.Contains(err.Error(), "w0rd") {
		t.Errorf("it says %v", err)
	}
}

// TestShutdown: bounded by its context, and again.
func TestShutdown(t *testing.T) {
	t.Parallel()
	k := cluster(t)
	e := open(t, k, kafka.WithTimeout(patience))
	if err := e.Export(t.Context(), sinktest.Mixed(0, 3, 1)); err != nil {
		t.Fatal(err)
	}
	b := breaks(t, k, exporterstest.Stalled)
	first, waiting := make(chan error, 1), make(chan error, 1)
	go func() { first <- e.Export(context.Background(), sinktest.Mixed(3, 3, 1)) }()
	<-b.Reached
	go func() { waiting <- e.Export(context.Background(), sinktest.Mixed(10, 3, 2)) }()
	short, cancel := context.WithTimeoutCause(context.Background(), 50*time.Millisecond, errors.New("the test is impatient"))
	defer cancel()
	if err := e.Flush(short); err == nil || !strings.Contains(err.Error(), "impatient") {
		t.Errorf("Flush says %v", err)
	}
	if err := e.Shutdown(short); err == nil || !strings.Contains(err.Error(), "impatient") {
		t.Errorf("Shutdown says %v", err)
	}
	if err := <-waiting; !errors.Is(err, sink.ErrClosed) {
		t.Errorf("a call that waited says %v", err)
	}
	b.Mend()
	for range 2 {
		if err := e.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown says %v", err)
		}
	}
	if err := <-first; err != nil {
		t.Errorf("a call that was under way says %v", err)
	}
	if err := e.Export(context.Background(), nil); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("Export says %v", err)
	}
}

// TestGivenClientStaysOpen: it is the caller's.
func TestGivenClientStaysOpen(t *testing.T) {
	t.Parallel()
	k := cluster(t)
	c := client(t, k)
	e, err := kafka.New(topic, kafka.WithClient(c))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := c.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte("mine")}).FirstErr(); err != nil {
		t.Error(err)
	}
}

// TestContext: of a call whose context is done the error has the cause, and speaks of no connection that failed.
func TestContext(t *testing.T) {
	t.Parallel()
	k := cluster(t)
	e := open(t, k, kafka.WithTimeout(patience))
	if err := e.Export(t.Context(), sinktest.Mixed(0, 3, 1)); err != nil {
		t.Fatal(err)
	}
	b := breaks(t, k, exporterstest.Stalled)
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errors.New("unused"))
	go func() {
		<-b.Reached
		cancel()
	}()
	err := e.Export(ctx, sinktest.Mixed(3, 3, 1))
	b.Mend()
	if !errors.Is(err, context.Canceled) || sink.IsPermanent(err) || !strings.HasSuffix(err.Error(), context.Canceled.Error()) {
		t.Errorf("it says %v", err)
	}
	if err := e.Export(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is done gives %v", err)
	}
	if err := e.Export(nil, sinktest.Mixed(0, 1, 1)); err != nil { //nolint:staticcheck // on purpose
		t.Errorf("without a context it says %v", err)
	}
	if err := e.Export(t.Context(), nil); err != nil {
		t.Errorf("without events it says %v", err)
	}
}
