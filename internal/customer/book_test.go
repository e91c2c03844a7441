package customer_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/digest"
	"cairncx.dev/cairn/internal/flight"
)

// shelf is the shelf of a store in memory, whose calls a test may break.
type shelf struct {
	ledger.Store

	writes atomic.Int32

	mu     sync.Mutex // guards the three below
	before func(ctx context.Context, changes []ledger.Change) error
	after  func() error
	claim  error
}

// set changes what the calls do.
func (s *shelf) set(change func(s *shelf)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *shelf) hooks() (before func(ctx context.Context, changes []ledger.Change) error, after func() error, claim error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.before, s.after, s.claim
}

func newShelf() *shelf { return &shelf{Store: new(memory.Store).Shelf(customer.Shelf)} }

func (s *shelf) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	s.writes.Add(1)
	before, after, _ := s.hooks()
	if before != nil {
		if err := before(ctx, changes); err != nil {
			return nil, err
		}
	}
	records, err := s.Store.Write(ctx, changes)
	if after != nil {
		if err := after(); err != nil {
			return nil, err
		}
	}
	return records, err
}

func (s *shelf) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if _, _, err := s.hooks(); err != nil {
		return time.Time{}, nil, err
	}
	return s.Store.Claim(ctx, limit, lease)
}

// log returns the log of the customer's record; nil says that there is none.
func (s *shelf) log(t *testing.T, who string) ledger.Record {
	t.Helper()
	records, err := s.Store.Write(t.Context(), []ledger.Change{{Key: digest.Customer("test", who), If: []byte("none"), Replace: []byte{}}})
	if err != nil {
		t.Fatal(err)
	}
	return records[0]
}

// desk is an instance in a test.
type desk struct {
	*customer.Book

	t      *testing.T
	mu     sync.Mutex
	failed []error
}

// open returns an instance whose clock is ahead by skew.
func open(t *testing.T, s ledger.Store, skew time.Duration) *desk {
	t.Helper()
	d := &desk{t: t}
	d.Book = customer.New(customer.Config{
		Store: s, Now: func() time.Time { return time.Now().Add(skew) }, Namespace: "test",
		Failed: func(err error) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.failed = append(d.failed, err)
		},
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := d.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *desk) failures() []error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.failed)
}

// rule asks and returns the rule that decides.
func (d *desk) rule(how func(context.Context, *customer.Asking) (flight.Answer, error), a *customer.Asking) string {
	d.t.Helper()
	answer, err := how(d.t.Context(), a)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.Rule
}

func (d *desk) want(what string, how func(context.Context, *customer.Asking) (flight.Answer, error), a *customer.Asking, want string) {
	d.t.Helper()
	if got := d.rule(how, a); got != want {
		d.t.Errorf("%s: the answer is %q, want %q", what, got, want)
	}
}

func (d *desk) amend(who string, m flight.Amendment) {
	d.t.Helper()
	if err := d.Amend(d.t.Context(), who, m); err != nil {
		d.t.Fatal(err)
	}
}

// once is the question whether alice may get an offer by e-mail, of which she gets one a day.
func once(life time.Duration) *customer.Asking {
	return &customer.Asking{Customer: "alice", Purpose: "offer", Channel: event.Email, Terms: &flight.Terms{
		Caps: []flight.Cap{{Most: 1, Within: 24 * time.Hour, Purposes: []string{"offer"}}},
		Keep: 24 * time.Hour, Life: life, Stops: []string{"complaint"},
	}}
}

const (
	granted = event.RuleGranted
	capped  = event.RuleCap
)

