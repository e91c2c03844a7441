package engine_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/internal/engine"
)

type item = engine.Item[*engine.Mark, string]

// put queues an op of the record k.
func put(x *tallies, k byte, m engine.Mark) bool {
	m.At = time.Now().UnixNano()
	return x.Put(&item{Key: ledger.Key{k}, Op: &m})
}

// record returns the record k as it is in the store.
func record(t *testing.T, s ledger.Store, k byte) ledger.Record {
	t.Helper()
	recs, err := s.Write(context.Background(), []ledger.Change{{Key: ledger.Key{k}}})
	if err != nil {
		t.Fatal(err)
	}
	return recs[0]
}

// nap lets time pass, until everything that happens by then has happened.
func nap(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// finish shuts the engines down in time.
func finish(t *testing.T, all ...*tallies) {
	t.Helper()
	for _, x := range all {
		if err := x.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		<-x.Stopped()
	}
}

// TestEndWaits: an end waits for what another instance adds, is decided once, closes the record, and what comes then is late.
func TestEndWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, d := &ledgertest.Memory{}, engine.NewDesk()
		a, b := start(store, d, nil), start(store, d, nil)
		put(a, 1, engine.Mark{Kind: "add", N: 3})
		nap(time.Second)
		put(a, 1, engine.Mark{Kind: "end"})
		nap(time.Second)
		put(b, 1, engine.Mark{Kind: "add", N: 4})
		synctest.Wait()
		if d.Told()["01: end at 7"] != 0 {
			t.Error("the end is told before its time")
		}
		nap(1100 * time.Millisecond)
		synctest.Wait()
		for name, n := range d.Items() {
			if n != 1 {
				t.Errorf("the event of %s was delivered %d times", name, n)
			}
		}
		if n := len(d.Items()); n != 4 {
			t.Errorf("the events of %d ops were delivered, want those of the three and of the time that has passed", n)
		}
		if d.Counted()["01: end at 7"] != 1 || len(d.Told()) != 1 {
			t.Errorf("told %v, want the end once, with what the other instance has added", d.Told())
		}
		nap(time.Second)
		if rec := record(t, store, 1); !rec.Closed {
			t.Error("the record is not closed")
		}
		put(b, 1, engine.Mark{Kind: "add", N: 50})
		put(a, 1, engine.Mark{Kind: "end"})
		nap(5 * time.Second)
		if d.LateItems() != 2 || len(d.Told()) != 1 {
			t.Errorf("%d late items and %v told, want 2 and nothing new", d.LateItems(), d.Told())
		}
		finish(t, a, b)
	})
}

// TestEndsAtShutdown: Flush and Shutdown wait for an end that is not decided. Without time for that another instance decides it.
func TestEndsAtShutdown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(t *testing.T, x *tallies) (error, bool)
		took time.Duration
	}{
		{"Flush", func(_ *testing.T, x *tallies) (error, bool) { return x.Flush(context.Background()), true }, 2 * time.Second},
		{"Shutdown", func(_ *testing.T, x *tallies) (error, bool) { return x.Shutdown(context.Background()), true }, 2 * time.Second},
		{"Shutdown without time", func(_ *testing.T, x *tallies) (error, bool) {
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			defer cancel()
			return x.Shutdown(ctx), false
		}, 500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, d, other := &ledgertest.Memory{}, engine.NewDesk(), engine.NewDesk()
				x, y := start(store, d, nil), start(store, other, nil)
				put(x, 1, engine.Mark{Kind: "add", N: 3})
				put(x, 1, engine.Mark{Kind: "end"})
				synctest.Wait()
				began := time.Now()
				err, well := c.do(t, x)
				if took := time.Since(began); took < c.took || took > c.took+time.Second || (err == nil) != well {
					t.Errorf("it took %v and returned %v", took, err)
				}
				stop(x)
				nap(time.Minute)
				if err := y.Sweep(context.Background()); err != nil {
					t.Error(err)
				}
				if n, m := d.Counted()["01: end at 3"], other.Told()["01: end at 3"]; well && (n != 1 || m != 0) || !well && n+m == 0 {
					t.Errorf("told %d and %d times", n, m)
				}
				finish(t, y)
			})
		})
	}
}

