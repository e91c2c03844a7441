package customer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/lifecycle"
)

const (
	// maxJoinings bounds the contacts and steps that wait for the store.
	maxJoinings = 4096
	// joinBatch is how many are written at once, at most.
	joinBatch = 256
)

// Joining is a contact that joins an effort or begins one, or a step of self-service that failed.
type Joining struct {
	Customer string // the pseudonym
	Intent   string
	Window   time.Duration // without a contact, after which an effort is over
	Grace    time.Duration // for contacts that are recorded late
	Start    time.Time
	Step     string // the touchpoint of a step that failed at Start; "" is a contact

	ID       event.ID // of the contact's event
	End      time.Time
	Channel  event.Channel
	Answered bool // by an employee
	Claimed  event.YesNo
}

// Loss is why a contact is in no effort.
type Loss string

// The reasons.
const (
	LossQueue  Loss = "queue_full"  // too many waited for the store
	LossLate   Loss = "late"        // it was recorded when its effort was over
	LossRecord Loss = "record_full" // the customer has too many open efforts
	LossStore  Loss = "store"       // the store has not taken it, or its record cannot be read
)

func (j *Joining) entry(at time.Time) *entry {
	e := &entry{
		kind: opStumbled, at: at.UnixNano(), purpose: j.Intent, when: j.Start.UnixNano(), life: int64(j.Window), asked: int64(j.Grace), text: j.Step,
	}
	if j.Step == "" {
		e.kind, e.text, e.ref = opMet, "", j.Customer
		e.id, e.end, e.channel, e.answered, e.claimed = j.ID, j.End.UnixNano(), j.Channel, j.Answered, j.Claimed
	}
	return e
}

// joins are the contacts and steps that wait for the store.
type joins struct {
	mu     sync.Mutex
	queue  []Joining
	ready  lifecycle.Signal
	turn   lifecycle.Turn // to write them
	worker *lifecycle.Worker
	closed bool

	taken, settled int64         // how many were ever taken, and how many of those wait no more
	moved          chan struct{} // closed and replaced when settled grows; nil while nothing waits for that
}

// settle notes that n wait no more. The caller holds mu.
func (q *joins) settle(n int) {
	q.settled += int64(n)
	if q.moved != nil {
		close(q.moved)
		q.moved = nil
	}
}

// Flush returns when the store has what has joined before the call, or when ctx is done.
func (b *Book) Flush(ctx context.Context) error {
	q := &b.joins
	q.mu.Lock()
	target := q.taken
	for q.settled < target {
		if q.moved == nil {
			q.moved = make(chan struct{})
		}
		moved := q.moved
		q.mu.Unlock()
		if !lifecycle.AwaitCall(ctx, moved) {
			return fmt.Errorf("contacts of efforts wait for the store of customers' records: %w", context.Cause(ctx))
		}
		q.mu.Lock()
	}
	q.mu.Unlock()
	return nil
}

// Join lets the contact join its effort in the background. It never waits.
func (b *Book) Join(j *Joining) {
	q := &b.joins
	q.mu.Lock()
	lost := q.closed || len(q.queue) >= maxJoinings
	if !lost {
		q.queue = append(q.queue, *j)
		q.taken++
		if q.worker == nil {
			q.ready = lifecycle.NewSignal()
			q.worker = lifecycle.Go(b.joinAll)
		}
		q.ready.Set()
	}
	q.mu.Unlock()
	if lost {
		b.lose(j, LossQueue)
	}
}

func (b *Book) lose(j *Joining, why Loss) {
	if b.cfg.Lost != nil && j.Step == "" {
		b.cfg.Lost(why)
	}
}

// joinAll writes what waits, until the Book is closed and nothing waits any more, or ctx is done.
func (b *Book) joinAll(ctx context.Context, stopping <-chan struct{}) {
	b.Start()
	wait := time.Duration(0)
	for {
		select {
		case <-b.joins.ready:
		case <-stopping:
			if b.joins.waiting() == 0 {
				return
			}
		case <-ctx.Done():
			lost := b.joins.drop(func(*Joining) bool { return true })
			for i := range lost {
				b.lose(&lost[i], LossStore)
			}
			return
		}
		for b.joins.waiting() > 0 && ctx.Err() == nil {
			err := b.joins.turn.Take(ctx)
			if err == nil {
				err = bounded(ctx, b.joinSome)
				b.joins.turn.Give()
			}
			if err == nil {
				wait = 0
				continue
			}
			b.failed(err)
			wait = min(max(2*wait, 50*time.Millisecond), 5*time.Second)
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
			}
		}
	}
}

func (q *joins) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.queue)
}

