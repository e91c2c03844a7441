package redis

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"
)

// A clock says what a partition's server has on its clock when a context's deadline has passed here,
// or a little earlier. A change that arrives later than that, because the server or the network stood
// still, is not made any more: its caller has long been told that it is not known, and has gone on.
//
// It needs no agreement between the clocks: it goes by the last answer of the server that came quickly.
type clock struct{ last atomic.Pointer[reading] }

// A reading is a time of the server, and the latest time here at which it was that.
type reading struct {
	server int64 // microseconds
	here   time.Time
	took   time.Duration
}

// readingAge is how long a reading is kept although later ones took longer: in this time clocks do
// not drift apart by what matters.
const readingAge = time.Minute

// read takes note of a time that the server told between sent and now.
func (c *clock) read(server int64, sent, now time.Time) {
	took := now.Sub(sent)
	if was := c.last.Load(); was != nil && took > was.took && now.Sub(was.here) < readingAge {
		return
	}
	c.last.Store(&reading{server: server, here: now, took: took})
}

// deadline returns the server's time at the context's deadline, "" where it has none.
func (c *clock) deadline(ctx context.Context) string {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ""
	}
	r := c.last.Load()
	if r == nil { // forgotten meanwhile: the next call reads it
		return "0"
	}
	return strconv.FormatInt(r.server+deadline.Sub(r.here).Microseconds(), 10)
}
