// Package storeclock tells the time of a store between its answers, so that the wall clocks of the instances do not matter.
package storeclock

import (
	"sync"
	"time"
)

// Clock tells the store's time without asking the store: each answer of the store sets it, and this machine's monotonic clock says how
// much time has passed since. The zero value has no time yet. It is safe for concurrent use.
type Clock struct {
	mu    sync.Mutex
	store time.Time
	here  time.Time // with the monotonic clock
}

// Set notes the time that the store has just answered. The store may have read its clock a round trip ago, so that [Clock.Now] is
// late by that at most, and nothing is decided too soon.
func (c *Clock) Set(store time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store, c.here = store, time.Now()
}

// Now returns the store's time, and false where the store has not answered yet.
func (c *Clock) Now() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.here.IsZero() {
		return time.Time{}, false
	}
	return c.store.Add(time.Since(c.here)), true
}
