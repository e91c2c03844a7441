package touchpoint_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// counting is a store that counts the changes it was given.
type counting struct {
	ledgertest.Memory

	appended chan struct{}
}

func (c *counting) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	for range changes {
		c.appended <- struct{}{}
	}
	return c.Memory.Write(ctx, changes) //nolint:wrapcheck // a test
}

// TestMadeUpIDs: anybody can ask for a run that has never been. What is answered with 404 or 410 is in no
// run that only the request names, and leaves nothing in the store.
func TestMadeUpIDs(t *testing.T) {
	t.Parallel()
	cart := touchpoint.Define("cart-page", touchpoint.In(checkout, "cart"), touchpoint.Ends(event.Completed))
	byPath := touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") })
	believed := &event.Position{Journey: event.Run{Name: "checkout", ID: "c1"}, Channel: event.Mobile}
	elsewhere := &event.Position{Journey: event.Run{Name: "checkout", ID: "c0"}, Channel: event.Mobile, Customer: event.Customer{Segment: "gold"}}
	for _, c := range []struct {
		name, reason string
		status       int
		before       func(ctx context.Context) context.Context // outside the handler
		handler      func(ctx context.Context)
		want         string // the run of the touchpoint
		stores       bool
	}{
		{"200", "there is such a cart", 200, nil, nil, "c1", true},
		{"404", "there is none", 404, nil, nil, "", false},
		{"410", "there is none any more", 410, nil, nil, "", false},
		{"422", "there is one", 422, nil, nil, "c1", true},
		{"500", "nobody knows", 500, nil, nil, "c1", true},
		{"404, but it was started by the handler", "then there is one", 404, nil, func(ctx context.Context) {
			checkout.Start(ctx, "c1", event.Customer{})
		}, "c1", true},
		{"404, but it was changed by the handler", "the same", 404, nil, func(ctx context.Context) {
			checkout.Enter(ctx, "payment")
		}, "c1", true},
		{"404, another run was started by the handler", "that one is its own", 404, nil, func(ctx context.Context) {
			checkout.Start(ctx, "c2", event.Customer{})
		}, "", true},
		{"200, another run was started by the handler", "the touchpoint is in the one that the request names", 200, nil, func(ctx context.Context) {
			checkout.Start(ctx, "c2", event.Customer{})
		}, "c1", true},
		{"404, but a believed position says the same", "a service of ours knows it", 404, func(ctx context.Context) context.Context {
			return propagate.ContextWithPosition(ctx, believed)
		}, nil, "c1", true},
		{"404, a believed position says another run", "it is in that one", 404, func(ctx context.Context) context.Context {
			return propagate.ContextWithPosition(ctx, elsewhere)
		}, nil, "c0", true},
		{"404, but middleware outside has put it there", "the application knows it", 404, func(ctx context.Context) context.Context {
			return checkout.Resume(ctx, "c1")
		}, nil, "c1", true},
	} {
		for _, mode := range []string{"memory", "store"} {
			t.Run(c.name+" in "+mode, func(t *testing.T) {
				t.Parallel()
				store := &counting{appended: make(chan struct{}, 100)}
				var opts []cx.Option
				if mode == "store" {
					opts = append(opts, cx.WithStore(store))
				}
				s := newSpy(t, opts...)
				h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if c.handler != nil {
						c.handler(r.Context())
					}
					w.WriteHeader(c.status)
				}), "/cart/{id}"), byPath, touchpoint.WithRoute("/cart/{id}", cart))
				r := get("/cart/c1")
				if c.before != nil {
					r = r.WithContext(c.before(flight.NewContext(r.Context(), s)))
				}
				s.serve(h, r)
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				must(t, s.client.Flush(ctx))
				e := s.only(t)
				if e.Journey.ID != c.want {
					t.Errorf("the touchpoint is in %q, want %q: %s", e.Journey.ID, c.want, c.reason)
				}
				if e.Touchpoint != "cart-page" || e.Duration <= 0 {
					t.Errorf("the touchpoint is %q and took %v", e.Touchpoint, e.Duration)
				}
				if c.want == "" && (e.Stage != "" || e.Customer != (event.Customer{}) || e.Channel != event.Web) {
					t.Errorf("it is in no run, but in the stage %q, of %+v, on %v", e.Stage, e.Customer, e.Channel)
				}
				if c.want == "c0" && (e.Customer.Segment != "gold" || e.Journey.Namespace != "default") {
					t.Errorf("it is of %+v in %+v, want what the position says", e.Customer, e.Journey)
				}
				if stored := len(store.appended) > 0; mode == "store" && stored != c.stores {
					t.Errorf("the store was given %d changes: %s", len(store.appended), c.reason)
				}
			})
		}
	}
}

