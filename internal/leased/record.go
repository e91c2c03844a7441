// Package leased has a record of a store that all instances of a service read and replace, and that one of them holds at a time.
package leased

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/storeclock"
)

// call bounds one call of the store.
const call = 10 * time.Second

// Record is one record of a store. It is safe for concurrent use.
type Record struct {
	store ledger.Store
	key   ledger.Key
	clock storeclock.Clock
}

// NewRecord returns the record of the key. It does no I/O.
func NewRecord(store ledger.Store, key ledger.Key) *Record { return &Record{store: store, key: key} }

// Now returns the store's time, and false where the store has not answered yet.
func (r *Record) Now() (time.Time, bool) { return r.clock.Now() }

// Ask asks the store for its time. Now goes on from there by this machine's monotonic clock, which stands still while the machine sleeps.
func (r *Record) Ask(ctx context.Context) (now time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, call)
	defer cancel()
	err = guarded(func() error {
		now, _, err = r.store.Claim(ctx, 0, 0)
		return err
	})
	if err != nil {
		return now, fmt.Errorf("the time of the store: %w", err)
	}
	r.clock.Set(now)
	return now, nil
}

// Read returns the store's time, and the log as it is at that time or later. A record that does not exist is made.
func (r *Record) Read(ctx context.Context) (now time.Time, log []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, call)
	defer cancel()
	if now, err = r.Ask(ctx); err != nil {
		return now, nil, err
	}
	log, err = r.write(ctx, ledger.Change{Key: r.key})
	if err != nil {
		return now, nil, fmt.Errorf("read its record: %w", err)
	}
	return now, log, nil
}

// Replace makes the log out of the old one, and returns the log as it is then, and whether it is the new one.
func (r *Record) Replace(ctx context.Context, old, log []byte) (is []byte, done bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, call)
	defer cancel()
	is, err = r.write(ctx, ledger.Change{Key: r.key, If: old, Replace: log})
	if err != nil {
		return nil, false, fmt.Errorf("write its record: %w", err)
	}
	return is, string(is) == string(log), nil
}

// write makes the change, and returns the log as it is then.
func (r *Record) write(ctx context.Context, c ledger.Change) ([]byte, error) {
	var records []ledger.Record
	err := guarded(func() (err error) {
		records, err = r.store.Write(ctx, []ledger.Change{c})
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case len(records) != 1:
		return nil, errRecords
	}
	return records[0].Log, nil
}

// guarded calls the store, and makes an error of a panic: the calls come from goroutines of the service's process.
func guarded(call func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			r := fault.PanicReport("", v)
			err = fmt.Errorf("%w: %s\n%s", errPanicked, r.Detail, r.Stack)
		}
	}()
	return call()
}

var errPanicked = errors.New("the store panicked")

var errRecords = errors.New("the store did not return one record for one change")
