package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// BenchmarkObjectives: what objectives cost an event: judging it, counting it in the metric, and remembering it for the state in
// process. There are fifty, and two are about the event. The hand adds to two counters with prepared attributes. It does not judge, and
// remembers nothing.
func BenchmarkObjectives(b *testing.B) {
	once(b, func() {
		mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))
		ctx := context.Background()
		counters := func(by ...slo.Dimension) *slo.Counter {
			var all []slo.Objective
			for i := range 25 {
				at, month := fmt.Sprintf("touchpoint-%d", i), slo.Window{Days: 28}
				all = append(all,
					slo.Objective{Name: at + "-works", Touchpoint: at, Target: 0.99, Window: month, By: by, Except: slo.Except{Actors: []event.Actor{event.ActorEmployee}}},
					slo.Objective{Name: at + "-is-fast", Touchpoint: at, Target: 0.9, Window: month, By: by, Good: slo.Criteria{Zones: []event.Zone{event.Satisfied}}})
			}
			c, err := slo.NewCounter(all, slo.CounterConfig{MeterProvider: mp})
			if err != nil {
				b.Fatal(err)
			}
			return c
		}
		now := time.Now()
		e := event.Event{
			Kind: event.TouchpointEnded, Time: now, Duration: 300 * time.Millisecond, Touchpoint: "touchpoint-12", Channel: event.Web,
			Outcome: event.OK, Zone: event.Satisfied, Customer: event.Customer{Segment: "business"},
		}
		count, err := mp.Meter("hand").Int64Counter("hand")
		if err != nil {
			b.Fatal(err)
		}
		var options [2][]metric.AddOption
		for i := range options {
			options[i] = []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(
				attribute.String("cx.objective.name", fmt.Sprintf("touchpoint-12-%d", i)), attribute.String("cx.objective.result", "good")))}
		}
		plain, split := counters(), counters(slo.ByChannel, slo.BySegment)
		split.Record(ctx, &e)
		for range 2 { // the zeros of the split are collected
			split.Zero(ctx)
		}
		none := func() {}
		vs := []variant{
			{"two prepared adds", func() {
				count.Add(ctx, 1, options[0]...)
				count.Add(ctx, 1, options[1]...)
			}, none},
			{"cairn", func() { plain.Record(ctx, &e) }, none},
			{"cairn, by channel and segment", func() { split.Record(ctx, &e) }, none},
		}
		scenario{"objectives, 2 of 50", vs, func(r []result) []goal {
			return []goal{
				{"objectives/two adds", r[1].nanos / r[0].nanos, 1.30, 1.29},
				{"objectives allocs", r[1].allocs, 0, 0},
				{"split allocs", r[2].allocs, 0, 0},
			}
		}}.run(b)
	})
}
