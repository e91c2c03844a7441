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
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
)

var errDown = errors.New("the store is down")

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		life   time.Duration
		used   bool
		free   time.Duration
		reason string
	}{
		{"an ask", 10 * time.Minute, false, 10 * time.Minute, "an ask whose asker does not know of it lapses"},
		{"an ask for a long time", 7 * 24 * time.Hour, false, 10 * time.Minute, "what was not kept lapses as any other ask"},
		{"a use", 10 * time.Minute, true, 24 * time.Hour, "the contact may have been made"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShelf()
				broken := &shelf{Store: s.Store}
				victim, other := open(t, broken, 0), open(t, s, 0)
				victim.want("may", victim.May, once(test.life), granted)
				a, how := once(test.life), victim.Ask
				if test.used {
					victim.want("ask", victim.Ask, a, granted)
					how = victim.Use
				}
				var down atomic.Bool // once the first answer is lost
				broken.set(func(s *shelf) {
					s.before = func(context.Context, []ledger.Change) error {
						if down.Swap(true) {
							return errDown
						}
						return nil
					}
					s.after = func() error { return errDown }
				})
				if answer, err := how(t.Context(), a); answer.Rule != event.RuleUnknown || !errors.Is(err, errDown) {
					t.Errorf("the answer is %q and %v, want unknown and the store's error", answer.Rule, err)
				}
				done, cancel := context.WithCancel(t.Context())
				cancel()
				if err := victim.Close(done); err == nil { // as a process that is killed
					t.Error("Close returns nil although a release waits")
				}
				time.Sleep(test.free - 1)
				other.want("just before it is free", other.May, once(time.Minute), capped)
				time.Sleep(1)
				other.want(test.reason, other.Ask, once(time.Minute), granted)
			})
		})
	}
}

func TestReleasedInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		broken := &shelf{Store: s.Store}
		d, other := open(t, broken, 0), open(t, s, 0)
		d.want("may", d.May, once(time.Minute), granted)
		var down atomic.Bool
		broken.set(func(s *shelf) {
			s.before = func(context.Context, []ledger.Change) error {
				if down.Swap(true) {
					return errDown
				}
				return nil
			}
			s.after = func() error { return errDown }
		})
		if answer, err := d.Ask(t.Context(), once(10*time.Minute)); answer.OK() || !errors.Is(err, errDown) {
			t.Fatalf("the answer is %q and %v", answer.Rule, err)
		}
		time.Sleep(time.Minute)
		other.want("while the store is down", other.May, once(time.Minute), capped)
		broken.set(func(s *shelf) { s.before, s.after = nil, nil })
		time.Sleep(5 * time.Second) // the longest time between two attempts
		other.want("when it is back", other.May, once(time.Minute), granted)
		if len(d.failures()) == 0 {
			t.Error("no failure was reported")
		}
	})
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, log, want string }{
		{"damaged", "\x01\x00", "restore the store"},
		{"of a newer release", "\x02\x3f\x04\x03\x0f\x00\x00", "update this service"},
		{"with a new kind of entry", "\x01\x0f", "update this service"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShelf()
				d := open(t, s, 0)
				key := digest.Customer("test", "alice")
				if _, err := s.Store.Write(t.Context(), []ledger.Change{{Key: key, Append: []byte(test.log), Lease: time.Hour}}); err != nil {
					t.Fatal(err)
				}
				for range 40 { // far beyond the length at which a log is folded
					answer, err := d.Ask(t.Context(), once(10*time.Minute))
					if answer.Rule != event.RuleUnknown || err == nil || !strings.Contains(err.Error(), test.want) {
						t.Fatalf("Ask is answered %q and %v, want unknown and what to do", answer.Rule, err)
					}
				}
				if err := d.Forget(t.Context(), "alice"); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("Forget returns %v, want what to do", err)
				}
				if err := d.Amend(t.Context(), "alice", flight.Amendment{Kind: flight.Suppressed, Reason: "moved"}); err == nil {
					t.Error("Amend returns nil")
				}
				time.Sleep(3 * time.Hour)
				if failures := d.failures(); len(failures) == 0 || !strings.Contains(failures[0].Error(), test.want) {
					t.Errorf("housekeeping has reported %v, want what to do", failures)
				}
				if got := s.log(t, "alice"); got.Closed || !strings.HasPrefix(string(got.Log), test.log) {
					t.Errorf("the record is %q, want what it was", got.Log)
				}
			})
		})
	}
}

func TestHangingStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		d.want("may", d.May, once(time.Minute), granted)
		free := make(chan struct{})
		s.set(func(s *shelf) { s.before = func(context.Context, []ledger.Change) error { <-free; return nil } })
		start, writes := time.Now(), s.writes.Load()
		var running sync.WaitGroup
		for n := range 200 {
			running.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				a := once(time.Minute)
				a.Customer = fmt.Sprint("customer ", n/2) // two for each
				if answer, err := d.Ask(ctx, a); answer.Rule != event.RuleUnknown || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the answer is %q and %v, want unknown and the deadline", answer.Rule, err)
				}
			})
		}
		running.Wait()
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("Ask took %v, want the 50 ms of its context", took)
		}
		if n := s.writes.Load() - writes; n > 64 {
			t.Errorf("%d calls hang, want 64 at most", n)
		}
		close(free)
	})
}

func TestPanickingStore(t *testing.T) {
	t.Parallel()
	s := newShelf()
	d := open(t, s, 0)
	d.want("may", d.May, once(time.Minute), granted)
	s.set(func(s *shelf) { s.before = func(context.Context, []ledger.Change) error { panic("driver") } })
	if answer, err := d.May(t.Context(), once(time.Minute)); answer.Rule != event.RuleUnknown || err == nil || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("the answer is %q and %v, want unknown and the panic", answer.Rule, err)
	}
	s.set(func(s *shelf) { s.before = nil })
}

func TestNoClock(t *testing.T) {
	t.Parallel()
	s := newShelf()
	s.set(func(s *shelf) { s.claim = errDown })
	d := open(t, s, 0)
	for name, how := range map[string]func(context.Context, *customer.Asking) (flight.Answer, error){"Ask": d.Ask, "Use": d.Use, "May": d.May} {
		if answer, err := how(t.Context(), once(time.Minute)); answer.Rule != event.RuleUnknown || !errors.Is(err, errDown) {
			t.Errorf("%s is answered %q and %v, want unknown and the store's error", name, answer.Rule, err)
		}
	}
	if err := d.Amend(t.Context(), "alice", flight.Amendment{Kind: flight.Suppressed, Reason: "moved"}); !errors.Is(err, errDown) {
		t.Errorf("Amend returns %v, want the store's error", err)
	}
	if n := s.writes.Load(); n != 0 {
		t.Errorf("%d changes were made", n)
	}
	s.set(func(s *shelf) { s.claim = nil })
	d.want("when the store is back", d.Ask, once(time.Minute), granted)
}

func TestUnchecked(t *testing.T) {
	t.Parallel()
	s := newShelf()
	d := open(t, s, 0)
	d.want("may", d.May, once(time.Minute), granted)
	s.set(func(s *shelf) { s.before = func(context.Context, []ledger.Change) error { return errDown } })
	a := once(time.Minute)
	a.Terms.Unchecked = true
	if answer, err := d.May(t.Context(), a); answer.Rule != event.RuleUnchecked || !errors.Is(err, errDown) {
		t.Errorf("the answer is %q and %v, want unchecked and the store's error", answer.Rule, err)
	}
	s.set(func(s *shelf) { s.before = nil })
}

func TestUncheckedUse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		a := once(10 * time.Minute)
		a.Terms.Unchecked = true
		d.want("ask", d.Ask, a, granted)
		s.set(func(s *shelf) { s.after = func() error { return errDown } })
		if answer, err := d.Use(t.Context(), a); answer.Rule != event.RuleUnchecked || !errors.Is(err, errDown) {
			t.Errorf("the answer is %q and %v, want unchecked and the store's error", answer.Rule, err)
		}
		s.set(func(s *shelf) { s.after = nil })
		time.Sleep(24*time.Hour - 1)
		d.want("just before it is out of the window", d.May, once(time.Minute), capped)
		time.Sleep(1)
		d.want("when it is", d.May, once(time.Minute), granted)
	})
}

// TestNoTimeToAsk: an ask in a context that is done says that, and not that the store hangs.
func TestNoTimeToAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := open(t, newShelf(), 0)
		c.want("may", c.May, once(time.Minute), granted)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errDown)
		for range 100 { // of two ways on that are both open, Go takes any
			if _, err := c.Ask(ctx, once(time.Minute)); !errors.Is(err, errDown) || !strings.Contains(err.Error(), "before the store was asked") {
				t.Fatalf("the error is %v", err)
			}
		}
	})
}
