package flight

import (
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

// Position is a position in a context, with what only this process knows of it. It is immutable: a customer who moves on
// gets a new one.
type Position struct {
	event.Position

	trace    *Trace
	resolved bool   // a client has resolved it: names are known, the customer is hashed
	asked    string // the journey's name in code, if the client folded it
	carried  bool   // a propagator found it, which believes every peer
	whose    bool   // the customer, or a part of it, is what this process remembers of the run
	claim    *Claim
}

// NewPosition returns p for a context. The caller vouches for p: it comes from the application itself or from a trusted
// peer.
func NewPosition(p event.Position) *Position {
	q := &Position{Position: p}
	if !q.Journey.IsZero() {
		q.trace = newTrace(&q.Journey, q.Stage, q.Visit)
	}
	return q
}

// NewCarried returns p for a context, as found by a propagator, which believes every peer.
func NewCarried(p event.Position) *Position {
	q := NewPosition(p)
	q.carried = true
	return q
}

// Claim marks a run that only a request names, by an ID in its path or in a cookie. Such a run may not exist. The zero
// value is an unconfirmed claim. Safe for concurrent use.
type Claim struct{ confirmed atomic.Bool }

// SetClaim marks the run as one that only a request names. The caller must not have shared the position yet.
func (p *Position) SetClaim(c *Claim) {
	if p != nil {
		p.claim = c
	}
}

// Confirm ends the claim, because code has changed the run.
func (p *Position) Confirm() {
	if p != nil && p.claim != nil {
		p.claim.confirmed.Store(true)
	}
}

// SetAsked sets the name by which code knows the journey. [PositionIn] finds a folded journey by it.
func (p *Position) SetAsked(journey string) {
	if p != nil && p.Journey.Name != journey {
		p.asked = journey
	}
}

// Of reports whether the position is in a run of the journey with this name in code.
func (p *Position) Of(journey string) bool {
	return p != nil && (p.Journey.Name == journey && !p.Journey.IsZero() || p.Journey.Name == event.Other && p.asked == journey)
}

// Trace returns the position's place in its journey's trace, or nil without a journey.
func (p *Position) Trace() *Trace {
	if p == nil || p.Journey.IsZero() {
		return nil
	}
	if p.trace != nil {
		return p.trace
	}
	return newTrace(&p.Journey, p.Stage, p.Visit)
}

// At returns the position in another stage of the same run. An empty stage is none.
func (p *Position) At(stage string, visit int) Position {
	q := *p
	q.Stage, q.Visit = stage, visit
	if t := p.Trace(); t != nil {
		q.trace = t.at(&q.Journey, stage, visit)
	}
	return q
}

// Refused reports whether the client refused a run of the journey at this position, for its ID or its name. The client
// has reported that.
func (p *Position) Refused(journey string) bool {
	return p != nil && p.asked == journey && (p.Journey.IsZero() || p.Journey.Name == event.Other)
}
