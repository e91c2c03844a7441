package customer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
)

// row is a row of a list about the person.
func row(who string, at time.Time) flight.Listed {
	return flight.Listed{Subject: who, Amendment: flight.Amendment{Kind: flight.Suppressed, Reason: "moved", At: at}}
}

func outcomes(list []flight.Listed) (all []flight.Outcome) {
	for _, l := range list {
		all = append(all, l.Outcome)
	}
	return all
}

// enter enters the list, which has to end with the outcomes.
func (d *desk) enter(list []flight.Listed, dry bool, want ...flight.Outcome) {
	d.t.Helper()
	if err := d.Enter(d.t.Context(), list, dry); err != nil {
		d.t.Errorf("Enter returns %v", err)
	}
	if got := outcomes(list); !slices.Equal(got, want) {
		d.t.Errorf("the outcomes are %v, want %v", got, want)
	}
}

// TestEnter: a list is two calls of the store, whatever is in it, and one if it changes nothing.
func TestEnter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		old := time.Now().Add(-time.Hour)
		if _, _, err := d.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		list := func() []flight.Listed {
			return []flight.Listed{row("a", old), row("b", old), row("a", old.Add(time.Minute)), row("a", old)}
		}
		first := []flight.Outcome{flight.Added, flight.Added, flight.Renewed, flight.Known}
		calls := func(want int32, do func()) {
			t.Helper()
			before := s.writes.Load()
			if do(); s.writes.Load()-before != want {
				t.Errorf("%d calls of the store, want %d", s.writes.Load()-before, want)
			}
		}
		calls(0, func() { d.enter(nil, false) })
		calls(1, func() { d.enter(list(), true, first...) })
		if s.log(t, "a").Log != nil {
			t.Error("a dry run has changed a record")
		}
		calls(2, func() { d.enter(list(), false, first...) })
		log := s.log(t, "a").Log
		calls(1, func() { d.enter(list(), false, flight.Known, flight.Known, flight.Known, flight.Known) })
		if again := s.log(t, "a").Log; string(again) != string(log) {
			t.Errorf("the log was %x and is %x", log, again)
		}
		d.enter([]flight.Listed{row("c", time.Time{})}, false, flight.Added)
		time.Sleep(48 * time.Hour)
		if _, due, err := s.Store.Claim(t.Context(), 10, 0); len(due) > 0 || err != nil {
			t.Errorf("%d records of suppressions are due, %v", len(due), err)
		}
	})
}

// TestEnterMeanwhile: another instance changes the record between the two calls. The outcome is that at the place in the log.
func TestEnterMeanwhile(t *testing.T) {
	t.Parallel()
	lifted := flight.Amendment{Kind: flight.Lifted, Reason: "moved", By: "employee"}
	for _, test := range []struct {
		name   string
		change func(t *testing.T, other *desk)
		want   flight.Outcome
		free   bool
	}{
		{"the same list", func(t *testing.T, other *desk) {
			other.enter([]flight.Listed{row("a", time.Now().Add(-time.Hour))}, false, flight.Added)
		}, flight.Known, false},
		{"an earlier suppression", func(t *testing.T, other *desk) {
			other.enter([]flight.Listed{row("a", time.Now().Add(-2*time.Hour))}, false, flight.Added)
		}, flight.Renewed, false},
		{"suppressed and lifted", func(t *testing.T, other *desk) {
			other.enter([]flight.Listed{row("a", time.Now().Add(-2*time.Hour))}, false, flight.Added)
			if err := other.Amend(t.Context(), "a", lifted); err != nil {
				t.Error(err)
			}
		}, flight.StaysLifted, true},
		{"made and closed", func(t *testing.T, other *desk) {
			a := once(10 * time.Minute)
			a.Customer = "a"
			other.want("ask", other.Ask, a, granted)
			other.Free(t.Context(), a)
			if err := other.Forget(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		}, flight.Added, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShelf()
				broken := &shelf{Store: s.Store}
				d, other := open(t, broken, 0), open(t, s, 0)
				var n atomic.Int32
				broken.set(func(b *shelf) {
					b.before = func(context.Context, []ledger.Change) error {
						if n.Add(1) == 2 { // between reading and appending
							test.change(t, other)
						}
						return nil
					}
				})
				d.enter([]flight.Listed{row("a", time.Now().Add(-time.Hour))}, false, test.want)
				a := once(10 * time.Minute)
				a.Customer = "a"
				want := event.RuleSuppressed
				if test.free {
					want = event.RuleGranted
				}
				other.want("may", other.May, a, want)
			})
		})
	}
}

