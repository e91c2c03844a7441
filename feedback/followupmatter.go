package feedback

import (
	"context"
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// matter is what a context knows of a follow-up from the steps that were taken with it: when the matter was received last, and how serious
// it is. The run knows the severity too, and its promises follow that: this one is for what a step says of itself.
type matter struct {
	id, severity string
	received     time.Time
}

// matterKey is the key of the [matter] of the follow-up with the name.
type matterKey struct{ name string }

// matter returns what the context knows of its follow-up.
func (f *FollowUp) matter(ctx context.Context) matter {
	p := flight.PositionIn(ctx, f.name)
	if p == nil {
		return matter{}
	}
	if m, ok := ctx.Value(matterKey{f.name}).(matter); ok && m.id == p.Journey.ID {
		return m
	}
	return matter{id: p.Journey.ID, received: p.Journey.Started}
}

// learn returns a context that knows what the step says of the matter.
func (f *FollowUp) learn(ctx context.Context, stage string, at time.Time, s *step) context.Context {
	m := f.matter(ctx)
	if m.id == "" {
		return ctx
	}
	m.severity = s.holds
	if stage == Received {
		m.received = at
	}
	return context.WithValue(ctx, matterKey{f.name}, m)
}
