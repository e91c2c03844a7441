package journey_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

func TestRun(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := checkout.Start(s.ctx(), "c1", alice, journey.Via(event.Web))
	s.clock.add(time.Minute)
	ctx = checkout.Enter(ctx, "cart")
	s.clock.add(2 * time.Minute)
	ctx = checkout.Enter(ctx, "payment")
	s.clock.add(3 * time.Minute)
	checkout.Complete(ctx)

	es := s.of("checkout", "c1")
	if len(es) != 4 {
		t.Fatalf("%d events, want 4: %q", len(es), s.story("checkout", "c1"))
	}
	run := event.Run{Namespace: "test", Name: "checkout", ID: "c1"}
	for i, want := range []struct {
		kind       event.Kind
		time       time.Time
		stage      string
		visit      int
		outcome    event.Outcome
		took       time.Duration
		transition *event.Transition
		id         string
	}{
		{kind: event.JourneyStarted, time: noon, id: "started"},
		{
			kind: event.JourneyStageEntered, time: noon.Add(time.Minute), stage: "cart", visit: 1, id: "entered/cart/1",
			transition: &event.Transition{},
		},
		{
			kind: event.JourneyStageEntered, time: noon.Add(3 * time.Minute), stage: "payment", visit: 1, id: "entered/payment/1",
			transition: &event.Transition{From: "cart", Visit: 1, Entered: noon.Add(time.Minute)},
		},
		{
			kind: event.JourneyEnded, time: noon.Add(6 * time.Minute), stage: "payment", visit: 1, outcome: event.Completed, id: "ended",
			took:       6 * time.Minute,
			transition: &event.Transition{From: "payment", Visit: 1, Entered: noon.Add(3 * time.Minute), Friction: &event.Friction{}},
		},
	} {
		e := es[i]
		if e.Kind != want.kind || !e.Time.Equal(want.time) || e.Stage != want.stage || e.Visit != want.visit || e.Outcome != want.outcome || e.Duration != want.took {
			t.Errorf("event %d is %s at %v in %q, visit %d, %v, took %v; want %+v", i, e.Kind, e.Time, e.Stage, e.Visit, e.Outcome, e.Duration, want)
		}
		if diff := cmp.Diff(want.transition, e.Transition); diff != "" {
			t.Errorf("the transition of event %d (-want +got):\n%s", i, diff)
		}
		if e.ID != flight.DeriveID(run, want.id) {
			t.Errorf("event %d has the ID %v, want the one derived for %q", i, e.ID, want.id)
		}
		if !flight.SameRun(&e.Journey, &run) || !e.Journey.Started.Equal(noon) || e.Channel != event.Web {
			t.Errorf("event %d is of %+v, on %v", i, e.Journey, e.Channel)
		}
		if e.Customer.ID != "" || e.Customer.Hash == "" || e.Customer.Segment != "new" || e.Customer.Hash != es[0].Customer.Hash {
			t.Errorf("event %d is of the customer %+v", i, e.Customer)
		}
	}
	if f := s.faults(); len(f) != 0 {
		t.Errorf("faults were counted: %v", f)
	}
}

// call is one call of the vocabulary in a context of the run.
type call func(context.Context) context.Context

func begin(opts ...journey.RecordOption) call {
	return func(ctx context.Context) context.Context { return checkout.Start(ctx, "c1", alice, opts...) }
}

func resume(opts ...journey.RecordOption) call {
	return func(ctx context.Context) context.Context { return checkout.Resume(ctx, "c1", opts...) }
}

func enter(stage string, opts ...journey.RecordOption) call {
	return func(ctx context.Context) context.Context { return checkout.Enter(ctx, stage, opts...) }
}

func complete(opts ...journey.RecordOption) call {
	return func(ctx context.Context) context.Context { checkout.Complete(ctx, opts...); return ctx }
}

func fail(opts ...journey.RecordOption) call {
	return func(ctx context.Context) context.Context { checkout.Fail(ctx, opts...); return ctx }
}

func cancel(opts ...journey.RecordOption) call {
	return func(ctx context.Context) context.Context { checkout.Cancel(ctx, opts...); return ctx }
}

func at(d time.Duration) journey.RecordOption { return journey.At(noon.Add(d)) }

