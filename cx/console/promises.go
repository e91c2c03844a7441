package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
)

// promises says which share of the promises was kept that fell due in the period, with its trend and its change against the period before.
func (v *visit) promises(ctx context.Context) (tiles, error) {
	now, err := v.promisesNow(ctx)
	if err != nil {
		return tiles{}, err
	}
	now.List = slices.DeleteFunc(slices.Clone(now.List), func(p insight.PromiseTrend) bool { return v.noExperience(p.Journey) }) // the answer is that of all readers
	if len(now.List) == 0 {
		if len(v.promiseNames()) == 0 {
			return tiles{Empty: &empty{"Nothing is promised.", "Write promises: in the blueprint, such as {name: solved, from: start, until: Resolve ticket, within: 5bd}."}}, nil
		}
		return tiles{Empty: &empty{"No promise fell due in this period.", "Choose a longer period."}}, nil
	}
	var list tiles
	for i := range now.List {
		p := &now.List[i]
		t := v.promiseTile(p)
		if t.Value != number.None {
			if err := v.addChange(ctx, &t, p); err != nil {
				return tiles{}, err
			}
			spark(&t, p)
		}
		list.Tiles = append(list.Tiles, t)
	}
	slices.SortStableFunc(list.Tiles, func(a, b tile) int { return cmp.Compare(urgency(&a), urgency(&b)) })
	return list, nil
}

// urgency puts missed targets first, and promises without a number last.
func urgency(t *tile) int {
	switch {
	case t.Tone == "bad":
		return 0
	case t.Value == number.None:
		return 2
	default:
		return 1
	}
}

// promisesNow asks how the promises stand that fell due in the period, with their trends.
func (v *visit) promisesNow(ctx context.Context) (insight.PromiseTrends, error) {
	w, bounds := v.which(insight.FellDue), v.trendBounds()
	return question(ctx, v, "promise trends", fmt.Sprintf("%+v%v", w, bounds), func(ctx context.Context) (insight.PromiseTrends, error) {
		return v.view.PromiseTrends(ctx, w, bounds)
	})
}

func (v *visit) promiseTile(p *insight.PromiseTrend) tile {
	t := tile{Name: p.Name + " · " + p.Journey, Value: writeShare(p.Matured), Link: v.link("journeys/" + segments(p.Journey))}
	if p.Hidden {
		t.Note = "Too few customers to show."
		return t
	}
	if !p.Matured.OK() {
		t.Note = "None is settled yet."
		return t
	}
	broken := p.Matured.N - p.Matured.Count
	t.Note = fmt.Sprintf("of %s that fell due, %s broken, %s", number.Count(p.Matured.N), number.Count(broken), number.Range(number.Share(p.Matured.Low), number.Share(p.Matured.High)))
	switch {
	case p.Target == 0:
	case p.Matured.Value >= p.Target:
		t.Tone, t.Verdict = "good", "Target "+number.Share(p.Target)+" met"
	default:
		t.Tone, t.Verdict = "bad", "Target "+number.Share(p.Target)+" missed"
	}
	if broken > 0 && v.may(insight.Customers) {
		f := v.filter
		f.Journey = p.Journey
		t.Runs = v.linkOf(f, "runs", "broke", p.Name, "due", dueInPeriod)
	}
	return t
}

// addChange adds the change against the period before: that of the same comparison as in what got worse.
func (v *visit) addChange(ctx context.Context, t *tile, p *insight.PromiseTrend) error {
	if v.filter.Alone {
		return nil
	}
	list, err := v.compareAll(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		c := &list[i]
		if c.Journey != p.Journey || c.Promise != p.Name || !c.Tested {
			continue
		}
		t.Change = number.Points(c.Periods.Difference.Value) + " against before"
		switch {
		case !c.Differs:
			t.Change += ", within chance"
		case c.Periods.Difference.Value < 0:
			t.ChangeTone = "worse"
		default:
			t.ChangeTone = "better"
		}
	}
	return nil
}

// spark adds the trend of the kept share, over the parts of the period in which it is known.
func spark(t *tile, of *insight.PromiseTrend) {
	var values []float64
	for i := range of.Points {
		if of.Points[i].Matured.OK() {
			values = append(values, of.Points[i].Matured.Value)
		}
	}
	if len(values) > 1 {
		t.Spark = chart.SparkRange("Kept share of "+of.Name+" in "+number.Of(int64(len(values)), "part", "parts")+" of the period", chart.Share, values)
	}
}
