package insight

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
)

// The tests of this file compare the passes over columns with the plain way: each row by itself, all durations in a list that is sorted.

// crowded is a source of many runs: more chunks than are needed for a sample. In every journey something of everything happens.
type crowded int

var epoch = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func (crowded) Distinct() bool { return true }

func (n crowded) Scan(_ context.Context, _ event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	rng := rand.New(rand.NewPCG(11, 12))
	ends := []event.Outcome{event.Completed, event.Completed, event.Completed, event.Failed, event.Cancelled, event.Abandoned}
	for i := range int(n) {
		begun := epoch.Add(time.Duration(i) * time.Minute)
		e := event.Event{
			Kind: event.JourneyStarted, Time: begun, Customer: event.Customer{Hash: fmt.Sprint(i / 2), Segment: []string{"", "gold", "iron"}[rng.IntN(3)]},
			Journey: event.Run{Name: []string{"ticket", "ticket", "order"}[rng.IntN(3)], ID: strconv.Itoa(i), Started: begun},
		}
		if i%8192 < 4096 && rng.IntN(50) == 0 {
			e.Actor = event.ActorSynthetic
		}
		give := func(kind event.Kind, after float64) error {
			e.Kind, e.Time = kind, begun.Add(time.Duration(after*float64(time.Hour)))
			return each(&e)
		}
		if i%97 != 0 { // the others are known from their middle on
			if err := give(event.JourneyStarted, 0); err != nil {
				return event.Cursor{}, err
			}
		} else {
			e.Journey.Started = time.Time{}
		}
		e.Touchpoint, e.Outcome = "call", []event.Outcome{event.OK, event.OK, event.Failed}[rng.IntN(3)]
		if err := give(event.TouchpointEnded, 30*rng.Float64()); err != nil {
			return event.Cursor{}, err
		}
		e.Touchpoint, e.Outcome = "", 0
		if rng.IntN(10) > 0 {
			e.Outcome = ends[rng.IntN(len(ends))]
			took := 24 * rng.ExpFloat64()
			if i > int(n)/2 { // the durations of the later half are alike
				took = float64(rng.IntN(40))
			}
			if err := give(event.JourneyEnded, took); err != nil {
				return event.Cursor{}, err
			}
		}
	}
	return event.Cursor{Position: "all"}, nil
}

func (crowded) Events(context.Context, event.Query, func(*event.Event) error) error { return nil }

const manyRuns = 17 * cases.Rows

// crowdedViews returns views of one table: at its end, and in its middle.
func crowdedViews(t *testing.T, opts ...Option) []*View {
	t.Helper()
	b := &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "ticket", AbandonAfter: blueprint.Duration(72 * time.Hour)}, {Name: "order"}}}
	table, err := New(b, opts...)
	if err == nil {
		err = table.Load(t.Context(), crowded(manyRuns))
	}
	if err != nil {
		t.Fatal(err)
	}
	return []*View{table.View(Everything(), time.Time{}), table.View(Everything(), epoch.Add(manyRuns/2*time.Minute))}
}

// whiches are selections of every kind.
func whiches() map[string]Which {
	quarter := func(n int) time.Time { return epoch.Add(time.Duration(n) * manyRuns / 4 * time.Minute) }
	return map[string]Which{
		"all":                   {},
		"a journey":             {Journey: "ticket"},
		"a period":              {From: quarter(1), Until: quarter(2)},
		"ended in a period":     {Journey: "order", From: quarter(1), Until: quarter(3), By: Ended},
		"until":                 {Until: quarter(1)},
		"a segment":             {Where: []Where{{Column: Segment, Values: []string{"gold", ""}}}},
		"not a segment":         {Where: []Where{{Column: Segment, Values: []string{"gold", "unheard of"}, Not: true}}},
		"an outcome":            {Where: []Where{{Column: Outcome, Values: []string{"completed", "open"}}}},
		"few, so no sample":     {From: quarter(1), Until: quarter(1).Add(time.Hour)},
		"the last day":          {From: epoch.Add((manyRuns - 1440) * time.Minute)},
		"none: it is all later": {From: quarter(9)},
	}
}

// selects reports whether the row is selected.
func selects(p *pick, c *cases.Chunk, row int) bool {
	if c.Flags[row]&(cases.Folded|cases.Synthetic) != cases.Folded || !p.journeys[c.Journey[row]] || c.Base[row] > p.at {
		return false
	}
	if c.Base[row] < p.earliest && c.Last[row] < p.earliest && c.Ended[row] < p.earliest {
		return false
	}
	at := c.Base[row]
	if p.by == Ended && (p.from != 0 || p.until != math.MaxInt64) {
		if at = p.ended(c, row); at == 0 {
			return false
		}
	}
	if at < p.from || at >= p.until {
		return false
	}
	for i := range p.where {
		if !p.where[i].matches(c, row) {
			return false
		}
	}
	return true
}

