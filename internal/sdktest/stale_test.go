package sdktest_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// exported keeps the events that a process exports.
type exported struct {
	mu     sync.Mutex
	events []event.Event
}

func (x *exported) Export(_ context.Context, events []event.Event) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range events {
		x.events = append(x.events, e)
	}
	return nil
}

func (*exported) Shutdown(context.Context) error { return nil }

// of returns the latest event of the kind, and for a touchpoint of that touchpoint, and whether there is one.
func (x *exported) of(k event.Kind, touchpoint string) (last event.Event, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.events {
		if e.Kind == k && (k != event.TouchpointEnded || e.Touchpoint == touchpoint) && !e.Time.Before(last.Time) {
			last, ok = e, true
		}
	}
	return last, ok
}

var stale = journey.Define("checkout", journey.Stages("cart", "payment", "confirmation"))

var (
	undeclared = touchpoint.Define("undeclared")
	inPayment  = touchpoint.Define("in-payment", touchpoint.In(stale, "payment"))
	inLast     = touchpoint.Define("in-last", touchpoint.In(stale, "confirmation"))
)

// staleMoves are the parties that move the run from "cart" to "payment". Each returns whether the process that
// started the run learns of the move without a store.
var staleMoves = []struct {
	name string
	move func(home, away context.Context) (heard bool)
	sent bool // the position has left the process that started the run
}{
	{"nothing", nil, true},
	{"nothing, and nothing was sent", nil, false},
	{"the same process", func(home, _ context.Context) bool { stale.Enter(home, "payment"); return true }, true},
	{"another goroutine", func(home, _ context.Context) bool {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, tp := inPayment.Start(home, event.Web)
			tp.End()
		}()
		<-done
		return true
	}, false},
	{"another instance", func(_, away context.Context) bool { stale.Enter(away, "payment"); return false }, true},
	{"a service downstream", func(_, away context.Context) bool {
		_, tp := inPayment.Start(away, event.Web)
		tp.End()
		return false
	}, true},
}

// staleSays are the events recorded after the move in a context from before it, each with the stage that it
// declares itself.
var staleSays = []struct {
	name     string
	kind     event.Kind
	span     string
	say      func(ctx context.Context)
	declares string
}{
	{"a touchpoint", event.TouchpointEnded, "undeclared", func(ctx context.Context) {
		_, tp := undeclared.Start(ctx, event.Web)
		tp.End()
	}, ""},
	{"a recorded touchpoint", event.TouchpointEnded, "undeclared", func(ctx context.Context) { undeclared.Record(ctx, event.Web) }, ""},
	{"a touchpoint that declares a stage", event.TouchpointEnded, "in-last", func(ctx context.Context) {
		_, tp := inLast.Start(ctx, event.Web)
		tp.End()
	}, "confirmation"},
	{"an answer", event.FeedbackReceived, "csat", func(ctx context.Context) { feedback.CSAT.Record(ctx, 5) }, ""},
	{"a stage", event.JourneyStageEntered, "", func(ctx context.Context) { stale.Enter(ctx, "confirmation") }, "confirmation"},
	{"the end", event.JourneyEnded, "checkout", func(ctx context.Context) { stale.Complete(ctx) }, ""},
	{"a failure", event.JourneyEnded, "checkout", func(ctx context.Context) { stale.Fail(ctx) }, ""},
}

// TestStaleStage: a context and a sent position have the stage of the moment when they were made. A later event
// has the current stage or none, and never the old one. With a store the exported event has the stage of its own
// time. The test's model: the run is in "cart" from the first second, in "payment" from the second one if it was
// moved, and the event happens in the third.
func TestStaleStage(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"memory", "store"} {
		for _, mover := range staleMoves {
			for _, told := range staleSays {
				for _, where := range []string{"home", "away"} {
					t.Run(mode+"/"+mover.name+"/"+told.name+"/"+where, func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							c := newStaleCase(t, mode == "store")
							moved := c.run(mover.move, mover.sent || where == "away", told.say, where)
							c.check(told.kind, told.span, told.declares, where, mover.sent || where == "away", moved)
						})
					})
				}
			}
		}
	}
}

// staleCase has two processes, with a store that they share or without one.
type staleCase struct {
	t          *testing.T
	store      bool
	home, away *process
	sinks      map[string]*exported
}

func newStaleCase(t *testing.T, store bool) *staleCase {
	t.Helper()
	key := []byte("a key for positions, of 32 bytes")
	c := &staleCase{t: t, store: store, sinks: map[string]*exported{"home": {}, "away": {}}}
	shared := &ledgertest.Memory{}
	open := func(name string) *process {
		opts := []cx.Option{cx.WithExporters(c.sinks[name]), cx.WithPositionKeys(key), cx.WithDefinitions(stale, undeclared, inPayment, inLast)}
		if store {
			opts = append(opts, cx.WithStore(shared))
		}
		return newProcess(t, name, opts...)
	}
	c.home, c.away = open("home"), open("away")
	return c
}

