package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// write appends the batch to the logs, one change for each record, and delivers the effects. It is the step from queued to
// committed, and from committed to delivered.
func (x *Engine[S, O, D, P]) write(batch []*Item[O, P]) {
	items := byRecord(batch)
	_ = x.turn.Take(context.Background()) // which is never done
	defer x.turn.Give()
	records, err := x.writeUntilDone(items)
	if err != nil {
		for _, i := range batch {
			x.lost.Add(1)
			if i.taken.CompareAndSwap(false, true) { // otherwise it was counted when it was set aside
				x.lose(i)
			}
		}
		return
	}
	takeAll(items)
	for k := range records {
		x.deliverRecord(&records[k], items[k])
	}
	x.wake.Set()
}

// byRecord groups the batch by record, in the order in which each record comes first.
func byRecord[O Op, P any](batch []*Item[O, P]) [][]*Item[O, P] {
	items := make([][]*Item[O, P], 0, len(batch))
	at := make(map[ledger.Key]int, len(batch))
	for _, i := range batch {
		k, ok := at[i.Key]
		if !ok {
			k = len(items)
			at[i.Key] = k
			items = append(items, nil)
		}
		items[k] = append(items[k], i)
	}
	return items
}

// changes returns the change of each record. An op gets its time of sending when it is written, not when it is queued:
// otherwise an instance with a long queue would look dead. The time is the store's, so that instances whose clocks differ
// mean the same.
func (x *Engine[S, O, D, P]) changes(items [][]*Item[O, P], now time.Time) []ledger.Change {
	changes := make([]ledger.Change, len(items))
	for k, of := range items {
		c := &changes[k]
		c.Key = of[0].Key
		for _, i := range of {
			i.Op.SetSent(x.sent(now).UnixNano())
			c.Append = i.Op.Append(c.Append)
			x.machine.Attend(c, i.Op)
		}
		if x.cfg.HandOver {
			c.Lease = handOverAfter
		}
	}
	return changes
}

// writeUntilDone writes the items until the store takes them, or the engine is stopped. An op that the store has taken
// without answering is in the log twice, and counts once.
func (x *Engine[S, O, D, P]) writeUntilDone(items [][]*Item[O, P]) ([]ledger.Record, error) {
	wait := 50 * time.Millisecond
	for {
		records, err := x.writeOnce(x.ctx, x.changes(items, x.storeNow(x.ctx)))
		if err == nil {
			return records, nil
		}
		x.report(err)
		if !pause(x.ctx, wait/2+rand.N(wait)) {
			return nil, errStopped
		}
		wait = min(2*wait, 5*time.Second)
	}
}

// writeOnce asks the store once.
func (x *Engine[S, O, D, P]) writeOnce(ctx context.Context, changes []ledger.Change) (records []ledger.Record, err error) {
	err = x.call(ctx, func(ctx context.Context) (err error) {
		records, err = x.store.Write(ctx, changes)
		return err
	})
	if err == nil && len(records) != len(changes) {
		err = fmt.Errorf("the store answered %d changes with %d records", len(changes), len(records))
	}
	return records, err
}

// inBatches writes the changes, as many at once as the store is given, and calls each with every change and its record.
func (x *Engine[S, O, D, P]) inBatches(ctx context.Context, changes []ledger.Change, each func(*ledger.Change, *ledger.Record)) error {
	for len(changes) > 0 {
		n := min(len(changes), storeBatch)
		records, err := x.writeOnce(ctx, changes[:n])
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
