package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// changed is a share now and before.
type changed struct {
	Name, Now, Before, Points, Tone, Verdict, Link, Why string
}

// changes are what differs between the period and the one before. Chance are those that differ by no more than chance.
type changes struct {
	Worse, Better, Chance []changed
	Note                  string
	// Nothing says that nothing got worse.
	Nothing string
	Empty   *empty
}

// compared is a comparison of two periods, with where its runs are.
type compared struct {
	name, link, why  string
	journey, promise string // promise is empty for a completed share
	insight.Periods
	differs bool // by more than chance, of all comparisons together
}

// changes compares the period with the one before: of each journey the completed share, and of each promise the kept share. What got worse is first.
func (v *visit) changes(ctx context.Context) (changes, error) {
	if v.filter.Alone {
		return changes{Empty: &empty{"There is no period to compare with.", "Remove compare=none from the address."}}, nil
	}
	all, err := v.compareAll(ctx)
	if err != nil {
		return changes{}, err
	}
	var s changes
	tested := int64(0)
	for i := range all {
		c := &all[i]
		if !c.tested() {
			continue
		}
		tested++
		row := changed{
			Name: c.name, Link: c.link, Why: c.why, Now: withN(c.Share), Before: withN(c.ShareBefore), Points: number.Points(c.Difference.Value), Verdict: "within chance",
		}
		switch {
		case !c.differs:
			s.Chance = append(s.Chance, row)
		case c.Difference.Value < 0:
			row.Tone, row.Verdict = "bad", "worse"
			s.Worse = append(s.Worse, row)
		default:
			row.Tone, row.Verdict = "good", "better"
			s.Better = append(s.Better, row)
		}
	}
	if tested == 0 {
		return changes{Empty: &empty{"There is nothing to compare.", "Both periods need at least five customers whose runs are old enough. Choose longer ones."}}, nil
	}
	s.Note = fmt.Sprintf("Runs that began in the period, against those of the %s before. More than chance: at most 5%% after Benjamini and Hochberg over %s.", v.periodWords(), number.Of(tested, "comparison", "comparisons"))
	if len(s.Worse) == 0 {
		s.Nothing = "Nothing got worse by more than chance."
	}
	return s, nil
}

// tested reports whether both periods have a share.
func (c *compared) tested() bool { return c.Share.OK() && c.ShareBefore.OK() }

func withN(s score.Share) string {
	if !s.OK() {
		return number.None
	}
	return writeShare(s) + " of " + number.Count(s.N)
}

// periodWords are the period in words, such as "28 days".
func (v *visit) periodWords() string {
	return number.Of(int64(dayNumber(v.until)-dayNumber(v.from)), "day", "days")
}

// compareAll asks for each journey and each promise of the blueprint that the reader may see. The largest loss is first, and the largest gain last. Their
// probabilities are adjusted together.
func (v *visit) compareAll(ctx context.Context) ([]compared, error) {
	list, err := v.compareEach(ctx)
	if err != nil {
		return nil, err
	}
	var tested []*compared
	var ps []float64
	for i := range list {
		if list[i].tested() {
			tested, ps = append(tested, &list[i]), append(ps, list[i].P)
		}
	}
	for k, adjusted := range stats.BenjaminiHochberg(ps) {
		tested[k].differs = adjusted <= 0.05
	}
	slices.SortStableFunc(list, func(a, b compared) int { return cmp.Compare(a.Difference.Value, b.Difference.Value) })
	return list, nil
}

func (v *visit) compareEach(ctx context.Context) (list []compared, err error) {
	b := v.c.table.Blueprint()
	for i := range b.Journeys {
		j := &b.Journeys[i]
		if v.filter.Journey != "" && j.Name != v.filter.Journey {
			continue
		}
		f := v.filter
		f.Journey = j.Name
		page := v.link("journeys/" + segments(j.Name))
		add := func(name, promise, bad string, m insight.Measure) {
			if err != nil {
				return
			}
			var got insight.Periods
			if got, err = v.periods(ctx, j.Name, m); err == nil {
				list = append(list, compared{name: name, journey: j.Name, promise: promise, link: page, why: v.linkOf(f, "goes-with", "bad", bad), Periods: got})
			}
		}
		add(j.Name+": completed", "", "not-completed", insight.Completes())
		for k := range j.Promises {
			name := j.Promises[k].Name
			add(j.Name+": "+name+" kept", name, "broken:"+name, insight.Keeps(name))
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