// TestGrant follows grants through their states, by the clock.
func TestGrant(t *testing.T) {
	t.Parallel()
	const minute, day = time.Minute, 24 * time.Hour
	for _, test := range []struct {
		name   string
		life   time.Duration
		run    func(d *desk, a *customer.Asking)
		free   time.Duration // after run, the contact is free again exactly then; 0 is at once
		reason string
	}{
		{"asked", 10 * minute, func(*desk, *customer.Asking) {}, 10 * minute, "a grant that is not used lapses"},
		{"asked for a short time", minute, func(*desk, *customer.Asking) {}, minute, "the policy may say less than ten minutes"},
		{"asked for a long time", 7 * day, func(*desk, *customer.Asking) { synctest.Wait() }, 7 * day, "a kept grant counts in every window, because it may be used at any time"},
		{"used", 10 * minute, func(d *desk, a *customer.Asking) {
			time.Sleep(9 * minute)
			d.want("use", d.Use, a, granted)
		}, day, "the window begins with the use"},
		{"kept and used", 7 * day, func(d *desk, a *customer.Asking) {
			time.Sleep(6 * day)
			d.want("use", d.Use, a, granted)
		}, day, "the window begins with the use, not with the ask"},
		{"used twice", 10 * minute, func(d *desk, a *customer.Asking) {
			d.want("use", d.Use, a, granted)
			time.Sleep(minute)
			d.want("use again", d.Use, a, granted)
		}, day - minute, "an entry that is in the log twice counts once, from the first one on"},
		{"released", 10 * minute, func(d *desk, a *customer.Asking) { d.Free(d.t.Context(), a) }, 0, "the contact is not made"},
		{"used and released", 10 * minute, func(d *desk, a *customer.Asking) {
			d.want("use", d.Use, a, granted)
			d.Free(d.t.Context(), a)
		}, 0, "the holder knows that the contact was not made"},
		{"lapsed and used", minute, func(d *desk, a *customer.Asking) {
			time.Sleep(minute)
			d.want("use", d.Use, a, event.RuleLapsed)
		}, 0, "another instance may have the contact by now"},
		{"kept, and lapsed", time.Hour, func(d *desk, a *customer.Asking) {
			time.Sleep(time.Hour)
			d.want("use", d.Use, a, event.RuleLapsed)
		}, 0, "a longer life ends too"},
		{"stopped", 10 * minute, func(d *desk, a *customer.Asking) {
			d.amend("alice", flight.Amendment{Kind: flight.HoldOpened, Name: "complaint", Ref: "1"})
			d.want("use", d.Use, a, event.RuleHold)
			d.amend("alice", flight.Amendment{Kind: flight.HoldClosed, Name: "complaint", Ref: "1"})
		}, 0, "a use that is refused frees the grant"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShelf()
				d, other := open(t, s, 0), open(t, s, 0)
				a := once(test.life)
				d.want("ask", d.Ask, a, granted)
				other.want("another ask", other.Ask, once(minute), capped)
				test.run(d, a)
				if test.free > 0 {
					time.Sleep(test.free - 1)
					other.want("just before it is free", other.May, once(minute), capped)
					time.Sleep(1)
				}
				other.want("when it is free: "+test.reason, other.Ask, once(minute), granted)
			})
		})
	}
}

// TestLastContact: of many instances that ask at once, one gets the last contact, and when it releases it another one.
func TestLastContact(t *testing.T) {
	t.Parallel()
	s := newShelf()
	const instances, rounds = 8, 50
	all := make([]*desk, instances)
	for i := range all {
		all[i] = open(t, s, 0)
	}
	for range rounds {
		var holders atomic.Int32
		var holder atomic.Pointer[customer.Asking]
		var running sync.WaitGroup
		for _, d := range all {
			running.Go(func() {
				a := once(10 * time.Minute)
				if d.rule(d.Ask, a) == granted {
					holders.Add(1)
					holder.Store(a)
				}
			})
		}
		running.Wait()
		if n := holders.Load(); n != 1 {
			t.Fatalf("%d of %d instances have the last contact, want one", n, instances)
		}
		all[0].Free(t.Context(), holder.Load())
	}
}

