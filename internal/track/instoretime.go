package track

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Sweep implements [Tracker]. It goes by the store's clock, and by ten seconds later, because the instances' clocks
// differ; what it finds is delivered.
func (t *inStore) Sweep(ctx context.Context, now time.Time, emit func(*flight.Event, journey.State)) {
	t.pass(now, emit)
	_ = t.remote.sweep(ctx) // it has been reported
	t.remote.count(ctx)
}

// Due implements [Tracker]: only the store knows.
func (*inStore) Due(time.Time) bool { return true }

// Active implements [Tracker]. With a store that is a [ledger.Counter], one instance at a time tells of all runs, the
// others of none.
func (t *inStore) Active(yield func(journey, stage string, runs int64)) {
	if live := t.remote.live.Load(); live != nil {
		for p, n := range *live {
			yield(p.Group, p.Name, n)
		}
	}
}

// Forget implements [Tracker]. It fails where the store cannot forget, or does not answer. It waits first for the ends of
// the customer's runs that this process has recorded and that are not decided yet: an end that was recorded is told.
func (t *inStore) Forget(ctx context.Context, hash string) (runs int, err error) {
	if hash == "" {
		return 0, nil
	}
	f, ok := t.cfg.Store.(ledger.Eraser)
	if !ok {
		return 0, fmt.Errorf("journey: %w: %T has no method Forget", errors.ErrUnsupported, t.cfg.Store)
	}
	if err := t.remote.drain(ctx); err != nil {
		return 0, fmt.Errorf("journey: before forgetting: %w", err)
	}
	if err := t.remote.decideFor(ctx, hash); err != nil {
		return 0, fmt.Errorf("journey: before forgetting: %w", err)
	}
	if runs, err = t.remote.forget(ctx, f, hash); err != nil {
		return 0, fmt.Errorf("journey: forgetting a customer: %w", err)
	}
	return runs, nil
}

// Shared implements [Tracker].
func (*inStore) Shared() bool { return true }

// Queue implements [Tracker]. Changes that are being written count, so that a store that is away shows, however little
// happens meanwhile. They have left the queue, so more may wait than it holds: the first number is the second one at most.
func (t *inStore) Queue() (waiting, capacity int) { return t.remote.waiting(), cap(t.remote.queue) }

// Flush implements [Tracker].
func (t *inStore) Flush(ctx context.Context) error { return t.remote.flush(ctx) }

// Shutdown implements [Tracker]. A change that is not in the store when ctx is done is counted as [fault.StoreLost], once,
// given to Uncommitted or Deliver, and said in the error. The Tracker goes on for a while all the same: what the store
// takes after all is in it and is delivered as usual, under the same IDs, without being counted again; what it does not
// take is said once by the next Shutdown. Shutdown does not close the store.
func (t *inStore) Shutdown(ctx context.Context) error { return t.remote.shutdown(ctx) }

// Stopped implements [Tracker]: after a Shutdown that has run out of time, the goroutines go on for as long as they do.
func (t *inStore) Stopped() <-chan struct{} { return t.remote.gone }
