package cx

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/track"
)

// One press of a button may be three events: a touchpoint, the end that it declares, and a call of Complete in its handler. After
// the end of its journey the press counts as late once, with the touchpoint.

// pressKey is the key of the context value that holds the press of a run.
type pressKey struct{ run ledger.Key }

// press is the touchpoint in whose course a context is.
type press struct {
	began time.Time
	late  bool // and counted
}

// press returns ctx with the press of the touchpoint e, which has begun, where events in its course may need it.
func (c *Client) press(ctx context.Context, e *flight.Event) context.Context {
	if e.Kind != event.TouchpointEnded || e.Journey.IsZero() || !e.Late && !c.tracker.Shared() {
		return ctx
	}
	c.pressed.Store(true)
	return context.WithValue(ctx, pressKey{ledger.Key(e.TraceID())}, &press{e.Time, e.Late})
}

// manner returns how the event was recorded, for the tracker.
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
