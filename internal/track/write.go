package track

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// write appends the batch to the logs, one change for each run, and delivers the effects. It is the step from queued to
// committed, and from committed to delivered.
func (r *remote) write(batch []*item) {
	items := byRun(batch)
	_ = r.turn.Take(context.Background()) // which is never done
	defer r.turn.Give()
	records, err := r.writeUntilDone(items)
	if err != nil {
		for _, i := range batch {
			r.lost.Add(1)
			if i.taken.CompareAndSwap(false, true) { // otherwise it was counted when it was set aside
				r.lose(i)
			}
		}
		return
	}
	takeAll(items)
	for k := range records {
		r.deliverRecord(&records[k], items[k])
	}
	r.wake.Set()
}

// byRun groups the batch by run, in the order in which each run comes first.
func byRun(batch []*item) [][]*item {
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
	return items
}

// changes returns the change of each run. An op gets its time of sending when it is written, not when it is queued:
// otherwise an instance with a long queue would look dead. The time is the store's, so that instances whose clocks differ
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

// attend says in the change when an instance has to look at the run that o happens to.
func (r *remote) attend(c *ledger.Change, o *op) {
	if o.kind != opTouch && o.kind != opRespond && o.kind != opKnow || o.stage != "" {
		c.Lease = storeLease // it may be a transition: another instance takes it over if this one is killed
	}
	var due time.Time
	switch {
	case c.Lease > 0:
	case o.who != nil: // the run may never be started
		c.Lease = r.cfg.keepUnstarted()
	default: // the run is known here, and its record has a due time already
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

// writeUntilDone writes the items until the store takes them, or the tracker is stopped. An op that the store has taken
// without answering is in the log twice, and counts once.
func (r *remote) writeUntilDone(items [][]*item) ([]ledger.Record, error) {
	wait := 50 * time.Millisecond
	for {
		records, err := r.writeOnce(r.ctx, r.changes(items, r.storeNow(r.ctx)))
		if err == nil {
			return records, nil
		}
		r.report(err)
		if !pause(r.ctx, wait/2+rand.N(wait)) {
			return nil, errStopped
		}
		wait = min(2*wait, 5*time.Second)
	}
}

// writeOnce asks the store once. A panic of the store is an error.
func (r *remote) writeOnce(ctx context.Context, changes []ledger.Change) (records []ledger.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the store panicked: %T", p)
			r.cfg.panicked(p)
		}
	}()
	records, err = r.store.Write(ctx, changes)
	if err == nil && len(records) != len(changes) {
		err = fmt.Errorf("the store answered %d changes with %d records", len(changes), len(records))
	}
	return records, err
}

// inBatches writes the changes, as many at once as the store is given, and calls each with every change and its record.
func (r *remote) inBatches(ctx context.Context, changes []ledger.Change, each func(*ledger.Change, *ledger.Record)) error {
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
