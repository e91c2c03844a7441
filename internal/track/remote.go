package track

import (
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/engine"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

const (
	// keepEnded is how long a store knows, by default, that a run has ended.
	keepEnded = rememberEnded * 24 * time.Hour
	// keepMost bounds that: times of databases, and an int64 of nanoseconds, end in the 23rd century.
	keepMost = 100 * 365 * 24 * time.Hour
	// cacheFor is how long a copy of a run is kept in memory after something last happened to it.
	cacheFor = time.Hour
)

// remote keeps runs in a store that other instances share. The engine commits ops; remote delivers what they did. It implements
// [engine.Host].
type remote struct {
	*engine.Engine[*run, *op, *done, recorded]

	t    *tracker
	cfg  *Config
	ends ends // that were made here
}

// item is an op on its way to the store.
type item = engine.Item[*op, recorded]

// result is an op that the store has, with what it did.
type result = engine.Result[*run, *op, *done, recorded]

// recorded is what the instance that recorded an op knows beside it. It is the zero value for an op that no event made.
type recorded struct {
	e      *flight.Event // a copy; nil for a sign of life
	heard  bool          // the customer of e is what this instance remembers of the run
	manner Manner
	local  local // what it has done to the run as far as that is known here
}

func newRemote(t *tracker) *remote {
	r := &remote{t: t, cfg: &t.cfg}
	r.Engine = engine.New(engine.Config{
		Store: t.cfg.Store, Now: t.cfg.Now, Safe: t.cfg.Safe, Fault: t.cfg.Fault,
		QueueSize: t.cfg.QueueSize, Linger: t.cfg.Linger, Keep: t.cfg.Remember, HandOver: t.cfg.HandOver,
	}, machine{t.cfg.EndGrace, t.cfg.Remember}, r)
	return r
}

// put queues what happened. It never waits: it returns false when the queue is full, or closed.
func (r *remote) put(i *item) bool {
	if i.Op.kind != opEnd {
		return r.Put(i)
	}
	i.Op.SetKey(r.NewKey())
	r.ends.add(i)
	if !r.Put(i) {
		r.ends.reject(i)
		return false
	}
	return true
}

// Synced implements [engine.Host].
func (r *remote) Synced(key ledger.Key, s *run) { r.t.memory.sync(key, s, r.t.day()) }

// Closed implements [engine.Host].
func (r *remote) Closed(key ledger.Key) { r.t.memory.close(key, r.t.day()) }

// Concerns implements [engine.Host]. An item that does not say whose it is may be the customer's.
func (*remote) Concerns(i *item, customer string) bool {
	e := i.By.e
	return e != nil && (e.Customer.Hash == customer || e.Customer.Hash == "")
}

// Late implements [engine.Host].
func (r *remote) Late(i *item, s *run, known bool) {
	switch e := i.By.e; {
	case e == nil:
	case !known && i.By.heard:
		e.Customer = event.Customer{} // the store may have forgotten the customer, and this instance has not heard of that
	case !known:
	case !e.Kind.IsTransition():
		s.locate(e, true)
	}
	r.late(i)
}

// Uncommitted implements [engine.Host]: it delivers the event itself, and the transitions that it would have made, which are
// not counted.
func (r *remote) Uncommitted(i *item) {
	if i.By.e == nil {
		return
	}
	for _, e := range r.t.uncommitted(i) {
		if r.cfg.Uncommitted != nil {
			r.cfg.Uncommitted(e)
		}
		e.Put()
	}
	if !i.By.e.Kind.IsTransition() {
		r.cfg.Deliver(i.By.e, journey.State{})
	}
}
