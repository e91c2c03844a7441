package engine

import (
	"context"
	"sync"
	"time"
)

// storeClock tells the store's time without asking the store: each claim sets it, and this machine's monotonic clock says
// how much time has passed since. The wall clocks of the instances do not matter.
type storeClock struct {
	mu    sync.Mutex
	store time.Time
	here  time.Time // with the monotonic clock
}

// set notes the time that the store has just answered. The store may have read its clock a round trip ago, so that now is
// late by that at most, and nothing is decided too soon.
func (c *storeClock) set(store time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store, c.here = store, time.Now()
}

// now returns the store's time, and false where the store has not answered yet.
func (c *storeClock) now() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.here.IsZero() {
		return time.Time{}, false
	}
	return c.store.Add(time.Since(c.here)), true
}

// storeNow returns the time by the store's clock. Where the store has not answered yet it is this machine's.
func (x *Engine[S, O, D, P]) storeNow(ctx context.Context) time.Time {
	now, ok := x.clock.now()
	if ok {
		return now
	}
	if now, _, err := x.claim(ctx, 0); err == nil {
		return now
	}
	return x.cfg.Now()
}
