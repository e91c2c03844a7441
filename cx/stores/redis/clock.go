package redis

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"
)

// clock translates the deadline of a context into the time of a partition's server, or a little earlier. The server rejects a
// change that arrives later, because its caller has had an error long before and has gone on.
//
// The clocks need not agree: clock uses the last quick answer of the server as a reference.
type clock struct{ last atomic.Pointer[reading] }

// reading is a time of the server, and the latest time here at which its clock showed it.
type reading struct {
	server int64 // microseconds
	here   time.Time
	took   time.Duration
}

// readingAge is how long a quick reading replaces later slow ones. Clocks drift too little in that time to matter.
const readingAge = time.Minute

// read takes a time that the server returned between sent and now.
func (c *clock) read(server int64, sent, now time.Time) {
	took := now.Sub(sent)
	if was := c.last.Load(); was != nil && took > was.took && now.Sub(was.here) < readingAge {
		return
	}
	c.last.Store(&reading{server: server, here: now, took: took})
}

// deadline returns the server's time at the context's deadline, or "" without a deadline.
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