// TestCalls goes by the design's "Journey rules".
func TestCalls(t *testing.T) {
	t.Parallel()
	const late, lost = "late", "no_journey"
	for _, c := range []struct {
		name, reason string
		calls        []call
		want         []string
		faults       map[string]int64
		live         map[string]int64
	}{
		{"start", "a run that lives", []call{begin()}, []string{"started"}, nil, map[string]int64{"checkout/": 1}},
		{"start twice", "a second Start of a live run is a resume", []call{begin(), begin()}, []string{"started"}, nil, map[string]int64{"checkout/": 1}},
		{
			"start again in a stage", "the stage stays",
			[]call{begin(), enter("cart"), begin(), enter("cart")},
			[]string{"started", "cart/1"},
			nil,
			map[string]int64{"checkout/cart": 1},
		},
		{"resume", "nothing is recorded by Resume itself", []call{begin(), resume(), resume()}, []string{"started"}, nil, map[string]int64{"checkout/": 1}},
		{"start after the end", "it changes nothing and is counted as late", []call{begin(), complete(), begin()}, []string{"started", "completed"}, map[string]int64{late: 1}, nil},
		{"resume after the end", "looking back is not late", []call{begin(), complete(), resume()}, []string{"started", "completed"}, nil, nil},
		{"stage after the end", "late", []call{begin(), complete(), enter("cart")}, []string{"started", "completed"}, map[string]int64{late: 1}, nil},
		{"end twice", "it ends once, as it ended first", []call{begin(), complete(), fail(), cancel(), complete()}, []string{"started", "completed"}, map[string]int64{late: 3}, nil},
		{"failed", "the customer cannot have it", []call{begin(), fail()}, []string{"started", "failed"}, nil, nil},
		{"cancelled", "called off", []call{begin(), cancel()}, []string{"started", "cancelled"}, nil, nil},
		{
			"in order", "the promise",
			[]call{begin(), enter("cart"), enter("address"), enter("payment"), enter("confirmation"), complete()},
			[]string{"started", "cart/1", "address/1", "payment/1", "confirmation/1", "completed"},
			nil, nil,
		},
		{"a skip", "stages may be skipped", []call{begin(), enter("cart"), enter("confirmation")}, []string{"started", "cart/1", "confirmation/1"}, nil, map[string]int64{"checkout/confirmation": 1}},
		{
			"a loop", "each return is a visit of its own",
			[]call{begin(), enter("cart"), enter("payment"), enter("cart"), enter("payment"), enter("cart")},
			[]string{"started", "cart/1", "payment/1", "cart/2", "payment/2", "cart/3"},
			nil,
			map[string]int64{"checkout/cart": 1},
		},
		{"the same stage", "being where one is is no visit", []call{begin(), enter("cart"), enter("cart"), enter("cart")}, []string{"started", "cart/1"}, nil, map[string]int64{"checkout/cart": 1}},
		{
			"unknown stage", "it is folded: it never makes a new series",
			[]call{begin(), enter("lounge"), enter("bar"), enter("cart")},
			[]string{"started", "_other/1", "cart/1"},
			map[string]int64{"unknown_name": 2},
			map[string]int64{"checkout/cart": 1},
		},
		{"no stage", "an empty name is none", []call{begin(), enter("")}, []string{"started", "_other/1"}, map[string]int64{"invalid_name": 1}, map[string]int64{"checkout/_other": 1}},
		{"nothing begun", "a change of a journey that the context is not in is dropped", []call{enter("cart"), complete(), fail(), cancel()}, nil, map[string]int64{lost: 4}, nil},
		{"stage of a run of elsewhere", "without its state nothing is made up", []call{resume(), enter("cart")}, nil, map[string]int64{"unknown_run": 1}, nil},
		{"end of a run of elsewhere", "it ends, once", []call{resume(), complete(), fail()}, []string{"completed"}, map[string]int64{late: 1}, nil},
		{"start after an end from elsewhere", "late", []call{resume(), complete(), begin()}, []string{"completed"}, map[string]int64{late: 1}, nil},
		{"stage from before", "it came late: it is told, and by event time the customer has moved on", []call{begin(), enter("payment", at(4*time.Minute)), enter("cart", at(time.Minute))}, []string{"started", "payment/1", "cart/1"}, nil, map[string]int64{"checkout/payment": 1}},
		{"stage at the same time", "not before", []call{begin(), enter("payment", at(4*time.Minute)), enter("cart", at(4*time.Minute))}, []string{"started", "payment/1", "cart/1"}, nil, map[string]int64{"checkout/cart": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			ctx := s.ctx()
			for _, call := range c.calls {
				ctx = call(ctx)
			}
			if got := s.story("checkout", "c1"); !slices.Equal(got, c.want) {
				t.Errorf("it was recorded as %q, want %q: %s", got, c.want, c.reason)
			}
			if got := s.faults(); len(got)+len(c.faults) > 0 && !cmp.Equal(got, c.faults) {
				t.Errorf("the faults are %v, want %v: %s", got, c.faults, c.reason)
			}
			if got := s.live(); len(got)+len(c.live) > 0 && !cmp.Equal(got, c.live) {
				t.Errorf("live are %v, want %v: %s", got, c.live, c.reason)
			}
		})
	}
}

