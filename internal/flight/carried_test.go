package flight_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// around is something that is under way.
type around string

func (around) Met(*flight.Position) {}
func (around) Begin(*flight.Event)  {}

// within returns a context with the open interaction a, as a touchpoint makes it.
func within(ctx context.Context, a flight.Around) context.Context {
	n := &flight.Node{}
	n.InitRequest(ctx, flight.ScopeOf(ctx), "")
	n.SetAround(a)
	return n
}

// inRequest returns a context in the request of a route, with no open interaction, as touchpoint.Handler makes it.
func inRequest(ctx context.Context, route string) context.Context {
	n := &flight.Node{}
	n.InitRequest(ctx, flight.ScopeOf(ctx), route)
	n.SetAround(nil)
	return n
}

// TestWithoutCarried: the positions that came with the request go, those that the application set stay in their order, and
// so does all that the context knows beside them.
func TestWithoutCarried(t *testing.T) {
	t.Parallel()
	journeys := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		rec := &recorder{}
		ctx := within(flight.ContextWithRoute(flight.NewContext(context.Background(), rec), "GET /"), around("tp"))
		var all []*flight.Position
		carried := map[*flight.Position]bool{}
		for i, name := range rapid.SliceOfN(rapid.SampledFrom(journeys), 0, 7).Draw(t, "journeys") {
			position := event.Position{Journey: event.Run{Name: name, ID: fmt.Sprint(i)}}
			p := flight.NewPosition(position)
			if rapid.Bool().Draw(t, "carried") {
				p = flight.NewCarried(position)
				carried[p] = true
			} else {
				all = slices.DeleteFunc(all, func(o *flight.Position) bool { return o.Journey.Name == name }) // they are hidden
			}
			all = append(all, p)
			ctx = flight.ContextWithPosition(ctx, p)
		}
		own := slices.DeleteFunc(slices.Clone(all), func(p *flight.Position) bool { return carried[p] })
		got, changed := flight.WithoutCarried(ctx)
		if changed != (len(own) < len(all)) || !changed && got != ctx {
			t.Fatalf("positions were taken out: %v; want %v", changed, len(own) < len(all))
		}
		if _, again := flight.WithoutCarried(got); again {
			t.Error("some positions that came with the request are left")
		}
		var last *flight.Position
		if len(own) > 0 {
			last = own[len(own)-1]
		}
		if flight.PositionFromContext(got) != last {
			t.Errorf("the customer is at %v, want %v", flight.PositionFromContext(got), last)
		}
		for _, name := range journeys {
			if p, want := flight.PositionIn(got, name), keepingAll(own, name); p != want {
				t.Errorf("in the journey %s the customer is at %v, want %v", name, p, want)
			}
		}
		if flight.RecorderFrom(got) != flight.Recorder(rec) || flight.RouteFromContext(got) != "GET /" || flight.ScopeOf(got).Around() != flight.Around(around("tp")) {
			t.Error("the recorder, the route or what is under way is lost")
		}
	})
	if ctx, changed := flight.WithoutCarried(context.Background()); changed || ctx != context.Background() {
		t.Error("a context that knows nothing loses a position")
	}
}

