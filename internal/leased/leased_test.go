package leased_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/internal/leased"
	"cairncx.dev/cairn/internal/leased/leasedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// work is what a holder does.
type work struct {
	Holder string
	Until  time.Time
	Done   []int
}

// form is how it is kept, for the instance with the name.
type form string

func (form) Clone(s *work) *work {
	c := *s
	c.Done = append([]int(nil), s.Done...)
	return &c
}

func (form) Encode(s *work) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return b
}

func (form) Decode(log []byte) (*work, error) {
	s := new(work)
	if len(log) == 0 {
		return s, nil
	}
	var newer struct{ V int }
	if err := errors.Join(json.Unmarshal(log, s), json.Unmarshal(log, &newer)); err != nil || newer.V > 0 {
		return nil, errors.Join(err, errNewer)
	}
	return s, nil
}

func (form) Renew(s *work, until time.Time) { s.Until = until }
func (f form) Mine(s *work) bool            { return s.Holder == string(f) }

var (
	errNewer = errors.New("it is of a newer release")
	errGone  = errors.New("the store does not answer")
)

func does(n int) func(*work) { return func(s *work) { s.Done = append(s.Done, n) } }

// tap is a store whose calls may fail, stand still, or lose their answers, and whose clock may be wrong.
type tap struct {
	ledger.Store

	fails, hangs, loses atomic.Bool
	wrong               atomic.Int64 // by how much its clock is ahead
	slow                atomic.Int64 // how long the next write takes
}

func (s *tap) Claim(ctx context.Context, limit int, lease time.Duration) (time.Time, []ledger.Record, error) {
	if s.fails.Load() {
		return time.Time{}, nil, errGone
	}
	now, due, err := s.Store.Claim(ctx, limit, lease)
	return now.Add(time.Duration(s.wrong.Load())), due, err //nolint:wrapcheck // a store
}

func (s *tap) Write(ctx context.Context, c []ledger.Change) ([]ledger.Record, error) {
	time.Sleep(time.Duration(s.slow.Swap(0)))
	switch {
	case s.hangs.Load():
		<-ctx.Done()
		return nil, ctx.Err() //nolint:wrapcheck // a store
	case s.fails.Load():
		return nil, errGone
	}
	r, err := s.Store.Write(ctx, c)
	if s.loses.Swap(false) {
		return nil, errGone
	}
	return r, err //nolint:wrapcheck // a store
}

// lease is that of all holders.
const lease = time.Minute

// instance is one of several that share a record.
type instance struct {
	*testing.T

	store  *tap
	record *leased.Record
	form   form
}

// join returns an instance on the store.
func join(t *testing.T, store ledger.Store, name string) *instance {
	t.Helper()
	s := &tap{Store: store}
	return &instance{t, s, leased.NewRecord(s, ledger.Key{1}), form(name)}
}

// read returns what the store has, and its time.
func (i *instance) read() (time.Time, []byte, *work) {
	i.Helper()
	now, log, err := i.record.Read(i.Context())
	if err != nil {
		i.Fatal(err)
	}
	s, err := i.form.Decode(log)
	if err != nil {
		i.Fatal(err)
	}
	return now, log, s
}

// take makes the instance the holder; nil says that another one was first.
func (i *instance) take() *leased.Held[*work] {
	i.Helper()
	now, log, s := i.read()
	s.Holder, s.Until = string(i.form), now.Add(lease)
	h, err := leased.Take(i.Context(), i.record, i.form, lease, log, s)
	if err != nil {
		i.Fatal(err)
	}
	return h
}

// must fails if there is an error.
func (i *instance) must(err error) {
	i.Helper()
	if err != nil {
		i.Error(err)
	}
}

