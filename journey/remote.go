package journey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"cairncx.dev/cairn/cx/event"
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
	// claimBatch is how many due runs an instance looks at, at once.
	claimBatch = 256
	// keepEnded is how long a store knows by default that a run has ended.
	keepEnded = rememberEnded * 24 * time.Hour
	// cacheFor is how long a run that nothing happens to is kept at hand.
	cacheFor = time.Hour
	// foldAfter is how many entries a log may have before it becomes a state, though nothing is to be
	// told.
	foldAfter = 64
)

// remote keeps runs in a store that other instances share. What happens goes through a queue to one
// goroutine, which writes it, works out what it has done, and tells that; another one notes in the
// store what has been told, once that is safe.
type remote struct {
	t     *Tracker
	store Store
	cfg   *TrackerConfig

	queue   chan *item
	ctx     context.Context //nolint:containedctx // of its goroutines: done means no retries any more
	stop    context.CancelFunc
	running sync.WaitGroup
	gone    chan struct{} // closed when no goroutine runs any more

	mu       sync.Mutex
	closed   bool
	taken    uint64        // items that were ever queued
	applied  uint64        // items that were dealt with
	progress chan struct{} // closed and made anew when applied goes on

	turn     chan struct{} // full while somebody changes runs and tells what that did
	settling chan struct{} // full while somebody settles
	telling  sync.Mutex    // of untold
	untold   map[RunID]*told
	inHand   map[RunID]*told // of which it is being settled
	wake     chan struct{}

	failing atomic.Bool
	live    atomic.Pointer[map[Place]int64]
	holder  string
}

// item is one thing that happened, on its way to the store.
type item struct {
	id RunID
	op op
	e  *event.Event // a copy; nil for a sign of life
}

// told is what this instance has told of a run, and the store does not know yet.
type told struct {
	log []byte
	ops map[uint64]bool
}

func newRemote(t *Tracker) *remote {
	r := &remote{
		t: t, store: t.cfg.Store, cfg: &t.cfg,
		queue: make(chan *item, storeQueue), gone: make(chan struct{}),
		turn: make(chan struct{}, 1), settling: make(chan struct{}, 1),
		progress: make(chan struct{}), untold: map[RunID]*told{}, wake: make(chan struct{}, 1),
		holder: event.NewID(time.Now()).String(),
	}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.running.Go(r.work)
	r.running.Go(r.settleLoop)
	return r
}

