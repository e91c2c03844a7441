package track

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/engine"
)

// fate is what is told of a run in the end: how it ended and when, and its stalls.
type fate struct {
	ended   int64
	outcome event.Outcome
	ends    int
	stalls  []string
}

func (f *fate) tell(effects []effect) {
	for _, e := range effects {
		if e.kind == event.JourneyStalled {
			f.stalls = append(f.stalls, fmt.Sprintf("%s/%d at %d", e.stage, e.visit, e.at))
		}
		if e.kind == event.JourneyEnded {
			f.ended, f.outcome, f.ends = e.at, e.outcome, f.ends+1
		}
	}
}

func (f *fate) equal(o *fate) bool {
	slices.Sort(f.stalls)
	slices.Sort(o.stalls)
	return f.ended == o.ended && f.outcome == o.outcome && f.ends == o.ends && slices.Equal(f.stalls, o.stalls)
}

// fated works out the fate from all that happened at once. One op is a start.
func fated(ops []op, horizon int64) (f fate) {
	ops = slices.Clone(ops)
	slices.SortStableFunc(ops, func(a, b op) int { return cmp.Compare(a.at, b.at) })
	begun := ops[slices.IndexFunc(ops, func(o op) bool { return o.kind == opStart })].at
	patience := int64(ops[0].who.patience)
	var here op // the one that entered the stage
	visits, last := map[string]int{}, begun
	leave := func(at int64) {
		if due := max(here.at, begun) + int64(here.expect); here.expect > 0 && due <= at {
			f.stalls = append(f.stalls, fmt.Sprintf("%s/%d at %d", here.stage, visits[here.stage], due))
		}
	}
	end := func(at int64, o event.Outcome) fate {
		leave(at)
		f.ended, f.outcome, f.ends = at, o, 1
		return f
	}
	for _, o := range ops {
		if patience > 0 && o.at >= last+patience {
			break
		}
		if o.kind == opEnd {
			return end(o.at, o.outcome)
		}
		if o.stage != "" && o.stage != here.stage {
			leave(o.at)
			here = o
			visits[o.stage]++
		}
		last = max(last, o.at, o.until)
	}
	if patience > 0 && last+patience <= horizon {
		return end(last+patience, event.Abandoned)
	}
	leave(horizon)
	return f
}

// happens returns n ops of one run, its start among them, no two at one time.
func happens(rng *rand.Rand, n int, patience, step, pause int64) []op {
	expect := map[string]time.Duration{"a": time.Duration(rng.Int64N(3) * pause), "b": time.Duration(rng.Int64N(3) * 2 * pause)}
	at := int64(1000) * pause
	ops := []op{{kind: opStart, at: at, begin: true}}
	for range n {
		if at += 1 + rng.Int64N(step); rng.IntN(20) == 0 {
			at += rng.Int64N(10 * pause)
		}
		o := op{kind: []opKind{opSign, opEnter, opTouch, opTouch, opRespond}[rng.IntN(5)], at: at}
		if o.kind == opEnter || o.kind == opTouch && rng.IntN(3) > 0 {
			o.stage = []string{"a", "b", "c", "d"}[rng.IntN(4)]
		}
		if o.kind == opTouch && rng.IntN(4) == 0 {
			o.until = at + rng.Int64N(pause)
		}
		o.expect = expect[o.stage]
		ops = append(ops, o)
	}
	for rng.IntN(2) == 0 {
		ops = append(ops, op{kind: opEnd, at: at + 1 + rng.Int64N(10*pause), outcome: []event.Outcome{event.Completed, event.Failed}[rng.IntN(2)]})
		at = ops[len(ops)-1].at
	}
	for k := range ops {
		ops[k].who = &identity{journey: event.Run{Name: "j", ID: "1"}, patience: time.Duration(patience)}
		ops[k].id = uint64(k + 1) //nolint:gosec // a few
		ops[k].key = ops[k].id
	}
	return ops
}

// TestAnyOrderUndecided: until time passes, what is heard in any order comes to the same: the start last, an end
// before it, a sign of life from the middle of a silence.
func TestAnyOrderUndecided(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20_000) {
		rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // to be repeated, not secret
		ops := happens(rng, rng.IntN(7), rng.Int64N(4)*30, 20, 10)
		want, got := fated(ops, math.MaxInt32), fate{}
		rng.Shuffle(len(ops), func(a, b int) { ops[a], ops[b] = ops[b], ops[a] })
		ops = append(ops, op{kind: opPass, at: math.MaxInt32})
		r, dones := newLogged(), make([]done, len(ops))
		for k := range ops {
			r.apply(&ops[k], &dones[k])
			got.tell(dones[k].effects())
		}
		if !got.equal(&want) {
			t.Fatalf("seed %d: of\n%swas told %+v, want %+v", seed, listed(ops), got, want)
		}
		if k := slices.IndexFunc(dones, func(d done) bool { return d.wait }); k >= 0 && r.over {
			t.Fatalf("seed %d: of\n%sop %d still waits after the end", seed, listed(ops), k)
		}
	}
}

// TestManyFactsUndecided: hundreds of facts, each heard up to a grace later, some of them twice, with time passing
// at random moments and the log folded into a state in between. A visit that is folded is judged first.
func TestManyFactsUndecided(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	for seed := range uint64(2_000) {
		rng := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // to be repeated, not secret
		step, delay := second, 1900*second/1000
		if seed%2 == 0 { // so that many facts come before a stall is old enough to be told
			step, delay = second/30, second/15
		}
		ops := happens(rng, rng.IntN(250), rng.Int64N(3)*100*second, step, 6*second)
		horizon := slices.MaxFunc(ops, func(a, b op) int { return cmp.Compare(a.at, b.at) }).at + 1000*second
		want, got := fated(ops, horizon), fate{}
		r, entries := newLogged(), make([]entry, 0, 3*len(ops)+1)
		take := func(o op) {
			entries = append(entries, entry{Op: &o, Done: &done{}})
			e := &entries[len(entries)-1]
			r.apply(e.Op, e.Done)
			got.tell(e.Done.effects())
		}
		for k := range ops {
			ops[k].sent = ops[k].at + rng.Int64N(delay)
		}
		slices.SortStableFunc(ops, func(a, b op) int { return cmp.Compare(a.sent, b.sent) })
		for k, o := range ops {
			take(o)
			if rng.IntN(5) == 0 {
				take(o)
			}
			if rng.IntN(3) == 0 && k+1 < len(ops) {
				now := o.sent + rng.Int64N(max(1, ops[k+1].sent-o.sent))
				take(op{kind: opPass, at: now - int64(engine.Grace), last: now - int64(endGrace)})
			}
			if rng.IntN(4) == 0 && !r.undecided() && !r.over {
				var err error
				if r, _, err = readLog(r.log()); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 2 { // an end by call first, or the abandonment
			take(op{kind: opPass, at: horizon, last: horizon})
		}
		if !got.equal(&want) {
			t.Fatalf("seed %d: of\n%swas told %+v, want %+v", seed, listed(ops), got, want)
		}
	}
}

func listed(ops []op) (s string) {
	for _, o := range ops {
		s += fmt.Sprintf("  kind %d at %d until %d in %q expects %d outcome %q\n", o.kind, o.at, o.until, o.stage, o.expect, o.outcome)
	}
	return s
}
