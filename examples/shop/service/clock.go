package service

import (
	"sync/atomic"
	"time"
)

// Clock is the wall clock, moved. The demonstration shops "yesterday" and calls support
// "today", and nobody has to wait for the night to pass. Safe for concurrent use.
type Clock struct{ offset atomic.Int64 }

// NewClock returns a clock that is offset from the wall clock: -24h is this time yesterday.
func NewClock(offset time.Duration) *Clock {
	c := &Clock{}
	c.offset.Store(int64(offset))
	return c
}

// Now returns the time on the clock.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// Advance moves the clock ahead.
func (c *Clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }
