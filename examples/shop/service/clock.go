package service

import (
	"sync/atomic"
	"time"
)

// Clock is the wall clock plus an offset. With it the demonstration shops "yesterday" and calls support "today"
// without waiting for a day. Safe for concurrent use.
type Clock struct{ offset atomic.Int64 }

// NewClock returns a clock with an offset from the wall clock: -24h gives the same time yesterday.
func NewClock(offset time.Duration) *Clock {
	c := &Clock{}
	c.offset.Store(int64(offset))
	return c
}

// Now returns the time on the clock.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// Advance moves the clock ahead.
func (c *Clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }
