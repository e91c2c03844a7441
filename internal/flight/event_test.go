package flight_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// at is when everything happens.
var at = time.Date(2026, 4, 17, 9, 30, 15, 123_456_789, time.UTC)

type definition string

func (d definition) Name() string    { return string(d) }
func (d definition) Validate() error { return errors.New("never valid") }

// liveSpan is a span that can be told from others.
type liveSpan struct {
	noop.Span
	sc trace.SpanContext
}

func (s *liveSpan) SpanContext() trace.SpanContext { return s.sc }

// TestSetPosition: an event takes over where the customer is, and keeps what it says of
// itself.
func TestSetPosition(t *testing.T) {
	t.Parallel()
	p := flight.NewPosition(event.Position{
		Journey: event.Run{Namespace: "n", Name: "checkout", ID: "1", Started: at}, Stage: "cart", Visit: 2,
		Customer: event.Customer{Hash: "h", Segment: "new"}, Channel: event.Web, Actor: event.ActorDelegate,
	})
	other := event.Customer{ID: "somebody else"}
	for _, c := range []struct {
		name, reason string
		e            event.Event
		customer     event.Customer
		channel      event.Channel
		actor        event.Actor
	}{
		{"empty", "all is the position's", event.Event{}, p.Customer, event.Web, event.ActorDelegate},
		{"own customer", "who it was is said", event.Event{Customer: other}, other, event.Web, event.ActorDelegate},
		{"own segment", "a customer of whom only the segment is known is one", event.Event{Customer: event.Customer{Segment: "old"}}, event.Customer{Segment: "old"}, event.Web, event.ActorDelegate},
		{"own channel", "how is said", event.Event{Channel: event.Phone}, p.Customer, event.Phone, event.ActorDelegate},
		{"own actor", "who acted is said", event.Event{Actor: event.ActorEmployee}, p.Customer, event.Web, event.ActorEmployee},
		{"another journey", "it is in the position's now", event.Event{Journey: event.Run{Name: "x", ID: "y"}, Stage: "z", Visit: 9}, p.Customer, event.Web, event.ActorDelegate},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := flight.Of(c.e)
			e.SetPosition(p)
			if !flight.SameRun(&e.Journey, &p.Journey) || !e.Journey.Started.Equal(at) || e.Stage != "cart" || e.Visit != 2 {
				t.Errorf("it is at %+v, %q, %d: %s", e.Journey, e.Stage, e.Visit, c.reason)
			}
			if e.Customer != c.customer || e.Channel != c.channel || e.Actor != c.actor {
				t.Errorf("customer %+v, channel %v, actor %v; want %+v, %v, %v: %s", e.Customer, e.Channel, e.Actor, c.customer, c.channel, c.actor, c.reason)
			}
			if diff := cmp.Diff(flight.StageSpanID(&p.Journey, "cart", 2), e.Trace().Parent().SpanID()); diff != "" {
				t.Errorf("its place in the trace: (-want +got)\n%s", diff)
			}
			got := e.Position()
			if got.Stage != "cart" || got.Visit != 2 || got.Channel != c.channel || got.Actor != c.actor || got.Customer != c.customer {
				t.Errorf("its position is %+v", got)
			}
		})
	}
	e := flight.Of(event.Event{Stage: "kept"})
	e.SetPosition(nil)
	if e.Stage != "kept" {
		t.Error("no position moves an event")
	}
	if flight.Of(event.Event{}).Position() != nil {
		t.Error("an event without a journey has a position")
	}
}