// drop removes those from the queue that match, and returns them.
func (q *joins) drop(match func(*Joining) bool) (dropped []Joining) {
	q.mu.Lock()
	defer q.mu.Unlock()
	left := q.queue[:0]
	for i := range q.queue {
		if j := q.queue[i]; match(&j) {
			dropped = append(dropped, j)
		} else {
			left = append(left, j)
		}
	}
	clear(q.queue[len(left):])
	q.queue = left
	q.settle(len(dropped))
	return dropped
}

// joining is what is written to one record.
type joining struct {
	of      []Joining
	entries []*entry
}

// joinSome writes the first of the queue. After an error from the store they stay in the queue: to write one again changes nothing.
func (b *Book) joinSome(ctx context.Context) error {
	b.checkKey()
	at, err := b.now(ctx)
	if err != nil {
		return err
	}
	q := &b.joins
	q.mu.Lock()
	n := min(len(q.queue), joinBatch)
	batch := append([]Joining(nil), q.queue[:n]...)
	q.mu.Unlock()
	changes, parts := b.joining(batch, at)
	records, err := b.write(ctx, changes)
	if err != nil {
		return err
	}
	q.mu.Lock()
	q.queue = append(q.queue[:0], q.queue[n:]...) // the turn keeps others from taking them out
	q.mu.Unlock()
	var faults []error
	for i := range records {
		if err := b.joined(ctx, &records[i], changes[i:i+1], &parts[i]); err != nil {
			faults = append(faults, err)
		}
	}
	q.mu.Lock()
	q.settle(n)
	q.mu.Unlock()
	if err := errors.Join(faults...); err != nil {
		b.failed(err)
	}
	return nil
}

// joining returns the changes that write the batch, one for each record.
func (b *Book) joining(batch []Joining, at time.Time) (changes []ledger.Change, parts []joining) {
	place := map[ledger.Key]int{}
	for i := range batch {
		j := &batch[i]
		key := b.key(j.Customer)
		n, ok := place[key]
		if !ok {
			n = len(changes)
			place[key] = n
			changes, parts = append(changes, ledger.Change{Key: key, Lease: tidyAfter}), append(parts, joining{})
		}
		e := j.entry(at)
		c, p := &changes[n], &parts[n]
		c.Append = e.appendTo(c.Append)
		p.of, p.entries = append(p.of, *j), append(p.entries, e)
		if over := max(time.Unix(0, max(e.when, e.end)).Add(j.Window+j.Grace).Sub(at), 0) + time.Second; j.Step == "" {
			c.Lease = min(c.Lease, over)
		}
	}
	return changes, parts
}

// joined reports what became of the contacts that were written to the record, at their place in its log.
func (b *Book) joined(ctx context.Context, rec *ledger.Record, change []ledger.Change, p *joining) (err error) {
	defer func() {
		if err != nil {
			for i := range p.of {
				b.lose(&p.of[i], LossStore)
			}
		}
	}()
	log := rec.Log
	if rec.Closed { // it had nothing in it and is being removed
		records, err := b.append(ctx, change)
		if err != nil {
			return fmt.Errorf("a contact joins an effort: %w", err)
		}
		log = records[0].Log
	}
	before, own := bytes.CutSuffix(log, change[0].Append)
	if !own {
		return errAnswer
	}
	r, _, _, since, err := readLog(before)
	if err != nil {
		return err
	}
	for i, e := range p.entries {
		switch r.apply(e).problem {
		case late:
			b.lose(&p.of[i], LossLate)
		case full:
			b.lose(&p.of[i], LossRecord)
		default: // it is in its effort
		}
	}
	b.recent.put(change[0].Key, r)
	if since+len(p.entries) >= foldAfter {
		b.shorten(long{key: change[0].Key, log: log, end: func() {}})
	}
	return nil
}

// SoFar returns the effort that the contact joins, with the contact, as far as this instance knows: with what it was told when it last
// wrote to the customer's record, and the contacts that it has not written yet. It returns nil for a customer of whom it knows nothing.
// It asks no store.
func (b *Book) SoFar(j *Joining) *Effort {
	r := b.recent.get(b.key(j.Customer))
	if r == nil {
		return nil
	}
	at := b.cfg.Now()
	b.joins.mu.Lock()
	for i := range b.joins.queue {
		if w := &b.joins.queue[i]; w.Customer == j.Customer {
			r.apply(w.entry(at))
		}
	}
	b.joins.mu.Unlock()
	return r.apply(j.entry(at)).effort
}

// closeJoins stops the goroutine when nothing waits any more, or when ctx is done: what waits is lost then.
func (b *Book) closeJoins(ctx context.Context) error {
	q := &b.joins
	q.mu.Lock()
	q.closed = true
	w := q.worker
	q.mu.Unlock()
	if w == nil {
		return nil
	}
	w.Stop()
	if lifecycle.AwaitCall(ctx, w.Ended()) {
		return nil
	}
	n := q.waiting()
	w.Abort(errClosed)
	return fmt.Errorf("the store of customers' records has not taken %d contacts of efforts: %w", n, context.Cause(ctx))
}