// TestStrangersLeaveNothing is a thousand requests for carts that have never been.
func TestStrangersLeaveNothing(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]cx.Option{"as it is": nil, "with implicit starts": {cx.WithImplicitStarts()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &counting{appended: make(chan struct{}, 10_000)}
			s := newSpy(t, append(opts, cx.WithStore(store))...)
			h := touchpoint.Handler(routes(http.NotFoundHandler(), "/cart/{id}"),
				touchpoint.WithRoute("/cart/{id}", touchpoint.Define("cart-page", touchpoint.In(checkout, "cart"))),
				touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") }))
			for i := range 1000 {
				s.serve(h, get(fmt.Sprintf("/cart/%d", i)))
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			must(t, s.client.Flush(ctx))
			if n := len(store.appended); n != 0 {
				t.Errorf("the store was given %d changes by strangers", n)
			}
			if n := len(s.touchpoints()); n != 1000 {
				t.Errorf("%d touchpoints, want all 1,000: they are counted all the same", n)
			}
		})
	}
}

// TestStageOfAClaimedRun: a run that this process does not know, and that is there, enters the stage at the
// time when the request began.
func TestStageOfAClaimedRun(t *testing.T) {
	t.Parallel()
	s := newSpy(t, cx.WithImplicitStarts())
	h := touchpoint.Handler(routes(status(200), "/cart/{id}"),
		touchpoint.WithRoute("/cart/{id}", touchpoint.Define("cart-page", touchpoint.In(checkout, "cart"))),
		touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") }))
	s.serve(h, get("/cart/c1"))
	var kinds []event.Kind
	for _, e := range s.events {
		kinds = append(kinds, e.Kind)
	}
	if len(kinds) != 3 || kinds[0] != event.JourneyStarted || kinds[1] != event.JourneyStageEntered || kinds[2] != event.TouchpointEnded {
		t.Fatalf("what happened is %q", kinds)
	}
	if e := s.only(t); !s.events[1].Time.Equal(e.Time) || e.Stage != "cart" || e.Visit != 1 {
		t.Errorf("the stage was entered at %v, the touchpoint is at %v in %q, visit %d", s.events[1].Time, e.Time, e.Stage, e.Visit)
	}
}

// TestLateInAnotherRun: that the run which only the request names was not over says nothing of the run that the touchpoint
// turns out to belong to.
func TestLateInAnotherRun(t *testing.T) {
	t.Parallel()
	cart := touchpoint.Define("cart-page", touchpoint.In(checkout, "cart"))
	ordering := touchpoint.Define("order-page", touchpoint.In(order, "cart"))
	byPath := touchpoint.WithJourneyID(checkout, func(r *http.Request) string { return r.PathValue("id") })
	over := func(ctx context.Context, j *journey.Definition, id string) {
		j.Complete(j.Start(ctx, id, event.Customer{}))
	}
	for _, c := range []struct {
		name, reason string
		d            *touchpoint.Definition
		status       int
		before       func(ctx context.Context) context.Context // outside the handler
		handler      func(ctx context.Context)
		want         string
		late         bool
	}{
		{"404, a position says a run that is over", "it is in that one, after its end", cart, 404, func(ctx context.Context) context.Context {
			over(ctx, checkout, "c0")
			return propagate.ContextWithPosition(ctx, &event.Position{Journey: event.Run{Name: "checkout", ID: "c0"}, Channel: event.Mobile})
		}, nil, "c0", true},
		{"404, a position says a run that is live", "it is in that one", cart, 404, func(ctx context.Context) context.Context {
			return checkout.Start(ctx, "c0", event.Customer{})
		}, nil, "c0", false},
		{"the handler resumes an order that is over", "the touchpoint declares that journey, and comes after its end", ordering, 200, func(ctx context.Context) context.Context {
			over(ctx, order, "o1")
			return ctx
		}, func(ctx context.Context) { order.Resume(ctx, "o1") }, "o1", true},
		{"the handler starts an order and ends it", "the touchpoint began before the end", ordering, 200, nil, func(ctx context.Context) {
			over(ctx, order, "o1")
		}, "o1", false},
	} {
		for _, mode := range []string{"memory", "store"} {
			t.Run(c.name+" in "+mode, func(t *testing.T) {
				t.Parallel()
				var opts []cx.Option
				if mode == "store" {
					opts = append(opts, cx.WithStore(&ledgertest.Memory{}), cx.WithEndGrace(cx.NoEndGrace))
				}
				s := newSpy(t, opts...)
				h := touchpoint.Handler(routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if c.handler != nil {
						c.handler(r.Context())
					}
					w.WriteHeader(c.status)
				}), "/cart/{id}"), byPath, touchpoint.WithRoute("/cart/{id}", c.d))
				r := get("/cart/c1")
				if c.before != nil {
					r = r.WithContext(c.before(flight.NewContext(r.Context(), s)))
				}
				must(t, s.client.Flush(t.Context()))
				s.serve(h, r)
				must(t, s.client.Flush(t.Context()))
				if e := s.only(t); e.Journey.ID != c.want || e.Late != c.late {
					t.Errorf("the touchpoint is in %q, late: %v; want %q, %v: %s", e.Journey.ID, e.Late, c.want, c.late, c.reason)
				}
			})
		}
	}
}