// TestContextFollows: the context that a call returns is where the run is, whoever moved it.
func TestContextFollows(t *testing.T) {
	t.Parallel()
	s := start(t)
	where := func(ctx context.Context) string {
		p := flight.PositionFromContext(ctx)
		return fmt.Sprintf("%s %s %s/%d", p.Journey.Name, p.Journey.ID, p.Stage, p.Visit)
	}
	first := checkout.Start(s.ctx(), "c1", alice)
	second := checkout.Enter(first, "cart")
	third := checkout.Enter(checkout.Enter(second, "payment"), "cart")
	for _, c := range []struct {
		name, reason string
		ctx          context.Context
		want         string
	}{
		{"started", "in no stage", first, "checkout c1 /0"},
		{"entered", "the first visit", second, "checkout c1 cart/1"},
		{"returned", "the second visit", third, "checkout c1 cart/2"},
		{"resumed with an old context", "where it is now, not where the context was", checkout.Resume(first, "c1"), "checkout c1 cart/2"},
		{"resumed from nowhere", "the process knows", checkout.Resume(s.ctx(), "c1"), "checkout c1 cart/2"},
		{"started again from nowhere", "a resume", checkout.Start(s.ctx(), "c1", alice), "checkout c1 cart/2"},
		{"entered the same stage", "the visit that it is", checkout.Enter(first, "cart"), "checkout c1 cart/2"},
		{"entered too late", "where it is now", checkout.Enter(first, "address", at(-time.Hour)), "checkout c1 cart/2"},
	} {
		if got := where(c.ctx); got != c.want {
			t.Errorf("%s: it is in %s, want %s: %s", c.name, got, c.want, c.reason)
		}
	}
}

// TestNested: a journey within a journey, and one after another in the same context, are
// runs of their own.
func TestNested(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		outer        func(context.Context) context.Context
		name2, id    string // the outer run
	}{
		{"in a stage", "the outer run is in a stage", func(ctx context.Context) context.Context {
			return checkout.Enter(checkout.Start(ctx, "c1", alice, journey.Via(event.Phone), journey.By(event.ActorDelegate)), "cart")
		}, "checkout", "c1"},
		{"in no stage", "the outer run is in no stage", func(ctx context.Context) context.Context {
			return checkout.Start(ctx, "c1", alice, journey.Via(event.Phone), journey.By(event.ActorDelegate))
		}, "checkout", "c1"},
		{"another run of the same", "the next ticket of the same customer", func(ctx context.Context) context.Context {
			return complaint.Start(ctx, "t0", alice, journey.Via(event.Phone), journey.By(event.ActorDelegate))
		}, "complaint", "t0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			ctx := c.outer(s.ctx())
			outerStory := s.story(c.name2, c.id)
			outer := s.of(c.name2, c.id)[0]
			inner := complaint.Start(ctx, "t1", event.Customer{})

			es := s.of("complaint", "t1")
			if len(es) != 1 || es[0].Kind != event.JourneyStarted {
				t.Fatalf("the inner run was recorded as %q: %s", s.story("complaint", "t1"), c.reason)
			}
			e := es[0]
			if e.Customer != outer.Customer || e.Channel != event.Phone || e.Actor != event.ActorDelegate {
				t.Errorf("customer %+v, channel %v, actor %v do not go on into the inner journey", e.Customer, e.Channel, e.Actor)
			}
			if e.Stage != "" || e.TraceID() != e.Journey.TraceID() || e.Journey.TraceID() == outer.Journey.TraceID() {
				t.Errorf("the inner run is in %q, in the trace %v of %+v", e.Stage, e.TraceID(), e.Journey)
			}
			p := flight.PositionFromContext(inner)
			if p.Journey.ID != "t1" || p.Trace().TraceID() != p.Journey.TraceID() {
				t.Errorf("the inner context is in %+v, in the trace %v", p.Journey, p.Journey.TraceID())
			}
			complaint.Complete(inner)
			if got := s.story("complaint", "t1"); !slices.Equal(got, []string{"started", "completed"}) {
				t.Errorf("the inner run was recorded as %q", got)
			}
			if got := s.story(c.name2, c.id); !slices.Equal(got, outerStory) {
				t.Errorf("the inner run changed the outer one from %q to %q", outerStory, got)
			}
			if c.name2 == "checkout" {
				// The outer one is reached through the inner context, by its definition.
				moved := checkout.Enter(inner, "payment")
				if p := flight.PositionFromContext(moved); p.Journey.ID != "c1" || p.Stage != "payment" {
					t.Errorf("the outer run is in %+v, %q", p.Journey, p.Stage)
				}
				checkout.Complete(inner)
				if got := s.story("checkout", "c1"); !slices.Equal(got, append(outerStory, "payment/1", "completed")) {
					t.Errorf("the outer run was recorded as %q", got)
				}
			}
			if f := s.faults(); len(f) != 0 {
				t.Errorf("faults were counted: %v", f)
			}
		})
	}
}

