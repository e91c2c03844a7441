package lifecycle

import (
	"context"
	"sync"
)

// Turn is a mutual exclusion lock whose wait ends with a context. The zero value is free. It must not be copied after its
// first use.
type Turn struct {
	once sync.Once
	held chan struct{} // full while a caller has the turn
}

func (t *Turn) channel() chan struct{} {
	t.once.Do(func() { t.held = make(chan struct{}, 1) })
	return t.held
}

// Take waits for the turn and returns nil when the caller has it, or the cause of ctx when that is done first. A free turn is
// taken whatever ctx says. A nil ctx waits without a bound.
func (t *Turn) Take(ctx context.Context) error {
	if t.TryTake() {
		return nil
	}
	select {
	case t.channel() <- struct{}{}:
		return nil
	case <-over(ctx):
		return context.Cause(ctx) //nolint:wrapcheck // the caller says what it waited for
	}
}

// TryTake takes the turn if it is free, and reports whether it has.
func (t *Turn) TryTake() bool {
	select {
	case t.channel() <- struct{}{}:
		return true
	default:
		return false
	}
}

// Taken reports whether a caller has the turn at the moment.
func (t *Turn) Taken() bool { return len(t.channel()) > 0 }

// Give gives the turn to the next caller. The caller must have it.
func (t *Turn) Give() { <-t.channel() }