// TestWhatAContextKnows: each function adds one thing, and keeps the others.
func TestWhatAContextKnows(t *testing.T) {
	t.Parallel()
	rec, other := &recorder{}, &recorder{}
	p := placeIn("checkout", "1", "cart")
	full := within(flight.ContextWithPosition(flight.ContextWithRoute(flight.NewContext(context.Background(), rec), "GET /"), p), around("tp"))
	type known struct {
		recorder flight.Recorder
		position *flight.Position
		route    string
		around   flight.Around
	}
	of := func(ctx context.Context) known {
		s := flight.ScopeOf(ctx)
		return known{s.Recorder(), s.Position(), flight.RouteFromContext(ctx), s.Around()}
	}
	q := placeIn("order", "2", "")
	for _, c := range []struct {
		name string
		from context.Context
		to   func(ctx context.Context) context.Context
		want known
		same bool
	}{
		{"all", full, func(ctx context.Context) context.Context { return ctx }, known{rec, p, "GET /", around("tp")}, true},
		{"a recorder", full, func(ctx context.Context) context.Context { return flight.NewContext(ctx, other) }, known{other, p, "GET /", nil}, false},
		{"the same recorder", full, func(ctx context.Context) context.Context { return flight.NewContext(ctx, rec) }, known{rec, p, "GET /", around("tp")}, false},
		{"a position", full, func(ctx context.Context) context.Context { return flight.ContextWithPosition(ctx, q) }, known{rec, q, "GET /", around("tp")}, false},
		{"no position", full, func(ctx context.Context) context.Context { return flight.ContextWithPosition(ctx, nil) }, known{rec, p, "GET /", around("tp")}, true},
		{"a route", full, func(ctx context.Context) context.Context { return flight.ContextWithRoute(ctx, "POST /") }, known{rec, p, "POST /", around("tp")}, false},
		{"the same route", full, func(ctx context.Context) context.Context { return flight.ContextWithRoute(ctx, "GET /") }, known{rec, p, "GET /", around("tp")}, true},
		{"no route", full, func(ctx context.Context) context.Context { return flight.ContextWithRoute(ctx, "") }, known{rec, p, "GET /", around("tp")}, true},
		{"another thing under way", full, func(ctx context.Context) context.Context { return within(ctx, around("b")) }, known{rec, p, "GET /", around("b")}, false},
		{"nothing under way", full, func(ctx context.Context) context.Context { return within(ctx, nil) }, known{rec, p, "GET /", nil}, false},
		{"a request", full, func(ctx context.Context) context.Context { return inRequest(ctx, "PUT /") }, known{rec, p, "PUT /", nil}, false},
		{"a request without a route", full, func(ctx context.Context) context.Context { return inRequest(ctx, "") }, known{rec, p, "GET /", nil}, false},
		{
			"what comes after a request", full,
			func(ctx context.Context) context.Context {
				return flight.ContextWithPosition(inRequest(ctx, "PUT /"), q)
			},
			known{rec, q, "PUT /", nil},
			false,
		},
		{"a position of its own", context.Background(), func(ctx context.Context) context.Context { return flight.ContextWithPosition(ctx, q) }, known{nil, q, "", nil}, false},
		{"a route of its own", context.Background(), func(ctx context.Context) context.Context { return flight.ContextWithRoute(ctx, "GET /") }, known{nil, nil, "GET /", nil}, false},
		{"a thing under way of its own", context.Background(), func(ctx context.Context) context.Context { return within(ctx, around("b")) }, known{nil, nil, "", around("b")}, false},
		{"nothing under way in nothing", context.Background(), func(ctx context.Context) context.Context { return within(ctx, nil) }, known{}, false},
		{"a request of its own", context.Background(), func(ctx context.Context) context.Context { return inRequest(ctx, "GET /") }, known{nil, nil, "GET /", nil}, false},
		{"a recorder of its own", context.Background(), func(ctx context.Context) context.Context { return flight.NewContext(ctx, rec) }, known{recorder: rec}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := of(c.from)
			got := c.to(c.from)
			if is := of(got); is != c.want || (got == c.from) != c.same {
				t.Errorf("it knows %+v, the same context: %v; want %+v, %v", is, got == c.from, c.want, c.same)
			}
			if of(c.from) != before {
				t.Error("the context that it was made from has changed")
			}
		})
	}
}

// TestRefused: a refusal is found in the context that it happened in and in those made from it.
func TestRefused(t *testing.T) {
	t.Parallel()
	p := flight.NewPosition(event.Position{})
	p.SetAsked("checkout")
	before := flight.ContextWithPosition(context.Background(), placeIn("visit", "1", ""))
	ctx := flight.ContextWithPosition(before, p)
	inner := flight.ContextWithPosition(ctx, placeIn("order", "1", ""))
	for name, c := range map[string]struct {
		ctx     context.Context
		journey string
		want    bool
	}{
		"there": {ctx, "checkout", true}, "further in": {inner, "checkout", true}, "another journey": {inner, "order", false},
		"before": {before, "checkout", false}, "no context": {nil, "checkout", false}, "nothing known": {context.Background(), "checkout", false},
	} {
		if got := flight.Refused(c.ctx, c.journey); got != c.want {
			t.Errorf("%s: it was refused: %v, want %v", name, got, c.want)
		}
	}
	if flight.PositionIn(inner, "checkout") != nil || flight.PositionIn(inner, "visit") == nil {
		t.Error("a run that was refused has a position, or hides another one")
	}
}