// TestAcrossServices: "in a process that has never seen the run, what is recorded still
// lands in the journey's trace".
func TestAcrossServices(t *testing.T) {
	t.Parallel()
	shop, bank := start(t), start(t)
	ctx := checkout.Enter(checkout.Start(shop.ctx(), "c1", alice, journey.Via(event.Mobile)), "payment")
	here := flight.PositionFromContext(ctx)

	t.Run("resumed by ID", func(t *testing.T) {
		there := checkout.Resume(bank.ctx(), "c1")
		p := flight.PositionFromContext(there)
		if p.Journey.TraceID() != here.Trace().TraceID() || !p.Journey.RootSpan().Equal(here.Journey.RootSpan()) {
			t.Errorf("it is in the trace %v, want %v", p.Journey.TraceID(), here.Trace().TraceID())
		}
		feedback.CSAT.Record(there, 5)
		checkout.Complete(there)
		es := bank.of("checkout", "c1")
		if len(es) != 2 {
			t.Fatalf("it was recorded as %q", bank.story("checkout", "c1"))
		}
		for _, e := range es {
			if e.Journey.TraceID() != here.Trace().TraceID() {
				t.Errorf("%s is in the trace %v, want %v", e.Kind, e.Journey.TraceID(), here.Trace().TraceID())
			}
		}
		end := es[1]
		if end.Transition == nil || !end.Transition.Partial || end.Duration != 0 || !end.Journey.Started.IsZero() {
			t.Errorf("nobody knows its start, and the end says %+v after %v", end.Transition, end.Duration)
		}
		if end.ID != flight.DeriveID(here.Journey, "ended") {
			t.Error("two services that report the same end give it different IDs")
		}
	})
	t.Run("carried by a position", func(t *testing.T) {
		crm := start(t)
		h, ok := propagate.Header(&here.Position)
		if !ok {
			t.Fatal("the position has no header form")
		}
		carried, err := propagate.ParseHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		there := propagate.ContextWithPosition(crm.ctx(), carried)
		feedback.NPS.Record(there, 9)
		crm.clock.add(time.Hour)
		checkout.Fail(there, journey.Because("lost"))
		es := crm.of("checkout", "c1")
		if len(es) != 2 {
			t.Fatalf("it was recorded as %q", crm.story("checkout", "c1"))
		}
		fb, end := es[0], es[1]
		// Nobody has told this process whether the run has moved on since the position was sent.
		if fb.Stage != "" || fb.Visit != 0 || !fb.JourneySpan().Equal(here.Journey.RootSpan()) {
			t.Errorf("the answer is in %q, visit %d, below %v; want no stage, below the root", fb.Stage, fb.Visit, fb.JourneySpan().SpanID())
		}
		if fb.Customer.Hash != here.Customer.Hash || fb.Channel != event.Mobile || fb.Customer.Segment != "new" {
			t.Errorf("the answer is of %+v on %v", fb.Customer, fb.Channel)
		}
		if end.Transition.Partial || end.Duration != time.Hour || !end.Journey.Started.Equal(noon) || end.Cause != "lost" {
			t.Errorf("the end says %+v after %v, started %v, because of %q", end.Transition, end.Duration, end.Journey.Started, end.Cause)
		}
	})
	t.Run("carried, and resumed out of another journey", func(t *testing.T) {
		crm := start(t)
		there := propagate.ContextWithPosition(crm.ctx(), &event.Position{
			Journey: event.Run{Namespace: "test", Name: "checkout", ID: "c1", Started: noon}, Stage: "payment", Visit: 1,
		})
		inner := complaint.Start(there, "t1", event.Customer{})
		again := checkout.Resume(inner, "c1")
		if p := flight.PositionFromContext(again); p.Stage != "payment" || p.Visit != 1 || !p.Journey.Started.Equal(noon) {
			t.Errorf("it is in %+v, %s/%d; want where the outer context is", p.Journey, p.Stage, p.Visit)
		}
		crm.clock.add(time.Hour)
		checkout.Complete(again)
		if end := crm.of("checkout", "c1", event.JourneyEnded)[0]; end.Transition.Partial || end.Duration != time.Hour {
			t.Errorf("the end says %+v after %v", end.Transition, end.Duration)
		}
	})
	t.Run("in another namespace", func(t *testing.T) {
		staging := start(t, cx.WithNamespace("staging"))
		p := flight.PositionFromContext(checkout.Resume(staging.ctx(), "c1"))
		if p.Journey.TraceID() == here.Trace().TraceID() {
			t.Error("the same cart in staging and in production is one journey")
		}
	})
	t.Run("a position without a namespace", func(t *testing.T) {
		// The application knows the run and says so itself: the namespace is the client's.
		own := start(t)
		checkout.Start(own.ctx(), "c1", alice)
		there := propagate.ContextWithPosition(own.ctx(), &event.Position{Journey: event.Run{Name: "checkout", ID: "c1"}})
		feedback.CSAT.Record(there, 3)
		checkout.Complete(there)
		if got := own.story("checkout", "c1"); !slices.Equal(got, []string{"started", "feedback.received", "completed"}) {
			t.Errorf("it was recorded as %q, with the faults %v", got, own.faults())
		}
		for _, e := range own.of("checkout", "c1") {
			if e.TraceID() != here.Trace().TraceID() || e.Journey.TraceID() != here.Trace().TraceID() {
				t.Errorf("%s is in the trace %v of %+v", e.Kind, e.TraceID(), e.Journey)
			}
		}
		if end := own.of("checkout", "c1", event.JourneyEnded); len(end) == 1 && end[0].Transition.Partial {
			t.Error("the run that this process started ends as one of elsewhere")
		}
	})
}

