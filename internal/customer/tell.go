package customer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// maxTellings bounds how often the efforts of a record are written again because other instances change the record meanwhile. What
// is left is told later, under the same IDs.
const maxTellings = 8

// folding is the replacement of a record's log by its state.
type folding struct {
	ledger.Change

	over []Effort // to be told once the change is made
}

// foldAll replaces the logs of records that are due by their states, and tells the efforts that are over. The order survives the end of
// this process at any point: the efforts are marked as over, told, and removed. Another instance tells them again, under the same IDs
// and with the same contents, where they were not removed. It leaves a record alone that it cannot read.
func (b *Book) foldAll(ctx context.Context, due []ledger.Record, at time.Time) error {
	var unreadable error
	defer func() {
		if unreadable != nil {
			b.failed(unreadable)
		}
	}()
	for range maxTellings {
		var todo []folding
		for i := range due {
			f, ok, err := b.folding(&due[i], at)
			if err != nil {
				unreadable = err
			}
			if ok {
				todo = append(todo, f)
			}
		}
		if len(todo) == 0 {
			break
		}
		changes := make([]ledger.Change, len(todo))
		for i := range todo {
			changes[i] = todo[i].Change
		}
		records, err := b.write(ctx, changes)
		if err != nil {
			return fmt.Errorf("%d records of customers are due: %w", len(due), err)
		}
		var made []folding
		due = due[:0]
		for i := range records {
			switch {
			case string(records[i].Log) == string(changes[i].Replace):
				made = append(made, todo[i])
			case len(todo[i].over) > 0: // another instance has changed it meanwhile
				due = append(due, records[i])
			}
		}
		if err := b.tell(ctx, made); err != nil {
			return err
		}
	}
	return nil
}

// folding returns the change that replaces the record's log by its state at that time, with the efforts that are over then.
func (b *Book) folding(rec *ledger.Record, at time.Time) (f folding, ok bool, err error) {
	if rec.Log == nil || rec.Closed {
		return f, false, nil
	}
	r, _, _, _, err := readLog(rec.Log)
	if err != nil {
		return f, false, err
	}
	r.pass(at.UnixNano())
	if b.cfg.Tell != nil && b.tells.Load() {
		f.over = r.freeze()
	}
	f.Change = r.folded(rec, b.lease())
	return f, true, nil
}

// tell tells the efforts, and removes them once they are safe.
func (b *Book) tell(ctx context.Context, made []folding) error {
	all := 0
	for i := range made {
		for k := range made[i].over {
			b.cfg.Tell(&made[i].over[k])
			all++
		}
	}
	if all == 0 {
		return nil
	}
	if b.cfg.Safe != nil {
		if err := b.cfg.Safe(ctx); err != nil {
			return fmt.Errorf("%d efforts are over, and are told again: %w", all, err)
		}
	}
	var left []told
	for i := range made {
		if len(made[i].over) > 0 {
			left = append(left, told{ledger.Record{Key: made[i].Key, Log: made[i].Replace}, made[i].over})
		}
	}
	for n := 0; len(left) > 0; n++ {
		if n == maxTellings {
			return errBusyRecord
		}
		var err error
		if left, err = b.remove(ctx, left); err != nil {
			return fmt.Errorf("%d efforts are over, and are told again: %w", all, err)
		}
	}
	return nil
}

var errBusyRecord = errors.New("other instances keep changing a customer's record: efforts that are over are told again, under the same IDs")

// told is a record with efforts that were told.
type told struct {
	ledger.Record

	over []Effort
}

// remove removes the efforts that were told, and returns the records that other instances have changed meanwhile.
func (b *Book) remove(ctx context.Context, left []told) (again []told, err error) {
	var changes []ledger.Change
	var of []told
	for _, t := range left {
		r, _, _, _, err := readLog(t.Log)
		if err != nil {
			return nil, err
		}
		if t.Closed || !r.settle(t.over) {
			continue // another instance has removed them
		}
		changes, of = append(changes, r.folded(&t.Record, b.lease())), append(of, t)
	}
	if len(changes) == 0 {
		return nil, nil
	}
	records, err := b.write(ctx, changes)
	if err != nil {
		return nil, err
	}
	for i := range records {
		if string(records[i].Log) != string(changes[i].Replace) {
			again = append(again, told{records[i], of[i].over})
		}
	}
	return again, nil
}
