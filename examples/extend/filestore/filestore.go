// Package filestore is the example of docs/store.md: the smallest [ledger.Store] whose journeys survive a restart.
package filestore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/ledger"
)

// Store keeps records in memory, and all of them in a file that it writes anew with each change. It suits one process with some
// hundred journeys. Safe for concurrent use.
type Store struct {
	path    string
	turn    chan struct{} // full while a call uses records
	records map[id]record
}

// id names a record: a key on a shelf. The store's own records have no shelf.
type id struct {
	Shelf string `json:",omitempty"`
	Key   ledger.Key
}

// record is a line of the table. A record whose Log is nil does not exist.
type record struct {
	id

	Log    []byte
	Due    time.Time // zero is never
	Closed bool
	Gone   time.Time // when a closed record does not exist any more
}

var (
	_ ledger.Store   = (*Store)(nil)
	_ ledger.Shelver = (*Store)(nil)
)

// Open returns the store in the file at path. No other process may have it open. The first change makes a missing file.
func Open(path string) (*Store, error) {
	s := &Store{path: path, turn: make(chan struct{}, 1), records: map[id]record{}}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the application's own
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	var saved []record
	if err == nil {
		err = json.Unmarshal(text, &saved)
	}
	if err != nil {
		return nil, fmt.Errorf("filestore: opening %s: %w", path, err)
	}
	for _, r := range saved {
		s.records[r.id] = r
	}
	return s, nil
}

// lock waits for the turn until ctx is done. A sync.Mutex would wait for longer.
func (s *Store) lock(ctx context.Context) error {
	if ctx.Err() == nil {
		select {
		case s.turn <- struct{}{}:
			return nil
		case <-ctx.Done():
		}
	}
	return fmt.Errorf("filestore: waiting for another call: %w", context.Cause(ctx))
}

func (s *Store) unlock() { <-s.turn }

// Write implements [ledger.Store]. It makes all changes or none, and after an error none is made later.
func (s *Store) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.write(ctx, "", changes)
}

func (s *Store) write(ctx context.Context, shelf string, changes []ledger.Change) ([]ledger.Record, error) {
	if err := ledger.CheckKeys(changes); err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	now, next, changed := time.Now(), maps.Clone(s.records), false
	answers := make([]ledger.Record, len(changes))
	for i := range changes {
		c := &changes[i]
		at := id{shelf, c.Key}
		r, made := next[at].after(c, now)
		if made {
			r.id = at
			next[at], changed = r, true
		}
		answers[i] = ledger.Record{Key: c.Key, Log: bytes.Clone(r.Log), Closed: r.Closed} // the caller may change the copy
	}
	if changed {
		if err := s.save(next); err != nil {
			return nil, err
		}
		s.records = next
	}
	return answers, nil
}

// after returns the record after the change, and whether the change was made.
func (r record) after(c *ledger.Change, now time.Time) (record, bool) {
	if r.Closed && !now.Before(r.Gone) {
		r = record{}
	}
	due := dueOf(c, now)
	switch {
	case r.Closed:
		return r, false
	case c.Replace == nil:
		r.Log = append(append([]byte{}, r.Log...), c.Append...) // a new slice, which is never nil
		if !due.IsZero() && (r.Due.IsZero() || due.Before(r.Due)) {
			r.Due = due
		}
		return r, true
	case r.Log == nil || !bytes.Equal(r.Log, c.If):
		return r, false
	case c.Close:
		return record{Log: bytes.Clone(c.Replace), Closed: true, Gone: now.Add(c.Keep)}, true
	default:
		return record{Log: bytes.Clone(c.Replace), Due: due}, true
	}
}

// dueOf returns when the change makes the record due, or zero.
func dueOf(c *ledger.Change, now time.Time) time.Time {
	due, latest := c.Due, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) // JSON has no later year
	if lease := now.Add(c.Lease); c.Lease > 0 && (due.IsZero() || lease.Before(due)) {
		due = lease
	}
	if due.After(latest) {
		due = latest
	}
	return due
}

// save replaces the file. A crash leaves the old file or the new one.
func (s *Store) save(records map[id]record) error {
	text, err := json.Marshal(slices.Collect(maps.Values(records)))
	if err != nil {
		return fmt.Errorf("filestore: saving: %w", err)
	}
	file, err := os.OpenFile(s.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("filestore: saving: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("filestore: saving: %w", err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		return fmt.Errorf("filestore: saving: %w", err)
	}
	if folder, err := os.Open(filepath.Dir(s.path)); err == nil { // the name has to survive, too; not every system can sync a folder
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}

// Claim implements [ledger.Store]. A lease is in memory only: it ends with this process, which is the only one.
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	return s.claim(ctx, "", limit, lease)
}

func (s *Store) claim(ctx context.Context, shelf string, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if err := s.lock(ctx); err != nil {
		return time.Time{}, nil, err
	}
	defer s.unlock()
	now := time.Now()
	var due []record
	for at, r := range s.records {
		switch {
		case r.Closed && !now.Before(r.Gone):
			delete(s.records, at) // the next save removes it from the file
		case r.Shelf == shelf && !r.Due.IsZero() && !r.Due.After(now):
			due = append(due, r)
		}
	}
	slices.SortFunc(due, func(a, b record) int { return a.Due.Compare(b.Due) })
	due = due[:min(max(0, limit), len(due))]
	claimed := make([]ledger.Record, len(due))
	for i, r := range due {
		claimed[i] = ledger.Record{Key: r.Key, Log: bytes.Clone(r.Log)}
		r.Due = now.Add(max(0, lease))
		s.records[r.id] = r
	}
	return now, claimed, nil
}

// Shelf implements [ledger.Shelver].
func (s *Store) Shelf(name string) ledger.Store {
	if !ledger.ValidShelf(name) {
		return ledger.InvalidShelf(name)
	}
	return shelf{s, name}
}

// shelf is a shelf of the store. It has the abilities of the store, but no shelves.
type shelf struct {
	store *Store
	name  string
}

// Write implements [ledger.Store].
func (s shelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	return s.store.write(ctx, s.name, changes)
}

// Claim implements [ledger.Store].
func (s shelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	return s.store.claim(ctx, s.name, limit, lease)
}
