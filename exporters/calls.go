package exporters

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Calls keeps account of the calls of a sink's Export, for its Flush and its Shutdown to wait for. It is
// for those who write a sink. The zero value is ready. Safe for concurrent use.
type Calls struct {
	mu     sync.Mutex
	closed bool
	under  map[chan struct{}]struct{} // those under way; each is closed by its own call
}

// Begin notes a call, whose end is called when it returns, once. The error is [ErrClosed] after Close.
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

// Wait returns when the calls that are under way now have returned. The error, when ctx is done first, says
// how many there were.
func (c *Calls) Wait(ctx context.Context) error {
	if ctx == nil {
		ctx = context.Background()
	}
	c.mu.Lock()
	calls := slices.Collect(maps.Keys(c.under))
	c.mu.Unlock()
	for _, call := range calls {
		select {
		case <-call:
			continue
		default:
		}
		select {
		case <-call:
		case <-ctx.Done():
			return fmt.Errorf("%d calls of Export were under way: %w", len(calls), context.Cause(ctx))
		}
	}
	return nil
}

// Close lets no call begin any more, and waits for those that are under way as Wait does. It may be
// called again.
func (c *Calls) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	return c.Wait(ctx)
}

// Closed reports whether Close was called.
func (c *Calls) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
