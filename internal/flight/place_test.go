package flight_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// resolved returns a position that a client has resolved, in the stage cart, with a value at stake.
func resolved() *flight.Position {
	e := flight.Of(event.Event{
		Journey: event.Run{Namespace: "n", Name: "checkout", ID: "1", Value: &event.Money{Amount: 5, Currency: "EUR"}}, Stage: "cart", Visit: 2,
		Customer: event.Customer{Hash: "h"}, Channel: event.Web, Actor: event.ActorDelegate,
	})
	e.Open()
	return e.Position()
}

// in returns an event in the position.
func in(p *flight.Position) *flight.Event {
	e := flight.Get()
	e.SetPosition(p)
	return e
}

// TestNotes: what one step notes for a later one is there from then on, and on this event alone.
func TestNotes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		note func(e *flight.Event)
		is   func(e *flight.Event) bool
	}{
		{"FailSpan", (*flight.Event).FailSpan, (*flight.Event).SpanFailed},
		{"Excuse", (*flight.Event).Excuse, (*flight.Event).Excused},
		{"Retell", (*flight.Event).Retell, (*flight.Event).Retold},
		{"SetNamed", (*flight.Event).SetNamed, (*flight.Event).Named},
		{"SetUnplaced", func(e *flight.Event) { e.SetUnplaced(true) }, (*flight.Event).Unplaced},
		{"SetUnended", func(e *flight.Event) { e.SetUnended(true) }, (*flight.Event).Unended},
		{"SetHint", func(e *flight.Event) { e.SetHint("") }, func(e *flight.Event) bool { _, ok := e.Hint(); return ok }},
		{"SetSegment", func(e *flight.Event) { e.SetSegment(1) }, func(e *flight.Event) bool { return e.Segment() == 1 }},
		{"HearValue", func(e *flight.Event) { e.HearValue(event.Money{}) }, (*flight.Event).ValueHeard},
		{"Notice", func(e *flight.Event) { e.Notice(fault.Score) }, func(e *flight.Event) bool { return e.Noticed().Has(fault.Score) }},
		{
			"SetAlsoLeft",
			func(e *flight.Event) { e.SetAlsoLeft(event.Transition{Partial: true}, at) },
			func(e *flight.Event) bool {
				visit, when, ok := e.AlsoLeft()
				return ok && visit.Partial && when.Equal(at)
			},
		},
		{"Join", func(e *flight.Event) { e.Join(resolved()) }, (*flight.Event).Joined},
		{"SetPosition", func(e *flight.Event) { e.SetPosition(resolved()) }, (*flight.Event).Hearsay},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, other := &flight.Event{}, &flight.Event{}
			if c.is(e) {
				t.Error("an event has it from the beginning")
			}
			c.note(e)
			if !c.is(e) || c.is(other) {
				t.Error("it is not noted, or on another event")
			}
		})
	}
	if visit, when, ok := (&flight.Event{}).AlsoLeft(); ok || !when.IsZero() || visit.Partial {
		t.Errorf("an event says that the visit %+v was over at %v", visit, when)
	}
	e := &flight.Event{}
	e.SetUnplaced(true)
	e.SetUnended(true)
	e.SetUnplaced(false)
	e.SetUnended(false)
	if e.Unplaced() || e.Unended() {
		t.Error("a note cannot be taken back")
	}
	e.Notice(fault.Score)
	if !e.Noticed().Has(fault.Score) || e.Noticed().Has(fault.Score) {
		t.Error("a fault is not noticed exactly once")
	}
}

// what is what an event knows of its place and of whom it is about.
type what struct {
	Stage                                  string
	Visit                                  int
	Settled, Hearsay, ValueHeard, Unplaced bool
	Unended, Joined, Claimed, Excused      bool
	Customer, Actor, ID, Name              string
}