// TestTake: of two instances that have read the same record, the first one holds it.
func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := new(memory.Store).Shelf("leased")
		first, second := join(t, shelf, "first"), join(t, shelf, "second")
		if now, ok := first.record.Now(); ok {
			t.Errorf("the time of a store that was never asked is %s", now)
		}
		_, log, s := second.read()
		held := first.take()
		if held == nil {
			t.Fatal("the first instance does not hold it")
		}
		s.Holder = "second"
		if late, err := leased.Take(t.Context(), second.record, second.form, lease, log, s); err != nil || late != nil {
			t.Errorf("the second instance holds it, too: %v", err)
		}
		if _, _, s = second.read(); s.Holder != "first" || !s.Until.Equal(time.Now().Add(lease)) {
			t.Errorf("the store has %+v", s)
		}
		second.store.fails.Store(true)
		if late, err := leased.Take(t.Context(), second.record, second.form, lease, log, s); !errors.Is(err, errGone) || late != nil {
			t.Errorf("a store that does not answer: %v, %v", late, err)
		}
		if _, _, err := second.record.Read(t.Context()); !errors.Is(err, errGone) {
			t.Errorf("a store that does not answer is read: %v", err)
		}
		state := held.State()
		state.Holder = "nobody"
		if held.State().Holder != "first" {
			t.Error("the copy of the state is the state")
		}
	})
}

// TestChange: a holder's changes are in the store, and each renews the lease by the store's time.
func TestChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := join(t, new(memory.Store).Shelf("leased"), "first")
		i.store.wrong.Store(int64(time.Hour)) // the clocks of machines do not matter
		held := i.take()
		time.Sleep(40 * time.Second)
		i.must(held.Change(t.Context(), does(1)))
		i.must(held.Change(t.Context(), does(2)))
		_, _, s := i.read()
		if want := time.Now().Add(time.Hour + lease); len(s.Done) != 2 || !s.Until.Equal(want) {
			t.Errorf("the store has %+v, want the lease until %s", s, want)
		}
		if got := held.State(); len(got.Done) != 2 || !got.Until.Equal(s.Until) {
			t.Errorf("the state is %+v", got)
		}
	})
}

// TestChangeTwice: a change whose answer was lost was made. The next one builds on it.
func TestChangeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := join(t, new(memory.Store).Shelf("leased"), "first")
		held := i.take()
		i.store.loses.Store(true)
		if err := held.Change(t.Context(), does(1)); !errors.Is(err, errGone) {
			t.Fatalf("the answer is lost: %v", err)
		}
		if n := len(held.State().Done); n != 0 {
			t.Errorf("the state has %d changes, and it is not known that one was made", n)
		}
		i.must(held.Change(t.Context(), does(2)))
		if _, _, s := i.read(); len(s.Done) != 2 || s.Done[0] != 1 || s.Done[1] != 2 {
			t.Errorf("the store has %+v, want both changes", s)
		}
	})
}

// TestLost: another instance holds the record. The first one changes nothing any more, whatever the log has become.
func TestLost(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		log          string
	}{
		{"taken", "it has another holder", `{"Holder":"second"}`},
		{"given up", "it has none", `{"Holder":""}`},
		{"of a newer release", "it cannot be read", `{"V":2,"Holder":"first"}`},
		{"damaged", "it is no log of a holder", `{`},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := join(t, new(memory.Store).Shelf("leased"), "first")
				held := i.take()
				_, log, _ := i.read()
				if _, done, err := i.record.Replace(t.Context(), log, []byte(test.log)); err != nil || !done {
					t.Fatal(done, err)
				}
				if err := held.Change(t.Context(), does(1)); !errors.Is(err, leased.ErrLost) {
					t.Errorf("the change returns %v, want ErrLost: %s", err, test.reason)
				}
				i.must(held.Settle(t.Context(), does(2))) // what is lost is no error
				_, is, err := i.record.Read(t.Context())
				if i.must(err); string(is) != test.log {
					t.Errorf("the store has %s", is)
				}
			})
		})
	}
}

// TestRenew: a lease that is renewed lasts. Renew ends when it is asked to, and when the context is done.
func TestRenew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := join(t, new(memory.Store).Shelf("leased"), "first")
		held := i.take()
		ctx, cancel := context.WithCancel(t.Context())
		stopping := make(chan struct{})
		var ended, lost atomic.Int64
		for _, end := range []struct {
			ctx      context.Context //nolint:containedctx // of the case
			stopping chan struct{}
		}{{ctx, nil}, {t.Context(), stopping}} {
			go func() {
				held.Renew(end.ctx, end.stopping, func(error) { lost.Add(1) })
				ended.Add(1)
			}()
		}
		for range 30 {
			time.Sleep(lease)
			if _, _, s := i.read(); s.Until.Before(time.Now().Add(lease - lease/leased.Renewals)) {
				t.Fatalf("the lease is until %s, at %s", s.Until, time.Now())
			}
		}
		cancel()
		synctest.Wait()
		if ended.Load() != 1 {
			t.Error("Renew goes on when its context is done")
		}
		close(stopping)
		synctest.Wait()
		if ended.Load() != 2 || lost.Load() != 0 {
			t.Errorf("%d have ended, and %d have lost the lease", ended.Load(), lost.Load())
		}
	})
}

