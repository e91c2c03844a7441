package console

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// changed is a share now and before.
type changed struct {
	Name, Now, Before, Points, Tone, Verdict, Link, Why string
}

type changes struct {
	Rows   []changed
	Note   string
	Differ int
	Empty  *empty
}

// compared is a comparison of two periods, with where its runs are.
type compared struct {
	name, link, why string
	insight.Periods
	lowerIsBetter bool
}

// changes compares the period with the one before: of each journey the completed share, and of each promise the kept share. Their probabilities are adjusted together.
func (v *visit) changes(ctx context.Context) (changes, error) {
	if v.filter.Alone {
		return changes{Empty: &empty{"There is no period to compare with.", "Remove compare=none from the address."}}, nil
	}
	all, err := v.compareAll(ctx)
	if err != nil {
		return changes{}, err
	}
	var tested []int
	var ps []float64
	for i := range all {
		if all[i].Share.OK() && all[i].ShareBefore.OK() {
			tested, ps = append(tested, i), append(ps, all[i].P)
		}
	}
	if len(tested) == 0 {
		return changes{Empty: &empty{"There is nothing to compare.", "Both periods need at least five customers whose runs are old enough. Choose longer ones."}}, nil
	}
	adjusted := stats.BenjaminiHochberg(ps)
	s := changes{Note: fmt.Sprintf("Against the %s before. More than chance: at most 5%% after Benjamini and Hochberg over %s.", v.periodWords(), number.Of(int64(len(tested)), "comparison", "comparisons"))}
	for k, i := range tested {
		row := v.change(&all[i], adjusted[k] <= 0.05)
		if row.Tone != "" {
			s.Differ++
			s.Rows = append([]changed{row}, s.Rows...)
		} else {
			s.Rows = append(s.Rows, row)
		}
	}
	return s, nil
}

func (v *visit) change(c *compared, differs bool) changed {
	row := changed{Name: c.name, Link: c.link, Why: c.why, Now: withN(c.Share), Before: withN(c.ShareBefore), Points: number.Points(c.Difference.Value), Verdict: "within chance"}
	if differs {
		row.Tone, row.Verdict = "bad", "worse"
		if c.Difference.Value > 0 != c.lowerIsBetter {
			row.Tone, row.Verdict = "good", "better"
		}
	}
	return row
}

func withN(s score.Share) string { return writeShare(s) + " of " + number.Count(s.N) }

// periodWords are the period in words, such as "28 days".
func (v *visit) periodWords() string {
	return number.Of(int64(dayNumber(v.until)-dayNumber(v.from)), "day", "days")
}

// compareAll asks for each journey and each promise of the blueprint that the reader may see.
func (v *visit) compareAll(ctx context.Context) (list []compared, err error) {
	b := v.c.table.Blueprint()
	for i := range b.Journeys {
		j := &b.Journeys[i]
		if v.filter.Journey != "" && j.Name != v.filter.Journey {
			continue
		}
		f := v.filter
		f.Journey = j.Name
		page := v.link("journeys/" + segments(j.Name))
		add := func(name, bad string, m insight.Measure) {
			if err != nil {
				return
			}
			var got insight.Periods
			if got, err = v.periods(ctx, j.Name, m); err == nil {
				list = append(list, compared{name: name, link: page, why: v.linkOf(f, "goes-with", "bad", bad), Periods: got})
			}
		}
		add(j.Name+": completed", "not-completed", insight.Completes())
		for k := range j.Promises {
			add(j.Name+": "+j.Promises[k].Name+" kept", "broken:"+j.Promises[k].Name, insight.Keeps(j.Promises[k].Name))
		}
		if err != nil && !isUnknown(err) {
			return nil, err
		}
		err = nil
	}
	return list, nil
}

func (v *visit) periods(ctx context.Context, journey string, m insight.Measure) (insight.Periods, error) {
	now, before := v.which(insight.Begun), v.earlier(insight.Begun)
	now.Journey, before.Journey = journey, journey
	return question(ctx, v, "periods", fmt.Sprintf("%+v%+v%+v", now, before, m), func(ctx context.Context) (insight.Periods, error) {
		return v.view.ComparePeriods(ctx, now, before, m)
	})
}
