package track

import (
	"context"
	"time"

	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Sweep implements [Tracker]. The end of an abandoned run is when its patience ran out, not when the sweep came by.
func (t *inMemory) Sweep(_ context.Context, now time.Time, emit func(*flight.Event, journey.State)) {
	t.pass(now, emit)
}

// Due implements [Tracker].
func (t *inMemory) Due(now time.Time) bool {
	return len(t.memory.names.tab.Load().unruled) > 0 || now.UnixNano() >= t.memory.due.Load() || t.memory.day.Load() != dayOf(now)
}

// Active implements [Tracker].
func (t *inMemory) Active(yield func(journey, stage string, runs int64)) {
	for p, n := range t.memory.places() {
		yield(p.Group, p.Name, n)
	}
}

// Forget implements [Tracker].
func (t *inMemory) Forget(_ context.Context, hash string) (runs int, err error) {
	if hash == "" {
		return 0, nil
	}
	return t.memory.forget(hash, t.day()), nil
}

// Shared implements [Tracker].
func (*inMemory) Shared() bool { return false }

// Queue implements [Tracker].
func (*inMemory) Queue() (waiting, capacity int) { return 0, 0 }

// Flush implements [Tracker]: nothing waits.
func (*inMemory) Flush(context.Context) error { return nil }

// Shutdown implements [Tracker]: there is nothing to stop.
func (*inMemory) Shutdown(context.Context) error { return nil }

// Stopped implements [Tracker].
func (*inMemory) Stopped() <-chan struct{} {
	closed := make(chan struct{})
	close(closed)
	return closed
}
