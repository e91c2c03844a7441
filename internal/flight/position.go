package flight

import (
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
)

// Position is a position that a context holds, with what is known of it inside the process. It does not change:
// moving on makes a new one.
type Position struct {
	event.Position

	trace    *Trace
	resolved bool   // by a client: names are known, the customer is hashed
	asked    string // the journey's name in code, where it was folded
	carried  bool   // by a propagator, which believes every peer
	claim    *Claim
}

// NewPosition returns p for a context. The position is believed: it comes from the application itself, or from a peer
// that it trusts.
func NewPosition(p event.Position) *Position {
	q := &Position{Position: p}
	if !q.Journey.IsZero() {
		q.trace = newTrace(&q.Journey, q.Stage, q.Visit)
	}
	return q
}

// NewCarried returns p as a position that a propagator has found, which believes every peer.
func NewCarried(p event.Position) *Position {
	q := NewPosition(p)
	q.carried = true
	return q
}

// Claim marks a run that only a request names, by an ID in its path or in a cookie: the run may never have been
// started. The zero value is such a claim. Safe for concurrent use.
type Claim struct{ confirmed atomic.Bool }

// SetClaim marks the run as one that only a request names. No other goroutine may know the position yet.
func (p *Position) SetClaim(c *Claim) {
	if p != nil {
		p.claim = c
	}
}

// Confirm notes that code has changed the run: it is no longer a mere claim of a request.
func (p *Position) Confirm() {
	if p != nil && p.claim != nil {
		p.claim.confirmed.Store(true)
	}
}

// SetAsked notes the name by which code knows the journey, which may have been folded, so that [PositionIn] finds the
// position.
func (p *Position) SetAsked(journey string) {
	if p != nil && p.Journey.Name != journey {
		p.asked = journey
	}
}

// Of reports whether the position is in a run of the journey that code knows by this name.
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

// At returns the position in another stage of the same run, or in none.
func (p *Position) At(stage string, visit int) Position {
	q := *p
	q.Stage, q.Visit = stage, visit
	if t := p.Trace(); t != nil {
		q.trace = t.at(&q.Journey, stage, visit)
	}
	return q
}

// Refused reports whether a run of the journey was to begin at the position and was refused for its ID or its name,
// which was reported.
func (p *Position) Refused(journey string) bool {
	return p != nil && p.asked == journey && (p.Journey.IsZero() || p.Journey.Name == event.Other)
}