// TestRenewLost: the holder learns that it has lost the lease before another instance may take it, and at once when another one has.
func TestRenewLost(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		how          func(i *instance)
		after        time.Duration // the holder knows then
	}{
		{"the store fails", "two renewals have failed, and the third would come too late", func(i *instance) { i.store.fails.Store(true) }, 40 * time.Second},
		{"the store stands still", "a renewal ends before the next one", func(i *instance) { i.store.hangs.Store(true) }, 50 * time.Second},
		{"another has it", "the first renewal says so", func(i *instance) {
			if _, log, _ := i.read(); log != nil {
				_, _, err := i.record.Replace(i.Context(), log, i.form.Encode(&work{Holder: "second"}))
				i.must(err)
			}
		}, 20 * time.Second},
		{"a renewal was slow", "its time counts from when it began", func(i *instance) {
			i.store.slow.Store(int64(9 * time.Second))
			time.AfterFunc(30*time.Second, func() { i.store.fails.Store(true) })
		}, 60 * time.Second},
		{"the clock of the store goes back", "its own clock says how long it has the lease", func(i *instance) {
			i.store.wrong.Store(-int64(time.Hour))
			i.read()
			i.store.fails.Store(true)
		}, 40 * time.Second},
		{"the clock of the store goes ahead", "as above", func(i *instance) {
			i.store.wrong.Store(int64(time.Hour))
			i.read()
			i.store.fails.Store(true)
		}, 40 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := join(t, new(memory.Store).Shelf("leased"), "first")
				held := i.take()
				begin := time.Now()
				test.how(i)
				var told []error
				held.Renew(t.Context(), nil, func(err error) { told = append(told, err) })
				if got := time.Since(begin); got != test.after {
					t.Errorf("the holder knows after %v, want %v: %s", got, test.after, test.reason)
				}
				if len(told) != 1 || !errors.Is(told[0], leased.ErrLost) {
					t.Errorf("it is told %v", told)
				}
			})
		})
	}
}

// TestRenewShort: a call of a lease that is shorter than the bound of a call ends in time, too.
func TestRenewShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const short = 15 * time.Second
		i := join(t, new(memory.Store).Shelf("leased"), "first")
		now, log, s := i.read()
		s.Holder, s.Until = "first", now.Add(short)
		held, err := leased.Take(t.Context(), i.record, i.form, short, log, s)
		if err != nil || held == nil {
			t.Fatal(held, err)
		}
		begin := time.Now()
		i.store.hangs.Store(true)
		held.Renew(t.Context(), nil, func(error) {})
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("the holder knows after %v, want 10 s: the first renewal ends when the second one has its turn", took)
		}
	})
}

// TestRenewAgain: a store that fails for less than two renewals costs no lease.
func TestRenewAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := join(t, new(memory.Store).Shelf("leased"), "first")
		held := i.take()
		stopping, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			held.Renew(t.Context(), stopping, func(err error) { t.Error(err) })
		}()
		for range 10 {
			time.Sleep(15 * time.Second)
			i.store.fails.Store(true) // every other renewal fails
			time.Sleep(10 * time.Second)
			i.store.fails.Store(false)
			time.Sleep(15 * time.Second)
		}
		close(stopping)
		<-ended
	})
}

