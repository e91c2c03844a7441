package ledgertest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// suite is one subtest: its store, which was empty at the start, and the reason for the clause. Its methods fail the test with
// that reason.
type suite struct {
	*testing.T

	reason  string
	store   ledger.Store
	connect func() ledger.Store
	handle  ledger.Store // the first handle that open's function has returned: store, or the Shelver that store is a shelf of

	busy     func(t *testing.T, store ledger.Store) (release func()) // see WithBusy
	patience time.Duration
	alter    alteration // nil except in the tests of the suite
}

// alteration changes an event that a tracker delivers, and the state of its run.
type alteration func(*flight.Event, *journey.State)

// fail ends the test. Only the goroutine of the test may call it.
func (s *suite) fail(format string, args ...any) {
	s.Helper()
	s.Fatalf("%s\nwhy it matters: %s", fmt.Sprintf(format, args...), s.reason)
}

// write writes the changes in one call.
func (s *suite) write(changes ...ledger.Change) []ledger.Record {
	s.Helper()
	records, err := write(s.Context(), s.store, changes)
	if err != nil {
		s.fail("%v", err)
	}
	return records
}

// one writes one change.
func (s *suite) one(c ledger.Change) ledger.Record {
	s.Helper()
	return s.write(c)[0]
}

// peek reads a record. It writes a Replace whose If matches no log, and which therefore changes nothing.
func (s *suite) peek(id ledger.Key) ledger.Record {
	s.Helper()
	return s.one(peeking(id))
}

// claim claims on the first instance.
func (s *suite) claim(limit int, lease time.Duration) (time.Time, []ledger.Record) {
	s.Helper()
	now, due, err := s.store.Claim(s.Context(), limit, lease)
	switch {
	case err != nil:
		s.fail("Claim(%d, %v): %v", limit, lease, err)
	case len(due) > max(0, limit):
		s.fail("Claim(%d, %v) returned %d records", limit, lease, len(due))
	}
	return now, due
}

// now returns the store's time.
func (s *suite) now() time.Time {
	s.Helper()
	now, _ := s.claim(0, long)
	return now
}

// want checks that the record is live and has this log.
func (s *suite) want(what string, got ledger.Record, id ledger.Key, log string) {
	s.Helper()
	s.match(what, got, ledger.Record{Key: id, Log: []byte(log)})
}

// wantClosed checks that the record is closed and has this log.
func (s *suite) wantClosed(what string, got ledger.Record, id ledger.Key, log string) {
	s.Helper()
	s.match(what, got, ledger.Record{Key: id, Log: []byte(log), Closed: true})
}

// wantNone checks that there is no record.
func (s *suite) wantNone(what string, got ledger.Record, id ledger.Key) {
	s.Helper()
	s.match(what, got, ledger.Record{Key: id})
}

func (s *suite) match(what string, got, want ledger.Record) {
	s.Helper()
	if got.Key != want.Key || string(got.Log) != string(want.Log) || got.Closed != want.Closed {
		s.fail("%s: the record is %s, want %s", what, show(got), show(want))
	}
}

// eventually calls done until it returns true.
func (s *suite) eventually(what string, done func() bool) {
	s.Helper()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for end := time.Now().Add(s.patience); !done(); <-tick.C {
		if time.Now().After(end) {
			s.fail("after %v this has not happened: %s", s.patience, what)
		}
	}
}

// together calls f in n goroutines at once and waits for all of them. It spreads them over at most four handles of connect. An
// error fails the test.
func (s *suite) together(n int, f func(ctx context.Context, i int, store ledger.Store) error) {
	s.Helper()
	stores := make([]ledger.Store, min(n, 4))
	for i := range stores {
		stores[i] = s.connect()
	}
	errs := make([]error, n)
	start := make(chan struct{})
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() {
			<-start
			errs[i] = f(s.Context(), i, stores[i%len(stores)])
		})
	}
	close(start)
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		s.fail("%v", err)
	}
}

// write writes the changes and checks that each has a returned record.
func write(ctx context.Context, store ledger.Store, changes []ledger.Change) ([]ledger.Record, error) {
	records, err := store.Write(ctx, changes)
	if err != nil {
		return nil, fmt.Errorf("writing %d changes: %w", len(changes), err)
	}
	if len(records) != len(changes) {
		return nil, fmt.Errorf("writing %d changes returned %d records", len(changes), len(records))
	}
	for i, c := range changes {
		if got := records[i].Key; got != c.Key {
			return nil, fmt.Errorf("Write returned record %d for run %x, but the change is for run %x", i, got, c.Key)
		}
	}
	return records, nil
}

// run returns the key of the record with this number.
func run(n int) ledger.Key {
	sum := sha256.Sum256(fmt.Appendf(nil, "run %d", n))
	return ledger.Key(sum[:16])
}

// adding returns an append to the log.
func adding(id ledger.Key, log string) ledger.Change {
	return ledger.Change{Key: id, Append: []byte(log)}
}

// swapping returns a Replace of the log was.
func swapping(id ledger.Key, was, log string) ledger.Change {
	return ledger.Change{Key: id, If: []byte(was), Replace: []byte(log)}
}

// ending returns a change that closes the record if its log is was.
func ending(id ledger.Key, was, log string, keep time.Duration) ledger.Change {
	return ledger.Change{Key: id, If: []byte(was), Replace: []byte(log), Close: true, Keep: keep}
}

// peeking returns a change that only reads the record.
func peeking(id ledger.Key) ledger.Change {
	return swapping(id, "no log of a test is ever this", "nor this")
}

// in returns the record with the key, if the records contain it.
func in(records []ledger.Record, id ledger.Key) (ledger.Record, bool) {
	for _, r := range records {
		if r.Key == id {
			return r, true
		}
	}
	return ledger.Record{}, false
}

// show describes a record for a failure.
func show(r ledger.Record) string {
	state := "live"
	if r.Closed {
		state = "closed"
	}
	return fmt.Sprintf("%s, run %x, log of %d bytes %.60q", state, r.Key, len(r.Log), r.Log)
}
