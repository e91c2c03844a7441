package track

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// How a Tracker works with a store.
const (
	// storeQueue bounds the changes that wait for the store.
	storeQueue = 8192
	// storeBatch is how many of them go to the store at once.
	storeBatch = 512
	// storeTimeout is how long one round trip may take.
	storeTimeout = 5 * time.Second
	// storeLease is how long a transition, once committed, may take to be told before another
	// instance tells it.
	storeLease = 30 * time.Second
	// storeGrace is how much later than its time a run is called abandoned or stalled: instances'
	// clocks differ by a few seconds.
	storeGrace = 10 * time.Second
	// endGrace is how long an end by call waits by default for what happened before it.
	endGrace = 2 * time.Second
	// unstartedFor is how long a store keeps a run that was never started, since something last happened
	// to it: a stranger's requests for IDs that do not exist must not fill it.
	unstartedFor = time.Hour
	// claimBatch is how many due runs an instance looks at, at once.
	claimBatch = 256
	// keepEnded is how long a store knows by default that a run has ended.
	keepEnded = rememberEnded * 24 * time.Hour
	// keepMost bounds that: databases' times, and an int64 of nanoseconds, end in the 23rd century.
	keepMost = 100 * 365 * 24 * time.Hour
	// cacheFor is how long a run that nothing happens to is kept at hand.
	cacheFor = time.Hour
	// lingerFor is how long a Tracker whose Shutdown ran out of time goes on by default.
	lingerFor = time.Minute
	// pauseToSettle is how long to wait before settling again.
	pauseToSettle = 100 * time.Millisecond
	// foldAfter is how many entries a log may have before it becomes a state, though nothing is to be
	// told.
	foldAfter = 64
)

// remote keeps runs in a store that other instances share. An event goes through a queue to one
// goroutine, which writes it, works out what it has done, and tells that; another one notes in the
// store what has been told, once that is safe.
type remote struct {
	t     *tracker
	store ledger.Store
	cfg   *Config

	queue   chan *item
	ctx     context.Context //nolint:containedctx // of its goroutines: done means no retries any more
	stop    context.CancelFunc
	running sync.WaitGroup
	gone    chan struct{} // closed when no goroutine runs any more

	mu       sync.Mutex
	closed   bool
	pending  []*item       // queued and not dealt with, in order
	taken    uint64        // items that were ever queued
	applied  uint64        // items that were dealt with
	progress chan struct{} // closed and made anew when applied goes on

	turn         chan struct{} // full while a goroutine changes runs and tells what that did
	deciding     chan struct{} // full while a call decides
	held         chan struct{} // nudges decideLoop
	settling     chan struct{} // full while a goroutine settles
	forgets      chan struct{} // full while the store forgets a customer
	ends         ends          // that were made here
	telling      sync.Mutex    // of untold
	untold       map[ledger.Key]*told
	inHand       map[ledger.Key]*told // of which it is being settled
	undecided    map[ledger.Key]*undecided
	beingDecided int
	clock        storeClock
	wake         chan struct{}

	counted time.Time    // when the live runs were last counted
	lost    atomic.Int64 // changes that the store had not taken when the tracker stopped
	linger  sync.Once
	live    atomic.Pointer[map[ledger.Place]int64]
	holder  string
}

// item is one thing that happened, on its way to the store.
type item struct {
	id ledger.Key
	op op
	e  *flight.Event // a copy; nil for a sign of life

	manner Manner
	local  local       // what it has done to the run as far as that is known here
	taken  atomic.Bool // it is being told, or set aside: by the goroutine that sets this
	lost   bool        // it was set aside, and is counted
}

// told is what this instance has told of a run, and the store does not know yet.
type told struct {
	log    []byte
	ops    map[uint64]bool
	signed time.Time // when this instance last said that it is alive, by the monotonic clock
}

func newRemote(t *tracker) *remote {
	r := &remote{
		t: t, store: t.cfg.Store, cfg: &t.cfg,
		queue: make(chan *item, t.cfg.QueueSize), gone: make(chan struct{}),
		turn: make(chan struct{}, 1), settling: make(chan struct{}, 1), deciding: make(chan struct{}, 1), held: make(chan struct{}, 1), forgets: make(chan struct{}, 1),
		progress: make(chan struct{}), untold: map[ledger.Key]*told{}, undecided: map[ledger.Key]*undecided{}, wake: make(chan struct{}, 1),
		holder: event.NewID(time.Now()).String(),
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.running.Go(r.work)
	r.running.Go(r.settleLoop)
	r.running.Go(r.decideLoop)
	return r
}

// take waits for a token's place, or for ctx.
func take(ctx context.Context, token chan struct{}) error {
	select {
	case token <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx) //nolint:wrapcheck // who calls says what it waited for
	}
}

