package paths_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/insight/paths"
)

// drawn returns a small world with many ties: in time, in ranks, in counts.
func drawn(t *rapid.T) *world {
	w := &world{names: []string{"a", "b", "c", "d", "e"}, ranks: map[string]int{}, waits: map[string]bool{}, currencies: []string{"EUR", "USD", "EUR"}}
	for _, n := range w.names {
		w.ranks[n], w.waits[n] = rapid.IntRange(0, 1).Draw(t, "rank"), rapid.IntRange(0, 3).Draw(t, "wait") == 0
	}
	people := uint64(rapid.IntRange(1, 30).Draw(t, "people"))
	alphabet := rapid.IntRange(1, len(w.names)).Draw(t, "alphabet")
	longest := rapid.IntRange(0, 9).Draw(t, "longest")
	w.at, w.few = 100, rapid.SampledFrom([]int{1, 5}).Draw(t, "few")
	for range rapid.IntRange(0, 40).Draw(t, "runs") {
		l := life{
			start: rapid.Int64Range(0, 101).Draw(t, "start"), ended: rapid.IntRange(0, 3).Draw(t, "ended") > 0, completed: rapid.Bool().Draw(t, "completed"),
			who: rapid.Uint64Range(0, people).Draw(t, "who"), value: rapid.Int64Range(-5, 20).Draw(t, "value"), currency: rapid.Uint16Range(0, 3).Draw(t, "currency"),
		}
		l.end = l.start + rapid.Int64Range(-1, 40).Draw(t, "lasts")
		for range rapid.IntRange(0, longest).Draw(t, "steps") {
			l.steps = append(l.steps, moment{rapid.Int64Range(0, 30).Draw(t, "at"), w.names[rapid.IntRange(0, alphabet-1).Draw(t, "name")]})
		}
		w.lives = append(w.lives, l)
	}
	return w
}

// TestQuestionsOfModel: each answer is the model's, and neither the order of rows, codes and steps nor the number of goroutines changes a byte of it.
func TestQuestionsOfModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		coverage, most := rapid.SampledFrom([]float64{-1, 0, 0.3, 0.5, 0.8, 1, 2}).Draw(t, "coverage"), rapid.IntRange(-1, 4).Draw(t, "most")
		stages := rapid.SampledFrom([][]string{{"a", "b", "c"}, {"b"}, {"d", "a", "never", "c"}, {}}).Draw(t, "stages")
		age := time.Duration(rapid.IntRange(0, 60).Draw(t, "age")) * time.Microsecond
		var first []byte
		for seed := range uint64(3) {
			p, err := paths.New(w.log(seed))
			if err != nil {
				t.Fatal(err)
			}
			if w.few == 1 {
				p.ShowAll()
			}
			p.SetWorkers(int(seed)*2 + 1)
			got := []any{
				p.Time(), p.Variants(most), p.Follows(coverage), p.Loops(), p.Handovers(), p.PingPong(), p.Funnel(stages, paths.Age{Age: age}),
				p.Detours(nil, paths.Age{Age: age}), p.FunnelAge(stages), p.EndAge(),
			}
			if seed == 0 {
				want := []any{w.time(), w.variants(most), w.follows(coverage), w.loops(), w.handovers(), w.pingPong(), w.funnel(stages, age)}
				if diff := gocmp.Diff(want, got[:len(want)], cmpopts.EquateApprox(1e-9, 1e-6), cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("-model +answers:\n%s", diff)
				}
			}
			for _, a := range got {
				if s, ok := a.(interface{ Sentence() string }); ok && s.Sentence() == "" {
					t.Fatalf("%+v has no sentence", a)
				}
			}
			bytes, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if seed == 0 {
				first = bytes
			} else if diff := gocmp.Diff(string(first), string(bytes)); diff != "" {
				t.Fatalf("in another order:\n%s", diff)
			}
		}
	})
}

// TestManyNames: a log of more names than a table holds pairs of.
func TestManyNames(t *testing.T) {
	t.Parallel()
	w := &world{few: 5}
	for i := range 600 {
		w.names = append(w.names, fmt.Sprintf("step %03d", i))
	}
	for who := range uint64(6) {
		w.lives = append(w.lives, trace(who+1, "step 000", "step 599", "step 300", "step 599"))
	}
	p := w.open(t)
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"map", p.Follows(1), w.follows(1)},
		{"variants", p.Variants(0), w.variants(0)},
		{"loops", p.Loops(), w.loops()},
	} {
		if diff := gocmp.Diff(c.want, c.got, cmpopts.EquateApprox(1e-9, 1e-6)); diff != "" {
			t.Errorf("%s (-model +answer):\n%s", c.name, diff)
		}
	}
}
