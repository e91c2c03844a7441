package track

import (
	"cmp"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/engine"
)

const (
	// endGrace is how long an end by call waits, by default, for facts from before it.
	endGrace = 2 * time.Second
	// unstartedFor is how long a store keeps a run that was never started after something last happened to it: requests of
	// strangers for IDs that do not exist must not fill the store.
	unstartedFor = time.Hour
)

// machine says what the log of a run means. It implements [engine.Machine].
//
// Instances learn of facts at different times. An end by call therefore waits for grace: facts from before the end that other
// instances append meanwhile count. An event that lies behind the moment at which its run would be abandoned waits in the same
// way, until ten seconds after that moment: another instance may have a sign of life from the silence.
type machine struct {
	grace    time.Duration // of an end by call
	remember time.Duration // how long a run without patience is kept after something last happened to it
}

// keepUnstarted is how long a store keeps a run that was never started.
func (m machine) keepUnstarted() time.Duration { return min(unstartedFor, m.remember) }

// Read implements [engine.Machine].
func (machine) Read(log []byte) (*run, []entry, error) { return readLog(log) }

// Fold implements [engine.Machine].
func (machine) Fold(log []byte, n int) *run { return foldLog(log, n) }

// Whole implements [engine.Machine].
func (machine) Whole(r *run) []byte { return r.log() }

// Over implements [engine.Machine].
func (machine) Over(r *run) bool { return r.over }

// Empty implements [engine.Machine]: a run that was never started, and that nothing has happened to for a while.
func (machine) Empty(r *run) bool { return !r.begun }

// Alive implements [engine.Machine].
func (machine) Alive(by, key uint64, now time.Time) *op {
	return &op{kind: opAlive, id: by, key: key, sent: now.UnixNano(), at: now.UnixNano(), until: now.UnixNano()}
}

// Pass implements [engine.Machine].
func (m machine) Pass(now time.Time) *op {
	return &op{
		kind: opPass, sent: now.UnixNano(),
		at: now.Add(-engine.Grace).UnixNano(), last: now.Add(-m.grace).UnixNano(),
	}
}

// Passes implements [engine.Machine].
func (m machine) Passes(r *run, now time.Time) bool {
	if r.over {
		return false
	}
	if r.ending != nil {
		return r.ending.op.sent <= now.Add(-m.grace).UnixNano()
	}
	if sent, ok := r.keepsWait(); ok && sent <= now.Add(-m.grace).UnixNano() {
		return true
	}
	due := r.dueAt()
	return due != 0 && due <= now.Add(-engine.Grace).UnixNano()
}

// Decided implements [engine.Machine].
func (m machine) Decided(r *run, o *op, now time.Time) time.Duration {
	if o.kind != opEnd || r.behind(o) {
		return max(0, at(r.abandonedAt()).Add(engine.Grace).Sub(now))
	}
	return m.grace
}

// Attend implements [engine.Machine].
func (m machine) Attend(c *ledger.Change, o *op) {
	if o.kind != opTouch && o.kind != opRespond && o.kind != opKnow || o.stage != "" {
		c.Lease = engine.Lease // it may be a transition: another instance takes it over if this one is killed
	}
	var due time.Time
	switch {
	case c.Lease > 0:
	case o.who != nil: // the run may never be started
		c.Lease = m.keepUnstarted()
	default: // the run is known here, and its record has a due time already
		due = at(o.at).Add(m.remember)
	}
	if o.who != nil {
		c.Customer = cmp.Or(c.Customer, o.who.customer.Hash)
		if o.who.patience > 0 {
			due = at(o.at).Add(o.who.patience + engine.Grace)
		}
	}
	if o.stage != "" && o.expect > 0 && (due.IsZero() || o.expect+engine.Grace < due.Sub(at(o.at))) {
		due = at(o.at).Add(o.expect + engine.Grace)
	}
	for i := range o.pacts {
		c.Lease = engine.Lease
		if x := at(o.pacts[i].due).Add(engine.Grace); o.pacts[i].due != 0 && (due.IsZero() || x.Before(due)) {
			due = x
		}
	}
	if !due.IsZero() && (c.Due.IsZero() || due.Before(c.Due)) {
		c.Due = due
	}
}

// Undecided implements [engine.Machine]: a keep waits as an end by call does.
func (m machine) Undecided(r *run, now time.Time) (wait time.Duration, ok bool) {
	if r.over || r.ending != nil {
		return 0, false
	}
	sent, ok := r.keepsWait()
	return max(0, at(sent).Add(m.grace).Sub(now)), ok
}

// Rest implements [engine.Machine].
func (m machine) Rest(c *ledger.Change, r *run) {
	c.Customer = r.customer.Hash
	switch due := r.dueAt(); {
	case due != 0:
		c.Due = at(due).Add(engine.Grace)
	case !r.begun:
		c.Lease = m.keepUnstarted()
	}
	c.Place = r.place()
}

// place returns where the run is counted. A probe of the application itself is not a customer's journey.
func (r *run) place() ledger.Place {
	switch {
	case !r.begun || r.over || r.actor == event.ActorSynthetic:
		return ledger.Place{}
	case r.cur < 0:
		return ledger.Place{Group: r.journey.Name}
	default:
		return ledger.Place{Group: r.journey.Name, Name: r.been[r.cur].name}
	}
}
