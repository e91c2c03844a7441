package sdktest_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestSegments: with a shared store, a journey's trace that exceeds its bound continues in a linked segment. Two
// services share a journey, and each sees half of it.
func TestSegments(t *testing.T) {
	t.Parallel()
	const limit, touches = 4, 11
	ticket := journey.Define("ticket")
	write := touchpoint.Define("write")
	store := &ledgertest.Memory{}
	web := newProcess(t, "web", cx.WithStore(store), cx.WithSpanLimit(limit))
	desk := newProcess(t, "desk", cx.WithStore(store), cx.WithSpanLimit(limit))
	settle := func() {
		for _, p := range []*process{web, desk} {
			if err := p.client.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx := ticket.Start(cx.NewContext(context.Background(), web.client), "t-1", event.Customer{})
	settle()
	for i := range touches {
		p := []*process{web, desk}[i%2]
		write.Record(ticket.Resume(cx.NewContext(context.Background(), p.client), "t-1"), event.Web)
		settle()
	}
	ticket.Complete(ctx)
	settle()

	j := event.Run{Namespace: namespace, Name: "ticket", ID: "t-1"}
	spans := map[trace.TraceID]int{}
	roots := map[trace.SpanID]string{}
	linked := map[trace.SpanID]trace.TraceID{}
	for _, p := range []*process{web, desk} {
		for _, s := range p.twins.GetSpans() {
			if s.Name == "write" {
				spans[s.SpanContext.TraceID()]++
				continue
			}
			roots[s.SpanContext.SpanID()] = s.Name
			for _, l := range s.Links {
				linked[s.SpanContext.SpanID()] = l.SpanContext.TraceID()
			}
		}
	}
	first, second, third := j.TraceID(), flight.SegmentSpan(&j, 1).TraceID(), flight.SegmentSpan(&j, 2).TraceID()
	// A process learns of the other's touchpoints only with its own next one, so the trace may exceed the bound by
	// one.
	if n := spans[first]; n < limit || n > limit+1 {
		t.Errorf("the journey's own trace has %d spans of touchpoints, want %d, or one more", n, limit)
	}
	if n := spans[first] + spans[second] + spans[third]; n != touches || spans[third] == 0 {
		t.Errorf("the three traces have %d, %d and %d touchpoints, want %d in total", spans[first], spans[second], spans[third], touches)
	}
	for n, want := range []string{"ticket, part 2", "ticket, part 3"} {
		root := flight.SegmentSpan(&j, n+1).SpanID()
		if roots[root] != want || linked[root] != first {
			t.Errorf("segment %d has the root %q, linked to %v; want %q, linked to the journey's", n+1, roots[root], linked[root], want)
		}
	}
}