func whatOf(e *flight.Event) what {
	return what{
		e.Stage, e.Visit, e.Settled(), e.Hearsay(), e.ValueHeard(), e.Unplaced(), e.Unended(), e.Joined(), e.Claimed(), e.Excused(),
		e.Customer.ID + e.Customer.Hash + e.Customer.Segment, e.Actor.String(), e.Journey.ID, e.Journey.Name,
	}
}

// TestMoves: what an event knows of its place is true after each move. What a position said is hearsay until a step looks it
// up, and a resolved journey is settled until the event is about another run, name or customer.
func TestMoves(t *testing.T) {
	t.Parallel()
	delegate, customer := event.ActorDelegate.String(), event.ActorCustomer.String()
	start := what{Stage: "cart", Visit: 2, Settled: true, Hearsay: true, ValueHeard: true, Customer: "h", Actor: delegate, ID: "1", Name: "checkout"}
	other := flight.NewPosition(event.Position{Journey: event.Run{Name: "order", ID: "2"}, Customer: event.Customer{Hash: "o"}})
	claimed := resolved()
	claimed.SetClaim(&flight.Claim{})
	for _, c := range []struct {
		name string
		move func(e *flight.Event)
		want func(w *what)
	}{
		{"none", func(*flight.Event) {}, func(*what) {}},
		{"to nowhere", func(e *flight.Event) { e.SetPosition(nil) }, func(*what) {}},
		{"another customer", func(e *flight.Event) { e.SetCustomer(event.Customer{ID: "a"}) }, func(w *what) { w.Settled, w.Customer = false, "a" }},
		{"another stage", func(e *flight.Event) { e.SetPlace("pay", 1) }, func(w *what) { w.Hearsay, w.Stage, w.Visit = false, "pay", 1 }},
		{"another visit", func(e *flight.Event) { e.SetPlace("cart", 3) }, func(w *what) { w.Hearsay, w.Visit = false, 3 }},
		{"the stage that it is in", func(e *flight.Event) { e.SetPlace("cart", 2) }, func(w *what) { w.Hearsay = false }},
		{"a known place", func(e *flight.Event) { e.SetTrace(e.Trace(), "cart", 2) }, func(w *what) { w.Hearsay = false }},
		{"a value of its own", func(e *flight.Event) { e.SetValue(event.Money{}) }, func(w *what) { w.ValueHeard = false }},
		{
			"another run", func(e *flight.Event) { e.SetJourney(event.Run{Name: "order", ID: "2"}) },
			func(w *what) {
				w.Stage, w.Visit, w.Settled, w.Hearsay, w.ValueHeard, w.ID, w.Name = "", 0, false, false, false, "2", "order"
			},
		},
		{
			"the run of another event", func(e *flight.Event) { e.SetJourneyOf(in(other)) },
			func(w *what) { w.Stage, w.Visit, w.Hearsay, w.ID, w.Name = "", 0, false, "2", "order" },
		},
		{"another namespace", func(e *flight.Event) { e.SetNamespace("m") }, func(w *what) { w.Settled = false }},
		{"a name that is not known", (*flight.Event).Fold, func(w *what) { w.Settled, w.Name = false, event.Other }},
		{
			"where another event is", func(e *flight.Event) { e.SetPositionOf(in(other)) },
			func(w *what) { *w = what{Customer: "o", Actor: customer, ID: "2", Name: "order"} },
		},
		{
			"where an event is that has begun", func(e *flight.Event) { o := in(resolved()); o.Open(); e.SetPositionOf(o) },
			func(*what) {},
		},
		{
			"out of a run, to nowhere", func(e *flight.Event) { e.SetUnended(true); e.Leave(nil) },
			func(w *what) { *w = what{Actor: customer, Excused: true} },
		},
		{
			"out of a run, into another one", func(e *flight.Event) { e.SetUnended(true); e.Leave(other) },
			func(w *what) {
				*w = what{Actor: customer, Excused: true, Unplaced: true, Customer: "o", ID: "2", Name: "order"}
			},
		},
		{
			"into a run that began in its course", func(e *flight.Event) { e.SetUnended(true); e.SetUnplaced(true); e.Join(other) },
			func(w *what) { *w = what{Actor: delegate, Joined: true, Customer: "h", ID: "2", Name: "order"} },
		},
		{"into a run that a request names", func(e *flight.Event) { e.Customer = event.Customer{}; e.SetPosition(claimed) }, func(w *what) { w.Claimed = true }},
		{
			"out of a run that a request names", func(e *flight.Event) { e.SetPosition(claimed); e.SetJourney(event.Run{}) },
			func(w *what) { *w = what{Customer: "h", Actor: delegate} },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := in(resolved())
			e.Late = true
			c.move(e)
			want := start
			c.want(&want)
			if diff := cmp.Diff(want, whatOf(e)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if e.Late && want.Excused {
				t.Error("an event that has left its run is late in it")
			}
			if e.Journey.IsZero() {
				return
			}
			if got := e.Position(); got.Stage != e.Stage || got.Visit != e.Visit || got.Journey.ID != e.Journey.ID || !got.Trace().Parent().Equal(e.Trace().Parent()) {
				t.Errorf("its position is %+v", got.Position)
			}
		})
	}
}

