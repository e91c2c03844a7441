package cxkafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kotel"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/touchpoint/cxkafka"
	"cairncx.dev/cairn/touchpoint/message"
)

var errDepot = errors.New("the depot is closed")

// produce sends one record for each order.
func produce(t *testing.T, cl *kgo.Client, s *cxtest.Recorder, ids ...string) {
	t.Helper()
	for _, id := range ids {
		r := &kgo.Record{Topic: topic, Key: []byte(id), Value: []byte("{}")}
		ctx := in(s, id)
		cxkafka.Inject(ctx, r)
		if err := cl.ProduceSync(ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// process starts and ends the touchpoint of each record.
func process(s *cxtest.Recorder, c *cxkafka.Consumer, records []*kgo.Record, err error) {
	for _, r := range records {
		_, tp := c.Start(s.Context(context.Background()), r, deliver)
		tp.Fail(err)
		tp.End()
	}
}

// TestBesideKotel: kotel and its propagators are beside the adapter, with baggage of the application's own. The record carries both, the
// touchpoint is in the journey of the record and describes kotel's process span, and the baggage goes on without the position.
func TestBesideKotel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		propagators propagation.TextMapPropagator
	}{
		{"baggage", propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})},
		{"baggage and Propagator", propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}, propagate.Propagator{})},
		{"trace context alone", propagation.TraceContext{}},
	} {
		for _, with := range []string{"", "tenant=a"} {
			t.Run(c.name+" "+with, func(t *testing.T) {
				t.Parallel()
				spans := tracetest.NewInMemoryExporter()
				provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
				var later atomic.Int64 // by how much the clock is ahead
				s := newService(t, cx.WithTracerProvider(provider), cx.WithClock(func() time.Time { return time.Now().Add(time.Duration(later.Load())) }))
				tracer := kotel.NewTracer(kotel.TracerProvider(provider), kotel.TracerPropagator(c.propagators))
				hooks := kgo.WithHooks(kotel.NewKotel(kotel.WithTracer(tracer)).Hooks()...)
				k := cluster(t)
				own, err := baggage.Parse(with)
				if err != nil {
					t.Fatal(err)
				}
				ctx := baggage.ContextWithBaggage(in(s, "7"), own)
				r := &kgo.Record{Topic: topic}
				cxkafka.Inject(ctx, r)
				if err := client(t, k, hooks).ProduceSync(ctx, r).FirstErr(); err != nil {
					t.Fatal(err)
				}

				got := take(t, client(t, k, hooks, kgo.ConsumeTopics(topic)), 1)[0]
				list := strings.Join(header(got, "baggage"), ",")
				if with != "" && strings.HasPrefix(c.name, "baggage") && !strings.Contains(list, with) || strings.Count(list, "cairn=") != 1 || len(header(got, "baggage")) != 1 {
					t.Errorf("the record has the baggage %q", list)
				}
				later.Store(int64(20 * 24 * time.Hour)) // longer than requests are believed
				ctx, span := tracer.WithProcessSpan(got)
				ctx, tp := cxkafka.NewConsumer("shipping").Start(cx.NewContext(ctx, s.Client()), got, deliver)
				if b := baggage.FromContext(ctx).String(); strings.Contains(b, "cairn") {
					t.Errorf("OpenTelemetry's baggage is %q", b)
				}
				tp.End()
				span.End()
				e := s.Events(event.TouchpointEnded)[0]
				if e.Journey.ID != "7" || e.SpanContext.SpanID() != span.SpanContext().SpanID() {
					t.Errorf("the event is in %q, in the span %v; kotel's is %v", e.Journey.ID, e.SpanContext.SpanID(), span.SpanContext().SpanID())
				}
				i := slices.IndexFunc(spans.GetSpans(), func(s tracetest.SpanStub) bool { return s.SpanContext.SpanID() == span.SpanContext().SpanID() })
				attributes := fmt.Sprint(spans.GetSpans()[i].Attributes)
				for _, want := range []string{"cx.touchpoint.name", "cx.journey.id", "messaging.system"} {
					if !strings.Contains(attributes, want) {
						t.Errorf("kotel's process span has no %s: %s", want, attributes)
					}
				}
				if slices.ContainsFunc(spans.GetSpans(), func(s tracetest.SpanStub) bool {
					return s.Name == "deliver" && s.SpanContext.TraceID() == span.SpanContext().TraceID()
				}) {
					t.Error("the touchpoint has a span of its own beside kotel's")
				}
			})
		}
	}
}

