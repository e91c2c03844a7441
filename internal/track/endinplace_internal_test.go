package track //nolint:testpackage // the two ways of ending a run are no difference to anybody outside

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
)

// TestEndInPlace: a run that is ended without being unpacked says what the state machine says: random
// runs are ended both ways, and the two have to agree.
func TestEndInPlace(t *testing.T) {
	t.Parallel()
	stages := []string{"", "cart", "payment", "delivery"}
	inPlace := 0
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 7))
		m := newMemory()
		j := event.Run{Namespace: "n", Name: "checkout", ID: strconv.FormatUint(seed, 10)}
		id := ledger.Key(j.TraceID())
		do := func(o *op) (v view) {
			m.apply(id, o, 1, nil, &v)
			return v
		}
		do(&op{kind: opStart, at: rng.Int64N(100), who: &identity{journey: j, patience: time.Hour}})
		for range rng.IntN(90) { // facts beyond 64 are folded
			o := &op{kind: opTouch, at: rng.Int64N(1000), stage: stages[rng.IntN(len(stages))], touchpoint: stages[rng.IntN(len(stages))]}
			if rng.IntN(200) == 0 {
				o.outcome, o.cause = event.Failed, "declined"
			}
			if o.stage == "delivery" && seed%3 == 0 {
				o.expect = 20 // it may have stalled
			}
			do(o)
		}
		s := m.shard(id)
		n, _, _ := s.find(id)
		end := &op{kind: opEnd, at: rng.Int64N(1200), outcome: event.Failed}
		r := s.unpack(m.names.tab.Load(), s.slot(n), false)
		var want done
		r.apply(end, &want)
		var v view
		if m.endInPlace(m.names.tab.Load(), s, s.slot(n), end, &v) {
			inPlace++
		}
		got := do(end)
		if diff := cmp.Diff(want.effects(), got.effects(), cmp.AllowUnexported(effect{})); diff != "" {
			t.Fatalf("seed %d: what the end said (-the state machine's +here):\n%s", seed, diff)
		}
		if _, _, ok := s.find(id); ok || !s.tombs.has(id) {
			t.Fatalf("seed %d: it has not ended", seed)
		}
	}
	if inPlace < 1000 || inPlace == 3000 {
		t.Errorf("%d of 3000 runs were ended in place, want many and not all", inPlace)
	}
}

// TestEndedForEver: ended runs are known for as long as is wanted.
func TestEndedForEver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		keep   uint64
		left   int
		reason string
	}{
		{"for ever", dayMask, 100, "days go by, and nothing is forgotten"},
		{"for 30 days", 30, 0, "they are older by now"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b tombs
			for i := range byte(100) {
				b.add(ledger.Key{i, i, i}, 5, 1000)
			}
			gone := b.prune(6, c.keep) + b.prune(5+300, c.keep)
			if b.n != c.left || gone != 100-c.left {
				t.Errorf("%d runs are known and %d forgotten, want %d and %d: %s", b.n, gone, c.left, 100-c.left, c.reason)
			}
		})
	}
}