// TestKeptMoment: a copy looks up its stage and its value at the moment of the event.
func TestKeptMoment(t *testing.T) {
	t.Parallel()
	e := in(resolved())
	e.Join(resolved())
	e.SetHint("pay")
	c := e.Copy()
	if stage, ok := c.Hint(); !c.Joined() || !c.ValueHeard() || stage != "pay" || !ok {
		t.Errorf("the copy has the moment %v, %v, %q, %v", c.Joined(), c.ValueHeard(), stage, ok)
	}
}

// TestSetAbout: code that names the run which the context is in changes nothing. Another run is in no stage. An ID that
// is missing together with the name is told here, because such an event looks like one without a journey.
func TestSetAbout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, journey, id string
		same, told        bool
	}{
		{"the context's", "checkout", "1", true, false},
		{"another run", "checkout", "2", false, false},
		{"another journey", "order", "1", false, false},
		{"no ID, which the client tells", "checkout", "", false, false},
		{"nothing", "", "", false, true},
	} {
		e := in(resolved())
		e.SetAbout(definition("before"), "x")
		e.SetPosition(resolved())
		e.SetAbout(definition(c.journey), c.id)
		if got := e.About() == nil; got != c.same || (e.Stage == "cart") != c.same {
			t.Errorf("%s: the event is about %v, in the stage %q", c.name, e.About(), e.Stage)
		}
		if !c.same && e.About() != definition(c.journey) {
			t.Errorf("%s: the event is about %v", c.name, e.About())
		}
		if got := e.Noticed().Has(fault.InvalidID); got != c.told {
			t.Errorf("%s: an invalid ID is told: %v", c.name, got)
		}
		if !c.told && (e.Journey.Name != c.journey || e.Journey.ID != c.id) {
			t.Errorf("%s: the event is in %+v", c.name, e.Journey)
		}
	}
	e := flight.Of(event.Event{Journey: event.Run{Name: "checkout"}})
	if e.SetAbout(definition("checkout"), ""); e.About() == nil {
		t.Error("a run without an ID is taken for the context's, which has none")
	}
}

// TestSpanPlace: the spans of the first segment are in the journey's trace, and those of a later one in a trace of their own,
// at its root.
func TestSpanPlace(t *testing.T) {
	t.Parallel()
	e := in(resolved())
	if got := e.SpanPlace(); got != e.Trace() || got.TraceID() != e.Journey.TraceID() {
		t.Errorf("the first segment is in the trace %v", got.TraceID())
	}
	e.SetSegment(3)
	if got, want := e.SpanPlace(), flight.SegmentSpan(&e.Journey, 3); got.TraceID() != want.TraceID() || got.Parent().SpanID() != want.SpanID() || !got.Root().Equal(want) {
		t.Errorf("the third segment is in the trace %v under %v, want %v", got.TraceID(), got.Parent().SpanID(), want)
	}
	e.SetJourney(event.Run{})
	if e.SpanPlace() != nil || e.Trace() != nil || e.TraceID().IsValid() {
		t.Error("an event without a journey has a place in a trace")
	}
}