// TestReceiveSpanIsOver: the context of a record is in kotel's receive span, which has ended: the touchpoint has a span of its own.
func TestReceiveSpanIsOver(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	s := newService(t, cx.WithTracerProvider(provider))
	k := cluster(t)
	produce(t, client(t, k), s, "7")
	tracer := kotel.NewTracer(kotel.TracerProvider(provider), kotel.TracerPropagator(propagation.TraceContext{}))
	got := take(t, client(t, k, kgo.WithHooks(tracer), kgo.ConsumeTopics(topic)), 1)[0]
	_, tp := cxkafka.NewConsumer("shipping").Start(cx.NewContext(got.Context, s.Client()), got, deliver)
	tp.End()
	if !slices.ContainsFunc(spans.GetSpans(), func(s tracetest.SpanStub) bool { return s.Name == "deliver" }) {
		t.Error("no span shows the touchpoint")
	}
}

// TestCrashBeforeCommit: a consumer that has done its work ends before it commits. The next one of the group gets the records again, and
// their events have the same IDs; a record that failed at first has one event of each kind.
func TestCrashBeforeCommit(t *testing.T) {
	t.Parallel()
	k, s := cluster(t), newService(t)
	produce(t, client(t, k), s, "1", "2", "3")
	shipping := cxkafka.NewConsumer("shipping")
	for attempt := range 4 {
		cl := grouped(t, k)
		records := take(t, cl, 3)
		fails := errDepot
		if attempt >= 2 {
			fails = nil
		}
		process(s, shipping, records, fails)
		cl.Close() // without a commit
	}
	seen := map[event.ID]event.Outcome{}
	orders := map[string][]string{}
	for _, e := range s.Events(event.TouchpointEnded) {
		if o, ok := seen[e.ID]; ok && o != e.Outcome {
			t.Errorf("the ID %v is of %v and of %v", e.ID, o, e.Outcome)
		} else if !ok {
			orders[e.Journey.ID] = append(orders[e.Journey.ID], e.Outcome.String())
		}
		seen[e.ID] = e.Outcome
	}
	if n := len(s.Events(event.TouchpointEnded)); n != 12 {
		t.Errorf("%d events, want 12: 3 records and 4 attempts", n)
	}
	if want := map[string][]string{"1": {"failed", "ok"}, "2": {"failed", "ok"}, "3": {"failed", "ok"}}; fmt.Sprint(orders) != fmt.Sprint(want) {
		t.Errorf("the orders have %v, want %v", orders, want)
	}
	other := cxkafka.NewConsumer("billing")
	cl := client(t, k, kgo.ConsumeTopics(topic))
	process(s, other, take(t, cl, 3), nil)
	for _, e := range s.Events(event.TouchpointEnded)[12:] {
		if _, ok := seen[e.ID]; ok {
			t.Error("the event of another group has the same ID")
		}
	}
}

// TestRebalance: a second instance joins the group while the first has records that it has not committed. Both process some of them, and
// there is one ID for each record.
func TestRebalance(t *testing.T) {
	t.Parallel()
	k, s, second := cluster(t), newService(t), newService(t)
	const orders = 24
	ids := make([]string, orders)
	for i := range ids {
		ids[i] = fmt.Sprint("order-", i)
	}
	produce(t, client(t, k), s, ids...)
	lost := make(chan struct{}, 16)
	gone := func(context.Context, *kgo.Client, map[string][]int32) {
		select {
		case lost <- struct{}{}:
		default:
		}
	}
	one := grouped(t, k, kgo.OnPartitionsRevoked(gone), kgo.OnPartitionsLost(gone))
	process(s, cxkafka.NewConsumer("shipping"), take(t, one, orders), nil)

	two := grouped(t, k)
	again := take(t, two, 1) // of the partitions that it was given
	process(second, cxkafka.NewConsumer("shipping"), again, nil)
	select {
	case <-lost:
	case <-time.After(patience):
		t.Fatal("there was no rebalance")
	}
	unique := map[event.ID]string{}
	for _, e := range append(s.Events(event.TouchpointEnded), second.Events(event.TouchpointEnded)...) {
		if was, ok := unique[e.ID]; ok && was != e.Journey.ID {
			t.Errorf("%s and %s have one ID", was, e.Journey.ID)
		}
		unique[e.ID] = e.Journey.ID
	}
	if len(unique) != orders {
		t.Errorf("%d IDs of %d records, %d of them processed twice", len(unique), orders, len(again))
	}
}

