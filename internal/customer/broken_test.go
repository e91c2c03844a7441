package customer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/flight"
)

// answering is a store whose Write answers what the test says, if it says something.
type answering struct {
	ledger.Store

	with atomic.Pointer[func(made []ledger.Record) []ledger.Record]
}

func (a *answering) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	made, err := a.Store.Write(ctx, changes)
	if with := a.with.Load(); with != nil && err == nil {
		return (*with)(made), nil
	}
	return made, err
}

// TestGarbage: a store that answers what no store may answer is no reason to contact a customer, and ends no process.
func TestGarbage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		with func(made []ledger.Record) []ledger.Record
		want string // of the error
	}{
		{"nothing", func([]ledger.Record) []ledger.Record { return nil }, "number of records"},
		{"too much", func(made []ledger.Record) []ledger.Record { return append(made, made...) }, "number of records"},
		{"no log", func(made []ledger.Record) []ledger.Record { return []ledger.Record{{Key: made[0].Key}} }, "does not end with"},
		{"the log of before", func(made []ledger.Record) []ledger.Record {
			return []ledger.Record{{Key: made[0].Key, Log: made[0].Log[:0]}}
		}, "does not end with"},
		{"half a log", func(made []ledger.Record) []ledger.Record {
			return []ledger.Record{{Key: made[0].Key, Log: made[0].Log[:len(made[0].Log)/2]}}
		}, "damaged"},
		{"zeros", func(made []ledger.Record) []ledger.Record {
			return []ledger.Record{{Key: made[0].Key, Log: make([]byte, 1<<16)}}
		}, "damaged"},
		{"text", func(made []ledger.Record) []ledger.Record {
			return []ledger.Record{{Key: made[0].Key, Log: []byte(strings.Repeat("OK\r\n", 1000))}}
		}, "cannot be read"},
		{"always closed", func(made []ledger.Record) []ledger.Record {
			made[0].Closed = true
			return made
		}, "ask again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &answering{Store: newShelf()}
			d := open(t, s, 0)
			d.want("may", d.May, once(time.Minute), granted)
			s.with.Store(&test.with)
			defer s.with.Store(nil)
			for name, how := range map[string]func(context.Context, *customer.Asking) (flight.Answer, error){"Ask": d.Ask, "Use": d.Use} {
				if answer, err := how(t.Context(), once(time.Minute)); answer.Rule != event.RuleUnknown || err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%s is answered %q and %v, want unknown and %q", name, answer.Rule, err, test.want)
				}
			}
			if err := d.Forget(t.Context(), "bob"); err == nil && strings.Contains(test.want, "number") {
				t.Error("Forget returns nil")
			}
		})
	}
}

// TestNoTime: a question whose context is done, or is so at once, is refused, and reserves nothing.
func TestNoTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		d.want("may", d.May, once(time.Minute), granted)
		done, cancel := context.WithCancel(t.Context())
		cancel()
		short, stop := context.WithTimeout(t.Context(), 1)
		defer stop()
		s.set(func(s *shelf) {
			s.before = func(ctx context.Context, _ []ledger.Change) error { // as stores do
				time.Sleep(time.Microsecond)
				return ctx.Err()
			}
		})
		for name, ctx := range map[string]context.Context{"done": done, "a nanosecond": short} {
			if answer, err := d.Ask(ctx, once(10*time.Minute)); answer.Rule != event.RuleUnknown || err == nil {
				t.Errorf("%s: the answer is %q and %v, want unknown", name, answer.Rule, err)
			}
		}
		synctest.Wait()
		d.want("afterwards", d.Ask, once(time.Minute), granted)
	})
}

// TestStoreThatFails: each call says that the store has failed.
func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		call func(d *desk) error
		nth  int // the failing Write
	}{
		{"Amend", func(d *desk) error {
			return d.Amend(d.t.Context(), "alice", flight.Amendment{Kind: flight.Suppressed, Reason: "moved"})
		}, 1},
		{"Forget, reading", func(d *desk) error { return d.Forget(d.t.Context(), "alice") }, 1},
		{"Forget, replacing", func(d *desk) error { return d.Forget(d.t.Context(), "alice") }, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			d := open(t, s, 0)
			d.want("ask", d.Ask, once(time.Minute), granted)
			n := 0
			s.set(func(s *shelf) {
				s.before = func(context.Context, []ledger.Change) error {
					if n++; n == test.nth {
						return errDown
					}
					return nil
				}
			})
			if err := test.call(d); !errors.Is(err, errDown) {
				t.Errorf("the error is %v, want that of the store", err)
			}
		})
	}
}