// TestUnsafe: what is delivered and not safe is not settled, and no other instance delivers it again while this one lives.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, d, other := &ledgertest.Memory{}, engine.NewDesk(), engine.NewDesk()
		var safe atomic.Bool
		var mu sync.Mutex
		var faults []fault.Fault
		x := engine.New(engine.Config{
			Store: store, Now: time.Now, Keep: time.Hour,
			Safe: func(context.Context) error {
				if safe.Load() {
					return nil
				}
				return errors.New("the sink is away")
			},
			Fault: func(r fault.Report) {
				mu.Lock()
				defer mu.Unlock()
				faults = append(faults, r.Fault)
			},
		}, engine.Machine[*engine.Sum, *engine.Mark, *engine.Did](engine.Tally{}), engine.Host[*engine.Sum, *engine.Mark, *engine.Did, string](d))
		y := start(store, other, nil)
		put(x, 1, engine.Mark{Kind: "add", N: 12})
		for range 20 {
			nap(10 * time.Second)
			put(y, 1, engine.Mark{Kind: "add", N: 0}) // the log changes all the time
			if err := y.Sweep(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if d.Counted()["01: ten 1"] != 1 || other.Told()["01: ten 1"] != 0 {
			t.Errorf("told %d times here and %d times by the other instance", d.Counted()["01: ten 1"], other.Told()["01: ten 1"])
		}
		if err := x.Flush(context.Background()); err == nil || !strings.Contains(err.Error(), "the sink is away") {
			t.Errorf("Flush: %v", err)
		}
		if log := string(record(t, store, 1).Log); !strings.Contains(log, `"add"`) {
			t.Errorf("it is settled: %s", log)
		}
		safe.Store(true)
		if err := x.Flush(context.Background()); err != nil {
			t.Errorf("Flush: %v", err)
		}
		if log := string(record(t, store, 1).Log); strings.Contains(log, `"add"`) {
			t.Errorf("it is not settled: %s", log)
		}
		if !slices.Contains(faults, fault.Unsettled) || slices.Contains(faults, fault.Store) {
			t.Errorf("reported %v, want unsettled", faults)
		}
		finish(t, x, y)
	})
}

// barred is a store whose writes fail while it is shut.
type barred struct {
	ledger.Store

	shut atomic.Bool
}

func (b *barred) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if b.shut.Load() {
		return nil, errors.New("the store is away")
	}
	return b.Store.Write(ctx, changes)
}

// TestFull: what finds no room is refused, what waits is counted, and a Shutdown without time sets it aside once. The store takes it
// later all the same, and nothing is set aside again.
func TestFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, d, lost := &barred{Store: &ledgertest.Memory{}}, engine.NewDesk(), 0
		store.shut.Store(true)
		var mu sync.Mutex
		x := engine.New(engine.Config{
			Store: store, Now: time.Now, Keep: time.Hour, QueueSize: 3, Linger: time.Minute,
			Fault: func(r fault.Report) {
				mu.Lock()
				defer mu.Unlock()
				if r.Fault == fault.StoreLost {
					lost++
				}
			},
		}, engine.Machine[*engine.Sum, *engine.Mark, *engine.Did](engine.Tally{}), engine.Host[*engine.Sum, *engine.Mark, *engine.Did, string](d))
		put(x, 1, engine.Mark{Kind: "add", N: 10})
		synctest.Wait() // it has left the queue, and is being written
		for k := range byte(3) {
			if !put(x, k+2, engine.Mark{Kind: "add", N: 10}) {
				t.Fatal("the queue has room for three")
			}
		}
		if put(x, 9, engine.Mark{Kind: "add", N: 10}) {
			t.Error("a fourth one is taken")
		}
		if waiting, capacity := x.Waiting(); waiting != 3 || capacity != 3 {
			t.Errorf("%d of %d wait, want 3 of 3", waiting, capacity)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := x.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "4 of them are counted as lost") {
			t.Errorf("Shutdown: %v", err)
		}
		synctest.Wait()
		if lost != 4 || d.SetAside() != 4 {
			t.Errorf("%d counted as lost, %d set aside; want 4", lost, d.SetAside())
		}
		if put(x, 9, engine.Mark{Kind: "add", N: 10}) {
			t.Error("an op is taken after Shutdown")
		}
		store.shut.Store(false)
		nap(20 * time.Second)
		if len(d.Counted()) != 4 || d.SetAside() != 4 || lost != 4 {
			t.Errorf("when the store is back %d effects are told, %d are set aside and %d lost; want 4", len(d.Counted()), d.SetAside(), lost)
		}
		finish(t, x)
	})
}