// TestRecordOptions: each says its one thing, and about this event only.
func TestRecordOptions(t *testing.T) {
	t.Parallel()
	s := start(t)
	variant := event.Variant{Release: "v3", Experiment: "one-page", Arm: "b"}
	kv := attribute.String("campaign", "spring")
	opts := []journey.RecordOption{
		journey.At(noon.Add(-time.Minute)), journey.Via(event.Phone), journey.By(event.ActorEmployee), journey.Because("psp-down"),
		journey.Worth(12_900, "EUR"), journey.Variant(variant), journey.Attributes(kv), nil, journey.Attributes(kv),
	}
	for i, id := range []string{"c1", "c2"} { // options may be used again
		ctx := checkout.Start(s.ctx(), id, alice, opts...)
		e := s.of("checkout", id)[0]
		if !e.Time.Equal(noon.Add(-time.Minute)) || e.Channel != event.Phone || e.Actor != event.ActorEmployee || e.Cause != "psp-down" {
			t.Errorf("run %d: at %v, via %v, by %v, because of %q", i, e.Time, e.Channel, e.Actor, e.Cause)
		}
		if e.Journey.Value == nil || *e.Journey.Value != (event.Money{Amount: 12_900, Currency: "EUR"}) || e.Variant == nil || *e.Variant != variant {
			t.Errorf("run %d: worth %+v, variant %+v", i, e.Journey.Value, e.Variant)
		}
		if !slices.Equal(e.Attributes, []attribute.KeyValue{kv}) {
			t.Errorf("run %d: attributes %v", i, e.Attributes)
		}
		checkout.Complete(ctx)
		end := s.of("checkout", id, event.JourneyEnded)[0]
		if end.Cause != "" || end.Variant != nil || len(end.Attributes) != 0 || !end.Time.Equal(noon) || end.Duration != time.Minute {
			t.Errorf("run %d: options of the start are on the end: %+v", i, end)
		}
		if end.Channel != event.Phone || end.Actor != event.ActorEmployee || end.Journey.Value == nil {
			t.Errorf("run %d: channel %v, actor %v and value %v are not the run's", i, end.Channel, end.Actor, end.Journey.Value)
		}
	}
	ctx := checkout.Start(s.ctx(), "c3", alice, journey.Worth(100, "EUR"))
	checkout.Complete(ctx, journey.Worth(250, "EUR"))
	if v := s.of("checkout", "c3", event.JourneyEnded)[0].Journey.Value; v == nil || v.Amount != 250 {
		t.Errorf("the value at the end is %+v, want the last one that was said", v)
	}
	if v := s.of("checkout", "c3", event.JourneyStarted)[0].Journey.Value; v == nil || v.Amount != 100 {
		t.Errorf("the value at the start is %+v by now, want what it was", v)
	}
}

