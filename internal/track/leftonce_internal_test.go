package track

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// TestVisitsAreLeftOnce: in whatever order facts are heard of, and however many are of the same moment, each visit is
// entered once and left once, and by the end there is no other.
func TestVisitsAreLeftOnce(t *testing.T) {
	t.Parallel()
	for _, how := range []decides{decideAtOnce, decideByEntry} {
		for seed := range uint64(500) {
			rng := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // the same each time
			r := &run{cur: -1, decides: how}
			entered, left := map[string]int{}, map[string]int{}
			play := func(o *op) {
				var d done
				r.apply(o, &d)
				for _, e := range d.effects() {
					if e.kind == event.JourneyStageEntered {
						entered[fmt.Sprint(e.stage, e.visit)]++
					}
					if e.kind != event.JourneyStalled && !e.leftReported && e.left.From != "" {
						left[fmt.Sprint(e.left.From, e.left.Visit)]++
					}
					if e.also != nil {
						left[fmt.Sprint(e.also.visit.From, e.also.visit.Visit)]++
						if at(e.also.at).Before(e.also.visit.Entered) {
							t.Errorf("seed %d: %s is left before it is entered", seed, e.also.visit.From)
						}
					}
				}
			}
			play(&op{kind: opStart, begin: true, who: &identity{journey: event.Run{Name: "checkout", ID: "1"}}})
			for range 1 + rng.IntN(90) { // more than are kept
				stage := []string{"cart", "address", "payment"}[rng.IntN(3)]
				play(&op{kind: opEnter, stage: stage, at: int64(time.Duration(rng.IntN(20)) * time.Second)})
			}
			play(&op{kind: opEnd, at: int64(time.Hour), outcome: event.Completed})
			play(&op{kind: opPass, at: int64(2 * time.Hour), last: int64(2 * time.Hour)})
			for _, s := range r.state().Visits {
				for n := range s.Count {
					visit := fmt.Sprint(s.Stage, n+1)
					if entered[visit] != 1 || left[visit] != 1 {
						t.Errorf("decides %d, seed %d: %s is entered %d times and left %d times, want once each", how, seed, visit, entered[visit], left[visit])
					}
					delete(entered, visit)
					delete(left, visit)
				}
			}
			if more := slices.Concat(keysOf(entered), keysOf(left)); len(more) > 0 {
				t.Errorf("decides %d, seed %d: %q are none of its visits", how, seed, more)
			}
		}
	}
}

func keysOf(m map[string]int) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}
