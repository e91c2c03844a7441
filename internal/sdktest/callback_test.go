package sdktest_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// TestCallbackIsLinked: the start of the run in which the company calls back links to the span of the contact that promised it, and
// the contact's span to both journeys.
func TestCallbackIsLinked(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "desk")
	ctx := checkout.Start(p.context(), "7", event.Customer{})
	_, call := touchpoint.Define("support").Contact(ctx, event.Chat)
	call.Queue("orders")
	id := call.Callback(day1.Add(time.Hour))
	call.End()
	spans := p.spans.GetSpans()
	start := named(t, journeySpans(traceID("callback", id), p), "callback started")
	twin := named(t, journeySpans(traceID("checkout", "7"), p), "support")
	for _, s := range spans {
		if s.Name != "support" || s.SpanContext.TraceID() == twin.SpanContext.TraceID() {
			continue
		}
		if l := start.Links; len(l) != 1 || l[0].SpanContext.SpanID() != s.SpanContext.SpanID() {
			t.Errorf("the start links to %v, want %v", l, s.SpanContext)
		}
		if back, own := linksTo(s, start.SpanContext.TraceID()), linksTo(s, twin.SpanContext.TraceID()); back["journey"] != 1 || own["journey"] != 1 {
			t.Errorf("the contact has %v links to the callback and %v to its own journey", back, own)
		}
		if a := attrs(s.Attributes); a["cx.journey.name"] != "checkout" || a["cx.journey.id"] != "7" {
			t.Errorf("the contact says that it is in %s %s", a["cx.journey.name"], a["cx.journey.id"])
		}
		return
	}
	t.Error("the contact has no span of its own")
}
