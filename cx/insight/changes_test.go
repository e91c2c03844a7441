package insight_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"cairncx.dev/cairn/cx/insight"
)

// TestChangesAreThePeriods: each change is that of [insight.View.ComparePeriods], with the probability of Benjamini and Hochberg by its definition of 1995: the smallest
// m·p/k over the ranks from its own on. The scope of the viewer chooses the journeys.
func TestChangesAreThePeriods(t *testing.T) {
	t.Parallel()
	tested, differ := 0, 0
	for seed := range uint64(12) {
		table := tableOf(t, &memory{events: fewCustomers(seed, 60)})
		for _, viewer := range []insight.Viewer{insight.Everything(), {Rights: insight.Numbers, Journeys: []string{"order"}}} {
			view, now, before := table.View(viewer, at(300)), insight.Which{From: at(100), Until: at(200)}, insight.Which{Until: at(100), Journey: "nothing"}
			got, err := view.Changes(t.Context(), now, before)
			if err != nil {
				t.Fatal(err)
			}
			var ps []float64
			for i := range got.List {
				c := &got.List[i]
				if len(viewer.Journeys) > 0 && c.Journey != "order" {
					t.Errorf("a viewer of orders sees %q", c.Journey)
				}
				if c.Tested {
					ps = append(ps, c.Periods.P)
				}
			}
			slices.Sort(ps)
			for i := range got.List {
				c := &got.List[i]
				m := insight.Completes()
				if c.Promise != "" {
					m = insight.Keeps(c.Promise)
				}
				now.Journey, before.Journey = c.Journey, c.Journey
				if one, err := view.ComparePeriods(t.Context(), now, before, m); err != nil || text(one, nil) != text(c.Periods, nil) {
					t.Errorf("seed %d: %q %q is %+v, and the two periods are %+v: %v", seed, c.Journey, c.Promise, c.Periods, one, err)
				}
				if i > 0 && c.Periods.Difference.Value < got.List[i-1].Periods.Difference.Value {
					t.Errorf("seed %d: the changes are not in their order", seed)
				}
				want := 1.0
				if c.Tested {
					tested++
					for k, p := range ps {
						if p >= c.Periods.P {
							want = min(want, p*float64(len(ps))/float64(k+1))
						}
					}
				}
				if math.Abs(c.Adjusted-want) > 1e-12 || c.Differs != (c.Tested && want <= 0.05) || got.Tested != len(ps) {
					t.Errorf("seed %d: %q %q has p %v, adjusted %v, differs %v: want %v over %d", seed, c.Journey, c.Promise, c.Periods.P, c.Adjusted, c.Differs, want, len(ps))
				}
				if c.Differs {
					differ++
				}
			}
		}
	}
	if tested < 10 || differ == 0 {
		t.Errorf("%d changes were tested, and %d differ", tested, differ)
	}
}

// TestChangesOfWhom: what a viewer may not ask, and what is no question.
func TestChangesOfWhom(t *testing.T) {
	t.Parallel()
	table := tableOf(t, &memory{events: fewCustomers(1, 10)})
	if _, err := table.View(insight.Viewer{Rights: insight.Words}, at(300)).Changes(t.Context(), insight.Which{}, insight.Which{}); !errors.Is(err, insight.ErrDenied) {
		t.Errorf("without the right to numbers: %v", err)
	}
	for _, w := range [][2]insight.Which{{{By: insight.FellDue}}, {{}, {By: insight.FellDue}}, {{From: at(2), Until: at(1)}}} {
		if _, err := table.View(insight.Everything(), at(300)).Changes(t.Context(), w[0], w[1]); !errors.Is(err, insight.ErrWhich) {
			t.Errorf("%+v: %v", w, err)
		}
	}
}
