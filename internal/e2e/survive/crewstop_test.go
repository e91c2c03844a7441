package survive_test

import (
	"syscall"
	"time"

	"cairncx.dev/cairn/internal/e2e/shared"
)

// lease is how long the store lets an instance alone with what it has committed.
const lease = 30 * time.Second

// span is a part of a worker's lines.
type span struct {
	from, to lines
	ended    bool
}

// strike kills the worker or stops it, as far as the scenario has that.
func (c *crew) strike(m *member, when string) {
	awake := 0
	for _, o := range c.alive {
		if !o.frozen && !o.killed {
			awake++
		}
	}
	most := c.cfg.stops
	if c.open == 0 {
		most += c.cfg.lateStops
	}
	if c.stops < most && awake > 1 && (c.rng.IntN(2) == 0 || c.kills >= c.cfg.kills) {
		c.freeze(m, when)
		return
	}
	c.kill(m, when)
}

// freeze stops a worker as a suspended machine stops: it does nothing, and its connections stay open. Another worker gets its
// batch, as if it had been killed. It goes on later, maybe after its leases have ended, and knows nothing of that.
func (c *crew) freeze(m *member, when string) {
	c.stops++
	c.stopsAt[when]++
	m.frozen = true
	for _, o := range c.alive {
		if o == m || c.store.Kind == shared.SQLite { // there the stopped worker may have the lock, and stop all commits
			o.doubt, o.thawed = append(o.doubt, span{from: o.safe}), 0
		}
	}
	if err := m.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		c.fail("stop a worker: %v", err)
	}
	if m.job != nil && !m.stale {
		c.open -= len(m.job.Items)
		c.put(m.job.Items)
		m.stale = true
	}
	for _, idle := range c.alive {
		c.give(idle)
	}
	lasts := time.Second + time.Duration(c.rng.Int64N(int64(8*time.Second)))
	if c.stops%3 == 1 {
		lasts += lease
	}
	time.AfterFunc(lasts, func() {
		select {
		case c.lines <- said{by: m, thaw: true}:
		case <-c.over:
		}
	})
	c.setFuse()
}

// thaw lets a stopped worker go on.
func (c *crew) thaw(m *member) {
	if !m.frozen || m.killed || m.ended {
		return
	}
	m.frozen, m.thawed = false, 0
	if err := m.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.fail("let a worker go on: %v", err)
	}
	c.give(m)
}

// closeOver lets those go who wait to say something.
func (c *crew) closeOver() {
	select {
	case <-c.over:
	default:
		close(c.over)
	}
}

// thawAll lets all stopped workers go on.
func (c *crew) thawAll() {
	for _, m := range c.alive {
		c.thaw(m)
	}
}

// trust notes that a Flush has acknowledged the worker's lines before this one. The second Flush after a stop began when all that
// the worker had in hand at the stop was exported and noted. If another worker was stopped and has the lock of the store, no Flush
// returns before it goes on.
func (m *member) trust() {
	if m.frozen {
		return
	}
	m.thawed++
	for i := range m.doubt {
		if d := &m.doubt[i]; !d.ended && m.thawed >= 2 {
			d.to, d.ended = m.safe, true
		}
	}
}

// doubts reports whether another worker may have written the line of a file too, because this one was stopped or could not commit
// for longer than its lease.
func (m *member) doubts(line int, file func(lines) int) bool {
	for _, d := range m.doubt {
		if line >= file(d.from) && (!d.ended || line < file(d.to)) {
			return true
		}
	}
	return false
}