// TestSettle: the end of the work is written again until it is there, the lease is over, or the context is done.
func TestSettle(t *testing.T) {
	for _, test := range []struct {
		name, reason string
		fails        time.Duration
		bound        time.Duration // of the context
		took         time.Duration
		err          error
	}{
		{"at once", "the store answers", 0, time.Hour, 0, nil},
		{"after some failures", "pauses double: 0.25 s, 0.5 s, 1 s, 2 s, 4 s", 5 * time.Second, time.Hour, 7750 * time.Millisecond, nil},
		{"the lease is over", "another instance may have it: the attempt after the lease is the last", time.Hour, time.Hour, 63750 * time.Millisecond, errGone},
		{"the caller waits no longer", "the context is done", time.Hour, 2 * time.Second, 2 * time.Second, errGone},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := join(t, new(memory.Store).Shelf("leased"), "first")
				held := i.take()
				i.store.fails.Store(test.fails > 0)
				timer := time.AfterFunc(test.fails, func() { i.store.fails.Store(false) })
				defer timer.Stop()
				ctx, cancel := context.WithTimeout(t.Context(), test.bound)
				defer cancel()
				begin := time.Now()
				err := held.Settle(ctx, func(s *work) { s.Holder = "" })
				if took := time.Since(begin); !errors.Is(err, test.err) || took != test.took {
					t.Errorf("%v after %v, want %v after %v: %s", err, took, test.err, test.took, test.reason)
				}
				i.store.fails.Store(false)
				if _, _, s := i.read(); (s.Holder == "") != (test.err == nil) {
					t.Errorf("the store has %+v", s)
				}
				if held.State().Holder != "first" {
					t.Error("an instance that has given it up does not know what it had")
				}
			})
		})
	}
}

// TestSettleLost: an end whose answer was lost was made. It is not made again over another holder.
func TestSettleLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shelf := new(memory.Store).Shelf("leased")
		first, second := join(t, shelf, "first"), join(t, shelf, "second")
		held := first.take()
		first.store.loses.Store(true)
		var next *leased.Held[*work]
		go func() {
			time.Sleep(100 * time.Millisecond)
			next = second.take()
		}()
		first.must(held.Settle(t.Context(), func(s *work) { s.Holder = "" }))
		synctest.Wait()
		if next == nil {
			t.Fatal("the second instance could not take what was given up")
		}
		second.must(next.Change(t.Context(), does(7)))
		if _, _, s := second.read(); s.Holder != "second" || len(s.Done) != 1 {
			t.Errorf("the store has %+v", s)
		}
	})
}

// TestTurns: renewals and changes take turns, so that none is lost.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := join(t, new(memory.Store).Shelf("leased"), "first")
		held := i.take()
		const each = 50
		for n := range 4 {
			go func() {
				for k := range each {
					if err := held.Change(t.Context(), does(n*each+k)); err != nil {
						t.Error(err)
					}
				}
			}()
		}
		synctest.Wait()
		if _, _, s := i.read(); len(s.Done) != 4*each {
			t.Errorf("the store has %d changes, want %d", len(s.Done), 4*each)
		}
	})
}

// TestForm: the form of these tests keeps the laws of forms.
func TestForm(t *testing.T) {
	t.Parallel()
	leasedtest.Form(t, form("first"), func(s *work) { s.Done[0]++ }, []leasedtest.Case[*work]{
		{Name: "held", Reason: "it has the name", State: func() *work { return &work{Holder: "first", Done: []int{1}} }, Mine: true},
		{Name: "of another", Reason: "it has another name", State: func() *work { return &work{Holder: "second"} }},
	})
}

// broken is a store whose calls panic.
type broken struct{ ledger.Store }

func (broken) Claim(context.Context, int, time.Duration) (time.Time, []ledger.Record, error) {
	panic("secret")
}

func (broken) Write(context.Context, []ledger.Change) ([]ledger.Record, error) { panic("secret") }

// TestPanics: a panic of the store is an error, without the value, which may have personal data.
func TestPanics(t *testing.T) {
	t.Parallel()
	r := leased.NewRecord(broken{}, ledger.Key{1})
	_, err := r.Ask(t.Context())
	_, _, replaced := r.Replace(t.Context(), nil, []byte("x"))
	for _, err := range []error{err, replaced} {
		if err == nil || !strings.Contains(err.Error(), "the store panicked") || strings.Contains(err.Error(), "secret") {
			t.Errorf("the error is %v", err)
		}
	}
}
