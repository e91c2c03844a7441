package insight

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// randomChunk has runs of every outcome: open, ended before, at and after the moment 1000, and with outcomes that no run ends with.
func randomChunk(rng *rand.Rand) (*cases.Chunk, *[cases.Rows]uint16) {
	c, codes := &cases.Chunk{N: cases.Rows}, new([cases.Rows]uint16)
	for row := range c.N {
		c.Base[row] = rng.Int64N(2000) - 1000
		if rng.IntN(4) > 0 {
			c.Ended[row] = max(1, c.Base[row]+rng.Int64N(800))
			c.Outcome[row] = uint8(rng.IntN(8))
		}
		if rng.IntN(50) == 0 {
			c.Ended[row] = 1000
		}
		codes[row] = uint16(rng.IntN(fewCodes))
	}
	return c, codes
}

// TestEndings: a pass over a chunk finds what each row by itself says.
func TestEndings(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(16, 5))
	for round := range 20 {
		c, codes := randomChunk(rng)
		p := &pick{at: 1000}
		var rows []uint16
		for row := range uint16(cases.Rows) {
			if round == 0 || rng.IntN(round) == 0 {
				rows = append(rows, row)
			}
		}
		for _, wanted := range []state{completed, failed, cancelled, silent} {
			const age = 300
			type tally struct{ N, Count, Young int64 }
			left, overs, latest, hits := []uint16{}, []int64{}, int64(math.MinInt64), int64(0)
			by, byAge, atAge := map[uint16]tally{}, map[uint16]tally{}, tally{}
			for _, row := range rows {
				s := p.told(c, int(row))
				if s >= open {
					left = append(left, row)
					continue
				}
				over := c.Ended[row] - c.Base[row]
				overs, latest = append(overs, over), max(latest, c.Base[row])
				one, then := tally{N: 1}, tally{N: 1}
				if s == wanted {
					one.Count = 1
					hits++
				}
				if s == wanted && over <= age {
					then.Count = 1
				}
				if p.at-c.Base[row] < age {
					then = tally{Young: 1}
				}
				add := func(a, b tally) tally { return tally{a.N + b.N, a.Count + b.Count, a.Young + b.Young} }
				by[codes[row]], byAge[codes[row]], atAge = add(by[codes[row]], one), add(byAge[codes[row]], then), add(atAge, then)
			}
			var list [cases.Rows]int64
			check := func(what string, e endings) {
				if !slices.Equal(e.left, left) || !slices.Equal(e.overs, overs) || e.latest != latest {
					t.Errorf("%s: %d left, %d overs, latest %d; want %d, %d, %d", what, len(e.left), len(e.overs), e.latest, len(left), len(overs), latest)
				}
			}
			e := p.endings(c, rows, wanted, &scratch{}, &list)
			if check("endings", e); e.hits != hits {
				t.Errorf("%d ended as %v, want %d", e.hits, wanted, hits)
			}
			grouperOf := func() *grouper {
				g := &grouper{p: p, byCode: make([]*grouped, fewCodes), byText: map[string]*grouped{}, codes: codes, narrow: codes, atAge: age}
				g.column = &access{text: func(code uint32) string { return string(rune(code)) }}
				return g
			}
			found := func(g *grouper) map[uint16]tally {
				all := map[uint16]tally{}
				for code, in := range g.byCode {
					if in != nil {
						all[uint16(code)] = tally{in.n, in.count, in.young} //nolint:gosec // below fewCodes
					}
				}
				return all
			}
			g := grouperOf()
			check("endingsBy", g.endingsBy(c, rows, wanted, &list))
			if diff := cmp.Diff(by, found(g)); diff != "" {
				t.Errorf("endingsBy (-want +got):\n%s", diff)
			}
			g = grouperOf()
			if got := g.endingsAtAge(c, rows, wanted); !slices.Equal(got, left) {
				t.Errorf("endingsAtAge leaves %d, want %d", len(got), len(left))
			}
			if diff := cmp.Diff(byAge, found(g)); diff != "" {
				t.Errorf("endingsAtAge (-want +got):\n%s", diff)
			}
			g = grouperOf()
			g.column, g.byCode = nil, make([]*grouped, 1)
			if got := g.wholeAtAge(c, rows, wanted); !slices.Equal(got, left) {
				t.Errorf("wholeAtAge leaves %d, want %d", len(got), len(left))
			}
			if got := found(g)[0]; got != atAge {
				t.Errorf("wholeAtAge finds %v, want %v", got, atAge)
			}
		}
	}
}

// TestSkip: values that are added by their bounds alone change no rank.
func TestSkip(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(16, 6))
	skipped := 0
	for range 200 {
		marks := []mark{{low: 400, width: 50}, {low: 800, width: 100}}[:1+rng.IntN(2)]
		s, plain := &sought{marks: slices.Clone(marks)}, &sought{marks: slices.Clone(marks)}
		for range 50 {
			from := rng.Int64N(1200)
			list := make([]int64, 1+rng.IntN(20))
			for i := range list {
				list[i] = from + rng.Int64N(100)
			}
			least, most := slices.Min(list)-rng.Int64N(3), slices.Max(list)+rng.Int64N(3)
			if s.skip(len(list), least, most) {
				skipped++
			} else {
				s.take(slices.Clone(list))
			}
			plain.take(slices.Clone(list))
		}
		if s.n != plain.n {
			t.Fatalf("%d values, want %d", s.n, plain.n)
		}
		for i := range marks {
			if a, b := &s.marks[i], &plain.marks[i]; a.below != b.below || !slices.Equal(a.list, b.list) {
				t.Fatalf("mark %d: %d below and %d within, want %d and %d", i, a.below, len(a.list), b.below, len(b.list))
			}
		}
	}
	if skipped == 0 {
		t.Error("nothing was skipped")
	}
	if (&sought{all: &spans{}}).skip(1, 0, 1) {
		t.Error("a search that keeps all values skips some")
	}
}

// TestFacts: what a pass knows of an outcome is what each run by itself knows.
func TestFacts(t *testing.T) {
	t.Parallel()
	for o := range uint8(8) {
		for _, begun := range []uint8{0, 8} {
			is, s := facts[o+begun], ends[o]
			if is&isTold != 0 != (s < open) || is&isSilent != 0 != (s == silent) || is&isCompleted != 0 != (event.Outcome(o) == event.Completed && begun != 0) {
				t.Errorf("outcome %d, begun %d: %b", o, begun, is)
			}
		}
	}
}