// TestTraceOfAnother: an event that is put into the run of another one, or where that is, is in its trace, also if the run has
// another name than its trace.
func TestTraceOfAnother(t *testing.T) {
	t.Parallel()
	run := event.Run{Namespace: "n", Name: "unheard-of", ID: "1"}
	o := flight.Of(event.Event{Journey: run, Stage: "cart", Visit: 1})
	o.Fold()
	for name, move := range map[string]func(e *flight.Event){
		"SetJourneyOf":  func(e *flight.Event) { e.SetJourneyOf(o) },
		"SetPositionOf": func(e *flight.Event) { e.SetPositionOf(o) },
		"SetPosition":   func(e *flight.Event) { e.SetPosition(o.Position()) },
	} {
		e := in(resolved())
		e.Trace()
		if move(e); !e.Trace().Root().Equal(run.RootSpan()) || e.TraceID() != run.TraceID() {
			t.Errorf("%s: it is in the trace %v, want %v", name, e.TraceID(), run.TraceID())
		}
	}
	e := in(resolved())
	before := e.TraceID()
	if e.SetNamespace("m"); e.TraceID() == before || e.TraceID() != e.Journey.TraceID() {
		t.Error("the run of another namespace has the same trace")
	}
	e.SetNamespace("n")
	if e.TraceID() != before || e.Stage != "cart" {
		t.Error("the namespace changes more than the trace")
	}
}

// TestClaim: a run that only a request names is claimed until code confirms it at one of its positions.
func TestClaim(t *testing.T) {
	t.Parallel()
	p := resolved()
	if in(p).Claimed() {
		t.Error("a position is claimed, and no request names it")
	}
	p.Confirm() // it has no claim
	p.SetClaim(&flight.Claim{})
	e := in(p)
	next := e.Position()
	moved := p.At("pay", 1)
	if !e.Claimed() || !in(next).Claimed() || !in(&moved).Claimed() {
		t.Error("the claim of a position is lost further on")
	}
	next.Confirm()
	if e.Claimed() || in(p).Claimed() || in(&moved).Claimed() {
		t.Error("a run that code has changed is still a claim")
	}
	var none *flight.Position
	none.Confirm()
	none.SetClaim(&flight.Claim{})
	none.SetAsked("checkout")
	if none.Of("checkout") || none.Refused("checkout") || none.Trace() != nil {
		t.Error("no position is in a journey")
	}
}

// TestAsked: code finds a position by the name that code knows, also if the name was folded. A run that was refused is in no
// journey, and the position says for which it was.
func TestAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		run         event.Run
		asked       string
		of, refused bool
	}{
		{"by its name", event.Run{Name: "checkout", ID: "1"}, "checkout", true, false},
		{"of another journey", event.Run{Name: "order", ID: "1"}, "order", false, false},
		{"of another journey, asked for", event.Run{Name: "order", ID: "1"}, "checkout", false, false},
		{"folded", event.Run{Name: event.Other, ID: "1"}, "checkout", true, true},
		{"folded, for another", event.Run{Name: event.Other, ID: "1"}, "order", false, false},
		{"refused", event.Run{}, "checkout", false, true},
		{"refused, of another", event.Run{}, "order", false, false},
		{"without an ID", event.Run{Name: "checkout"}, "", true, false},
	} {
		p := flight.NewPosition(event.Position{Journey: c.run})
		p.SetAsked(c.asked)
		if p.Of("checkout") != c.of || p.Refused("checkout") != c.refused {
			t.Errorf("%s: it is of the journey: %v, and refused: %v; want %v and %v", c.name, p.Of("checkout"), p.Refused("checkout"), c.of, c.refused)
		}
	}
}