// put queues what happened. It never waits: it reports false when the queue is full, or closed.
func (r *remote) put(i *item) bool {
	i.op.key = opKey()
	if i.op.id == 0 {
		i.op.id = i.op.key
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.queue) == cap(r.queue) { // every sender has the lock
		return false
	}
	if i.op.kind == opEnd {
		r.ends.add(i)
	}
	r.queue <- i
	r.taken++
	r.pending = append(r.pending, i)
	return true
}

// waiting returns how many items are not in the store yet, as many as the queue holds at most.
func (r *remote) waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return min(len(r.pending), cap(r.queue))
}

// opKey returns a key for an op.
func opKey() uint64 { return rand.Uint64() | 1 } //nolint:gosec // unique, not secret

// work writes what is queued until the queue is closed.
func (r *remote) work() {
	var batch []*item
	for first := range r.queue {
		batch = append(batch[:0], first)
	more:
		for len(batch) < storeBatch {
			select {
			case i, ok := <-r.queue:
				if !ok {
					break more
				}
				batch = append(batch, i)
			default:
				break more
			}
		}
		r.waitForSafety()
		r.write(batch)
		clear(batch)
		r.mu.Lock()
		r.applied += uint64(len(batch))
		clear(r.pending[:len(batch)])
		r.pending = r.pending[len(batch):]
		close(r.progress)
		r.progress = make(chan struct{})
		r.mu.Unlock()
	}
}

// maxUntold bounds the runs with transitions that are told and not settled: beyond it the queue waits.
const maxUntold = 1 << 14

