package cx

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
)

// One press of a button may be a touchpoint, the end that it declares, and a call of Complete in its handler.
// After the end of its journey it is late once: with the touchpoint.

// pressKey is under which a context knows the touchpoint of a run that it is in the course of.
type pressKey struct{ run ledger.Key }

// press is what is known of such a touchpoint.
type press struct {
	began time.Time
	late  bool // and counted
}

// press returns ctx in the course of the touchpoint that has begun, where what is recorded in it may have to know.
func (c *Client) press(ctx context.Context, e *flight.Event) context.Context {
	if e.Kind != event.TouchpointEnded || e.Journey.IsZero() || !e.Late && !c.tracker.Shared() {
		return ctx
	}
	c.pressed.Store(true)
	return context.WithValue(ctx, pressKey{ledger.Key(e.TraceID())}, &press{e.Time, e.Late})
}

// manner returns how the event was recorded.
func (c *Client) manner(ctx context.Context, e *flight.Event, begun, implied bool) track.Manner {
	switch {
	case !e.Kind.IsTransition():
		return track.Manner{Begun: begun}
	case implied:
		return track.Manner{Implied: true}
	case !c.pressed.Load():
		return track.Manner{}
	}
	p, _ := ctx.Value(pressKey{ledger.Key(e.TraceID())}).(*press)
	switch {
	case p == nil:
		return track.Manner{}
	case p.late:
		return track.Manner{Implied: true}
	default:
		return track.Manner{Within: p.began}
	}
}
