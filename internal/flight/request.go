package flight

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// own returns the recorder that [NewContext] put into the scope, or nil.
func (s *Scope) own() Recorder {
	if s == nil {
		return nil
	}
	return s.recorder
}

// Scope returns what the node knows. The scope changes with the node.
func (n *Node) Scope() *Scope { return &n.scope }

// InitRequest makes the node a child of ctx, which knows outer, in the request of a route. It keeps the recorder, and leaves the
// default recorder to be looked up where outer has none.
func (n *Node) InitRequest(ctx context.Context, outer *Scope, route string) {
	n.Init(ctx, outer, outer.own())
	n.SetRoute(route)
}

// SetRoute sets the route of the request; "" changes nothing. It must not be called once the node is in use as a context.
func (n *Node) SetRoute(route string) {
	if route != "" {
		n.scope.route = route
	}
}

// SetSession sets the customer's session; "" changes nothing. It must not be called once the node is in use as a context.
func (n *Node) SetSession(id string) {
	if id != "" {
		n.scope.facts.session = id
	}
}

// SetClocked sets the event's time to what the client's clock has just shown.
func (e *Event) SetClocked(now time.Time) { e.Time, e.clocked = now, true }

// Clocked reports whether the event's time is that of SetClocked, which needs no check.
func (e *Event) Clocked() bool { return e.clocked }

// SetStated says whether the caller states the customer, who then does not follow from the run that the event joins.
func (e *Event) SetStated(stated bool) { e.stated = stated }

// Stated reports whether the caller states the customer.
func (e *Event) Stated() bool { return e.stated }

// SetMeasured sets how long the event took. A 0 is then no time at all, and does not stand for a duration that the client has to find.
func (e *Event) SetMeasured(d time.Duration) { e.Duration, e.measured = d, true }

// Measured reports whether SetMeasured was called.
func (e *Event) Measured() bool { return e.measured }

// Enter puts an event that starts or resumes a run into the run of the journey, as code names both. The event takes the customer,
// the channel and the actor of the position in s. Enter returns that position, or nil: the innermost one, or the one in the
// same run.
func (e *Event) Enter(s *Scope, journey, id string) *Position {
	at := s.Position()
	if p := s.PositionIn(journey); p != nil && p.Journey.ID == id {
		at = p
	}
	e.SetPosition(at)
	if at == nil || at.Journey.Name != journey || at.Journey.ID != id {
		e.SetJourney(event.Run{Name: journey, ID: id})
	}
	return at
}

// Entered returns the position of an event that has started or resumed a run of the journey, as code names it. Where the client has
// refused the run, the position is in no journey.
func (e *Event) Entered(journey string) *Position {
	p := &Position{}
	e.EnteredTo(p, journey)
	return p
}

// EnteredTo is [Event.Entered] for a position that the caller has made. No other goroutine may know it yet.
func (e *Event) EnteredTo(p *Position, journey string) {
	if !e.PositionTo(p) {
		*p = Position{Position: event.Position{Customer: e.Customer, Channel: e.Channel, Actor: e.Actor}}
	}
	p.SetAsked(journey)
}