// take waits for a token's place, or for ctx.
func take(ctx context.Context, token chan struct{}) error {
	select {
	case token <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// put queues what happened. It never waits: it reports false when the queue is full.
func (r *remote) put(i *item) bool {
	i.op.key = rand.Uint64() | 1 //nolint:gosec // unique, not secret
	if i.op.id == 0 {
		i.op.id = i.op.key
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	select {
	case r.queue <- i:
		r.taken++
		return true
	default:
		return false
	}
}

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
		r.write(batch)
		clear(batch)
		r.mu.Lock()
		r.applied += uint64(len(batch))
		close(r.progress)
		r.progress = make(chan struct{})
		r.mu.Unlock()
	}
}

// write makes one change of all that the batch says of a run, and tells what that has done.
func (r *remote) write(batch []*item) {
	changes := make([]Change, 0, len(batch))
	items := make([][]*item, 0, len(batch))
	at := make(map[RunID]int, len(batch))
	for _, i := range batch {
		k, ok := at[i.id]
		if !ok {
			k = len(changes)
			at[i.id] = k
			changes = append(changes, Change{Run: i.id})
			items = append(items, nil)
		}
		c := &changes[k]
		c.Append = i.op.append(c.Append)
		r.attend(c, &i.op)
		items[k] = append(items[k], i)
	}
	r.turn <- struct{}{}
	defer func() { <-r.turn }()
	records, err := r.writeUntilDone(changes)
	if err != nil {
		for _, i := range batch {
			r.lose(i)
		}
		return
	}
	for k := range records {
		r.applyRecord(&records[k], items[k])
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// attend says when somebody has to look at the run that o happens to.
func (r *remote) attend(c *Change, o *op) {
	switch {
	case o.kind != opTouch && o.kind != opRespond:
		c.Lease = storeLease // it may be a transition, which is to be told
	case o.stage != "":
		c.Lease = storeLease
	}
	due := at(o.at).Add(r.cfg.Remember) // of a run that nobody ever starts
	if o.who != nil {
		c.Customer = o.who.customer.Hash
		if o.who.patience > 0 {
			due = at(o.at).Add(o.who.patience + storeGrace)
		}
	}
	if o.stage != "" && o.expect > 0 && o.expect+storeGrace < due.Sub(at(o.at)) {
		due = at(o.at).Add(o.expect + storeGrace)
	}
	if c.Due.IsZero() || due.Before(c.Due) {
		c.Due = due
	}
}

var errStopped = errors.New("journey: the tracker is shut down")

// writeUntilDone tries until the store takes it, or the tracker is stopped.
func (r *remote) writeUntilDone(changes []Change) ([]Record, error) {
	wait := 50 * time.Millisecond
	for {
		records, err := r.writeOnce(r.ctx, changes)
		if err == nil {
			r.failing.Store(false)
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

func (r *remote) writeOnce(ctx context.Context, changes []Change) (records []Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("journey: the store panicked: %T", p)
		}
	}()
	records, err = r.store.Write(ctx, changes)
	if err == nil && len(records) != len(changes) {
		err = fmt.Errorf("journey: the store answered %d changes with %d records", len(changes), len(records))
	}
	return records, err
}

// report tells once that the store fails, until it works again.
func (r *remote) report(err error) {
	r.cfg.fault(event.FaultStore)
	if r.failing.CompareAndSwap(false, true) && r.cfg.Report != nil {
		r.cfg.Report(fmt.Errorf("cairn: the store of journeys fails, what happens waits in memory: %w", err))
	}
}

// lose counts what never got into the store. The event itself is delivered.
func (r *remote) lose(i *item) {
	r.cfg.fault(event.FaultStoreLost)
	if i.e != nil && !isTransition(i.e.Kind) {
		r.cfg.Deliver(i.e, State{})
	}
}

// applyRecord tells what the items have done to their run.
func (r *remote) applyRecord(rec *Record, items []*item) {
	if rec.Closed {
		r.t.memory.close(rec.Run, r.t.day())
		for _, i := range items {
			r.late(i)
		}
		return
	}
	run, since, err := readLog(rec.Log, storeGrace)
	if err != nil {
		r.report(err)
		for _, i := range items {
			r.lose(i)
		}
		return
	}
	ops := map[uint64]bool{}
	for _, i := range items {
		var done done
		for k := range since {
			if since[k].op.key == i.op.key {
				done = since[k].done // the first: what is written twice counts once
				break
			}
		}
		if done.over {
			r.late(i)
			continue
		}
		if done.n > 0 {
			ops[i.op.key] = true
		}
		r.tell(run, i.e, &i.op, &done, false)
	}
	r.t.memory.sync(rec.Run, run, r.t.day())
	if len(ops) > 0 || len(since) >= foldAfter {
		r.settle(rec, ops)
	}
}

// late counts what came after the end of its run. A touchpoint is told all the same.
func (r *remote) late(i *item) {
	if i.e == nil || i.op.kind == opSign { // its touchpoint is still to come
		return
	}
	switch {
	case !isTransition(i.e.Kind):
		if i.e.Kind == event.TouchpointEnded && !i.e.Late { // else it has been counted when it began
			i.e.Late = true
			r.cfg.late(i.e)
		}
		r.cfg.Deliver(i.e, State{})
	case i.e.ID.IsZero() || i.e.ID != transitionIDOf(i.e):
		r.cfg.late(i.e)
	}
}

// tell delivers what an op has done, and the event that it came with.
func (r *remote) tell(run *run, e *event.Event, o *op, done *done, again bool) {
	for _, f := range done.effects() {
		own := r.event(run, e, o, f)
		if again {
			own.Retell()
		}
		r.cfg.Deliver(own, run.state())
	}
	if e != nil && !isTransition(e.Kind) {
		r.cfg.Deliver(e, State{})
	}
}

// event returns the event of a transition that an op has made.
func (r *remote) event(run *run, e *event.Event, o *op, f effect) *event.Event {
	if e == nil && len(o.event) > 0 {
		if parsed, err := event.ParseJSON(o.event); err == nil {
			e = &parsed
		}
	}
	own := &event.Event{Kind: f.kind, Channel: o.channel}
	if e != nil {
		own.Channel, own.Actor, own.Variant, own.SpanContext = e.Channel, e.Actor, e.Variant, e.SpanContext
		own.Customer = e.Customer
		if e.Kind == f.kind {
			own.Cause, own.Attributes = e.Cause, e.Attributes
		}
	}
	own.Journey = run.journey
	if own.Journey.ID == "" && e != nil {
		own.Journey = e.Journey
	}
	own.Journey.Started = time.Time{}
	if run.begun {
		own.Journey.Started = at(run.start)
	} else if f.kind == event.JourneyEnded && e != nil {
		own.Journey.Started = e.Journey.Started // as the position said
	}
	if own.Customer == (event.Customer{}) {
		own.Customer = run.customer
	}
	if own.Channel == 0 {
		own.Channel = run.channel
	}
	if own.Actor == event.ActorCustomer {
		own.Actor = run.actor
	}
	if f.kind == event.JourneyEnded {
		own.Outcome = o.outcome
		own.SetSegment(r.t.segment(max(0, int(run.touchpoints+run.responses)-1)))
	}
	own.SetPlace(f.stage, f.visit)
	complete(own, f)
	return own
}

// settle notes that the ops of the run have been told.
func (r *remote) settle(rec *Record, ops map[uint64]bool) {
	r.telling.Lock()
	defer r.telling.Unlock()
	t := r.untold[rec.Run]
	if t == nil {
		t = &told{ops: map[uint64]bool{}}
		r.untold[rec.Run] = t
	}
	t.log = bytes.Clone(rec.Log)
	for id := range ops {
		t.ops[id] = true
	}
}

// settleLoop settles what has been told until the tracker is stopped.
func (r *remote) settleLoop() {
	wait := time.Duration(0)
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.wake:
		}
		if wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-r.ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
		}
		ctx, cancel := context.WithTimeout(r.ctx, storeLease/3)
		err := r.settleAll(ctx)
		cancel()
		wait = 100 * time.Millisecond // so that many are settled at once
		if err != nil {
			wait = time.Second
			r.report(errors.Join(err, r.extend(r.ctx)))
			r.nudge()
		}
	}
}

func (r *remote) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// settleAll makes what has been told safe, and notes that in the store. What was not made safe, or is
// changed by others all the time, stays for the next time.
func (r *remote) settleAll(ctx context.Context) error {
	if err := take(ctx, r.settling); err != nil {
		return fmt.Errorf("journey: somebody is still settling: %w", err)
	}
	defer func() { <-r.settling }()
	r.telling.Lock()
	batch := r.untold
	r.untold, r.inHand = map[RunID]*told{}, maps.Clone(batch)
	r.telling.Unlock()
	if len(batch) == 0 {
		return nil
	}
	if err := r.cfg.safe(ctx); err != nil {
		r.giveBack(batch)
		return fmt.Errorf("journey: what was told is not safe yet: %w", err)
	}
	for round := 0; len(batch) > 0 && round < 8; round++ {
		if err := r.settleOnce(ctx, batch); err != nil {
			r.giveBack(batch)
			return err
		}
	}
	r.giveBack(batch)
	return nil
}

// extend notes in the store that who told what is not settled is alive, so that no other instance
// tells it again.
func (r *remote) extend(ctx context.Context) error {
	r.telling.Lock()
	changes := make([]Change, 0, len(r.untold))
	for id, t := range r.untold {
		run, since, err := readLog(t.log, storeGrace)
		if err != nil {
			continue // it is reported when it is settled
		}
		c := Change{Run: id, If: t.log, Replace: foldLog(t.log, 0).append(nil), Lease: storeLease, Place: run.place()}
		for _, e := range since {
			if t.ops[e.op.key] {
				e.op.sent = r.cfg.Now().UnixNano()
			}
			c.Replace = e.op.append(c.Replace)
		}
		changes = append(changes, c)
	}
	r.telling.Unlock()
	return r.inBatches(ctx, changes, func(c *Change, rec *Record) {
		r.telling.Lock()
		defer r.telling.Unlock()
		if t := r.untold[c.Run]; t != nil && !rec.Closed {
			t.log = bytes.Clone(rec.Log)
		}
	})
}

func (r *remote) inBatches(ctx context.Context, changes []Change, each func(*Change, *Record)) error {
	for len(changes) > 0 {
		n := min(len(changes), storeBatch)
		records, err := r.writeOnce(ctx, changes[:n])
		if err != nil {
			return err
		}
		for k := range records {
			each(&changes[k], &records[k])
		}
		changes = changes[n:]
	}
	return nil
}

func (r *remote) giveBack(batch map[RunID]*told) {
	r.telling.Lock()
	defer r.telling.Unlock()
	for id, t := range batch {
		newer := r.untold[id]
		if newer == nil {
			r.untold[id] = t
			continue
		}
		for op := range t.ops {
			newer.ops[op] = true
		}
	}
}

// settleOnce replaces the logs by their states. It takes out of the batch what that worked for.
func (r *remote) settleOnce(ctx context.Context, batch map[RunID]*told) error {
	changes := make([]Change, 0, len(batch))
	for id, t := range batch {
		c, err := r.settled(id, t)
		if err != nil {
			r.report(err)
			delete(batch, id)
			continue
		}
		changes = append(changes, c)
	}
	return r.inBatches(ctx, changes, func(c *Change, rec *Record) {
		if rec.Closed || rec.Log == nil || bytes.Equal(rec.Log, c.Replace) {
			delete(batch, c.Run)
			return
		}
		batch[c.Run].log = bytes.Clone(rec.Log)
	})
}

// settled returns the change by which a run's log becomes its state: as far as what it did is told.
func (r *remote) settled(id RunID, t *told) (Change, error) {
	_, since, err := readLog(t.log, storeGrace)
	if err != nil {
		return Change{}, err
	}
	n := len(since)
	for k := range since {
		if o := &since[k].op; since[k].done.n > 0 && !o.told && !t.ops[o.key] {
			n = k
			break
		}
	}
	run := foldLog(t.log, n)
	c := Change{Run: id, If: t.log, Keep: r.cfg.Remember}
	if n == len(since) && run.ended != 0 {
		c.Replace, c.Close = []byte{}, true
		return c, nil
	}
	c.Replace = run.append(nil)
	for _, e := range since[n:] { // behind what somebody else has to tell
		if e.done.n == 0 || e.op.told || !t.ops[e.op.key] {
			c.Replace = append(c.Replace, e.raw...)
			continue
		}
		e.op.told = true
		c.Replace = e.op.append(c.Replace)
	}
	c.Customer = run.customer.Hash
	switch due := run.dueAt(); {
	case n < len(since):
		c.Lease = storeLease // somebody else's is to be told
	case due != 0:
		c.Due = at(due).Add(storeGrace)
	case !run.begun:
		c.Due = at(run.last).Add(r.cfg.Remember)
	}
	c.Place = run.place()
	return c, nil
}

// place returns where the run is counted. A probe of our own is nobody's journey.
func (r *run) place() Place {
	switch {
	case !r.begun || r.ended != 0 || r.actor == event.ActorSynthetic:
		return Place{}
	case r.cur < 0:
		return Place{Journey: r.journey.Name}
	default:
		return Place{Journey: r.journey.Name, Stage: r.been[r.cur].name}
	}
}

func isTransition(k event.Kind) bool {
	switch k {
	case event.JourneyStarted, event.JourneyStageEntered, event.JourneyStalled, event.JourneyEnded:
		return true
	default:
		return false
	}
}

// transitionIDOf returns the derived ID that the event of a transition would have.
func transitionIDOf(e *event.Event) event.ID {
	switch e.Kind {
	case event.JourneyStarted:
		return transitionID(e, "started")
	case event.JourneyStageEntered:
		return transitionID(e, enteredName(e.Stage, e.Visit))
	default:
		return transitionID(e, "ended")
	}
}
