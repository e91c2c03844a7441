package cx

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// One press of a button may be a touchpoint, the end that it declares, and a call of Complete in its handler.
// After the end of its journey it is late once: with the touchpoint.

// pressKey is under which a context knows the touchpoint of a run that it is in the course of.
type pressKey struct{ run journey.RunID }

// press is what is known of such a touchpoint.
type press struct {
	began time.Time
	late  bool // and counted
}

// press returns ctx in the course of the touchpoint that has begun, where what is recorded in it may have to know.
func (c *Client) press(ctx context.Context, e *event.Event) context.Context {
	if e.Kind != event.TouchpointEnded || e.Journey.IsZero() || !e.Late && !c.tracker.Shared() {
		return ctx
	}
	c.pressed.Store(true)
	return context.WithValue(ctx, pressKey{journey.RunID(e.TraceID())}, &press{e.Time, e.Late})
}

// manner returns how the event was recorded.
func (c *Client) manner(ctx context.Context, e *event.Event, begun, implied bool) journey.Manner {
	switch {
	case !e.Kind.IsTransition():
		return journey.Manner{Begun: begun}
	case implied:
		return journey.Manner{Implied: true}
	case !c.pressed.Load():
		return journey.Manner{}
	}
	p, _ := ctx.Value(pressKey{journey.RunID(e.TraceID())}).(*press)
	switch {
	case p == nil:
		return journey.Manner{}
	case p.late:
		return journey.Manner{Implied: true}
	default:
		return journey.Manner{Within: p.began}
	}
}
