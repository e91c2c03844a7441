package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/internal/engine"
)

type tallies = engine.Engine[*engine.Sum, *engine.Mark, *engine.Did, string]

// mortal is a store whose instance dies: after so many calls more the store still takes one, and never answers it or any other.
type mortal struct {
	ledger.Store

	left atomic.Int64 // calls; negative is for ever
	dead atomic.Bool
}

var errDead = errors.New("the instance is dead")

func (m *mortal) Write(ctx context.Context, changes []ledger.Change) ([]ledger.Record, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	records, err := m.Store.Write(ctx, changes)
	if m.left.Add(-1) == 0 {
		m.dead.Store(true)
		return nil, errDead
	}
	return records, err
}

func (m *mortal) Claim(ctx context.Context, limit int, lease time.Duration) (now time.Time, due []ledger.Record, err error) {
	if m.dead.Load() {
		return now, nil, errDead
	}
	return m.Store.Claim(ctx, limit, lease)
}

func start(store ledger.Store, d *engine.Desk, faults func(fault.Report)) *tallies {
	return engine.New(engine.Config{Store: store, Now: time.Now, Keep: time.Hour, Linger: time.Millisecond, Fault: faults}, engine.Machine[*engine.Sum, *engine.Mark, *engine.Did](engine.Tally{}), engine.Host[*engine.Sum, *engine.Mark, *engine.Did, string](d))
}

// stop lets the engine go, whatever its store does.
func stop(x *tallies) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = x.Shutdown(ctx)
	<-x.Stopped()
}

// TestCommitsOnce: three instances add to twelve sums at random, two of them die at random. Every effect of what is in the logs
// is delivered, and counts at most once; without deaths it counts exactly once.
func TestCommitsOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { commitsOnce(t, rand.New(rand.NewPCG(seed, 7)), seed%3 != 0) }) //nolint:gosec // to be repeated, not secret
		})
	}
}

func commitsOnce(t *testing.T, rng *rand.Rand, deaths bool) {
	t.Helper()
	const records = 12
	store, d := &ledgertest.Memory{}, engine.NewDesk()
	lives := make([]*mortal, 3)
	all := make([]*tallies, 3)
	for i := range all {
		lives[i] = &mortal{Store: store}
		if lives[i].left.Store(-1); deaths && i > 0 {
			lives[i].left.Store(rng.Int64N(60) + 1)
		}
		all[i] = start(lives[i], d, nil)
	}
	for range 200 {
		key := ledger.Key{byte(rng.IntN(records))}
		all[rng.IntN(3)].Put(&engine.Item[*engine.Mark, string]{Key: key, Op: &engine.Mark{Kind: "add", N: 1 + rng.IntN(5)}})
		time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
	}
	synctest.Wait()
	for i, m := range lives[1:] {
		if m.dead.Load() {
			stop(all[1+i])
		}
	}
	for range 8 {
		time.Sleep(40 * time.Second)
		for i, x := range all {
			if !lives[i].dead.Load() {
				_ = x.Sweep(context.Background())
			}
		}
		synctest.Wait()
	}
	synctest.Wait()
	want := map[string]bool{}
	for k := range byte(records) {
		recs, err := store.Write(context.Background(), []ledger.Change{{Key: ledger.Key{k}}})
		if err != nil {
			t.Fatal(err)
		}
		s, since, err := engine.Tally{}.Read(recs[0].Log)
		if err != nil || len(since) > 0 && !deaths {
			t.Errorf("the log of %x is not settled: %d entries, %v", k, len(since), err)
		}
		for ten := 1; ten <= s.N/10; ten++ {
			want[fmt.Sprintf("%x: ten %d", k, ten)] = true
		}
		if s.Started {
			want[fmt.Sprintf("%x: quiet", k)] = true
		}
	}
	for name := range want {
		if d.Told()[fullName(name)] == 0 {
			t.Errorf("%s was never delivered", name)
		}
		if n := d.Counted()[fullName(name)]; n > 1 || n == 0 && !deaths {
			t.Errorf("%s counts %d times", name, n)
		}
	}
	for name, n := range d.Items() {
		if n != 1 {
			t.Errorf("the event of %s was delivered %d times", name, n)
		}
	}
	if d.Empty() > 0 {
		t.Errorf("nothing was delivered %d times", d.Empty())
	}
	if len(d.Told()) != len(want) {
		t.Errorf("%d effects were delivered, want %d", len(d.Told()), len(want))
	}
	for i, x := range all {
		if !lives[i].dead.Load() {
			if err := x.Shutdown(context.Background()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		} else {
			stop(x)
		}
	}
}

// fullName is the name that the desk gives to an effect: two digits for the record.
func fullName(name string) string {
	record, effect, _ := strings.Cut(name, ": ")
	return fmt.Sprintf("%02s: %s", record, effect)
}

// TestUnreadable: a log that a newer release has written is reported once, and left as it is, for as long as it is due.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, d, reports := &ledgertest.Memory{}, engine.NewDesk(), 0
		x := start(store, d, func(r fault.Report) {
			if r.Fault == fault.Store {
				reports++
			}
		})
		newer := []byte("a log of a newer release\n")
		change := []ledger.Change{{Key: ledger.Key{1}, Append: newer, Due: time.Now()}}
		if _, err := store.Write(context.Background(), change); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			time.Sleep(time.Minute)
			if err := x.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		recs, err := store.Write(context.Background(), []ledger.Change{{Key: ledger.Key{1}}})
		if err != nil || string(recs[0].Log) != string(newer) {
			t.Errorf("the log is %q now (%v)", recs[0].Log, err)
		}
		if reports != 1 {
			t.Errorf("%d reports in 100 minutes, want one", reports)
		}
		if err := x.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
