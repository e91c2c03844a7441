package touchpoint_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	makeOrder   = touchpoint.Define("make", touchpoint.In(order, "cart"))
	placeOrder  = touchpoint.Define("make", touchpoint.In(order, "cart"), touchpoint.Ends(event.Completed))
	makeRefund  = touchpoint.Define("make", touchpoint.In(refund, "asked"))
	makeNothing = touchpoint.Define("make")
)

// TestMet: a touchpoint that is open, in no journey or in another one than it declares, when code in its
// context starts or resumes a run, belongs to that run.
func TestMet(t *testing.T) {
	t.Parallel()
	nobody := event.Customer{}
	for _, c := range []struct {
		name, reason string
		d            *touchpoint.Definition
		before       func(ctx context.Context) context.Context // outside
		handler      func(ctx context.Context)
		want, stage  string
		moved        []string // run and stage of every stage that was entered
		ended        string
	}{
		{
			name: "started", reason: "the ID is made in the handler", d: makeNothing,
			handler: func(ctx context.Context) { order.Start(ctx, "o1", nobody) }, want: "o1",
		},
		{
			name: "started and moved", reason: "it is where the run is", d: makeNothing,
			handler: func(ctx context.Context) { order.Enter(order.Start(ctx, "o1", nobody), "payment") },
			want:    "o1", stage: "payment", moved: []string{"o1 payment"},
		},
		{
			name: "started, and declared", reason: "it moves the run to its stage", d: makeOrder,
			handler: func(ctx context.Context) { order.Start(ctx, "o1", nobody) },
			want:    "o1", stage: "cart", moved: []string{"o1 cart"},
		},
		{
			name: "started, declared, and moved on", reason: "the stage is the one that it declares", d: makeOrder,
			handler: func(ctx context.Context) { order.Enter(order.Start(ctx, "o1", nobody), "payment") },
			want:    "o1", stage: "cart", moved: []string{"o1 cart", "o1 payment"},
		},
		{
			name: "started, and ended by the touchpoint", reason: "it ends its run", d: placeOrder,
			handler: func(ctx context.Context) { order.Start(ctx, "o1", nobody) },
			want:    "o1", stage: "cart", moved: []string{"o1 cart"}, ended: "o1",
		},
		{
			name: "started and ended by the handler", reason: "it began before the end: it is not late", d: makeOrder,
			handler: func(ctx context.Context) { order.Complete(order.Start(ctx, "o1", nobody)) },
			want:    "o1", stage: "cart", moved: []string{"o1 cart"}, ended: "o1",
		},
		{
			name: "resumed", reason: "the ID is in the body", d: makeNothing,
			before: func(ctx context.Context) context.Context {
				order.Enter(order.Start(ctx, "o1", nobody), "payment")
				return ctx
			},
			handler: func(ctx context.Context) { order.Resume(ctx, "o1") },
			want:    "o1", stage: "payment", moved: []string{"o1 payment"},
		},
		{
			name: "resumed, and declared", reason: "it moves the run to its stage", d: makeOrder,
			before: func(ctx context.Context) context.Context {
				order.Start(ctx, "o1", nobody)
				return ctx
			},
			handler: func(ctx context.Context) { order.Resume(ctx, "o1") },
			want:    "o1", stage: "cart", moved: []string{"o1 cart"},
		},
		{
			name: "of two journeys, the first", reason: "the second one is within it, or beside it", d: makeNothing,
			handler: func(ctx context.Context) {
				order.Start(ctx, "o1", nobody)
				refund.Start(ctx, "r1", nobody)
			}, want: "o1",
		},
		{
			name: "of two journeys, the one that it declares", reason: "though it is the second", d: makeRefund,
			handler: func(ctx context.Context) { refund.Start(order.Start(ctx, "o1", nobody), "r1", nobody) },
			want:    "r1", stage: "asked", moved: []string{"r1 asked"},
		},
		{
			name: "only a journey that it does not declare", reason: "it is not part of that", d: makeRefund,
			handler: func(ctx context.Context) { order.Start(ctx, "o1", nobody) },
		},
		{
			name: "the same run twice", reason: "a retry is the same run", d: makeNothing,
			handler: func(ctx context.Context) {
				order.Start(ctx, "o1", nobody)
				order.Start(ctx, "o1", nobody)
				order.Resume(ctx, "o1")
			}, want: "o1",
		},
		{
			name: "two runs of one journey", reason: "it is around them, and part of none", d: makeNothing,
			handler: func(ctx context.Context) {
				order.Start(ctx, "o1", nobody)
				order.Start(ctx, "o2", nobody)
			},
		},
		{
			name: "a batch, and declared", reason: "each run is in the stage; the touchpoint is part of none", d: makeOrder,
			handler: func(ctx context.Context) {
				for n := range 4 {
					order.Start(ctx, fmt.Sprint("o", n), nobody)
				}
			}, moved: []string{"o0 cart", "o1 cart", "o2 cart", "o3 cart"},
		},
		{
			name: "one run, and a batch of another journey within it", reason: "the order has many refunds", d: makeNothing,
			handler: func(ctx context.Context) {
				ctx = order.Start(ctx, "o1", nobody)
				for n := range 4 {
					refund.Start(ctx, fmt.Sprint("r", n), nobody)
				}
			}, want: "o1",
		},
		{
			name: "in a touchpoint within", reason: "both are around it", d: makeNothing,
			handler: func(ctx context.Context) {
				ctx, tp := ofNone.Start(ctx, 0)
				defer tp.End()
				order.Start(ctx, "o1", nobody)
			}, want: "o1",
		},
		{
			name: "after a touchpoint within", reason: "one that has ended is not around it, the other is", d: makeNothing,
			handler: func(ctx context.Context) {
				ctx, tp := ofOrder.Start(ctx, 0)
				tp.End()
				order.Start(ctx, "o1", nobody)
			}, want: "o1",
		},
		{
			name: "in another goroutine", reason: "the context counts", d: makeNothing,
			handler: func(ctx context.Context) {
				done := make(chan struct{})
				go func() {
					defer close(done)
					order.Start(context.WithoutCancel(ctx), "o1", nobody)
				}()
				<-done
			}, want: "o1",
		},
		{
			name: "in another context", reason: "it is not around it", d: makeNothing,
			handler: func(ctx context.Context) {
				order.Start(flight.NewContext(context.Background(), flight.RecorderFrom(ctx)), "o1", nobody)
			},
		},
		{
			name: "refused", reason: "there is no such run", d: makeNothing,
			handler: func(ctx context.Context) { order.Start(ctx, "", nobody) },
		},
		{
			name: "refused, then started", reason: "the first one that there is", d: makeNothing,
			handler: func(ctx context.Context) { order.Start(order.Start(ctx, "", nobody), "o1", nobody) }, want: "o1",
		},
		{
			name: "within a run of another journey", reason: "it is in that one", d: makeNothing,
			before:  func(ctx context.Context) context.Context { return refund.Start(ctx, "r1", nobody) },
			handler: func(ctx context.Context) { order.Start(ctx, "o1", nobody) }, want: "r1",
		},
		{
			name: "within a run of another journey, and declared", reason: "it belongs to the journey that it declares", d: makeOrder,
			before:  func(ctx context.Context) context.Context { return refund.Start(ctx, "r1", nobody) },
			handler: func(ctx context.Context) { order.Start(ctx, "o1", nobody) },
			want:    "o1", stage: "cart", moved: []string{"o1 cart"},
		},
		{
			name: "two within a run of another journey, and declared", reason: "it stays where it was", d: makeOrder,
			before: func(ctx context.Context) context.Context { return refund.Start(ctx, "r1", nobody) },
			handler: func(ctx context.Context) {
				order.Start(ctx, "o1", nobody)
				order.Start(ctx, "o2", nobody)
			}, want: "r1", moved: []string{"o1 cart", "o2 cart"},
		},
		{
			name: "within a run of its journey", reason: "it is in that one", d: makeOrder,
			before:  func(ctx context.Context) context.Context { return order.Start(ctx, "o0", nobody) },
			handler: func(ctx context.Context) { order.Start(ctx, "o1", nobody) },
			want:    "o0", stage: "cart", moved: []string{"o0 cart"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, opts ...cx.Option) {
				s := newSpy(t, opts...)
				h := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					c.handler(r.Context())
				}), "POST /x"), touchpoint.WithRoute("POST /x", c.d))
				r := get("/x")
				r.Method = http.MethodPost
				if c.before != nil {
					r = r.WithContext(c.before(s.context()))
				}
				s.serve(h, r)
				all := s.settled(t)
				e := find(t, all, event.TouchpointEnded, c.d.Name())
				if e.Journey.ID != c.want || e.Stage != c.stage || e.Late {
					t.Errorf("it is in the run %q, stage %q, late: %v; want %q, %q: %s", e.Journey.ID, e.Stage, e.Late, c.want, c.stage, c.reason)
				}
				if (e.Stage != "") != (e.Visit != 0) {
					t.Errorf("it is in the stage %q, visit %d", e.Stage, e.Visit)
				}
				var moved []string
				ended := ""
				for _, e := range all {
					switch e.Kind {
					case event.JourneyStageEntered:
						moved = append(moved, e.Journey.ID+" "+e.Stage)
					case event.JourneyEnded:
						ended += e.Journey.ID
					default:
					}
				}
				slices.Sort(moved)
				if !slices.Equal(moved, c.moved) || ended != c.ended {
					t.Errorf("the runs have moved: %q, ended: %q; want %q, %q: %s", moved, ended, c.moved, c.ended, c.reason)
				}
			})
		})
	}
}

