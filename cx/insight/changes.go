package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/stats"
)

// Changes says what changed between two periods: how often journeys were completed and promises were kept.
type Changes struct {
	// Tested is the number of changes that were tested, over which their probabilities are adjusted.
	Tested int `json:"tested"`
	// List has the largest loss first and the largest gain last. Changes that were not tested have the difference 0, and are among those.
	List []Change `json:"changes"`
}

// Change is how the completed share of a journey, or the kept share of one of its promises, differs between two periods.
type Change struct {
	Journey string `json:"journey"`
	// Promise is the name of the promise; "" is the completed share.
	Promise string `json:"promise,omitempty"`
	// Periods compares the two. Its Differs is about this comparison alone.
	Periods Periods `json:"periods"`
	// Tested reports whether both periods have a share.
	Tested bool `json:"tested"`
	// Adjusted is [Periods.P] after Benjamini and Hochberg over all tested changes of the answer, and Differs reports whether that is at most 1 less the confidence.
	Adjusted float64 `json:"adjusted"`
	Differs  bool    `json:"differs"`
}

// Changes answers what changed between two periods, or two other selections of runs, by more than chance: of each journey of the blueprint that the viewer may see the
// completed share, and of each of its promises the kept share. One comparison in twenty differs by chance alone, so that the probabilities are adjusted over all
// of them: see [stats.BenjaminiHochberg]. With [Which.Journey] of now it is about that journey; that of before has no effect. Follow-ups and actions are none
// of its journeys. It needs the right [Numbers], and what [View.ComparePeriods] costs for each change.
func (v *View) Changes(ctx context.Context, now, before Which) (Changes, error) {
	answer := Changes{List: []Change{}}
	if err := v.ask(ctx, "Changes", &now, func(*pick, []*cases.Chunk) {}); err != nil {
		return answer, err
	}
	if err := v.check(&before, false); err != nil {
		return answer, err
	}
	b := v.table.blueprint
	for i := range b.Journeys {
		j := &b.Journeys[i]
		if now.Journey != "" && now.Journey != j.Name || !v.sees(j.Name) {
			continue
		}
		if err := answer.compare(ctx, v, now, before, j.Name, ""); err != nil {
			return answer, err
		}
		for k := range j.Promises {
			if err := answer.compare(ctx, v, now, before, j.Name, j.Promises[k].Name); err != nil {
				return answer, err
			}
		}
	}
	answer.adjust(v.table.confidence)
	return answer, nil
}

// compare adds the change of a journey, or of one of its promises.
func (a *Changes) compare(ctx context.Context, v *View, now, before Which, journey, promise string) error {
	m := Completes()
	if promise != "" {
		m = Keeps(promise)
	}
	now.Journey, before.Journey = journey, journey
	p, err := v.ComparePeriods(ctx, now, before, m)
	if err != nil {
		return err
	}
	a.List = append(a.List, Change{Journey: journey, Promise: promise, Periods: p, Tested: p.Share.OK() && p.ShareBefore.OK(), Adjusted: 1})
	return nil
}

// adjust adjusts the probabilities and puts the changes in their order.
func (a *Changes) adjust(confidence float64) {
	var tested []*Change
	var p []float64
	for i := range a.List {
		if c := &a.List[i]; c.Tested {
			tested, p = append(tested, c), append(p, c.Periods.P)
		}
	}
	a.Tested = len(tested)
	for i, adjusted := range stats.BenjaminiHochberg(p) {
		tested[i].Adjusted, tested[i].Differs = adjusted, adjusted <= 1-confidence
	}
	slices.SortStableFunc(a.List, func(x, y Change) int { return cmp.Compare(x.Periods.Difference.Value, y.Periods.Difference.Value) })
}

// Sentence says how the two periods differ, in words.
func (c *Change) Sentence() string {
	p, what := c.Periods, fmt.Sprintf("%q", c.Journey)
	p.Differs = c.Differs
	if c.Promise != "" {
		what = fmt.Sprintf("The promise %q of %q", c.Promise, c.Journey)
	}
	return what + ": " + p.Sentence()
}
