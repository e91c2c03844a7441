package sink

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"cairncx.dev/cairn/internal/lifecycle"
)

// Calls counts the calls of a sink's Export that are under way, so that Flush and Shutdown can wait for them. The zero value is
// ready. It must not be copied after its first use. Safe for concurrent use.
//
//	end, err := s.calls.Begin()             // in Export
//	return s.calls.Wait(ctx)                // in Flush
//	return s.calls.Shutdown(ctx, s.release) // in Shutdown
type Calls struct {
	mu      sync.Mutex
	closed  bool
	under   map[chan struct{}]struct{} // those under way; each call closes its own
	closing lifecycle.Closing
}

// Begin counts a call of Export, which calls end when it returns. A second call of end does nothing. The error is [ErrClosed]
// after Close or Shutdown.
func (c *Calls) Begin() (end func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	call := make(chan struct{})
	if c.under == nil {
		c.under = map[chan struct{}]struct{}{}
	}
	c.under[call] = struct{}{}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, ok := c.under[call]; ok {
			delete(c.under, call)
			close(call)
		}
	}, nil
}

// Wait returns nil when the calls that are under way now have returned. If ctx is done first, the error wraps its cause and
// says how many there were. A nil ctx waits without a bound.
func (c *Calls) Wait(ctx context.Context) error {
	c.mu.Lock()
	calls := slices.Collect(maps.Keys(c.under))
	c.mu.Unlock()
	for _, call := range calls {
		if err := lifecycle.Await(ctx, call); err != nil {
			return fmt.Errorf("%d calls of Export were under way: %w", len(calls), err)
		}
	}
	return nil
}

// Close makes Begin fail from now on, and waits for the calls that are under way, as Wait does. It may be called again.
func (c *Calls) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	return c.Wait(ctx)
}

// Shutdown closes as Close does, and then calls release, which frees what the sink holds, such as a connection. Once release
// has returned nil it is not called again; after an error the next Shutdown calls it again. A Shutdown beside another one
// waits for it, and returns the cause of its ctx when that is done first.
func (c *Calls) Shutdown(ctx context.Context, release func() error) error {
	if err := c.Close(ctx); err != nil {
		return err
	}
	return c.closing.Do(ctx, release)
}

// Closed reports whether Close or Shutdown was called.
func (c *Calls) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Turn lets one call at a time use what a sink has only one of, such as a connection or a file. Unlike the wait for a
// [sync.Mutex], the wait for a Turn ends with a context. The zero value is free. It must not be copied after its first use.
type Turn struct{ turn lifecycle.Turn }

// Take returns nil when the caller has the turn, or the cause of ctx when that is done first. A free turn is taken whatever ctx
// says. A nil ctx waits without a bound.
func (t *Turn) Take(ctx context.Context) error { return t.turn.Take(ctx) }

// Give gives the turn to the next caller. The caller must have it.
func (t *Turn) Give() { t.turn.Give() }

// Await returns nil when done is closed, or the cause of ctx when that is done first. A nil ctx waits without a bound.
func Await(ctx context.Context, done <-chan struct{}) error { return lifecycle.Await(ctx, done) }

// Ended reports whether done is closed.
func Ended(done <-chan struct{}) bool { return lifecycle.Ended(done) }