// TestMetKeeps: what the touchpoint says of itself stays, and what the run knows is added. A run that begins in it
// has its channel and actor.
func TestMetKeeps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []touchpoint.StartOption
		within       bool // refund
		segment      string
		actor        event.Actor
	}{
		{"nothing", "all is the run's", nil, false, "of order", event.ActorCustomer},
		{"nothing, within another journey", "the customer is the run's", nil, true, "of order", event.ActorCustomer},
		{
			"whose it is", "the caller knows",
			[]touchpoint.StartOption{touchpoint.From(event.Customer{Segment: "own"})},
			false, "own", event.ActorCustomer,
		},
		{
			"whose it is, within another journey", "the caller knows",
			[]touchpoint.StartOption{touchpoint.From(event.Customer{Segment: "own"})},
			true, "own", event.ActorCustomer,
		},
		{
			"who acts", "the caller knows",
			[]touchpoint.StartOption{touchpoint.By(event.ActorSynthetic)},
			false, "of order", event.ActorSynthetic,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, opts ...cx.Option) {
				s := newSpy(t, opts...)
				ctx := s.context()
				if c.within {
					ctx = refund.Start(ctx, "r1", event.Customer{Segment: "of refund"}, journey.Via(event.Phone))
				}
				ctx, tp := makeOrder.Start(ctx, event.Chat, c.opts...)
				order.Start(ctx, "o1", event.Customer{Segment: "of order"})
				tp.Degrade("slow")
				tp.End()
				all := s.settled(t)
				e := find(t, all, event.TouchpointEnded, "make")
				if e.Journey.ID != "o1" || e.Customer.Segment != c.segment || e.Actor != c.actor || e.Channel != event.Chat || e.Cause != "slow" {
					t.Errorf("it is in %q of %+v by %v on %v: %s", e.Journey.ID, e.Customer, e.Actor, e.Channel, c.reason)
				}
				for _, e := range all {
					if e.Kind == event.JourneyStarted && e.Journey.ID == "o1" && (e.Channel != event.Chat || e.Actor != c.actor) {
						t.Errorf("the run has started on %v by %v, want chat, %v", e.Channel, e.Actor, c.actor)
					}
				}
			})
		})
	}
}