// TestClosedRecordWithoutAClaim: a record that is being removed cannot be made again while the store does not claim.
func TestClosedRecordWithoutAClaim(t *testing.T) {
	t.Parallel()
	s := newShelf()
	d := open(t, s, 0)
	d.want("may", d.May, once(time.Minute), granted)
	key := s.log(t, "alice").Key
	for _, c := range []ledger.Change{{Key: key, Append: []byte{}}, {Key: key, If: []byte{}, Replace: []byte{}, Close: true, Keep: time.Hour}} {
		if _, err := s.Store.Write(t.Context(), []ledger.Change{c}); err != nil {
			t.Fatal(err)
		}
	}
	s.set(func(s *shelf) { s.claim = errDown })
	if answer, err := d.Ask(t.Context(), once(time.Minute)); answer.OK() || !errors.Is(err, errDown) {
		t.Errorf("the answer is %q and %v, want unknown and the store's error", answer.Rule, err)
	}
	s.set(func(s *shelf) { s.claim = nil })
}

// TestHousekeepingFails: each minute in which the store does not claim, and each write of states that it does not take, is reported.
func TestHousekeepingFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		d.want("ask", d.Ask, once(time.Minute), granted)
		s.set(func(s *shelf) { s.claim = errDown })
		time.Sleep(90 * time.Second)
		if failures := d.failures(); len(failures) != 1 || !errors.Is(failures[0], errDown) {
			t.Errorf("after 90 seconds without a claim it has reported %v, want one error", failures)
		}
		s.set(func(s *shelf) {
			s.claim = nil
			s.before = func(context.Context, []ledger.Change) error { return errDown }
		})
		time.Sleep(time.Hour) // the record is due
		if failures := d.failures(); len(failures) != 2 || !errors.Is(failures[1], errDown) || !strings.Contains(failures[1].Error(), "1 records of customers are due") {
			t.Errorf("with a record that is due it has reported %v, want one error more", failures)
		}
		s.set(func(s *shelf) { s.before = nil })
	})
}

// TestRestingRecords: a record of which only permits are left is written once, and never due again.
func TestRestingRecords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		for n := range 3 {
			d.amend(fmt.Sprint("customer ", n), flight.Amendment{Kind: flight.Consented, Purpose: "offer", Source: "form"})
		}
		time.Sleep(2 * time.Hour) // they are folded
		was := s.writes.Load()
		time.Sleep(24 * time.Hour)
		if n := s.writes.Load() - was; n != 0 {
			t.Errorf("housekeeping has made %d writes in a day in which nothing happened", n)
		}
	})
}

// TestManyErrands: while the store hangs, releases of any number of customers need no more memory than those that are kept, and what is not
// kept is reported.
func TestManyErrands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const kept = 1024
		s := newShelf()
		d := open(t, s, 0)
		d.want("may", d.May, once(time.Minute), granted)
		free := make(chan struct{})
		s.set(func(s *shelf) { s.before = func(context.Context, []ledger.Change) error { <-free; return nil } })
		grant := func(n int) *customer.Asking {
			a := once(10 * time.Minute)
			a.Customer, a.ID = fmt.Sprint("customer ", n), event.NewID(time.Now())
			return a
		}
		d.Release(grant(0)) // the goroutine has it
		synctest.Wait()
		for n := range kept {
			d.Release(grant(1 + n))
		}
		if failures := d.failures(); len(failures) != 0 {
			t.Errorf("with %d releases it has reported %v", kept, failures)
		}
		for n := range 10 {
			d.Release(grant(1 + kept + n))
		}
		if failures := d.failures(); len(failures) != 10 || !strings.Contains(failures[0].Error(), "too many") {
			t.Errorf("with 10 releases too many it has reported %v", failures)
		}
		close(free)
		s.set(func(s *shelf) { s.before = nil })
	})
}

// TestForgetBesideQuestions: a customer is forgotten while others ask, release and change the record. Nothing is granted twice, and
// what was said no to is kept.
func TestForgetBesideQuestions(t *testing.T) {
	t.Parallel()
	s := newShelf()
	a, b := open(t, s, 0), open(t, s, 0)
	a.amend("alice", flight.Amendment{Kind: flight.Suppressed, Reason: "moved", Channel: event.Post})
	var running sync.WaitGroup
	for n := range 8 {
		running.Go(func() {
			for range 100 {
				d := []*desk{a, b}[n%2]
				switch {
				case n == 0:
					if err := d.Forget(t.Context(), "alice"); err != nil {
						t.Error(err)
					}
				default:
					q := once(time.Minute)
					if d.rule(d.Ask, q) == granted {
						_, _ = d.Use(t.Context(), q) // the customer may have been forgotten since
						d.Free(t.Context(), q)
					}
				}
			}
		})
	}
	running.Wait()
	q := once(time.Minute)
	q.Channel = event.Post
	a.want("the suppression", a.Ask, q, event.RuleSuppressed)
	q = once(time.Minute)
	b.want("all grants are free", b.Ask, q, granted)
	a.want("the only one is taken", a.Ask, once(time.Minute), capped)
}
