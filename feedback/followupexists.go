package feedback

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/internal/flight"
)

// Exists reports whether there is a follow-up with this ID, open or over: for a report of a ticket system, which may name another one.
// It asks the store of runs, if the client has one, in one round trip, and waits until ctx is done at most. Without a store only the
// follow-ups of this process are known. It returns an error without a client, for a follow-up that is nil, and if the store does not answer.
func (f *FollowUp) Exists(ctx context.Context, id string) (bool, error) {
	runs, ok := flight.RecorderFrom(ctx).(flight.Runs)
	if f == nil || !ok {
		return false, fmt.Errorf("feedback: a follow-up: %w", errNoRuns)
	}
	ok, err := runs.Has(ctx, flight.PositionFromContext(f.Resume(ctx, id)))
	if err != nil {
		return false, fmt.Errorf("feedback: a follow-up: %w", err)
	}
	return ok, nil
}

var errNoRuns = errors.New("there is no follow-up, or the context has no client: make one with cx.New")