// TestForgets: the customer's ends are decided first, the store forgets, and the caller's copies go. A store that cannot forget, and
// a context that is over, are errors.
func TestForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, d := &ledgertest.Memory{}, engine.NewDesk()
		x := start(store, d, nil)
		put(x, 1, engine.Mark{Kind: "add", N: 3})
		put(x, 1, engine.Mark{Kind: "end"})
		put(x, 2, engine.Mark{Kind: "add", N: 3})
		synctest.Wait()
		dropped := 0
		n, err := x.Forget(context.Background(), "customer", func() { dropped++ })
		if n == 0 || err != nil || dropped != 1 || d.Counted()["01: end at 3"] != 1 {
			t.Errorf("forgot %d records, %v, %d drops, and told %v", n, err, dropped, d.Told())
		}
		if !record(t, store, 2).Closed {
			t.Error("the record is still there")
		}
		put(x, 3, engine.Mark{Kind: "end"})
		synctest.Wait()
		soon, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := x.Forget(soon, "customer", func() { dropped++ }); !errors.Is(err, context.DeadlineExceeded) || dropped != 1 ||
			!strings.Contains(err.Error(), "waits for the decision") {
			t.Errorf("without time to decide: %v, %d drops", err, dropped)
		}
		y := start(struct{ ledger.Store }{store}, d, nil)
		if _, err := y.Forget(context.Background(), "customer", func() { dropped++ }); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("a store that cannot forget: %v", err)
		}
		finish(t, x, y)
	})
}

// TestCounts: one instance at a time knows how many records are live.
func TestCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, d := &ledgertest.Memory{}, engine.NewDesk()
		x, y, z := start(store, d, nil), start(store, d, nil), start(struct{ ledger.Store }{store}, d, nil)
		put(x, 1, engine.Mark{Kind: "add", N: 10})
		nap(10 * time.Second)
		for _, e := range []*tallies{x, y, z} {
			e.Count(context.Background())
		}
		if x.Live()[ledger.Place{Group: "tally"}] != 1 || y.Live() != nil || z.Live() != nil {
			t.Errorf("live are %v, %v and %v; want the first instance to know", x.Live(), y.Live(), z.Live())
		}
		put(x, 2, engine.Mark{Kind: "add", N: 10})
		nap(5 * time.Second)
		if x.Count(context.Background()); x.Live()[ledger.Place{Group: "tally"}] != 1 {
			t.Error("it is asked again within a third of the lease")
		}
		nap(40 * time.Second) // the lease is over
		if y.Count(context.Background()); y.Live()[ledger.Place{Group: "tally"}] != 2 {
			t.Errorf("live are %v by the second instance, want 2", y.Live())
		}
		if x.Count(context.Background()); x.Live() != nil {
			t.Error("both have the lease")
		}
		finish(t, x, y, z)
	})
}

// TestOneIsLost: a single op that the store has not taken in the end is in the error of the next Shutdown, once.
func TestOneIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, d := &barred{Store: &ledgertest.Memory{}}, engine.NewDesk()
		store.shut.Store(true)
		x := start(store, d, nil)
		put(x, 1, engine.Mark{Kind: "add", N: 10})
		stop(x)
		if err := x.Shutdown(context.Background()); err == nil || !strings.Contains(err.Error(), "1 changes") {
			t.Errorf("Shutdown: %v", err)
		}
		if err := x.Shutdown(context.Background()); err != nil {
			t.Errorf("the next Shutdown: %v", err)
		}
		if d.SetAside() != 1 {
			t.Errorf("set aside %d times", d.SetAside())
		}
	})
}

// miscounting is a store that cannot count.
type miscounting struct{ *ledgertest.Memory }

func (miscounting) Count(context.Context, string, time.Duration) (live map[ledger.Place]int64, held bool, err error) {
	return nil, true, errors.New("it cannot count")
}

// TestCountFails: a failed count is reported, and changes nothing of what is known.
func TestCountFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var reports []fault.Report
		x := start(miscounting{&ledgertest.Memory{}}, engine.NewDesk(), func(r fault.Report) { reports = append(reports, r) })
		x.Count(context.Background())
		if len(reports) != 1 || reports[0].Fault != fault.Store || !strings.Contains(reports[0].Detail, "it cannot count") || x.Live() != nil {
			t.Errorf("reported %+v, live %v", reports, x.Live())
		}
		finish(t, x)
	})
}

