package journey_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"weak"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// TestLoopsKeepNothing: a context that a loop moves on, as a worker's or a saga's does, does not keep the
// contexts before it.
func TestLoopsKeepNothing(t *testing.T) { //nolint:paralleltest // it collects garbage
	other := journey.Define("other")
	for _, c := range []struct {
		name string
		move func(ctx context.Context, i int) context.Context
		most int
	}{
		{"Enter", func(ctx context.Context, i int) context.Context {
			return checkout.Enter(ctx, checkout.Stages()[i%2])
		}, 1},
		{"Resume of one run", func(ctx context.Context, _ int) context.Context { return checkout.Resume(ctx, "c1") }, 1},
		{"Resume of many", func(ctx context.Context, i int) context.Context { return checkout.Resume(ctx, fmt.Sprint(i)) }, 1},
		{"Start of one run", func(ctx context.Context, _ int) context.Context { return checkout.Start(ctx, "c1", alice) }, 1},
		{"Start of many", func(ctx context.Context, i int) context.Context {
			return checkout.Start(ctx, fmt.Sprint("s", i), event.Customer{})
		}, 1},
		{"Start of what is refused", func(ctx context.Context, _ int) context.Context { return checkout.Start(ctx, "", event.Customer{}) }, 1},
		{"two journeys in turns", func(ctx context.Context, i int) context.Context {
			if i%2 == 0 {
				return other.Resume(ctx, fmt.Sprint(i))
			}
			return checkout.Enter(ctx, checkout.Stages()[i%3%2])
		}, 2},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			s := start(t)
			ctx := checkout.Start(s.ctx(), "c1", alice)
			var made []weak.Pointer[flight.Node]
			for i := range 10_000 {
				ctx = c.move(ctx, i)
				if n, ok := ctx.(*flight.Node); ok {
					made = append(made, weak.Make(n))
				}
			}
			runtime.GC()
			kept := 0
			for _, w := range made {
				if w.Value() != nil {
					kept++
				}
			}
			if len(made) != 10_000 || kept > c.most {
				t.Errorf("of %d contexts %d are kept, want %d", len(made), kept, c.most)
			}
			runtime.KeepAlive(ctx)
		})
	}
}