// plain is a question that is answered the plain way.
func plain(t *testing.T, v *View, w Which, each func(p *pick, c *cases.Chunk, row int)) {
	t.Helper()
	if err := v.ask(t.Context(), askPromises, &w, func(p *pick, chunks []*cases.Chunk) {
		for _, c := range chunks {
			for row := 0; c != nil && row < c.N; row++ {
				if selects(p, c, row) {
					each(p, c, row)
				}
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
}

// nthOf returns the value with the rank.
func nthOf(list []int64, rank func(n int64) int64) int64 {
	slices.Sort(list)
	return list[rank(int64(len(list)))]
}

func timesOf(list []int64) Times {
	if len(list) == 0 {
		return Times{}
	}
	n := len(list)
	at := func(rank int) time.Duration {
		return time.Duration(nthOf(list, func(int64) int64 { return int64(rank - 1) })) * time.Microsecond
	}
	return Times{N: int64(n), Median: at((n + 1) / 2), P90: at((9*n + 9) / 10)}
}

// TestOutcomesPlainly: Outcomes has the numbers of the plain way.
func TestOutcomesPlainly(t *testing.T) {
	t.Parallel()
	for at, v := range append(crowdedViews(t), crowdedViews(t, WithLast(40*24*time.Hour))...) {
		for name, w := range whiches() {
			var took []int64
			var states [numStates]int64
			var runs, back int64
			plain(t, v, w, func(p *pick, c *cases.Chunk, row int) {
				runs++
				s := p.state(c, row)
				states[s]++
				if s == completed && c.Flags[row]&cases.Begun != 0 {
					took = append(took, c.Ended[row]-c.Base[row])
				}
				if s == silent && slices.ContainsFunc(c.Words(row), func(w uint64) bool {
					return p.t.Codes()[cases.CodeOf(w)].Kind == cases.Touched && c.At(row, w) > p.ended(c, row) && c.At(row, w) <= p.at
				}) {
					back++
				}
			})
			got, err := v.Outcomes(t.Context(), w)
			if err != nil {
				t.Fatal(err)
			}
			want := Outcomes{Basis: got.Basis, Unknown: states[unknown], Took: timesOf(took), Ages: got.Ages, Oldest: got.Oldest}
			want.Runs = runs
			of := func(s state) score.Share { return score.ShareOf(states[s], runs-states[unknown], v.table.confidence) }
			want.Completed, want.Failed, want.Cancelled, want.Silent, want.Open = of(completed), of(failed), of(cancelled), of(silent), of(open)
			want.CameBack = score.ShareOf(back, states[silent], v.table.confidence)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("view %d, %s (-plainly +passes):\n%s", at, name, diff)
			}
			if name == "all" && (got.Took.N < manyRuns/20 || got.CameBack.Count == 0 || got.Open.Count == 0) {
				t.Errorf("view %d: too little happens: %+v", at, got)
			}
		}
	}
}

// trials returns those of a selection by the value of a column, as they are at an age; 0 is the moment. It also returns the youngest age, and the times
// until the end.
func trialsOf(t *testing.T, v *View, w Which, by Column, m Measure, age int64) (groups map[string][3]int64, youngest int64, overs, ages []int64) {
	t.Helper()
	groups, youngest = map[string][3]int64{}, math.MaxInt64
	plain(t, v, w, func(p *pick, c *cases.Chunk, row int) {
		ages = append(ages, p.at-c.Base[row])
		trial, ok := m.trial(p, c, row)
		if !ok {
			return
		}
		youngest = min(youngest, trial.age)
		if trial.over >= 0 {
			overs = append(overs, trial.over)
		}
		column := p.column(by)
		value := column.text(column.code(c, row))
		g := groups[value]
		switch {
		case age > 0 && trial.age < age:
			g[2]++
		case trial.hit >= 0 && (age == 0 || trial.hit <= age):
			g[0]++
			g[1]++
		default:
			g[0]++
		}
		groups[value] = g
	})
	return groups, youngest, overs, ages
}

// TestComparePlainly: Compare and ComparePeriods have the numbers of the plain way.
func TestComparePlainly(t *testing.T) {
	t.Parallel()
	measures := []Measure{Completes(), EndsAs(event.Abandoned), Fails()}
	for at, v := range crowdedViews(t) {
		for i, name := range slices.Sorted(maps.Keys(whiches())) {
			w := whiches()[name]
			for k, m := range measures {
				if os.Getenv("CAIRN_WHOLE") == "" && (i+at)%len(measures) != k {
					continue
				}
				if w.By != Ended {
					comparePlainly(t, fmt.Sprintf("view %d, %s, %s", at, name, m), v, w, m)
				}
				before := Which{From: epoch, Until: epoch.Add(manyRuns / 3 * time.Minute), Where: []Where{{Column: Segment, Values: []string{"iron", "gold"}}}}
				periodsPlainly(t, fmt.Sprintf("view %d, %s, %s", at, name, m), v, w, before, m)
			}
		}
	}
}

func comparePlainly(t *testing.T, name string, v *View, w Which, m Measure) {
	t.Helper()
	groups, youngest, overs, _ := trialsOf(t, v, w, Segment, m, 0)
	age := int64(0)
	if len(overs) > 0 {
		if needed := nthOf(overs, func(n int64) int64 { return int64(math.Ceil(0.95*float64(n))) - 1 }); youngest < needed {
			age = needed
			groups, _, _, _ = trialsOf(t, v, w, Segment, m, age)
		}
	}
	got, err := v.Compare(t.Context(), w, Segment, m)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][3]int64{}
	for _, g := range got.Groups {
		found[g.Value] = [3]int64{g.Share.N, g.Share.Count, g.TooYoung}
	}
	if diff := cmp.Diff(groups, found); diff != "" || got.AtAge != time.Duration(age)*time.Microsecond {
		t.Errorf("%s: at %s, want %dµs (-plainly +passes):\n%s", name, got.AtAge, age, diff)
	}
}

func periodsPlainly(t *testing.T, name string, v *View, now, before Which, m Measure) {
	t.Helper()
	ask := func(age int64) (all [2][3]int64, youngest int64, overs []int64, ages [2][]int64) {
		youngest = math.MaxInt64
		for i, w := range []Which{now, before} {
			groups, young, over, old := trialsOf(t, v, w, Journey, m, age)
			for _, g := range groups {
				for k := range g {
					all[i][k] += g[k]
				}
			}
			youngest, overs, ages[i] = min(youngest, young), append(overs, over...), old
		}
		return all, youngest, overs, ages
	}
	want, youngest, overs, ages := ask(0)
	age := int64(0)
	if len(overs) == 0 || len(ages[0]) == 0 || len(ages[1]) == 0 {
		return // one of the periods has nothing to compare
	}
	if needed := nthOf(overs, func(n int64) int64 { return int64(math.Ceil(0.95*float64(n))) - 1 }); youngest < needed {
		age = max(1, min(needed, nthOf(ages[0], func(n int64) int64 { return n / 2 }), nthOf(ages[1], func(n int64) int64 { return n / 2 })))
		want, _, _, _ = ask(age)
	}
	got, err := v.ComparePeriods(t.Context(), now, before, m)
	if err != nil {
		t.Fatal(err)
	}
	found := [2][3]int64{{got.Share.N, got.Share.Count, got.TooYoung}, {got.ShareBefore.N, got.ShareBefore.Count, got.TooYoungBefore}}
	if diff := cmp.Diff(want, found); diff != "" || got.AtAge != time.Duration(age)*time.Microsecond {
		t.Errorf("%s: at %s, want %dµs (-plainly +passes):\n%s", name, got.AtAge, age, diff)
	}
}

// TestMisledSample: ranks are exact also where the sample says nothing of the values: they are found in another pass.
func TestMisledSample(t *testing.T) {
	t.Parallel()
	v := crowdedViews(t)[0]
	sampled, again := false, 0
	for _, strange := range []struct {
		of     func(value int64, c *cases.Chunk, row uint16) int64
		reason string
	}{
		{func(value int64, _ *cases.Chunk, _ uint16) int64 { return value }, "as they are"},
		{func(int64, *cases.Chunk, uint16) int64 { return 7 }, "all alike"},
		{func(value int64, _ *cases.Chunk, _ uint16) int64 { return value / (24 * 3_600_000_000) }, "a few values"},
		{func(_ int64, c *cases.Chunk, row uint16) int64 { return c.Base[row] }, "sorted"},
		{func(_ int64, c *cases.Chunk, row uint16) int64 { return -c.Base[row] }, "below 0"},
	} {
		for _, lie := range []bool{false, true} {
			asked := false
			value := func(p *pick, c *cases.Chunk, rows []uint16, list []int64, s *scratch) []int64 {
				for i, v := range agesOf(p, c, rows, nil, s) {
					v = strange.of(v, c, rows[i])
					if lie && !asked {
						v += 1 << 50
					}
					list = append(list, v)
				}
				return list
			}
			if err := v.ask(t.Context(), "", &Which{}, func(p *pick, chunks []*cases.Chunk) {
				s := seek(chunks, value, []*pick{p}, median, ninetieth, half)
				asked, sampled = true, sampled || s.all == nil
				var list []int64
				for _, part := range []*sought{s.part(), s.part()} {
					p.each(chunks, func(c *cases.Chunk, rows []uint16) {
						part.add(p, c, rows)
						list = value(p, c, rows, list, &scratch{})
					})
					s.merge(part)
				}
				s.picks = []*pick{p, p} // both parts had all rows
				n := int64(len(list))
				want := []int64{nthOf(list, median), nthOf(list, ninetieth), nthOf(list, half)}
				if got := s.find(chunks); s.n != n || !slices.Equal(got, want) {
					t.Errorf("%s, lie %t: %d of %d values, %v, want %v", strange.reason, lie, s.n, n, got, want)
				}
				if s.all != nil {
					again++
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !sampled || again < 5 {
		t.Errorf("sampled %t, and %d times another pass", sampled, again)
	}
}
