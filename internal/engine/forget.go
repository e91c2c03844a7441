package engine

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/ledger"
)

// Forget lets the store forget the customer, one customer at a time. First it waits until the store has what was queued before
// the call, and until the ends of the customer's records that this instance waits for are decided, so that they count as they
// ended. Drop removes what this process has of the customer; it is called when no answer that the store gave before is on its
// way. Forget fails where the store cannot forget, or does not answer.
func (x *Engine[S, O, D, P]) Forget(ctx context.Context, customer string, drop func()) (records int, err error) {
	f, ok := x.store.(ledger.Forgetter)
	if !ok {
		return 0, fmt.Errorf("%w: %T has no method Forget", errors.ErrUnsupported, x.store)
	}
	if err := x.Drain(ctx); err != nil {
		return 0, fmt.Errorf("before forgetting: %w", err)
	}
	if err := x.decideFor(ctx, customer); err != nil {
		return 0, fmt.Errorf("before forgetting: %w", err)
	}
	if err := x.forgets.Take(ctx); err != nil {
		return 0, fmt.Errorf("the store still forgets another customer: %w", err)
	}
	records, err = within(ctx, func() (int, error) {
		defer x.forgets.Give()
		return f.Forget(ctx, customer, x.cfg.Keep)
	})
	if err != nil {
		x.reportPanic(err)
		return 0, err
	}
	err = x.turn.Take(ctx)
	drop()
	if err != nil {
		return 0, fmt.Errorf("the store has forgotten, yet this process may know the customer until their next event: %w", err)
	}
	x.turn.Give()
	return records, nil
}