// run starts the run at home, moves it, and records the event in the right process, in a context from before the
// move. It returns whether the run was moved, as far as the better informed process knows.
func (c *staleCase) run(move func(home, away context.Context) bool, sent bool, say func(context.Context), where string) (moved bool) {
	c.t.Helper()
	home := stale.Enter(stale.Start(c.home.context(), orderID, event.Customer{ID: secret}), "cart")
	away := c.away.context()
	if sent {
		p, err := propagate.Verify(away, propagate.Sign(home, 0), 0)
		must(c.t, err)
		away = propagate.ContextWithPosition(away, p)
	}
	time.Sleep(time.Second)
	if move != nil {
		moved = move(home, away) || c.store
	}
	c.flush()
	time.Sleep(time.Second)
	if where == "home" {
		say(home)
	} else {
		say(away)
	}
	c.flush()
	return moved
}

func (c *staleCase) flush() {
	c.t.Helper()
	for _, p := range []*process{c.home, c.away} {
		must(c.t, p.client.Flush(context.Background()))
	}
}

func (c *staleCase) check(kind event.Kind, name, declares, where string, sent, moved bool) {
	c.t.Helper()
	truth := "cart"
	if moved {
		truth = "payment"
	}
	was := truth
	if declares != "" {
		truth = declares
	}
	var e event.Event
	ok := false
	for _, sink := range c.sinks { // the process that decides a transition exports it
		if last, told := sink.of(kind, name); told && (!ok || last.Time.After(e.Time)) {
			e, ok = last, true
		}
	}
	foreign := !c.store && where == "away"
	switch {
	case kind == event.JourneyStageEntered && foreign:
		return // without a store a process that did not start the run cannot move it
	case !ok:
		c.t.Fatalf("no %s was exported", kind)
	case c.store && e.Stage != truth:
		c.t.Errorf("the exported event has the stage %q, want %q: the store knows it", e.Stage, truth)
	case e.Stage != "" && e.Stage != truth:
		c.t.Errorf("the exported event has the stage %q, want %q or none", e.Stage, truth)
	case !c.store && !sent && e.Stage != truth:
		c.t.Errorf("the exported event has the stage %q, want %q: no other process knows of the run", e.Stage, truth)
	}
	if tr := e.Transition; tr != nil && tr.From != "" && tr.From != was {
		c.t.Errorf("the exported event left the stage %q, want %q or none", tr.From, was)
	}
	if name == "" {
		return
	}
	var spans tracetest.SpanStubs
	for _, p := range []*process{c.home, c.away} {
		for _, s := range append(journeySpans(traceID("checkout", orderID), p), p.spans.GetSpans()...) {
			if s.Name == name {
				spans = append(spans, s)
			}
		}
	}
	if len(spans) == 0 {
		c.t.Fatal("the event has no span")
	}
	for _, s := range spans {
		if got := attrs(s.Attributes)["cx.stage.name"]; got != "" && got != truth {
			c.t.Errorf("a span has the stage %q, want %q or none", got, truth)
		}
		if got := s.Parent.SpanID(); got == stageID("checkout", orderID, "cart", 1) && truth != "cart" {
			c.t.Error("a span is below the stage that the customer has left")
		}
	}
}

// TestStaleAfterEnd: after its end a run is in no stage, whatever a context contains.
func TestStaleAfterEnd(t *testing.T) {
	t.Parallel()
	for _, store := range []bool{false, true} {
		for _, where := range []string{"home", "away"} {
			t.Run(map[bool]string{false: "memory/", true: "store/"}[store]+where, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := newStaleCase(t, store)
					c.run(func(home, _ context.Context) bool { stale.Complete(home); return true }, true, func(ctx context.Context) {
						feedback.CSAT.Record(ctx, 5)
						undeclared.Record(ctx, event.Web)
					}, where)
					for _, k := range []event.Kind{event.FeedbackReceived, event.TouchpointEnded} {
						if e, ok := c.sinks[where].of(k, "undeclared"); !ok || e.Stage != "" || e.Visit != 0 {
							t.Errorf("the %s, exported: %v, is in %q/%d, want none", k, ok, e.Stage, e.Visit)
						}
					}
					for _, name := range []string{"csat", "undeclared"} {
						for _, s := range append(journeySpans(traceID("checkout", orderID), c.home), journeySpans(traceID("checkout", orderID), c.away)...) {
							if s.Name == name && (attrs(s.Attributes)["cx.stage.name"] != "" || s.Parent.SpanID() != rootID("checkout", orderID)) {
								t.Errorf("the span %q has the stage %v and the parent %v, want none and the root", name, attrs(s.Attributes)["cx.stage.name"], s.Parent.SpanID())
							}
						}
					}
				})
			})
		}
	}
}