// TestMetElsewhere: a run that another client records, or that only a request names, takes no touchpoint.
func TestMetElsewhere(t *testing.T) {
	t.Parallel()
	t.Run("another client", func(t *testing.T) {
		t.Parallel()
		s, other := newSpy(t), newSpy(t)
		ctx, tp := makeNothing.Start(s.context(), event.Web)
		order.Start(flight.NewContext(ctx, other), "o1", event.Customer{})
		tp.End()
		if e := s.only(t); !e.Journey.IsZero() {
			t.Errorf("it is in %+v, which is another client's", e.Journey)
		}
	})
	t.Run("the same client again", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		ctx, tp := makeNothing.Start(s.context(), event.Web)
		order.Start(flight.NewContext(ctx, s), "o1", event.Customer{})
		tp.End()
		if e := s.only(t); e.Journey.ID != "o1" {
			t.Errorf("it is in %+v", e.Journey)
		}
	})
	for _, code := range []int{200, 404} {
		t.Run(fmt.Sprint("a handler within, that answers ", code), func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			inner := touchpoint.Handler(routes(status(code), "/orders/{id}"),
				touchpoint.WithJourneyID(order, func(r *http.Request) string { return r.PathValue("id") }))
			s.serve(touchpoint.Handler(routes(inner, "/orders/")), get("/orders/o1"))
			for _, e := range s.touchpoints() {
				if want := code == 200 && e.Touchpoint == "/orders/{id}"; (e.Journey.ID == "o1") != want {
					t.Errorf("%q is in %q, in the run: want %v", e.Touchpoint, e.Journey.ID, want)
				}
			}
		})
	}
	t.Run("a handler within, that starts it", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		inner := touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			order.Start(r.Context(), "o1", event.Customer{})
		}), "/orders/{id}"), touchpoint.WithJourneyID(order, func(r *http.Request) string { return r.PathValue("id") }))
		s.serve(touchpoint.Handler(routes(inner, "/orders/")), get("/orders/o1"))
		for _, e := range s.touchpoints() {
			if e.Journey.ID != "o1" {
				t.Errorf("%q is in %q: there is such a run", e.Touchpoint, e.Journey.ID)
			}
		}
	})
	for _, c := range []struct{ name, names, want, reason string }{
		{"a request that names none, whose handler starts a run", "", "o2", "the touchpoint is in the run that it starts"},
		{"a request that names an old run, whose handler starts a new one", "o1", "o1", "the touchpoint is in the run that the request names"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t)
			order.Start(s.context(), "o1", event.Customer{})
			s.serve(touchpoint.Handler(routes(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				order.Start(r.Context(), "o2", event.Customer{})
			}), "/orders"), touchpoint.WithJourneyID(order, func(*http.Request) string { return c.names })), get("/orders"))
			if e := s.only(t); e.Journey.ID != c.want {
				t.Errorf("it is in %q, want %q: %s", e.Journey.ID, c.want, c.reason)
			}
		})
	}
	t.Run("after it has ended", func(t *testing.T) {
		t.Parallel()
		s := newSpy(t)
		ctx, tp := makeNothing.Start(s.context(), event.Web)
		tp.End()
		order.Start(ctx, "o1", event.Customer{})
		tp.End()
		if e := s.only(t); !e.Journey.IsZero() {
			t.Errorf("it is in %+v", e.Journey)
		}
	})
}