// TestTraceFollowsTheEvent: wherever an event is moved, its place in the trace is that of
// its journey, stage and visit.
func TestTraceFollowsTheEvent(t *testing.T) {
	t.Parallel()
	checkout := event.Run{Namespace: "n", Name: "checkout", ID: "1"}
	support := event.Run{Namespace: "n", Name: "support", ID: "7"}
	inCart := flight.PositionFromContext(flight.ContextWithPosition(context.Background(), flight.NewPosition(event.Position{Journey: checkout, Stage: "cart", Visit: 1})))
	nowhere := flight.PositionFromContext(flight.ContextWithPosition(context.Background(), flight.NewPosition(event.Position{Journey: checkout})))
	for _, c := range []struct {
		name, reason string
		from         *flight.Position
		move         func(*flight.Event)
	}{
		{"not moved", "the position's", inCart, func(*flight.Event) {}},
		{"another stage", "the stage's span", inCart, func(e *flight.Event) { e.SetPlace("payment", 1) }},
		{"another visit", "each visit has a span", inCart, func(e *flight.Event) { e.SetPlace("cart", 2) }},
		{"same place", "nothing changes", inCart, func(e *flight.Event) { e.SetPlace("cart", 1) }},
		{"no stage", "under the root", inCart, func(e *flight.Event) { e.SetPlace("", 0) }},
		{"unknown visit", "under the root, for the span's ID is not known", inCart, func(e *flight.Event) { e.SetPlace("cart", 0) }},
		{"another journey from a stage", "another trace", inCart, func(e *flight.Event) { e.SetJourney(support) }},
		{"another journey from no stage", "another trace", nowhere, func(e *flight.Event) { e.SetJourney(support) }},
		{"no journey any more", "no trace", nowhere, func(e *flight.Event) { e.SetJourney(event.Run{}) }},
		{"another position", "its trace", inCart, func(e *flight.Event) { e.SetPosition(flight.NewPosition(event.Position{Journey: support})) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var e flight.Event
			e.SetPosition(c.from)
			c.move(&e)
			got := e.Trace()
			if e.Journey.IsZero() {
				if got != nil {
					t.Errorf("without a journey it is in the trace %v: %s", got.TraceID(), c.reason)
				}
				return
			}
			want := flight.NewPosition(event.Position{Journey: e.Journey, Stage: e.Stage, Visit: e.Visit}).Trace()
			if got.TraceID() != e.Journey.TraceID() || !got.Root().Equal(want.Root()) || !got.Parent().Equal(want.Parent()) {
				t.Errorf("of %s %s in %q, visit %d, the place is %v below %v, want %v below %v: %s", e.Journey.Name, e.Journey.ID, e.Stage, e.Visit,
					got.Parent().SpanID(), got.TraceID(), want.Parent().SpanID(), want.TraceID(), c.reason)
			}
			if p := e.Position(); !p.Trace().Parent().Equal(want.Parent()) {
				t.Errorf("what happens next goes below %v, want %v: %s", p.Trace().Parent(), want.Parent(), c.reason)
			}
		})
	}
}

func TestTraceContexts(t *testing.T) {
	t.Parallel()
	p := flight.NewPosition(event.Position{Journey: event.Run{Namespace: "n", Name: "checkout", ID: "1"}, Stage: "cart", Visit: 1})
	tr := p.Trace()
	for what, sc := range map[string]trace.SpanContext{"root": tr.Root(), "parent": tr.Parent(), "context": trace.SpanContextFromContext(tr.Context())} {
		if !sc.IsValid() || !sc.IsSampled() || !sc.IsRemote() || sc.TraceID() != p.Journey.TraceID() {
			t.Errorf("the %s is %+v: want a sampled remote span of the journey's trace", what, sc)
		}
	}
	if tr.Root().SpanID() == tr.Parent().SpanID() {
		t.Error("in a stage the parent is the root")
	}
	if got := trace.SpanContextFromContext(tr.Context()); !got.Equal(tr.Parent()) {
		t.Errorf("the context holds %v, want the parent", got)
	}
	if tr.Context() != tr.Context() {
		t.Error("the context is not made once")
	}
	out := p.At("", 0)
	if !out.Trace().Parent().Equal(tr.Root()) || p.Stage != "cart" {
		t.Error("out of the stage the parent is not the root, or the position itself has moved")
	}
	if (*flight.Position)(nil).Trace() != nil || flight.NewPosition(event.Position{}).Trace() != nil {
		t.Error("nowhere has a trace")
	}
	if flight.PositionFromContext(tr.Context()) != nil {
		t.Error("the trace's context holds more than a span")
	}
}

// TestAtOfNoJourney: a customer who is in no journey can be asked for all the same.
func TestAtOfNoJourney(t *testing.T) {
	t.Parallel()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("it panics: %v", r)
		}
	}()
	if p := flight.NewPosition(event.Position{Channel: event.Web}).At("cart", 1); p.Channel != event.Web || p.Trace() != nil {
		t.Errorf("a stage of no journey is %+v", p)
	}
}

