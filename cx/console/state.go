package console

import (
	"strconv"
	"time"
)

// passing is how often a page is newer because time has passed, without an event: promises fall due, and ages grow.
const passing = time.Minute

// state returns the name of what pages show, and a channel that is closed when the table has newer rows. Pages are newer, too, when a minute has passed, and when
// loads begin to fail or succeed again, for which the channel is not closed: the caller asks again at each heartbeat.
func (c *Console) state() (string, <-chan struct{}) {
	edition, next := c.table.Edition()
	return c.stateOf(edition, c.moment()), next
}

// stateOf is the name of an edition at a moment; the zero time is that of its latest event.
func (c *Console) stateOf(edition uint64, now time.Time) string {
	name := strconv.FormatUint(edition, 10)
	if !now.IsZero() {
		name += "." + strconv.FormatInt(now.Unix()/int64(passing/time.Second), 10)
	}
	if c.table.Loads().Failures > 0 {
		name += ".old"
	}
	return name
}

// moment is that of pages: readers of one [WithRefresh] have the same, so that they share answers. The zero time is that of the latest event.
func (c *Console) moment() time.Time {
	now := c.now()
	if now.IsZero() {
		return now
	}
	return now.Truncate(c.cfg.refresh)
}

// untilNext is the time until pages have a later moment.
func (c *Console) untilNext() time.Duration {
	now := c.now()
	if now.IsZero() {
		now = time.Now()
	}
	return now.Truncate(c.cfg.refresh).Add(c.cfg.refresh).Sub(now)
}
