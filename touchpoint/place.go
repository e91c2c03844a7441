package touchpoint

import (
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// The run that an interaction belongs to is found twice: when it begins, and when it ends.
//
//	begins   the innermost run of the journey that it declares, also around another journey   ─┐ else
//	         the run that its context is in                                                  ◀─┘
//	ends     an interaction in no journey, or in another one than it declares, joins the run that code in its context has
//	         started or resumed meanwhile: of the journey that it declares, else the first one. Two runs of that journey, as
//	         in a batch, are ambiguous: the interaction joins neither, and its span is linked to both.

// where returns the position of an interaction that begins in scope.
func (d *Definition) where(scope *flight.Scope) *flight.Position {
	p := scope.Position()
	if d.journey == nil || p.Of(d.journey.Name()) {
		return p
	}
	if own := scope.PositionIn(d.journey.Name()); own != nil {
		return own
	}
	return p
}

// within completes an interaction that belongs to an outer run and begins at the position inner: with inner's channel where the
// run has none, and with inner's actor where that is a probe.
func within(e *flight.Event, inner *flight.Position) {
	if inner == nil {
		return
	}
	if e.Channel == 0 {
		e.Channel = inner.Channel
	}
	if inner.Actor == event.ActorSynthetic {
		e.Actor = event.ActorSynthetic
	}
}

// meeting is the run that code in the context of an open interaction has started or resumed.
type meeting struct {
	run     *flight.Position // nil for none
	several bool             // code has met another run of the same journey
	refused bool             // the client refused a run of the declared journey, and reported it
	copy    *flight.Event    // the copy of the interaction that the tracker has seen; nil for none
}

// meeting returns the run that code has met. The caller holds t.mu.
func (t *Touchpoint) meeting() *meeting {
	if t.met == nil {
		t.met = &meeting{}
	}
	return t.met
}

// course is a Touchpoint as its contexts know it. Its methods are the machinery's, so they are not among those of Touchpoint.
type course Touchpoint

var (
	_ flight.Around = (*course)(nil)
	_ flight.Shower = (*course)(nil)
	_ flight.Help   = (*course)(nil)
)

// Met implements [flight.Around]. The tracker sees a copy of the interaction at once, because a touchpoint that begins is a sign
// of life of its run and moves the run to the declared stage.
func (c *course) Met(p *flight.Position) {
	t := (*Touchpoint)(c)
	if t.around != nil {
		t.around.Met(p)
	}
	copied := t.meet(p)
	if copied == nil {
		return
	}
	t.node.Recorder().Join(t.ctx, copied)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.event == nil || t.meeting().run != p || copied.Unplaced() {
		copied.Put()
		return
	}
	t.met.copy = copied
}

// meet notes that code has met the run. It returns the copy of the interaction for the tracker, or nil.
func (t *Touchpoint) meet(p *flight.Position) *flight.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.event
	switch {
	case e == nil:
		return nil
	case p.Journey.IsZero():
		if p.Refused(declared(e)) {
			t.meeting().refused = true
		}
		return nil
	case !wants(e, p), !free(e):
		return nil
	}
	switch m := t.meeting(); {
	case m.run == nil:
		m.run = p
	case m.run.Journey.Name != p.Journey.Name, flight.SameRun(&m.run.Journey, &p.Journey):
		return nil
	default:
		if !m.several {
			t.link(m.run, p)
		}
		m.several = true
	}
	c := flight.Get()
	c.Kind, c.Touchpoint, c.Time = e.Kind, e.Touchpoint, e.Time
	c.Channel, c.Actor, c.Direction = e.Channel, e.Actor, e.Direction
	if e.Stated() {
		c.Customer = e.Customer
	}
	c.SetDefinition(e.Definition())
	c.SetPosition(p)
	return c
}

// Shows implements [flight.Shower].
func (c *course) Shows(s trace.Span, e *flight.Event) bool {
	t := (*Touchpoint)(c)
	if its, in := t.shows(s, e); its {
		return in
	}
	outer, ok := t.around.(flight.Shower)
	return ok && outer.Shows(s, e)
}

// shows reports whether s is the interaction's span, and whether the interaction is in the run of e, or joins it at its end.
func (t *Touchpoint) shows(s trace.Span, e *flight.Event) (its, in bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.event == nil {
		return false, false
	}
	if live, _ := t.event.Span(); live == nil || live.SpanContext().SpanID() != s.SpanContext().SpanID() {
		return false, false
	}
	m := meeting{}
	if t.met != nil {
		m = *t.met
	}
	switch j := declared(t.event); {
	case flight.SameRun(&t.event.Journey, &e.Journey):
		return true, true
	case j != "" && j != e.Journey.Name, !free(t.event), m.several:
		return true, false
	default:
		return true, m.run == nil || flight.SameRun(&m.run.Journey, &e.Journey)
	}
}

// link links the interaction's span to the runs that code has met, because the interaction joins none of them.
func (t *Touchpoint) link(runs ...*flight.Position) {
	for _, p := range runs {
		t.node.Recorder().Request(t.ctx, p)
	}
}

// join moves an interaction that ends into the run that code has met, if it belongs there. An interaction that has met several
// runs, or a run that the client refused and reported, is outside of its journey for a known reason: join excuses it.
func (t *Touchpoint) join(e *flight.Event) {
	m := t.met
	if m == nil {
		return
	}
	t.met = nil
	if m.several || m.refused {
		e.Excuse()
	}
	if m.run != nil && !m.several && free(e) {
		if !e.Stated() {
			e.Customer = event.Customer{}
		}
		e.Join(m.run)
		if c := m.copy; c != nil {
			e.SetPlace(c.Stage, c.Visit)
			e.Late, e.Journey.Started = c.Late, c.Journey.Started
		} else {
			e.SetUnplaced(true)
		}
	}
	if m.copy != nil {
		m.copy.Put()
	}
}

// Begin implements [flight.Around].
func (c *course) Begin(e *flight.Event) {
	(*Touchpoint)(c).change(func(own *flight.Event) {
		if e.Channel == 0 {
			e.Channel = own.Channel
		}
		if e.Actor == event.ActorCustomer {
			e.Actor = own.Actor
		}
	})
}

// Describe implements [flight.Help].
func (c *course) Describe(e *flight.Event) {
	(*Touchpoint)(c).change(func(own *flight.Event) {
		e.Touchpoint, e.Channel, e.Actor, e.Intent = own.Touchpoint, own.Channel, own.Actor, own.Intent
		if own.Customer != (event.Customer{}) {
			e.SetCustomer(own.Customer)
		}
	})
}

// wants reports whether the interaction may belong to the run: it declares no other journey.
func wants(e *flight.Event, p *flight.Position) bool {
	j := declared(e)
	return j == "" || p.Of(j)
}

// free reports whether the interaction is in no journey, or in another one than it declares.
func free(e *flight.Event) bool {
	j := declared(e)
	return e.Journey.IsZero() || j != "" && e.Journey.Name != j && e.Journey.Name != event.Other
}

// declared returns the name of the journey that the interaction declares, or "".
func declared(e *flight.Event) string {
	d, _ := e.Definition().(*Definition)
	j, _ := d.Journey()
	return j.Name()
}