// TestLostAnswers: the store makes a change whose answer is lost, and the instance dies before it can release anything.
// TestReleasedInTheBackground: an instance whose store was down for a while frees what it has asked for.
// TestClocks: the caller's clock counts, unless it differs from the store's by five minutes.
func TestClocks(t *testing.T) {
	t.Parallel()
	const life = 10 * time.Minute
	for _, test := range []struct {
		name   string
		skew   time.Duration // of the caller
		free   time.Duration
		reason string
	}{
		{"equal", 0, life, "both count"},
		{"ahead", 5*time.Minute - time.Second, life + 5*time.Minute - time.Second, "the caller's counts"},
		{"behind", -(5*time.Minute - time.Second), life - 5*time.Minute + time.Second, "the caller's counts"},
		{"far ahead", 5 * time.Minute, life, "the store's counts"},
		{"years behind", -9000 * time.Hour, life, "the store's counts"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newShelf()
				d, other := open(t, s, test.skew), open(t, s, 0)
				d.want("ask", d.Ask, once(life), granted)
				time.Sleep(test.free - 1)
				other.want("just before it is free", other.May, once(life), capped)
				time.Sleep(1)
				other.want("when it is free: "+test.reason, other.May, once(life), granted)
			})
		})
	}
}

// TestNeverBeforeTheEntryAhead: an entry of a slow clock counts as of the time of the entry ahead of it.
func TestNeverBeforeTheEntryAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		fast, slow := open(t, s, 4*time.Minute), open(t, s, -4*time.Minute)
		fast.amend("alice", flight.Amendment{Kind: flight.HoldOpened, Name: "other", Ref: "1"})
		a := once(time.Minute)
		slow.want("ask", slow.Ask, a, granted) // four minutes ahead, and not four behind
		time.Sleep(4*time.Minute + time.Minute - 1)
		exact := open(t, s, 0)
		exact.want("just before it is free", exact.May, once(time.Minute), capped)
		time.Sleep(1)
		exact.want("when it is free", exact.May, once(time.Minute), granted)
	})
}

// TestUnreadable: a record that is damaged, or that a newer release has written, is left alone, and says what to do.
// TestHousekeeping: a long log is folded at once, another one when it is due, and a record with nothing in it is removed.
func TestHousekeeping(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		a := once(10 * time.Minute)
		d.want("ask", d.Ask, a, granted)
		d.want("use", d.Use, a, granted)
		for n := range 100 {
			was := len(s.log(t, "alice").Log)
			d.want("ask", d.Ask, once(10*time.Minute), capped)
			synctest.Wait()
			if is := len(s.log(t, "alice").Log); n < 29 && is <= was {
				t.Errorf("after %d questions the log is folded already", n+3)
			}
		}
		if n := len(s.log(t, "alice").Log); n > 4096 {
			t.Errorf("the log has %d bytes after 100 questions, want it folded", n)
		}
		d.want("ask", d.Ask, once(10*time.Minute), capped)
		before := len(s.log(t, "alice").Log)
		time.Sleep(time.Hour + 2*time.Minute)
		if n := len(s.log(t, "alice").Log); n >= before {
			t.Errorf("the log has %d bytes an hour later, want less than %d", n, before)
		}
		time.Sleep(24 * time.Hour)
		if got := s.log(t, "alice"); got.Log != nil && !got.Closed {
			t.Errorf("the record of a customer of whom nothing is to be remembered is %q, want none", got.Log)
		}
		d.want("ask again", d.Ask, once(10*time.Minute), granted)
		d.amend("bob", flight.Amendment{Kind: flight.Consented, Purpose: "offer", Source: "form"})
		for n := range 100 {
			d.amend("carol", flight.Amendment{Kind: flight.Consented, Purpose: "offer", Source: fmt.Sprint("form ", n)})
			synctest.Wait()
		}
		if n := len(s.log(t, "carol").Log); n > 2048 {
			t.Errorf("the log has %d bytes after 100 changes, want it folded", n)
		}
		time.Sleep(100 * time.Hour)
		if got := s.log(t, "bob"); len(got.Log) == 0 || got.Closed {
			t.Error("consent is not remembered")
		}
	})
}