// TestEventTime: what is reported afterwards counts when it happened.
func TestEventTime(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := checkout.Start(s.ctx(), "c1", alice, at(-2*time.Hour))
	ctx = checkout.Enter(ctx, "cart", at(-100*time.Minute))
	ctx = checkout.Enter(ctx, "payment", at(-80*time.Minute))
	checkout.Complete(ctx, at(-time.Hour))
	es := s.of("checkout", "c1")
	if len(es) != 4 {
		t.Fatalf("it was recorded as %q", s.story("checkout", "c1"))
	}
	if end := es[3]; end.Duration != time.Hour || !end.Time.Equal(noon.Add(-time.Hour)) || !end.Transition.Entered.Equal(noon.Add(-80*time.Minute)) {
		t.Errorf("it ended at %v after %v, in a stage since %v", end.Time, end.Duration, end.Transition.Entered)
	}
	s.flush(t)
	if got := s.story("checkout", "c1"); len(got) != 4 {
		t.Errorf("an ended run was abandoned: %q", got)
	}

	checkout.Complete(checkout.Start(s.ctx(), "c2", alice), at(-time.Hour))
	if end := s.of("checkout", "c2", event.JourneyEnded)[0]; end.Duration != 0 || end.Transition.Partial {
		t.Errorf("a run that ended before it began took %v, partial %v; want 0: nothing is made up", end.Duration, end.Transition.Partial)
	}
}

// TestFinalStageIsByEventTime: "any order of the same events with the same end last gives the
// same final state" (DESIGN, journey rules). The customer went to the cart, to the payment
// and back; the calls arrive in every order.
func TestFinalStageIsByEventTime(t *testing.T) {
	t.Parallel()
	stages := []struct {
		stage string
		at    time.Duration
	}{{"cart", time.Minute}, {"payment", 2 * time.Minute}, {"cart", 3 * time.Minute}}
	for name, arrive := range map[string]func(ctx context.Context, stage string, after time.Duration){
		"entered": func(ctx context.Context, stage string, after time.Duration) { checkout.Enter(ctx, stage, at(after)) },
		"touched": func(ctx context.Context, stage string, after time.Duration) {
			touchpoint.Define("read-"+stage, touchpoint.In(checkout, stage)).Record(ctx, event.Web, touchpoint.At(noon.Add(after)))
		},
	} {
		for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			s := start(t)
			ctx := checkout.Start(s.ctx(), "c1", alice)
			for _, i := range order {
				arrive(ctx, stages[i].stage, stages[i].at)
			}
			checkout.Complete(ctx, at(4*time.Minute))
			if end := s.of("checkout", "c1", event.JourneyEnded)[0]; end.Stage != "cart" {
				t.Errorf("when the stages are %s in the order %v, the last one is %q, want cart: it was entered last", name, order, end.Stage)
			}
		}
	}
}

