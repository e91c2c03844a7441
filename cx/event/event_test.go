package event_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"cairncx.dev/cairn/cx/event"
)

type definition string

func (d definition) Name() string    { return string(d) }
func (d definition) Validate() error { return errors.New("never valid") }

// liveSpan is a span that can be told from others.
type liveSpan struct {
	noop.Span
	sc trace.SpanContext
}

func (s *liveSpan) SpanContext() trace.SpanContext { return s.sc }

func TestJourneyIsZeroAndSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		a, b         event.Journey
		zero, same   bool
	}{
		{"zero", "no journey", event.Journey{}, event.Journey{}, true, true},
		{"namespace alone", "a namespace is no run", event.Journey{Namespace: "n"}, event.Journey{}, true, false},
		{"name alone", "half a run is one that is faulty, not none", event.Journey{Name: "a"}, event.Journey{Name: "a"}, false, true},
		{"ID alone", "half a run is one that is faulty, not none", event.Journey{ID: "1"}, event.Journey{ID: "1"}, false, true},
		{"another ID", "another run", event.Journey{Name: "a", ID: "1"}, event.Journey{Name: "a", ID: "2"}, false, false},
		{"another name", "another run", event.Journey{Name: "a", ID: "1"}, event.Journey{Name: "b", ID: "1"}, false, false},
		{"another namespace", "staging is not production", event.Journey{Namespace: "p", Name: "a", ID: "1"}, event.Journey{Namespace: "s", Name: "a", ID: "1"}, false, false},
		{"more is known", "the same run all the same", event.Journey{Name: "a", ID: "1", Version: "v", Started: at, Value: &event.Money{}}, event.Journey{Name: "a", ID: "1"}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := c.a.IsZero(); got != c.zero {
				t.Errorf("IsZero is %v, want %v: %s", got, c.zero, c.reason)
			}
			if got := c.a.Same(&c.b); got != c.same || c.b.Same(&c.a) != got {
				t.Errorf("Same is %v, want %v: %s", got, c.same, c.reason)
			}
		})
	}
}

// TestSetPosition: an event takes over where the customer is, and keeps what it says of
// itself.
func TestSetPosition(t *testing.T) {
	t.Parallel()
	p := event.Position{
		Journey: event.Journey{Namespace: "n", Name: "checkout", ID: "1", Started: at}, Stage: "cart", Visit: 2,
		Customer: event.Customer{Hash: "h", Segment: "new"}, Channel: event.Web, Actor: event.ActorDelegate,
	}
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
		{"another journey", "it is in the position's now", event.Event{Journey: event.Journey{Name: "x", ID: "y"}, Stage: "z", Visit: 9}, p.Customer, event.Web, event.ActorDelegate},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := c.e
			e.SetPosition(&p)
			if !e.Journey.Same(&p.Journey) || !e.Journey.Started.Equal(at) || e.Stage != "cart" || e.Visit != 2 {
				t.Errorf("it is at %+v, %q, %d: %s", e.Journey, e.Stage, e.Visit, c.reason)
			}
			if e.Customer != c.customer || e.Channel != c.channel || e.Actor != c.actor {
				t.Errorf("customer %+v, channel %v, actor %v; want %+v, %v, %v: %s", e.Customer, e.Channel, e.Actor, c.customer, c.channel, c.actor, c.reason)
			}
			if diff := cmp.Diff(p.Journey.StageSpanID("cart", 2), e.Trace().Parent().SpanID()); diff != "" {
				t.Errorf("its place in the trace: (-want +got)\n%s", diff)
			}
			got := e.Position()
			if got.Stage != "cart" || got.Visit != 2 || got.Channel != c.channel || got.Actor != c.actor || got.Customer != c.customer {
				t.Errorf("its position is %+v", got)
			}
		})
	}
	e := event.Event{Stage: "kept"}
	e.SetPosition(nil)
	if e.Stage != "kept" {
		t.Error("no position moves an event")
	}
	if (&event.Event{}).Position() != nil {
		t.Error("an event without a journey has a position")
	}
}