// TestClosedRecord: a record that is being removed is made again by the question that finds it.
func TestClosedRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		d := open(t, s, 0)
		key := digest.Customer("test", "alice")
		for _, c := range []ledger.Change{{Key: key, Append: []byte{}}, {Key: key, If: []byte{}, Replace: []byte{}, Close: true, Keep: time.Millisecond}} {
			if _, err := s.Store.Write(t.Context(), []ledger.Change{c}); err != nil {
				t.Fatal(err)
			}
		}
		d.want("may", d.May, once(time.Minute), granted)
		if _, err := d.Ask(t.Context(), once(time.Minute)); err == nil || !strings.Contains(err.Error(), "ask again") {
			t.Errorf("the error is %v, want to ask again", err)
		}
		time.Sleep(time.Millisecond)
		d.want("ask", d.Ask, once(time.Minute), granted)
	})
}

// TestHangingStore: a store that does not heed its context holds a question up no longer than that, and only so many calls hang.
// TestPanickingStore: a panic of the store is an error.
// TestNoClock: as long as the store has not told its time, nothing is asked and nothing is changed.
// TestUnchecked: a purpose may say that a question without an answer is granted.
// TestUncheckedUse: a contact that is made although the use of its grant was not answered goes on to count, if the store has the use.
// TestAmendErrors: a change that cannot be made says why.
func TestAmendErrors(t *testing.T) {
	t.Parallel()
	d := open(t, newShelf(), 0)
	for i := range 32 {
		d.amend("alice", flight.Amendment{Kind: flight.HoldOpened, Name: "complaint", Ref: string(rune('a' + i))})
	}
	d.amend("alice", flight.Amendment{Kind: flight.HoldOpened, Name: "complaint", Ref: "a"}) // which is open
	for _, test := range []struct {
		name string
		m    flight.Amendment
		want string
	}{
		{"a hold too many", flight.Amendment{Kind: flight.HoldOpened, Name: "complaint", Ref: "z9"}, "no room"},
		{"a hold that is not open", flight.Amendment{Kind: flight.HoldClosed, Name: "complaint", Ref: "z9"}, "no such"},
		{"a suppression that is not there", flight.Amendment{Kind: flight.Lifted, Reason: "moved", By: "e7"}, "no such"},
		{"a time to come", flight.Amendment{Kind: flight.Consented, Purpose: "offer", At: time.Now().Add(time.Hour)}, "ahead"},
		{"no amendment", flight.Amendment{}, "no such amendment"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if err := d.Amend(t.Context(), "alice", test.m); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one that says %q", err, test.want)
			}
		})
	}
}

// TestForgetWhileAsked: Forget reaches a record that other instances change meanwhile.
func TestForgetWhileAsked(t *testing.T) {
	t.Parallel()
	s := newShelf()
	other := open(t, s, 0)
	other.amend("alice", flight.Amendment{Kind: flight.HoldOpened, Name: "complaint", Ref: "1"})
	n := 0
	busy := &shelf{Store: s.Store}
	busy.before = func(ctx context.Context, changes []ledger.Change) error {
		if n++; n == 2 || n == 3 { // between the read and the replacement
			other.amend("alice", flight.Amendment{Kind: flight.Suppressed, Reason: "moved", Channel: event.Channel(n)})
		}
		return nil
	}
	d := open(t, busy, 0)
	if err := d.Forget(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []event.Channel{2, 3} {
		a := once(time.Minute)
		a.Channel = c
		other.want("a suppression of meanwhile", other.May, a, event.RuleSuppressed)
	}
	a := once(time.Minute)
	a.Channel = event.Post
	other.want("the hold", other.May, a, granted)
}