// TestDurationIsBounded: "the longest time that an interaction or a journey is believed to
// have taken" is MaxDuration.
func TestDurationIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		ctx          func(*service) context.Context
	}{
		{"a start long ago", "a row without a date is often of 1970", func(s *service) context.Context {
			return checkout.Start(s.ctx(), "c1", alice, journey.At(time.Unix(1, 0)))
		}},
		{"a start that another service sent", "a header may say anything", func(s *service) context.Context {
			p, err := propagate.ParseHeader("1/test/checkout/c1//-zzzzzzzzzzz//////")
			if err != nil {
				t.Fatal(err)
			}
			return propagate.ContextWithPosition(s.ctx(), p)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			checkout.Complete(c.ctx(s))
			ends := s.of("checkout", "c1", event.JourneyEnded)
			if len(ends) != 1 {
				t.Fatalf("it was recorded as %q", s.story("checkout", "c1"))
			}
			if d := ends[0].Duration; d > event.MaxDuration {
				t.Errorf("it took %v, the most that is believed is %v: %s", d, event.MaxDuration, c.reason)
			}
		})
	}
}

// TestFaultyJourneyEnds: what cannot be named is counted under _other, its end too.
func TestFaultyJourneyEnds(t *testing.T) {
	t.Parallel()
	many := func(s *service) *journey.Definition {
		for i := range 1000 { // the most names that a client knows
			journey.Define(fmt.Sprintf("j%d", i)).Resume(s.ctx(), "1")
		}
		return journey.Define("one-too-many")
	}
	for _, c := range []struct {
		name, reason string
		d            func(*service) *journey.Definition
	}{
		{"invalid name", "a name of ours", func(*service) *journey.Definition { return journey.Define("_mine") }},
		{"invalid stages", "a stage twice", func(*service) *journey.Definition { return journey.Define("twice", journey.Stages("a", "a")) }},
		{"too many names", "beyond a thousand names", many},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			d := c.d(s)
			ctx := d.Start(s.ctx(), "c1", alice)
			ctx = d.Enter(ctx, "a")
			d.Complete(ctx)
			if got := s.story(event.Other, "c1"); len(got) < 2 || got[0] != "started" || got[len(got)-1] != "completed" {
				t.Errorf("under _other it was recorded as %q, want its start and its end: %s", got, c.reason)
			}
			if live := s.live(); len(live) != 0 {
				t.Errorf("it lives on for ever as %v: %s", live, c.reason)
			}
		})
	}
}

// TestFoldedRunsStayApart: runs of two journeys whose names are folded into one are two runs,
// also for a sink that removes duplicates by the event's ID.
func TestFoldedRunsStayApart(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, d := range []*journey.Definition{journey.Define("_mine"), journey.Define("_yours")} {
		d.Complete(d.Start(s.ctx(), "c1", alice))
	}
	es := s.of(event.Other, "c1")
	seen := map[event.ID]event.Kind{}
	for _, e := range es {
		if kind, ok := seen[e.ID]; ok {
			t.Errorf("a %s of one run and a %s of the other have the ID %v", kind, e.Kind, e.ID)
		}
		seen[e.ID] = e.Kind
	}
	if len(es) != 4 {
		t.Errorf("%d events, want two starts and two ends", len(es))
	}
}

// TestRefusedIDs: half an ID is another customer's, so such a run is not recorded at all.
func TestRefusedIDs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, reason, id string }{
		{"empty", "no run", ""},
		{"too long", "129 bytes", strings.Repeat("x", 129)},
		{"control character", "a newline", "a\nb"},
		{"not UTF-8", "a lone byte", "\xff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			ctx := checkout.Start(s.ctx(), c.id, alice)
			if _, ok := journey.FromContext(ctx); ok {
				t.Errorf("the context is in a run: %s", c.reason)
			}
			checkout.Resume(ctx, c.id)
			if len(s.events) != 0 {
				t.Errorf("it was recorded: %s", c.reason)
			}
			if got := s.faults(); !cmp.Equal(got, map[string]int64{"invalid_id": 2}) {
				t.Errorf("the faults are %v, want invalid_id twice", got)
			}
			if len(s.live()) != 0 {
				t.Errorf("it lives: %s", c.reason)
			}
		})
	}
}