// TestEnterClosed: a record that was closed because it was empty is made again.
func TestEnterClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		if _, err := s.Store.Write(t.Context(), []ledger.Change{{Key: digest.Customer("test", "a"), Append: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
		closing := ledger.Change{Key: digest.Customer("test", "a"), If: []byte("x"), Replace: []byte{}, Close: true}
		if records, err := s.Store.Write(t.Context(), []ledger.Change{closing}); err != nil || !records[0].Closed {
			t.Fatalf("the record is %+v, %v", records, err)
		}
		d.enter([]flight.Listed{row("a", time.Time{}), row("b", time.Time{})}, false, flight.Added, flight.Added)
		if rec := s.log(t, "a"); rec.Closed || len(rec.Log) == 0 {
			t.Errorf("the record is %+v", rec)
		}
	})
}

// TestEnterFails: an error of the store and a record that cannot be read are errors, and a list entered again is complete.
func TestEnterFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		list := func() []flight.Listed { return []flight.Listed{row("a", time.Time{}), row("damaged", time.Time{})} }
		if _, err := s.Store.Write(t.Context(), []ledger.Change{{Key: digest.Customer("test", "damaged"), Append: []byte{1, 0}}}); err != nil {
			t.Fatal(err)
		}
		if err := d.Enter(t.Context(), list(), false); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("a damaged record: %v", err)
		}
		if s.log(t, "a").Log != nil {
			t.Error("a list with a damaged record has changed another one")
		}
		if _, _, err := d.Look(t.Context(), "damaged"); err == nil {
			t.Error("a damaged record is shown")
		}
		for n := range 2 {
			var calls atomic.Int32
			s.set(func(s *shelf) {
				s.after = func() error {
					if int(calls.Add(1)) == n+1 {
						return errDown
					}
					return nil
				}
			})
			if err := d.Enter(t.Context(), list()[:1], false); !errors.Is(err, errDown) {
				t.Errorf("the answer of call %d is lost: %v", n+1, err)
			}
		}
		s.set(func(s *shelf) { s.after = nil })
		d.enter(list()[:1], false, flight.Known)
	})
}

// TestCustomerKey: instances with another customer key say so once, when they first change a record.
func TestCustomerKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		book := func(key string) *desk {
			d := &desk{t: t}
			d.Book = customer.New(customer.Config{Store: s, Now: time.Now, Namespace: "test", KeyHash: key, Failed: func(err error) {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.failed = append(d.failed, err)
			}})
			t.Cleanup(func() { _ = d.Close(context.Background()) })
			return d
		}
		is := func(d *desk, want flight.KeyState) {
			t.Helper()
			if _, got, err := d.Ready(t.Context()); got != want || err != nil {
				t.Errorf("the key is %d, %v, want %d", got, err, want)
			}
		}
		one, two := book("one"), book("two")
		one.want("may", one.May, once(time.Minute), granted)
		synctest.Wait()
		is(one, flight.KeyNew) // a question that writes nothing does not fix the key
		is(two, flight.KeyNew)
		one.want("ask", one.Ask, once(time.Minute), granted)
		synctest.Wait()
		is(one, flight.KeySame)
		is(two, flight.KeyOther)
		for range 2 {
			if err := two.Amend(t.Context(), "x", flight.Amendment{Kind: flight.Suppressed, Reason: "moved"}); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if got := two.failures(); len(got) != 1 || !strings.Contains(got[0].Error(), "another customer key") {
			t.Errorf("the other key is told as %v", got)
		}
		if err := two.AdoptKey(t.Context()); err != nil {
			t.Error(err)
		}
		is(one, flight.KeyOther)
		is(two, flight.KeySame)
		time.Sleep(48 * time.Hour) // whatever is due is tidied
		is(two, flight.KeySame)
		if got := one.failures(); len(got) != 0 {
			t.Errorf("the first instance tells %v", got)
		}
	})
}
