package bench

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// The work, in three hands: one span with eight attributes and a link, one counter with four,
// one histogram with two, three facts about the journey read from the context.

const (
	name      = "submit-payment"
	journeyID = "cart-0190f3a7c2"
	userHash  = "8f14e45fceea167a5a36dedd4bea2543"
)

// hands are the instruments of the code that is written by hand.
type hands struct {
	tracer  trace.Tracer
	counter metric.Int64Counter
	times   metric.Float64Histogram
	link    trace.SpanContext
}

// usual is what people write: attributes built at each call, facts out of OpenTelemetry's
// baggage.
func (h *hands) usual(ctx context.Context) {
	start := time.Now()
	b := baggage.FromContext(ctx)
	run, id, stage := b.Member("journey").Value(), b.Member("journey.id").Value(), b.Member("stage").Value()
	ctx, span := h.tracer.Start(ctx, name,
		trace.WithLinks(trace.Link{SpanContext: h.link}),
		trace.WithAttributes(
			attribute.String("cx.touchpoint.name", name),
			attribute.String("cx.channel", "web"),
			attribute.String("cx.journey.name", run),
			attribute.String("cx.journey.id", id),
			attribute.String("cx.stage.name", stage),
			attribute.String("user.hash", userHash),
		))
	took := time.Since(start)
	zone := "satisfied"
	span.SetAttributes(attribute.String("cx.outcome", "ok"), attribute.String("cx.apdex.zone", zone))
	h.counter.Add(ctx, 1, metric.WithAttributes(
		attribute.String("cx.touchpoint.name", name),
		attribute.String("cx.channel", "web"),
		attribute.String("cx.outcome", "ok"),
		attribute.String("cx.apdex.zone", zone),
	))
	h.times.Record(ctx, took.Seconds(), metric.WithAttributes(
		attribute.String("cx.touchpoint.name", name),
		attribute.String("cx.outcome", "ok"),
	))
	span.End()
}

func usualContext(ctx context.Context) context.Context {
	members := make([]baggage.Member, 0, 3)
	for _, kv := range [][2]string{{"journey", "checkout"}, {"journey.id", journeyID}, {"stage", "payment"}} {
		m, err := baggage.NewMember(kv[0], kv[1])
		if err != nil {
			panic(err) // the members are constants
		}
		members = append(members, m)
	}
	b, err := baggage.New(members...)
	if err != nil {
		panic(err) // the members are constants
	}
	return baggage.ContextWithBaggage(ctx, b)
}

// facts is the typed context value of the tuned hand.
type facts struct{ run, id, stage, user string }

type factsKey struct{}

func tunedContext(ctx context.Context) context.Context {
	return context.WithValue(ctx, factsKey{}, &facts{"checkout", journeyID, "payment", userHash})
}

var (
	countOptions = []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(
		attribute.String("cx.touchpoint.name", name), attribute.String("cx.channel", "web"),
		attribute.String("cx.outcome", "ok"), attribute.String("cx.apdex.zone", "satisfied")))}
	timeOptions = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(
		attribute.String("cx.touchpoint.name", name), attribute.String("cx.outcome", "ok")))}
	pooledAttrs = sync.Pool{New: func() any { s := make([]attribute.KeyValue, 0, 16); return &s }}
)

// tuned is the best that one can do on the API: sets and options made beforehand, one typed
// context value, attributes in a pooled slice set at once.
func (h *hands) tuned(ctx context.Context) {
	f, _ := ctx.Value(factsKey{}).(*facts)
	start := time.Now()
	ctx, span := h.tracer.Start(ctx, name)
	took := time.Since(start)
	if span.IsRecording() {
		pooled := pooledAttrs.Get().(*[]attribute.KeyValue) //nolint:forcetypeassert // the pool holds nothing else
		kvs := (*pooled)[:0]
		kvs = append(kvs,
			attribute.String("cx.touchpoint.name", name),
			attribute.String("cx.channel", "web"),
			attribute.String("cx.journey.name", f.run),
			attribute.String("cx.journey.id", f.id),
			attribute.String("cx.stage.name", f.stage),
			attribute.String("user.hash", f.user),
			attribute.String("cx.outcome", "ok"),
			attribute.String("cx.apdex.zone", "satisfied"),
		)
		span.SetAttributes(kvs...)
		span.AddLink(trace.Link{SpanContext: h.link})
		*pooled = kvs[:0]
		pooledAttrs.Put(pooled)
	}
	if h.counter.Enabled(ctx) {
		h.counter.Add(ctx, 1, countOptions...)
	}
	if h.times.Enabled(ctx) {
		h.times.Record(ctx, took.Seconds(), timeOptions...)
	}
	span.End()
}

var (
	checkout      = journey.Define("checkout", journey.Stages("cart", "address", "payment", "confirmation"))
	submitPayment = touchpoint.Define(name, touchpoint.In(checkout, "payment"), touchpoint.Satisfied(800*time.Millisecond))
)

// cairn is the same with Cairn.
func cairn(ctx context.Context) {
	_, tp := submitPayment.Start(ctx, event.Web)
	tp.End()
}