// TestTouchpointsMoveTheRun: a touchpoint that declares a stage moves the journey there, and
// one that declares an end ends it.
func TestTouchpointsMoveTheRun(t *testing.T) {
	t.Parallel()
	pay := touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
	confirm := touchpoint.Define("confirm", touchpoint.In(checkout, "confirmation"), touchpoint.Ends(event.Completed))
	s := start(t)
	ctx := checkout.Start(s.ctx(), "c1", alice)
	_, tp := pay.Start(ctx, event.Web)
	if live := s.live(); live["checkout/payment"] != 1 {
		t.Errorf("while the touchpoint lasts the run is in %v", live)
	}
	tp.End()
	_, tp = confirm.Start(ctx, event.Web)
	tp.Cancel() // not an end that counts
	tp.End()
	if len(s.of("checkout", "c1", event.JourneyEnded)) != 0 {
		t.Error("a touchpoint that was called off ends the journey")
	}
	confirm.Record(ctx, event.Web)
	want := []string{"started", "payment/1", "touchpoint.ended", "confirmation/1", "touchpoint.ended", "touchpoint.ended", "completed"}
	if got := s.story("checkout", "c1"); !slices.Equal(got, want) {
		t.Errorf("it was recorded as %q, want %q", got, want)
	}
	confirm.Record(ctx, event.Web)
	if len(s.of("checkout", "c1", event.JourneyEnded)) != 1 {
		t.Error("it ends twice")
	}
}

// TestBoundsOfTransitions: what the resolver bounds in an event is bounded in the transitions
// that the event makes, and in what the run remembers of it.
func TestBoundsOfTransitions(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000) + "\xff"
	pay := touchpoint.Define("pay", touchpoint.In(checkout, "payment"))
	for _, c := range []struct {
		name, reason string
		call         func(context.Context) context.Context
	}{
		{"variant of a touchpoint", "the stage that it enters is compared by it", func(ctx context.Context) context.Context {
			pay.Record(ctx, event.Web, touchpoint.Variant(event.Variant{Release: long, Experiment: long, Arm: long}))
			return ctx
		}},
		{"value of a resumed run", "it is of the run from then on", func(ctx context.Context) context.Context {
			return checkout.Resume(ctx, "c1", journey.Worth(1, long))
		}},
		{"value of a run started again", "it is of the run from then on", func(ctx context.Context) context.Context {
			return checkout.Start(ctx, "c1", alice, journey.Worth(1, long))
		}},
		{"value of a position", "the application's own", func(ctx context.Context) context.Context {
			p := *flight.PositionFromContext(ctx)
			p.Journey.Value = &event.Money{Amount: 1, Currency: long}
			ctx = flight.ContextWithPosition(ctx, &p)
			pay.Record(ctx, event.Web)
			return ctx
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			checkout.Complete(c.call(checkout.Start(s.ctx(), "c1", alice)))
			es := s.of("checkout", "c1")
			if len(es) < 2 {
				t.Fatalf("it was recorded as %q", s.story("checkout", "c1"))
			}
			for _, e := range es {
				if n := len(e.AppendJSON(nil)); n > 2000 {
					t.Errorf("%s goes on with %d bytes: %s", e.Kind, n, c.reason)
				}
				if v := e.Journey.Value; v != nil && len(v.Currency) != 3 {
					t.Errorf("%s goes on with a currency of %d bytes: %s", e.Kind, len(v.Currency), c.reason)
				}
			}
		})
	}
}

// TestEndWithoutOutcome: ParseJSON reads an end that does not say how, and a client may
// record it. It may be refused or taken, but not lose the run.
func TestEndWithoutOutcome(t *testing.T) {
	t.Parallel()
	s := start(t, cx.WithDefinitions(complaint))
	complaint.Start(s.ctx(), "t1", alice)
	e, err := event.ParseJSON([]byte(`{"v":1,"kind":"journey.ended","time":"2026-04-17T12:30:00Z","journey":{"name":"complaint","id":"t1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	s.client.Record(s.ctx(), e)
	if n := s.faults()["panic"]; n != 0 {
		t.Errorf("%d panics were contained", n)
	}
	ended := len(s.of("complaint", "t1", event.JourneyEnded)) == 1
	if live := s.live()["complaint/"] == 1; live == ended {
		t.Errorf("the run is live: %v, its end was delivered: %v", live, ended)
	}
}

// TestSyntheticRunsAreNotActive: a probe is "in traces, never in objectives or scores", its
// start and end are not counted, so it must not be in the gauge of live runs either.
func TestSyntheticRunsAreNotActive(t *testing.T) {
	t.Parallel()
	s := start(t)
	checkout.Start(s.ctx(), "probe", event.Customer{}, journey.By(event.ActorSynthetic))
	if live := s.live(); len(live) != 0 {
		t.Errorf("live are %v, want nobody", live)
	}
}