// TestTraceFollowsTheEvent: wherever an event is moved, its place in the trace is that of
// its journey, stage and visit.
func TestTraceFollowsTheEvent(t *testing.T) {
	t.Parallel()
	checkout := event.Journey{Namespace: "n", Name: "checkout", ID: "1"}
	support := event.Journey{Namespace: "n", Name: "support", ID: "7"}
	inCart := event.PositionFromContext(event.ContextWithPosition(context.Background(), &event.Position{Journey: checkout, Stage: "cart", Visit: 1}))
	nowhere := event.PositionFromContext(event.ContextWithPosition(context.Background(), &event.Position{Journey: checkout}))
	for _, c := range []struct {
		name, reason string
		from         *event.Position
		move         func(*event.Event)
	}{
		{"not moved", "the position's", inCart, func(*event.Event) {}},
		{"another stage", "the stage's span", inCart, func(e *event.Event) { e.SetPlace("payment", 1) }},
		{"another visit", "each visit has a span", inCart, func(e *event.Event) { e.SetPlace("cart", 2) }},
		{"same place", "nothing changes", inCart, func(e *event.Event) { e.SetPlace("cart", 1) }},
		{"no stage", "under the root", inCart, func(e *event.Event) { e.SetPlace("", 0) }},
		{"unknown visit", "under the root, for the span's ID is not known", inCart, func(e *event.Event) { e.SetPlace("cart", 0) }},
		{"another journey from a stage", "another trace", inCart, func(e *event.Event) { e.SetJourney(support) }},
		{"another journey from no stage", "another trace", nowhere, func(e *event.Event) { e.SetJourney(support) }},
		{"no journey any more", "no trace", nowhere, func(e *event.Event) { e.SetJourney(event.Journey{}) }},
		{"another position", "its trace", inCart, func(e *event.Event) { e.SetPosition(&event.Position{Journey: support}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var e event.Event
			e.SetPosition(c.from)
			c.move(&e)
			got := e.Trace()
			if e.Journey.IsZero() {
				if got != nil {
					t.Errorf("without a journey it is in the trace %v: %s", got.TraceID(), c.reason)
				}
				return
			}
			want := (&event.Position{Journey: e.Journey, Stage: e.Stage, Visit: e.Visit}).Trace()
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
	p := &event.Position{Journey: event.Journey{Namespace: "n", Name: "checkout", ID: "1"}, Stage: "cart", Visit: 1}
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
	if (*event.Position)(nil).Trace() != nil || (&event.Position{}).Trace() != nil {
		t.Error("nowhere has a trace")
	}
	if event.PositionFromContext(tr.Context()) != nil {
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
	if p := (&event.Position{Channel: event.Web}).At("cart", 1); p.Channel != event.Web || p.Trace() != nil {
		t.Errorf("a stage of no journey is %+v", p)
	}
}

func TestDetach(t *testing.T) {
	t.Parallel()
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	span := &liveSpan{sc: sc}
	e := event.Event{Kind: "k", Time: at, Duration: time.Second, Journey: event.Journey{Name: "a", ID: "b"}, Feedback: &event.Feedback{Survey: "s"}}
	e.SetSpan(span, true)
	e.SetDefinition(definition("d"))
	if !e.Open() || e.Open() {
		t.Error("an event does not begin exactly once")
	}
	if !e.Request().Equal(sc) {
		t.Errorf("it happened in the request %v, want the live span's", e.Request())
	}
	if s, owned := e.Span(); s != trace.Span(span) || !owned || e.Definition() != definition("d") {
		t.Error("span or definition are not what was set")
	}
	kept := e
	kept.Detach()
	if s, owned := kept.Span(); s != nil || owned || kept.Definition() != nil || kept.Settled() {
		t.Error("a detached event holds on to what it was recorded with")
	}
	if !kept.Open() {
		t.Error("a detached event has begun")
	}
	if diff := cmp.Diff(e, kept, same); diff != "" {
		t.Errorf("detaching changes what is said (-before +after):\n%s", diff)
	}
	if s, _ := e.Span(); s == nil {
		t.Error("detaching the copy detaches the event")
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

// TestPool: an event from the pool is empty, whatever was in the one that went in.
func TestPool(t *testing.T) {
	t.Parallel()
	for range 100 {
		e := event.Get()
		if diff := cmp.Diff(event.Event{}, *e, same); diff != "" || e.Definition() != nil || e.Settled() || e.Trace() != nil {
			t.Fatalf("the pool gives out a used event (-want +got):\n%s", diff)
		}
		if s, _ := e.Span(); s != nil || !e.Open() {
			t.Fatal("the pool gives out an event that has begun")
		}
		e.SetPosition(&event.Position{Journey: event.Journey{Name: "a", ID: "b"}, Stage: "s", Customer: event.Customer{Hash: "h"}})
		e.SetDefinition(definition("d"))
		e.SetSpan(&liveSpan{}, true)
		e.Trace()
		e.Feedback = &event.Feedback{Comment: "private"}
		e.Put()
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var all event.Faults
	for f := range event.Fault(event.NumFaults) {
		name := f.String()
		if name == "" || seen[name] || strings.ToLower(name) != name || strings.ContainsAny(name, " .-") {
			t.Errorf("fault %d is named %q", f, name)
		}
		seen[name] = true
		var s event.Faults
		if s.Has(f) || all.Has(f) {
			t.Errorf("%v is in a set that it was not put into", f)
		}
		s.Add(f)
		s.Add(f)
		all.Add(f)
		for g := range event.Fault(event.NumFaults) {
			if s.Has(g) != (f == g) {
				t.Errorf("of the set of %v alone, %v is in it: %v", f, g, s.Has(g))
			}
		}
	}
	if got := event.Fault(event.NumFaults).String(); got != "" {
		t.Errorf("a fault that there is not is named %q", got)
	}
	for f := range event.Fault(event.NumFaults) {
		if !all.Has(f) {
			t.Errorf("%v does not fit into the set", f)
		}
	}
}

func TestRecordFault(t *testing.T) {
	t.Parallel()
	rec := &recorder{}
	ctx := event.NewContext(context.Background(), rec)
	event.RecordFault(ctx, event.FaultReport{Fault: event.FaultUntrusted})
	if !cmp.Equal(rec.faults, []event.Fault{event.FaultUntrusted}) {
		t.Errorf("the recorder was told of %v", rec.faults)
	}
	// Recorders that do not count are recorders all the same.
	event.RecordFault(event.NewContext(ctx, plainRecorder{}), event.FaultReport{Fault: event.FaultUntrusted})
	if len(rec.faults) != 1 {
		t.Error("the outer recorder was told of what the inner one is for")
	}
}
