package feedback

import (
	"context"
	"time"

	"cairncx.dev/cairn/internal/flight"
)

// matter is what a context knows of a follow-up from the steps that were taken with it: when the matter was received last, how serious it is,
// and whether the customer has the answer.
type matter struct {
	id, severity string
	received     time.Time
	told         bool
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
	return matter{id: p.Journey.ID, received: p.Journey.Started, told: p.Stage == Told}
}

// learn returns a context that knows what the step says of the matter.
func (f *FollowUp) learn(ctx context.Context, stage string, at time.Time, s *step) context.Context {
	m := f.matter(ctx)
	if m.id == "" {
		return ctx
	}
	m.severity = s.holds
	switch stage {
	case Received:
		m.received, m.told = at, false
	case Told:
		m.told = true
	}
	return context.WithValue(ctx, matterKey{f.name}, m)
}
