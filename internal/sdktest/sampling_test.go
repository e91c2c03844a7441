package sdktest_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// TestSampling keeps a fraction of many journeys in two processes.
func TestSampling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		ratio        float64
		journeys     int
	}{
		{"a tenth", "the usual", 0.1, 5000},
		{"none", "no journeys are wanted", 0, 500},
		{"all", "the default", 1, 500},
		{"a third", "not a binary fraction", 1.0 / 3, 1000},
		{"one in a million", "most likely none of them", 1e-6, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			front := newProcess(t, "front", cx.WithJourneySampling(c.ratio))
			back := newProcess(t, "back", cx.WithJourneySampling(c.ratio))
			sampler := sdktrace.TraceIDRatioBased(c.ratio)
			want := map[trace.TraceID]bool{}
			for i := range c.journeys {
				id := "run-" + strconv.Itoa(i)
				ctx := checkout.Start(front.context(), id, event.Customer{})
				viewCart.Record(ctx, event.Web)
				feedback.CSAT.Record(ctx, 5)
				chargeCard.Record(checkout.Resume(back.context(), id), event.Web)
				checkout.Complete(ctx)
				tid := traceID("checkout", id)
				if sampler.ShouldSample(sdktrace.SamplingParameters{ParentContext: context.Background(), TraceID: tid}).Decision == sdktrace.RecordAndSample {
					want[tid] = true
				}
			}
			fronts, backs := perTrace(front), perTrace(back)
			for tid := range want {
				if fronts[tid] != 5 || backs[tid] != 1 {
					t.Fatalf("%v has %d and %d spans, want 5 and 1: a kept journey is complete", tid, fronts[tid], backs[tid])
				}
			}
			if len(fronts) != len(want) || len(backs) != len(want) {
				t.Errorf("the processes keep %d and %d journeys, TraceIDRatioBased keeps %d: %s", len(fronts), len(backs), len(want), c.reason)
			}
			n := float64(c.journeys)
			// Five standard deviations of a binomial distribution: wrong once in more than a million runs, and the
			// IDs are the same in each run.
			if off := math.Abs(float64(len(fronts)) - n*c.ratio); off > 5*math.Sqrt(n*c.ratio*(1-c.ratio))+1 {
				t.Errorf("the process keeps %d of %d, which is too far from %g: %s", len(fronts), c.journeys, c.ratio, c.reason)
			}
			if got := front.point("cx.journey.ended{cx.channel=other,cx.journey.name=checkout,cx.outcome=completed}"); got != strconv.Itoa(c.journeys) {
				t.Errorf("the metric counts %s ends, want all: sampling affects traces only", got)
			}
		})
	}
}

// perTrace counts the journey spans of each trace.
func perTrace(p *process) map[trace.TraceID]int {
	m := map[trace.TraceID]int{}
	for _, s := range p.twins.GetSpans() {
		m[s.SpanContext.TraceID()]++
	}
	return m
}

// TestSamplingRatios checks which ratios New refuses.
func TestSamplingRatios(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		ratio float64
		ok    bool
	}{
		{"zero", 0, true},
		{"one", 1, true},
		{"negative", -0.1, false},
		{"above one", 1.1, false},
		{"not a number", math.NaN(), false},
		{"endless", math.Inf(1), false},
		{"tiny", math.SmallestNonzeroFloat64, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, err := cx.New(cx.WithJourneySampling(c.ratio))
			if (err == nil) != c.ok {
				t.Errorf("WithJourneySampling(%v): %v", c.ratio, err)
			}
			must(t, client.Shutdown(context.Background())) // the client is nil after a refusal
		})
	}
}

const spanLimit = "span_limit"