// TestCopy: a copy that is kept says the same, and holds on to nothing that the event was recorded with.
func TestCopy(t *testing.T) {
	t.Parallel()
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	span := &liveSpan{sc: sc}
	e := flight.Of(event.Event{Kind: "k", Time: at, Duration: time.Second, Journey: event.Run{Name: "a", ID: "b"}, Feedback: &event.Feedback{Survey: "s"}})
	e.SetSpan(span, true)
	e.SetDefinition(definition("d"))
	e.SetHint("cart")
	if !e.Open() || e.Open() {
		t.Error("an event does not begin exactly once")
	}
	if !e.Request().Equal(sc) {
		t.Errorf("it happened in the request %v, want the live span's", e.Request())
	}
	if s, owned := e.Span(); s != trace.Span(span) || !owned || e.Definition() != definition("d") {
		t.Error("span or definition are not what was set")
	}
	kept := e.Copy()
	if s, owned := kept.Span(); s != nil || owned || kept.Definition() != nil || kept.Settled() {
		t.Error("a copy holds on to what the event was recorded with")
	}
	if stage, ok := kept.Hint(); stage != "cart" || !ok || !kept.Open() {
		t.Errorf("a copy's stage is looked up in %q, %v, want in the event's moment; or it has begun", stage, ok)
	}
	want := e.Event
	want.SpanContext = sc
	if diff := cmp.Diff(want, kept.Event, cmp.Comparer(trace.SpanContext.Equal)); diff != "" {
		t.Errorf("a copy says something else (-want +got):\n%s", diff)
	}
	if s, _ := e.Span(); s == nil {
		t.Error("the copy takes the event's span")
	}
	e.SetSpan(nil, false)
	if s, _ := e.Span(); s != nil {
		t.Error("a span cannot be taken away")
	}
	e.SpanContext = sc.WithSpanID(trace.SpanID{3})
	if !e.Request().Equal(e.SpanContext) {
		t.Errorf("without a live span it happened in the request %v, want what it says", e.Request())
	}
}

// TestFold: a run whose name is not known keeps its trace, and its transitions their IDs, also as JSON.
func TestFold(t *testing.T) {
	t.Parallel()
	run := event.Run{Namespace: "n", Name: "unheard-of", ID: "1"}
	e := flight.Of(event.Event{Kind: event.JourneyStarted, Time: at, Journey: run})
	e.Fold()
	if e.Journey.Name != event.Other || e.Journey.TraceID() != run.TraceID() || e.TraceID() != run.TraceID() || !e.Trace().Root().Equal(run.RootSpan()) {
		t.Errorf("it is %q in the trace %v, want the trace %v of its own name", e.Journey.Name, e.Journey.TraceID(), run.TraceID())
	}
	back, err := event.ParseJSON(e.AppendJSON(nil))
	if err != nil || !back.Journey.RootSpan().Equal(run.RootSpan()) {
		t.Errorf("as JSON its root is %v (%v), want %v", back.Journey.RootSpan(), err, run.RootSpan())
	}
	other := flight.Of(event.Event{Journey: event.Run{Namespace: "n", Name: "another", ID: "1"}})
	other.Fold()
	if flight.DeriveID(e.Journey, "started") == flight.DeriveID(other.Journey, "started") {
		t.Error("two runs with names that are not known start as one")
	}
}

// TestPool: an event from the pool is empty, whatever was in the one that went in.
func TestPool(t *testing.T) {
	t.Parallel()
	for range 100 {
		e := flight.Get()
		if diff := cmp.Diff(event.Event{}, e.Event); diff != "" || e.Definition() != nil || e.Settled() || e.Trace() != nil {
			t.Fatalf("the pool gives out a used event (-want +got):\n%s", diff)
		}
		if s, _ := e.Span(); s != nil || !e.Open() {
			t.Fatal("the pool gives out an event that has begun")
		}
		e.SetPosition(flight.NewPosition(event.Position{Journey: event.Run{Name: "a", ID: "b"}, Stage: "s", Customer: event.Customer{Hash: "h"}}))
		e.SetDefinition(definition("d"))
		e.SetSpan(&liveSpan{}, true)
		e.Trace()
		e.Feedback = &event.Feedback{Comment: "private"}
		e.Put()
	}
}

func TestRecordFault(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	ctx := flight.NewContext(context.Background(), rec)
	flight.Fault(ctx, fault.Report{Fault: fault.Untrusted})
	if !cmp.Equal(rec.faults, []fault.Fault{fault.Untrusted}) {
		t.Errorf("the recorder was told of %v", rec.faults)
	}
	flight.Fault(flight.NewContext(ctx, flight.Discard{}), fault.Report{Fault: fault.Untrusted})
	if len(rec.faults) != 1 {
		t.Error("the outer recorder was told of what the inner one is for")
	}
}