// TestIdentity: what tells two records apart tells their events apart.
func TestIdentity(t *testing.T) {
	t.Parallel()
	s := newService(t)
	at := time.UnixMilli(1_700_000_000_000)
	id := func(r kgo.Record) event.ID {
		before := len(s.Events(event.TouchpointEnded))
		process(s, cxkafka.NewConsumer("shipping"), []*kgo.Record{&r}, nil)
		return s.Events(event.TouchpointEnded)[before].ID
	}
	s.AllowFaults(fault.OutsideJourney)
	first := kgo.Record{Topic: topic, Partition: 1, Offset: 23, Timestamp: at, LeaderEpoch: 4}
	for _, c := range []struct {
		name, reason string
		r            kgo.Record
		same         bool
	}{
		{"a later leader", "the record is the same", kgo.Record{Topic: topic, Partition: 1, Offset: 23, Timestamp: at, LeaderEpoch: 5}, true},
		{"a precise time", "Kafka keeps milliseconds", kgo.Record{Topic: topic, Partition: 1, Offset: 23, Timestamp: at.Add(time.Microsecond)}, true},
		{"another offset", "it is another record", kgo.Record{Topic: topic, Partition: 1, Offset: 24, Timestamp: at}, false},
		{"another partition", "it is another record", kgo.Record{Topic: topic, Partition: 12, Offset: 3, Timestamp: at}, false},
		{"another topic", "it is another record", kgo.Record{Topic: "invoices", Partition: 1, Offset: 23, Timestamp: at}, false},
		{"the topic was made again", "its offsets begin again", kgo.Record{Topic: topic, Partition: 1, Offset: 23, Timestamp: at.Add(time.Hour)}, false},
	} {
		if same := id(c.r) == id(first); same != c.same {
			t.Errorf("%s: the same ID %v, want %v: %s", c.name, same, c.same, c.reason)
		}
	}
	// Code that records the touchpoint itself gives its event the same ID.
	ctx, want := s.Context(context.Background()), id(first)
	deliver.Record(ctx, event.Web, cxkafka.NewConsumer("shipping").Options(ctx, &first)...)
	if all := s.Events(event.TouchpointEnded); all[len(all)-1].ID != want {
		t.Errorf("Options gives the ID %v, want %v", all[len(all)-1].ID, want)
	}
}

// TestHeaders: records share lists of headers, other clients write other cases and several headers, and a record that is sent on loses
// the position that was not believed. No list changes that another record may have.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := newService(t)
	h := func(pairs ...string) (list []kgo.RecordHeader) {
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, kgo.RecordHeader{Key: pairs[i], Value: []byte(pairs[i+1])})
		}
		return append(make([]kgo.RecordHeader, 0, 10), list...) // room that an append would use
	}
	good := &kgo.Record{}
	cxkafka.Inject(in(s, "7"), good)
	signed := header(good, "baggage")[0]
	s.AllowFaults(fault.Unsigned)
	for _, c := range []struct {
		name, reason string
		act          func(*kgo.Record)
		headers      []kgo.RecordHeader
		want         string
	}{
		{"injected", "the other headers stay", func(r *kgo.Record) { cxkafka.Inject(in(s, "7"), r) }, h("k", "v", "k", "w"), "k=v k=w baggage=" + signed},
		{
			"injected again", "one header, in its place", func(r *kgo.Record) { cxkafka.Inject(in(s, "7"), r) },
			h("baggage", "cairn=1/shop/order/6////////", "k", "v", "Baggage", "a=b", "baggage", "c=d"), "baggage=c=d,a=b," + signed + " k=v",
		},
		{"injected in no journey", "a stale one goes", func(r *kgo.Record) { cxkafka.Inject(s.Context(context.Background()), r) }, h("baggage", signed, "k", "v"), "k=v"},
		{"believed", "a second attempt needs it", func(r *kgo.Record) { cxkafka.NewConsumer("").Extract(s.Context(context.Background()), r) }, h("BAGGAGE", signed), "BAGGAGE=" + signed},
		{
			"not believed", "it must not go on", func(r *kgo.Record) { cxkafka.NewConsumer("").Extract(s.Context(context.Background()), r) },
			h("baggage", "a=b", "baggage", "cairn=1/shop/order/6////////", "k", "v"), "baggage=a=b k=v",
		},
		{
			"not believed, and nothing else", "no empty header is left", func(r *kgo.Record) { cxkafka.NewConsumer("").Extract(s.Context(context.Background()), r) },
			h("k", "v", "Baggage", "cairn=1/shop/order/6////////"), "k=v",
		},
	} {
		whole := c.headers[:cap(c.headers)]
		was := fmt.Sprint(whole)
		r := &kgo.Record{Headers: c.headers}
		c.act(r)
		var got []string
		for _, h := range r.Headers {
			got = append(got, h.Key+"="+string(h.Value))
		}
		text := strings.Join(got, " ")
		cut := func(s string) string { return strings.Split(s, ";sig=")[0] } // the time of signing differs
		if cut(text) != cut(c.want) {
			t.Errorf("%s: the headers are %q, want %q: %s", c.name, text, c.want, c.reason)
		}
		if fmt.Sprint(whole) != was {
			t.Errorf("%s: the list changed that another record may have", c.name)
		}
	}
}