// TestEmptyIsClosed: a record that nothing has happened to is removed when it is due, and that is all.
func TestEmptyIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, d := &ledgertest.Memory{}, engine.NewDesk()
		x := start(store, d, nil)
		if _, err := store.Write(context.Background(), []ledger.Change{{Key: ledger.Key{1}, Due: time.Now()}}); err != nil {
			t.Fatal(err)
		}
		nap(time.Second)
		if err := x.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		nap(time.Hour)
		if _, due, err := store.Claim(context.Background(), 10, time.Second); len(due) > 0 || err != nil || d.LateItems() != 0 || len(d.Told()) != 0 {
			t.Errorf("due are %v (%v), %d late, %v told", due, err, d.LateItems(), d.Told())
		}
		finish(t, x)
	})
}

// slow is a store that takes a change and answers it only after the lease. Meanwhile another instance may take it over.
type slow struct {
	ledger.Store

	once  sync.Once
	while func()
	fails atomic.Bool
}

func (s *slow) Write(ctx context.Context, changes []ledger.Change) (records []ledger.Record, err error) {
	if s.fails.Load() {
		return nil, errors.New("it is away")
	}
	records, err = s.Store.Write(context.WithoutCancel(ctx), changes)
	s.once.Do(s.while)
	return records, err
}

// TestAnswerAfterTheLease: of an op whose answer comes after the lease one instance delivers what it did.
func TestAnswerAfterTheLease(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		taken, away    bool
		counted, again int // by the writer, and in all by the other instance
	}{
		{"nobody has taken it over", false, false, 1, 0},
		{"another instance has taken it over", true, false, 0, 1},
		{"the store is away then", false, true, 0, -1}, // the writer, once it has taken it over, or the other one
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, d, other := &slow{Store: &ledgertest.Memory{}}, engine.NewDesk(), engine.NewDesk()
				y := start(store.Store, other, nil)
				store.while = func() {
					time.Sleep(40 * time.Second)
					if c.taken {
						_ = y.Sweep(context.Background())
					}
					store.fails.Store(c.away)
				}
				x := start(store, d, nil)
				put(x, 1, engine.Mark{Kind: "add", N: 12})
				nap(time.Minute)
				if name := "01: ten 1"; c.away && (d.Told()[name] != 1 || d.Counted()[name] != 0) {
					t.Errorf("while the store is away it is told %d times and counted %d times, want told once, in case there is no other instance", d.Told()[name], d.Counted()[name])
				}
				store.fails.Store(false)
				for range 4 {
					nap(40 * time.Second)
					for _, e := range []*tallies{x, y} {
						_ = e.Sweep(context.Background())
					}
				}
				name := "01: ten 1"
				if d.Counted()[name] != c.counted || c.again >= 0 && other.Told()[name] != c.again || d.Told()[name]+other.Told()[name] == 0 {
					t.Errorf("the writer counts %d and tells %d, the other one tells %d; want %d counted and %d told", d.Counted()[name], d.Told()[name], other.Told()[name], c.counted, c.again)
				}
				finish(t, x, y)
			})
		})
	}
}

// stuck is a store whose writes of time hang until it is let go.
type stuck struct {
	ledger.Store
	ledger.Forgetter

	gate chan struct{}
}

func (s *stuck) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if strings.Contains(string(changes[0].Append), `"pass"`) {
		<-s.gate
	}
	return s.Store.Write(context.WithoutCancel(ctx), changes)
}

// TestForgetWhileDeciding: Forget does not wait beyond its context for a store that hangs while it decides.
func TestForgetWhileDeciding(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		memory := &ledgertest.Memory{}
		store, d := &stuck{memory, memory, make(chan struct{})}, engine.NewDesk()
		x := start(store, d, nil)
		put(x, 1, engine.Mark{Kind: "end"})
		nap(3 * time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := x.Forget(ctx, "customer", func() { t.Error("it drops what it has") })
		if err == nil || !strings.Contains(err.Error(), "still deciding") || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		close(store.gate)
		nap(time.Minute)
		finish(t, x)
	})
}
