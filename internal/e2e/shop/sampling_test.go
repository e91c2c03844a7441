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

// TestSampling keeps the traces of a tenth of the journeys and of a third of the requests, and
// looks at which journeys the Collector has: the same whole ones from both services.
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

	// The SDK's own sampler says which traces are to be kept.
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
		t.Fatalf("of %d journeys none is to be kept: the test proves nothing", many)
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
			t.Errorf("the journey %s is kept, and should not be", id)
		}
	}
	for id, who := range want {
		who.Call = crowd.NoCall // that is the next day's
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
			t.Errorf("journey %s, customer %d, is not whole (-want +got):\n%s", id, who.Index, cmp.Diff(want, got))
		}
	}
	if len(requests) == 0 {
		t.Error("no request is kept: its sampler was not asked")
	}
	t.Logf("of %d journeys %d are kept, beside %d requests", many, len(want), len(requests))
}

// journeySpan reports whether a trace is a journey's: it has a root that a customer's order is in
// and which no request began.
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
			v.Customer.Call, v.Customer.NPSVia = crowd.NoCall, 0 // those are the next day's
			out = append(out, v)
		}
	}
	return out
}