// TestSpanLimit bounds the spans that one process adds to one journey's trace.
func TestSpanLimit(t *testing.T) {
	t.Parallel()
	const limit = 10
	for _, c := range []struct {
		name, reason string
		play         func(ctx context.Context)
		bounded      int // spans of touchpoints and feedback
		stages       int
		over         string // the count of span_limit
	}{
		{
			"exactly the limit", "ten spans fit", func(ctx context.Context) {
				for range 10 {
					viewCart.Record(ctx, event.Web)
				}
			}, 10, 1, "",
		},
		{
			"one too many", "the eleventh span does not fit and counts as a fault", func(ctx context.Context) {
				for range 11 {
					viewCart.Record(ctx, event.Web)
				}
			}, 10, 1, "1",
		},
		{
			"touchpoints and feedback", "both share the bound", func(ctx context.Context) {
				for range 10 {
					viewCart.Record(ctx, event.Web)
					feedback.NPS.Record(ctx, 9)
				}
			}, 10, 1, "10",
		},
		{
			"from many goroutines", "the bound is exact under contention", func(ctx context.Context) {
				var wg sync.WaitGroup
				for range 50 {
					wg.Go(func() { viewCart.Record(ctx, event.Web) })
				}
				wg.Wait()
			}, 10, 1, "40",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop", cx.WithSpanLimit(limit))
			ctx := checkout.Start(p.context(), orderID, event.Customer{})
			c.play(ctx)
			checkout.Complete(ctx)
			spans := journeySpans(traceID("checkout", orderID), p)
			wellFormed(t, spans)
			if r := roots(spans); len(r) != 1 {
				t.Errorf("got %d roots, want one: the root does not count towards the limit", len(r))
			}
			if got, want := len(spans), c.bounded+c.stages+2; got != want {
				t.Errorf("%d spans, want %d, %d stages, the start and the root: %s", got, c.bounded, c.stages, c.reason)
			}
			if got := p.faults()[spanLimit]; got != c.over {
				t.Errorf("the faults count %q spans beyond the limit, want %q: %s", got, c.over, c.reason)
			}
		})
	}
}

// TestSpanLimitOfManyJourneys: each journey has a budget of its own, even if very many are live.
func TestSpanLimitOfManyJourneys(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithSpanLimit(2))
	const n = 3000
	for i := range n {
		ctx := checkout.Start(p.context(), strconv.Itoa(i), event.Customer{})
		for range 3 {
			chargeCard.Record(ctx, event.Web)
		}
	}
	for tid, spans := range perTrace(p) {
		if spans != 3 {
			t.Fatalf("%v has %d spans, want 2 and that of its start", tid, spans)
		}
	}
	if got := p.faults()[spanLimit]; got != strconv.Itoa(n) {
		t.Errorf("the faults count %s spans beyond the limit, want %d", got, n)
	}
}

// TestStagesAreBounded: the spans of a journey's trace are bounded, although a customer (or a bug) that alternates
// between two stages makes spans of stages without end.
func TestStagesAreBounded(t *testing.T) {
	t.Parallel()
	const limit, loops = 10, 500
	p := newProcess(t, "shop", cx.WithSpanLimit(limit))
	ctx := checkout.Start(p.context(), orderID, event.Customer{})
	for range loops {
		ctx = checkout.Enter(ctx, "cart")
		ctx = checkout.Enter(ctx, "address")
	}
	checkout.Complete(ctx)
	spans := journeySpans(traceID("checkout", orderID), p)
	if len(roots(spans)) != 1 {
		t.Error("the root is missing")
	}
	if got := len(spans); got > 2*limit+2 {
		t.Errorf("a trace with the bound %d has %d spans", limit, got)
	}
}

// TestSpanLimits checks which limits New refuses.
func TestSpanLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit int
		ok    bool
	}{{-1, false}, {math.MinInt, false}, {0, true}, {1, true}, {math.MaxInt, true}} {
		t.Run(fmt.Sprint(c.limit), func(t *testing.T) {
			t.Parallel()
			p := sdk(t, "shop", likeOtelsetup())
			client, err := cx.New(append(slices.Clone(p.providers), cx.WithSpanLimit(c.limit))...)
			if (err == nil) != c.ok {
				t.Fatalf("WithSpanLimit(%d): %v", c.limit, err)
			}
			p.client = client
			chargeCard.Record(checkout.Start(p.context(), orderID, event.Customer{}), event.Web)
			if got := len(p.twins.GetSpans()); c.ok && got != 2 {
				t.Errorf("%d spans, want one and that of the start", got)
			}
			must(t, client.Shutdown(context.Background()))
		})
	}
}

// TestSpanLimitIsRemembered: a journey does not get a new budget because 2,000 others were active in between.
// Their IDs are chosen to crowd a table that is divided by the trace's first byte.
func TestSpanLimitIsRemembered(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithSpanLimit(1))
	visit := func(id string) {
		chargeCard.Record(checkout.Resume(p.context(), id), event.Web)
	}
	visit(orderID)
	first := traceID("checkout", orderID)[0]
	for i, others := 0, 0; others < 2500; i++ {
		if id := strconv.Itoa(i); traceID("checkout", id)[0]%16 == first%16 {
			visit(id)
			others++
		}
		if others == 1250 {
			visit(orderID) // the journey is still remembered
		}
	}
	visit(orderID)
	if n := len(journeySpans(traceID("checkout", orderID), p)); n != 1 {
		t.Errorf("%d spans, want 1", n)
	}
}
