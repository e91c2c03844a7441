package cx

import (
	"sync/atomic"
	"time"
)

// clock is the clock of a client: that of [WithClock], or the real one. Events without a time get their time from it,
// durations are measured by it, and journeys in memory are abandoned by it.
//
// Two other clocks are not this one. Journeys in a store go by the store's clock, which internal/track keeps, because
// instances differ. The bounds on reports, hooks and calls of extensions go by the real monotonic clock, because a clock of
// [WithClock] may jump or stand still.
//
// It is safe for concurrent use.
type clock struct {
	read  func() time.Time // nil is the real clock
	last  atomic.Int64     // the time that read returned last, in Unix nanoseconds
	fails func(panicked any)
}

func newClock(read func() time.Time, fails func(panicked any)) *clock {
	return &clock{read: read, fails: fails}
}

// Now returns the time. Where the clock of the application panics it is the time that the clock returned last.
func (c *clock) Now() time.Time {
	if c.read == nil {
		return time.Now()
	}
	return c.ask()
}

// Since returns how much time has passed since t. It does not read the wall clock where it need not.
func (c *clock) Since(t time.Time) time.Duration {
	if c.read == nil {
		return time.Since(t)
	}
	return c.ask().Sub(t)
}

// ask reads the clock of the application.
func (c *clock) ask() (t time.Time) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if was := c.last.Load(); was != 0 {
			t = time.Unix(0, was)
		} else {
			t = time.Now()
		}
		c.fails(v)
	}()
	t = c.read()
	if ns := t.UnixNano(); c.last.Load() != ns {
		c.last.Store(ns)
	}
	return t
}