// waitForSafety waits while too much is told and not settled.
func (r *remote) waitForSafety() {
	for {
		r.telling.Lock()
		n := len(r.untold) + len(r.inHand) + len(r.undecided)/4
		r.telling.Unlock()
		if n < maxUntold {
			return
		}
		r.nudge()
		timer := time.NewTimer(pauseToSettle)
		select {
		case <-r.ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// write makes one change of all that the batch says of a run, and tells what that has done.
func (r *remote) write(batch []*item) {
	items := make([][]*item, 0, len(batch))
	at := make(map[ledger.Key]int, len(batch))
	for _, i := range batch {
		k, ok := at[i.id]
		if !ok {
			k = len(items)
			at[i.id] = k
			items = append(items, nil)
		}
		items[k] = append(items[k], i)
	}
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	records, err := r.writeUntilDone(items)
	if err != nil {
		for _, i := range batch {
			r.lost.Add(1)
			if i.taken.CompareAndSwap(false, true) { // else it was counted when it was set aside
				r.lose(i)
			}
		}
		return
	}
	takeAll(items)
	for k := range records {
		r.applyRecord(&records[k], items[k])
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// changes returns the change of each run. The time is stamped when an op is written, not when it is queued:
// a long queue does not look like a dead sender. It is the store's, so that instances whose clocks differ
// mean the same.
func (r *remote) changes(items [][]*item, now time.Time) []ledger.Change {
	changes := make([]ledger.Change, len(items))
	for k, of := range items {
		c := &changes[k]
		c.Key = of[0].id
		for _, i := range of {
			i.op.sent = now.UnixNano()
			c.Append = i.op.append(c.Append)
			r.attend(c, &i.op)
		}
	}
	return changes
}

// attend says when an instance has to look at the run that o happens to.
func (r *remote) attend(c *ledger.Change, o *op) {
	if o.kind != opTouch && o.kind != opRespond && o.kind != opKnow || o.stage != "" {
		c.Lease = storeLease // it may be a transition, which is to be told
	}
	var due time.Time // of a run that is never started
	switch {
	case c.Lease > 0:
	case o.who != nil:
		c.Lease = r.cfg.keepUnstarted()
	default: // it is known here, and due already
		due = at(o.at).Add(r.cfg.Remember)
	}
	if o.who != nil {
		c.Customer = cmp.Or(c.Customer, o.who.customer.Hash)
		if o.who.patience > 0 {
			due = at(o.at).Add(o.who.patience + storeGrace)
		}
	}
	if o.stage != "" && o.expect > 0 && (due.IsZero() || o.expect+storeGrace < due.Sub(at(o.at))) {
		due = at(o.at).Add(o.expect + storeGrace)
	}
	if !due.IsZero() && (c.Due.IsZero() || due.Before(c.Due)) {
		c.Due = due
	}
}

var (
	errStopped = errors.New("journey: the tracker is shut down")
	errLost    = errors.New("the store did not take everything in time")
	errUnsafe  = errors.New("journey: what was told is not safe yet")
	errBusy    = errors.New("journey: other instances change the runs that are to be settled all the time")
	errNoTime  = errors.New("journey: the store's Claim did not return the store's time: it has to, with any limit")
)

// writeUntilDone tries until the store takes it, or the tracker is stopped.
func (r *remote) writeUntilDone(items [][]*item) ([]ledger.Record, error) {
	wait := 50 * time.Millisecond
	for {
		records, err := r.writeOnce(r.ctx, r.changes(items, r.storeNow(r.ctx)))
		if err == nil {
			return records, nil
		}
		r.report(err)
		timer := time.NewTimer(wait/2 + rand.N(wait)) //nolint:gosec // to be apart from others, not secret
		select {
		case <-r.ctx.Done():
			timer.Stop()
			return nil, errStopped
		case <-timer.C:
		}
		wait = min(2*wait, 5*time.Second)
	}
}

func (r *remote) writeOnce(ctx context.Context, changes []ledger.Change) (records []ledger.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("journey: the store panicked: %T", p)
			r.cfg.panicked(p)
		}
	}()
	records, err = r.store.Write(ctx, changes)
	if err == nil && len(records) != len(changes) {
		err = fmt.Errorf("journey: the store answered %d changes with %d records", len(changes), len(records))
	}
	return records, err
}

// report counts and tells that the store fails.
func (r *remote) report(err error) { r.cfg.report(fault.Store, err) }

// reportUnsafe counts and tells that what was told cannot be made safe: another instance tells it again if this process
// ends now.
func (r *remote) reportUnsafe(err error) { r.cfg.report(fault.Unsettled, err) }

// applyRecord tells what the items have done to their run.
func (r *remote) applyRecord(rec *ledger.Record, items []*item) { r.applyTaken(rec, items, 0) }

// applyTaken is applyRecord for a record in which this instance took over what the items did by the opAlive with
// the ID back, or 0 where it did not.
func (r *remote) applyTaken(rec *ledger.Record, items []*item, back uint64) {
	if rec.Closed {
		r.t.memory.close(rec.Key, r.t.day())
		for _, i := range items {
			r.late(i)
		}
		return
	}
	run, since, err := readLog(rec.Log)
	if err != nil {
		r.report(err)
		for _, i := range items {
			r.lose(i)
		}
		return
	}
	ops, now := map[uint64]bool{}, r.storeNow(r.ctx)
	if back == 0 {
		if again, by := r.takeBack(rec, since, items, now); by != 0 {
			r.applyTaken(again, items, by)
			return
		}
	}
	for _, i := range items {
		done := doneBy(since, i.op.key)
		switch {
		case done.wait:
			r.hold(run, i, now)
			continue
		case done.over:
			if i.e != nil && !i.e.Kind.IsTransition() {
				run.locate(i.e, true)
			}
			r.late(i)
			continue
		}
		if done.other && i.e != nil {
			r.cfg.otherCustomer(i.e.Journey.Name)
		}
		if done.n > 0 && r.keeps(run, since, i, &done, back, now) {
			ops[i.op.key] = true
		}
		r.tell(run, i.e, &i.op, &done, items)
	}
	r.t.memory.sync(rec.Key, run, r.t.day())
	if len(ops) > 0 || tellable(since, ops) >= foldAfter {
		r.settle(rec, since, ops, now)
	}
}

// keeps reports whether this instance tells what the item did. Else that is taken out of done: another instance
// has told it, or will; where the log knows of none, it is told here without being counted.
func (r *remote) keeps(run *run, since []entry, i *item, done *done, back uint64, now time.Time) bool {
	if isToBeTold(since, i.op.key, back, now) {
		return true
	}
	if isAlone(since, i.op.key) {
		r.tell(run, nil, &i.op, done, nil)
	}
	done.n = 0
	return false
}

// doneBy returns what the op with the key has done. An op that is written twice counts once: the first.
func doneBy(since []entry, key uint64) done {
	for k := range since {
		if since[k].op.key == key {
			return since[k].done
		}
	}
	return done{}
}
