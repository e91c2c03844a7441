//go:build unix

package export

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/posthog/posthog-go"
	metricnoop "go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// atTheCallSite measures what handing over an event costs the caller.
func atTheCallSite(b *testing.B, t *table) {
	const n = 1 << 16
	ctx := context.Background()
	ch := make(chan event.Event, n)
	q := exporters.NewBatch(exportFunc(taken), exporters.WithQueueSize(n), exporters.WithInterval(time.Hour), exporters.WithBatchSize(n),
		exporters.WithMeterProvider(metricnoop.NewMeterProvider()))
	s := newSink(func([]byte) int { return 0 })
	defer s.Close()
	c, err := posthog.NewWithConfig("key", posthog.Config{Endpoint: s.URL, Logger: silent{}, BatchSize: n})
	if err != nil {
		b.Fatal(err)
	}
	e := sample(1)
	bare := &side{name: "a bare channel send of the same struct", run: func(*testing.B) turn {
		return calls(n, func(int) { ch <- e }, func() {
			for range n {
				<-ch
			}
		})
	}}
	process := &side{name: "`Batch.Process`", run: func(b *testing.B) turn {
		return calls(n, func(int) { q.Process(ctx, &e) }, func() {
			if err := q.Flush(ctx); err != nil {
				b.Fatal(err)
			}
		})
	}}
	enqueue := &side{name: "posthog-go's Enqueue", run: func(*testing.B) turn {
		return calls(n/16, func(i int) { _ = c.Enqueue(capture(i)) }, func() {})
	}}
	contest(b, 31, bare, process, enqueue)
	t.call(b, process, bare, &goal{bound: 2, most: true})
	t.call(b, process, enqueue, &goal{bound: 0.1, most: true})
	allocs, none := testing.AllocsPerRun(1000, func() { q.Process(ctx, &e) }), goal{most: true}
	t.calls = append(t.calls, line("`Batch.Process`: allocations", number(allocs), "", "", "", none.judge(b, "allocations of Batch.Process", allocs)))
	if err := errors.Join(q.Shutdown(ctx), c.Close()); err != nil {
		b.Error(err)
	}
}

// calls measures n calls, and what they have filled is emptied afterwards.
func calls(n int, call func(i int), empty func()) turn {
	t := turn{events: n}
	_ = t.time(func() error {
		for i := range n {
			call(i)
		}
		return nil
	})
	empty()
	return t
}
