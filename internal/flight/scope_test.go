package flight_test

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// placeIn is a position in a journey.
func placeIn(name, id, stage string) *flight.Position {
	return flight.NewPosition(event.Position{Journey: event.Run{Namespace: "n", Name: name, ID: id}, Stage: stage})
}

// TestScopesDoNotPileUp: a context that moves on again and again keeps where the customer is, not where
// they were: as much as there are journeys, however long a loop is.
func TestScopesDoNotPileUp(t *testing.T) {
	t.Parallel()
	const often = 10_000
	for _, c := range []struct {
		name string
		move func(ctx context.Context, i int) context.Context
		most int
	}{
		{"stages of one run", func(ctx context.Context, i int) context.Context {
			return flight.ContextWithPosition(ctx, placeIn("checkout", "c1", fmt.Sprint(i%7)))
		}, 1},
		{"one run after another", func(ctx context.Context, i int) context.Context {
			return flight.ContextWithPosition(ctx, placeIn("checkout", fmt.Sprint(i), ""))
		}, 1},
		{"two journeys in turns", func(ctx context.Context, i int) context.Context {
			return flight.ContextWithPosition(ctx, placeIn([]string{"a", "b"}[i%2], "1", ""))
		}, 2},
		{"five journeys, in any order", func(ctx context.Context, i int) context.Context {
			return flight.ContextWithPosition(ctx, placeIn(fmt.Sprint(i*i%5), "1", ""))
		}, 5},
		{"runs that were refused", func(ctx context.Context, i int) context.Context {
			p := flight.NewPosition(event.Position{})
			p.SetAsked([]string{"a", "b"}[i%2])
			return flight.ContextWithPosition(ctx, p)
		}, 2},
		{"journeys that are folded", func(ctx context.Context, i int) context.Context {
			p := placeIn(event.Other, "1", "")
			p.SetAsked([]string{"a", "b"}[i%2])
			return flight.ContextWithPosition(ctx, p)
		}, 2},
		{"recorders", func(ctx context.Context, _ int) context.Context { return flight.NewContext(ctx, nil) }, 1},
		{"recorders and positions in turns", func(ctx context.Context, i int) context.Context {
			if i%2 == 0 {
				return flight.NewContext(ctx, nil)
			}
			return flight.ContextWithPosition(ctx, placeIn("checkout", "c1", fmt.Sprint(i)))
		}, 1},
		{"interactions within each other", func(ctx context.Context, _ int) context.Context {
			n := &flight.Node{}
			n.Init(ctx, flight.ScopeOf(ctx), nil)
			return n
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			for i := range often {
				ctx = c.move(ctx, i)
			}
			if n := flight.Depth(ctx); n > c.most {
				t.Errorf("after %d moves the context keeps %d scopes, want %d", often, n, c.most)
			}
		})
	}
}

// TestScopesAnswerAsBefore: whatever is left out, a context answers as one that keeps all of it.
func TestScopesAnswerAsBefore(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", event.Other}
	asked := []string{"", "a", "b"}
	rapid.Check(t, func(t *rapid.T) {
		var all []*flight.Position
		ctx := context.Background()
		for range rapid.IntRange(1, 20).Draw(t, "moves") {
			p := flight.NewPosition(event.Position{})
			if rapid.IntRange(0, 4).Draw(t, "refused") > 0 {
				p = placeIn(rapid.SampledFrom(names).Draw(t, "name"), rapid.SampledFrom([]string{"1", "2"}).Draw(t, "id"), "")
			}
			if a := rapid.SampledFrom(asked).Draw(t, "asked"); a != "" {
				p.SetAsked(a)
			}
			all = append(all, p)
			ctx = flight.ContextWithPosition(ctx, p)
			for _, name := range []string{"a", "b", "c"} {
				got := flight.PositionIn(ctx, name)
				want := keepingAll(all, name)
				if (got == nil) != (want == nil) || got != nil && (got.Journey.Name != want.Journey.Name || got.Journey.ID != want.Journey.ID) {
					t.Fatalf("after %d moves the position in %q is %+v, want %+v", len(all), name, got, want)
				}
			}
			if got := flight.PositionFromContext(ctx); got == nil || got.Journey.ID != p.Journey.ID {
				t.Fatalf("the position is %+v, want %+v", got, p)
			}
		}
	})
}

// keepingAll is PositionIn for a context that keeps all positions: the innermost one of that name, or none
// where a run of it was refused further in.
func keepingAll(all []*flight.Position, name string) *flight.Position {
	ctxs := make([]context.Context, len(all))
	for i, p := range all { // each alone in a context, from the innermost
		ctxs[i] = flight.ContextWithPosition(context.Background(), p)
	}
	for i := len(all) - 1; i >= 0; i-- {
		if p := flight.PositionIn(ctxs[i], name); p != nil {
			return p
		}
		if all[i].Journey.IsZero() && refused(all[i], name) {
			return nil
		}
	}
	return nil
}

// refused reports whether p says that a run of the journey could not begin: then a run of it further out
// is not found.
func refused(p *flight.Position, name string) bool {
	outer := flight.ContextWithPosition(context.Background(), placeIn(name, "outer", ""))
	return flight.PositionIn(flight.ContextWithPosition(outer, p), name) == nil
}
