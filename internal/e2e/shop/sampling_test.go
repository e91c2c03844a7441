package shop_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// TestSampling keeps the traces of a tenth of the journeys and of a third of the requests. The Collector has to
// have the same complete journeys from both services.
func TestSampling(t *testing.T) {
	const (
		many  = 200
		ratio = 0.1
	)
	collector := servers.StartCollector(t)
	env := []string{"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.33"}
	shop := startDayWith(t, collector, -day, env, fmt.Sprintf("-sample=%v", ratio))
	visits, err := crowd.Driver{Storefront: shop.storefront.url, Customers: many}.FirstDay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shop.ahead(2 * time.Hour)
	shop.stop()

	// The SDK's own sampler decides which traces to keep.
	sampler := sdktrace.TraceIDRatioBased(ratio)
	want := map[string]crowd.Customer{}
	for _, v := range visits {
		id, err := trace.TraceIDFromHex(traceOf(v.Order))
		if err != nil {
			t.Fatal(err)
		}
		if sampler.ShouldSample(sdktrace.SamplingParameters{TraceID: id}).Decision == sdktrace.RecordAndSample {
			want[id.String()] = v.Customer
		}
	}
	if len(want) == 0 {
		t.Fatalf("the sampler keeps none of %d journeys: the test proves nothing", many)
	}
	var spans []servers.Span
	servers.Eventually(t, patience, func() error {
		spans = collector.Traces(t)
		return complete(spans, kept(visits, want))
	})

	traces := byTrace(spans)
	got, requests := map[string]bool{}, map[string]bool{}
	for id, trace := range traces {
		if trace[0].Name == "checkout" || journeySpan(trace) {
			got[id] = true
		} else {
			requests[id] = true
		}
	}
	for id := range got {
		if _, ok := want[id]; !ok {
			t.Errorf("the Collector has the journey %s, which should be dropped", id)
		}
	}
	for id, who := range want {
		who.Call = crowd.NoCall // the call happens on the next day
		services := map[string]map[string]int{}
		for _, s := range traces[id] {
			if services[s.Service] == nil {
				services[s.Service] = map[string]int{}
			}
			services[s.Service][s.Name]++
		}
		if n := len(who.Cards); services["payments"]["charge-card"] != n {
			t.Errorf("journey %s: payments kept %d of its %d spans", id, services["payments"]["charge-card"], n)
		}
		if got, want := touchpoints(traces[id]), expected(who); !maps.Equal(got, want) {
			t.Errorf("journey %s, customer %d, is incomplete (-want +got):\n%s", id, who.Index, cmp.Diff(want, got))
		}
	}
	if len(requests) == 0 {
		t.Error("the Collector has no request: its sampler was not used")
	}
	t.Logf("out of %d journeys the Collector has %d, and %d requests", many, len(want), len(requests))
}

// journeySpan reports whether a span belongs to a journey's trace, whose root has a customer's order number and
// was begun by no request.
func journeySpan(trace []servers.Span) bool {
	for _, s := range trace {
		if s.Name == "checkout" && s.ParentSpanID == "" {
			return true
		}
	}
	return false
}

func kept(visits []crowd.Visit, want map[string]crowd.Customer) []crowd.Visit {
	var out []crowd.Visit
	for _, v := range visits {
		if _, ok := want[traceOf(v.Order)]; ok {
			v.Customer.Call, v.Customer.NPSVia = crowd.NoCall, 0 // both happen on the next day
			out = append(out, v)
		}
	}
	return out
}
