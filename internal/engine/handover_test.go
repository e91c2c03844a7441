package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/internal/engine"
)

// TestHandOver: what an instance commits and hands over, the next instance that looks for due records delivers and counts once. If that
// one dies before it has settled, a third one delivers it again, and does not count it.
func TestHandOver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		dies         bool
		counted      map[string]int
		told         int
	}{
		{"taken over", "the first instance that takes it over counts it", false, map[string]int{"01: ten 1": 1, "01: end at 12": 1}, 1},
		{"taken over twice", "of the second instance nobody knows what the first one has counted", true, map[string]int{"01: ten 1": 1}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, own, others := &ledgertest.Memory{}, engine.NewDesk(), engine.NewDesk()
				x := engine.New(engine.Config{Store: store, Now: time.Now, Keep: time.Hour, HandOver: true},
					engine.Machine[*engine.Sum, *engine.Mark, *engine.Did](engine.Tally{}), engine.Host[*engine.Sum, *engine.Mark, *engine.Did, string](own))
				for _, m := range []*engine.Mark{{Kind: "add", N: 12}, {Kind: "end"}} {
					x.Put(&engine.Item[*engine.Mark, string]{Key: ledger.Key{1}, Op: m})
				}
				if err := x.Flush(context.Background()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Millisecond)                     // nobody waits for a lease
				if err := x.Sweep(context.Background()); err != nil { // it must claim nothing
					t.Fatal(err)
				}
				if told := own.Told(); len(told) != 0 || own.LateItems() != 0 || len(own.Items()) != 2 {
					t.Errorf("the instance that hands over has delivered %v, %d late, %v", told, own.LateItems(), own.Items())
				}
				if err := x.Shutdown(context.Background()); err != nil {
					t.Fatal(err)
				}
				if c.dies {
					first := &mortal{Store: store}
					first.left.Store(2) // the sign of life, and the op of time
					taker := start(first, others, nil)
					_ = taker.Sweep(context.Background())
					synctest.Wait()
					stop(taker)
				}
				last := start(store, others, nil)
				for range 3 {
					if err := last.Sweep(context.Background()); err != nil {
						t.Fatal(err)
					}
					synctest.Wait()
					time.Sleep(40 * time.Second)
				}
				if diff := cmp.Diff(c.counted, others.Counted()); diff != "" {
					t.Errorf("counted (-want +got), because %s:\n%s", c.reason, diff)
				}
				if told := others.Told(); told["01: ten 1"] != c.told || told["01: end at 12"] < 1 {
					t.Errorf("told %v, want the first effect %d times", told, c.told)
				}
				if err := last.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
				if recs, err := store.Write(context.Background(), []ledger.Change{{Key: ledger.Key{1}}}); err != nil || !recs[0].Closed {
					t.Errorf("the record is not closed: %+v, %v", recs, err)
				}
			})
		})
	}
}
