package sdktest_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var refund = journey.Define("refund", journey.Stages("asked", "paid"))

// TestOneLinkToAJourney: a request's span has one link to each of its journeys: to its twin if the request is a
// touchpoint of the journey, or else to the journey's root. A second link to the same trace adds nothing.
func TestOneLinkToAJourney(t *testing.T) {
	t.Parallel()
	ends := touchpoint.Define("ends-it", touchpoint.In(checkout, "confirmation"), touchpoint.Ends(event.Completed))
	byPath := touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") })
	const route = "GET /orders/{id}"
	for _, c := range []struct {
		name, reason string
		handler      []touchpoint.HandlerOption
		do           func(ctx context.Context)
		want         map[string]int // the links by their target
	}{
		{
			name: "it starts the journey", reason: "the request belongs to the journey that it starts",
			do: func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, want: map[string]int{"twin in checkout 7": 1},
		},
		{
			name: "it resumes the journey", reason: "the request belongs to the journey that it resumes",
			do: func(ctx context.Context) { checkout.Resume(ctx, "7") }, want: map[string]int{"twin in checkout 7": 1},
		},
		{
			name: "it starts, moves and ends the journey", reason: "the number of events in the request does not matter",
			do: func(ctx context.Context) {
				ctx = checkout.Enter(checkout.Start(ctx, "7", event.Customer{}), "payment")
				checkout.Complete(checkout.Resume(ctx, "7"))
			}, want: map[string]int{"twin in checkout 7": 1},
		},
		{
			name: "it names the journey, and starts it", reason: "the request is in the journey from the beginning", handler: []touchpoint.HandlerOption{byPath},
			do: func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, want: map[string]int{"twin in checkout 7": 1},
		},
		{
			name: "it ends the journey by what it is", reason: "the end comes after the touchpoint", handler: []touchpoint.HandlerOption{byPath, touchpoint.WithRoute(route, ends)},
			do: func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, want: map[string]int{"twin in checkout 7": 1},
		},
		{
			name: "a touchpoint within it", reason: "the inner touchpoint has a span, a twin and a link of its own", handler: []touchpoint.HandlerOption{byPath},
			do: func(ctx context.Context) {
				ctx, tp := chargeCard.Start(checkout.Start(ctx, "7", event.Customer{}), event.Web)
				checkout.Enter(ctx, "payment")
				tp.End()
			}, want: map[string]int{"twin in checkout 7": 1},
		},
		{
			name: "a touchpoint within it, which starts the journey", reason: "the inner and the outer touchpoint belong to the journey",
			do: func(ctx context.Context) {
				ctx, tp := chargeCard.Start(ctx, event.Web)
				checkout.Start(ctx, "7", event.Customer{})
				tp.End()
			}, want: map[string]int{"twin in checkout 7": 1},
		},
		{
			name: "a second journey", reason: "the request is a touchpoint of the first journey",
			do: func(ctx context.Context) {
				checkout.Start(ctx, "7", event.Customer{})
				refund.Start(ctx, "r", event.Customer{})
			}, want: map[string]int{"twin in checkout 7": 1, "root of refund r": 1},
		},
		{
			name: "a batch", reason: "the request is in each journey and a touchpoint of none",
			do: func(ctx context.Context) {
				for _, id := range []string{"7", "8", "9", "7"} {
					checkout.Resume(ctx, id)
				}
			}, want: map[string]int{"root of checkout 7": 1, "root of checkout 8": 1, "root of checkout 9": 1},
		},
		{
			name: "skipped", reason: "the request is no touchpoint", handler: []touchpoint.HandlerOption{byPath, touchpoint.WithSkip(route)},
			do: func(ctx context.Context) { checkout.Start(ctx, "7", event.Customer{}) }, want: map[string]int{"root of checkout 7": 1},
		},
	} {
		for _, store := range []bool{false, true} {
			t.Run(c.name+", with a store "+strconv.FormatBool(store), func(t *testing.T) {
				t.Parallel()
				var opts []cx.Option
				if store {
					opts = append(opts, cx.WithStore(&ledgertest.Memory{}))
				}
				p := newProcess(t, "shop", opts...)
				mux := http.NewServeMux()
				mux.HandleFunc(route, func(_ http.ResponseWriter, r *http.Request) { c.do(r.Context()) })
				open(t, p, true, mux, c.handler...).visit(t, "/orders/7")
				must(t, p.client.Flush(context.Background()))
				s := named(t, p.spans.GetSpans(), "GET "+route)
				if d := cmp.Diff(c.want, ledTo(t, p, s)); d != "" {
					t.Errorf("the targets of the links (-want +got): %s\n%s", c.reason, d)
				}
			})
		}
	}
}

// ledTo returns the targets of the links of the request's span.
func ledTo(t *testing.T, p *process, s tracetest.SpanStub) map[string]int {
	t.Helper()
	runs := map[trace.TraceID]string{traceID("refund", "r"): "refund r"}
	for _, id := range []string{"7", "8", "9"} {
		runs[traceID("checkout", id)] = "checkout " + id
	}
	twins := map[trace.SpanID]bool{}
	for _, twin := range p.twins.GetSpans() {
		for _, l := range twin.Links {
			if l.SpanContext.SpanID() == s.SpanContext.SpanID() && attrs(twin.Attributes)["cx.touchpoint.name"] != "" {
				twins[twin.SpanContext.SpanID()] = true
			}
		}
	}
	got := map[string]int{}
	for _, l := range s.Links {
		id, run := l.SpanContext.SpanID(), runs[l.SpanContext.TraceID()]
		switch {
		case twins[id]:
			got["twin in "+run]++
		case id == rootID("refund", "r") || id == rootID("checkout", run[len(run)-1:]):
			got["root of "+run]++
		default:
			got["elsewhere"]++
		}
	}
	return got
}