// TestHugeHeaders: a record with a header of a megabyte goes through the broker, and its position is found behind it.
func TestHugeHeaders(t *testing.T) {
	t.Parallel()
	k, s := cluster(t), newService(t)
	r := &kgo.Record{Topic: topic, Headers: []kgo.RecordHeader{{Key: "baggage", Value: []byte(strings.Repeat("a=b,", 1<<18))}}}
	cxkafka.Inject(in(s, "7"), r)
	if err := client(t, k, kgo.ProducerBatchMaxBytes(4<<20), kgo.BrokerMaxWriteBytes(64<<20)).ProduceSync(context.Background(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
	process(s, cxkafka.NewConsumer(""), take(t, client(t, k, kgo.ConsumeTopics(topic)), 1), nil)
	if e := s.Events(event.TouchpointEnded)[0]; e.Journey.ID != "7" {
		t.Errorf("the event is in the journey %q", e.Journey.ID)
	}
}

// TestInjectKeepsContexts: the record's own context stays, and one that Inject sets is not cancelled with the request that sends.
func TestInjectKeepsContexts(t *testing.T) {
	t.Parallel()
	s := newService(t)
	type mine struct{}
	ctx, cancel := context.WithCancel(context.WithValue(in(s, "7"), mine{}, "value"))
	r := &kgo.Record{}
	cxkafka.Inject(ctx, r)
	own := &kgo.Record{Context: context.WithValue(context.Background(), mine{}, "own")}
	cxkafka.Inject(ctx, own)
	cancel()
	if r.Context.Err() != nil || r.Context.Value(mine{}) != "value" {
		t.Errorf("the record's context has %v, %v", r.Context.Err(), r.Context.Value(mine{}))
	}
	if own.Context.Value(mine{}) != "own" {
		t.Errorf("the record's own context is lost: %v", own.Context.Value(mine{}))
	}
	outside := &kgo.Record{}
	cxkafka.Inject(s.Context(context.Background()), outside)
	if outside.Context != nil || outside.Headers != nil {
		t.Error("a record in no journey changes")
	}
}

// TestNil: nothing that is nil is a reason to panic.
func TestNil(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.AllowFaults(fault.OutsideJourney)
	var none *cxkafka.Consumer
	for _, c := range []*cxkafka.Consumer{none, {}, cxkafka.NewConsumer("shipping", nil, message.WithLife(0))} {
		for _, r := range []*kgo.Record{nil, {}} {
			ctx, tp := c.Start(s.Context(context.Background()), r, deliver)
			tp.End()
			if ctx == nil || c.Extract(context.Background(), r) == nil || r == nil && c.Options(ctx, r) != nil {
				t.Error("something is missing")
			}
			cxkafka.Inject(ctx, r)
		}
	}
	//nolint:staticcheck // a nil context is safe
	cxkafka.Inject(nil, &kgo.Record{})
	if n := len(s.Events(event.TouchpointEnded)); n != 6 {
		t.Errorf("%d events, want 6", n)
	}
}
