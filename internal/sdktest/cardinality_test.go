package sdktest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestCardinality makes definitions in a loop, as a program should not. It turns off the SDK's own limit, because
// the bound is Cairn's: a client keeps at most 1,000 names of a kind, and 8,192 attribute sets besides those of
// the folded name.
func TestCardinality(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for _, c := range []struct {
		name, reason string
		metric, key  string
		bound        int // attribute sets
		names        int // values of key
		fault        string
		do           func(p *process, i int)
	}{
		{
			name: "touchpoints", reason: "the 1,001st name is folded",
			metric: "cx.touchpoint.interactions", key: "cx.touchpoint.name", bound: 1001, names: 1001, fault: "name_limit",
			do: func(p *process, i int) { touchpoint.Define("t"+strconv.Itoa(i)).Record(p.context(), event.Web) },
		},
		{
			name: "touchpoints on every channel with every outcome", reason: "the names and the sets stay within their bounds",
			metric: "cx.touchpoint.interactions", key: "cx.touchpoint.name",
			bound: 8192 + (flight.NumChannels-1)*flight.NumOutcomes, names: 1001, fault: "series_limit",
			do: func(p *process, i int) {
				touchpoint.Define("t"+strconv.Itoa(i%700)).Record(p.context(), event.Channel(1+i%(flight.NumChannels-1)),
					touchpoint.Outcome(event.Outcome(i/7%flight.NumOutcomes)))
			},
		},
		{
			name: "channels and outcomes that do not exist", reason: "all of them share one series",
			metric: "cx.touchpoint.interactions", key: "cx.touchpoint.name", bound: flight.NumChannels * flight.NumOutcomes, names: 1,
			do: func(p *process, i int) {
				chargeCard.Record(p.context(), event.Channel(i), touchpoint.Outcome(event.Outcome(i/256)))
			},
		},
		{
			name: "journeys", reason: "the 1,001st name is folded; each of the 1,000 has a series with zero for the web",
			metric: "cx.journey.started", key: "cx.journey.name", bound: 1001 + 1000, names: 1001, fault: "name_limit",
			do: func(p *process, i int) {
				journey.Define("j"+strconv.Itoa(i)).Start(p.context(), strconv.Itoa(i), event.Customer{})
			},
		},
		{
			name: "surveys", reason: "the 1,001st name is folded",
			metric: "cx.feedback.responses", key: "cx.survey.name", bound: 1001, names: 1001, fault: "name_limit",
			do: func(p *process, i int) { feedback.Define("s"+strconv.Itoa(i), feedback.NPS).Record(p.context(), 9) },
		},
		{
			name: "stages", reason: "a stage that the journey does not have is folded; its own four, and none, have series with zero",
			metric: "cx.journey.active", key: "cx.stage.name", bound: 6, names: 5, fault: "unknown_name",
			do: func(p *process, i int) {
				checkout.Enter(checkout.Start(p.context(), strconv.Itoa(i), event.Customer{}), "stage"+strconv.Itoa(i))
			},
		},
		{
			name: "journeys that feedback is about", reason: "no metric of feedback has them",
			metric: "cx.feedback.responses", key: "cx.journey.name", bound: 1, names: 0, fault: "name_limit",
			do: func(p *process, i int) { feedback.NPS.Record(p.context(), 9, feedback.About("j"+strconv.Itoa(i), "1")) },
		},
		{
			name: "journeys that a peer names", reason: "a client believes up to 1,000 names of a trusted peer; at most 1,000 series have zero",
			metric: "cx.journey.ended", key: "cx.journey.name", bound: 1002 + 1000, names: 1002, fault: "name_limit",
			do: func(p *process, i int) {
				ctx := propagate.ContextWithPosition(p.context(), &event.Position{Journey: event.Run{Name: "j" + strconv.Itoa(i), ID: strconv.Itoa(i)}})
				last := touchpoint.Define("t"+strconv.Itoa(i%10), touchpoint.In(checkout, "cart"))
				last.Record(ctx, event.Web)
				journey.Define("j" + strconv.Itoa(i)).Complete(ctx)
			},
		},
		{
			name: "routes", reason: "all invalid names share one series",
			metric: "cx.touchpoint.interactions", key: "cx.touchpoint.name", bound: 1, names: 1, fault: "invalid_name",
			do: func(p *process, i int) {
				touchpoint.Define(strings.Repeat("/", 65)+strconv.Itoa(i)).Record(p.context(), event.Web)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop")
			for i := range n {
				c.do(p, i)
			}
			var total int64
			sets, values := 0, map[string]bool{}
			for _, sm := range p.collect().ScopeMetrics {
				for _, m := range sm.Metrics {
					if m.Name != c.metric {
						continue
					}
					var points []metricdata.DataPoint[int64]
					switch d := m.Data.(type) {
					case metricdata.Sum[int64]:
						points = d.DataPoints
					case metricdata.Gauge[int64]:
						points = d.DataPoints
					}
					for _, point := range points {
						sets++
						total += point.Value
						if v, ok := point.Attributes.Value("otel.metric.overflow"); ok {
							t.Fatalf("the SDK's own limit was reached: %v", v)
						}
						if v, ok := point.Attributes.Value(attribute.Key(c.key)); ok {
							values[v.String()] = true
						}
					}
				}
			}
			if total != n {
				t.Errorf("the metric counts %d, want %d: folding must not lose a count", total, n)
			}
			if sets > c.bound {
				t.Errorf("%d attribute sets, want at most %d: %s", sets, c.bound, c.reason)
			}
			if len(values) > c.names {
				t.Errorf("%d values of %s, want at most %d: %s", len(values), c.key, c.names, c.reason)
			}
			if len(values) > 1000 && !values[event.Other] {
				t.Errorf("no name was folded: %s", c.reason)
			}
			if c.fault != "" && p.faults()[c.fault] == "" {
				t.Errorf("the faults are %v, want %s", p.faults(), c.fault)
			}
		})
	}
}

// TestNewSeriesBesideHostileOnes: a flood of invalid values must not use up the series of later valid ones.
func TestNewSeriesBesideHostileOnes(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop")
	for i := range 1 << 16 { // every channel and outcome that a byte can encode
		chargeCard.Record(p.context(), event.Channel(i), touchpoint.Outcome(event.Outcome(i>>8)))
	}
	viewCart.Record(p.context(), event.Web, touchpoint.Took(time.Millisecond))
	checkout.Start(p.context(), orderID, event.Customer{})
	for _, key := range []string{
		"cx.touchpoint.interactions{cx.apdex.zone=satisfied,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=view-cart}",
		"cx.journey.started{cx.channel=other,cx.journey.name=checkout}",
	} {
		if got := p.point(key); got != "1" {
			t.Errorf("%s is %q, want 1: invalid channels and outcomes have used up the series", key, got)
		}
	}
}
