package insight_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/paths"
)

// mapped counts the pairs and the visits of the runs that took one of the ways.
func (w *world) mapped(q *insight.Which, ways [][]string) (runs int64, pairs, visits map[string]int64) {
	pairs, visits = map[string]int64{}, map[string]int64{}
	for _, l := range w.about(q) {
		var names []string
		for _, s := range w.touchpoints(l) {
			names = append(names, s.name)
		}
		if len(names) == 0 || !slices.ContainsFunc(ways, func(way []string) bool { return slices.Equal(way, names) }) {
			continue
		}
		runs++
		for i, name := range names {
			if visits[name]++; i > 0 {
				pairs[names[i-1]+" "+name]++
			}
		}
	}
	return runs, pairs, visits
}

// TestPathMapOfModel: a map of chosen ways has the numbers of their runs alone.
func TestPathMapOfModel(t *testing.T) {
	t.Parallel()
	w := world{lives: wanderers(), now: at(60)}
	q := insight.Which{Journey: "ticket"}
	v := loaded(t, w.lives).View(insight.Everything(), w.now)
	all, err := v.Paths(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	shown := all.Variants.Shown
	rare := []string{"call", "mail", "visit", "call", "mail"}
	for name, ways := range map[string][][]string{
		"one":                   {shown[1].Steps},
		"two, one twice":        {shown[0].Steps, shown[2].Steps, shown[0].Steps},
		"one that no run took":  {shown[0].Steps, {"nothing"}, {}},
		"one of few customers":  {shown[0].Steps, rare},
		"none but a rare one":   {rare},
		"all that can be shown": steps(shown),
	} {
		got, err := v.PathMap(t.Context(), q, ways)
		if err != nil {
			t.Fatal(err)
		}
		runs, pairs, visits := w.mapped(&q, slices.DeleteFunc(slices.Clone(ways), func(way []string) bool { return slices.Equal(way, rare) }))
		if got.Map.Covered.Count != runs || got.Map.Covered.N != all.Variants.Runs {
			t.Errorf("%s: it covers %d of %d runs, want %d of %d", name, got.Map.Covered.Count, got.Map.Covered.N, runs, all.Variants.Runs)
		}
		if int64(len(pairs)) != got.Map.Distinct {
			t.Errorf("%s: %d pairs, want %d", name, got.Map.Distinct, len(pairs))
		}
		for _, p := range got.Map.Pairs {
			if p.Times != pairs[p.From+" "+p.To] {
				t.Errorf("%s: %s follows %s %d times, want %d", name, p.To, p.From, p.Times, pairs[p.From+" "+p.To])
			}
		}
		for _, n := range got.Map.Steps {
			if n.Visits != visits[n.Name] {
				t.Errorf("%s: %d visits of %s, want %d", name, n.Visits, n.Name, visits[n.Name])
			}
		}
	}
	most, err := v.PathMap(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]any{"map": {all.Map, most.Map}, "loops": {all.Loops, most.Loops}, "detours": {all.Detours, most.Detours}} {
		if diff := gocmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("without ways, %s: it is not that of Paths: %s", name, diff)
		}
	}
	if len(all.Loops.Loops) == 0 {
		t.Error("no run does a step again")
	}
}

func steps(list []paths.Variant) (ways [][]string) {
	for i := range list {
		ways = append(ways, list[i].Steps)
	}
	return ways
}

// TestPathMapColumns: the columns are the blueprint's stages in their order, then those that the events name, then none.
func TestPathMapColumns(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for n := range 12 {
		l := ticket(n, float64(n))
		l.journey = "order"
		l.touched = []touched{{1, "browse", event.OK}, {2, "chat", event.OK}, {3, "pay", event.OK}, {4, "look", event.OK}, {5, "pack", event.OK}, {6, "see", event.OK}}
		events := l.events()
		for i := range events {
			events[i].Stage = map[string]string{"pay": "payment", "browse": "cart", "see": "cart", "pack": "store", "chat": "talk"}[events[i].Touchpoint]
		}
		m.events = append(m.events, events...)
	}
	got, err := tableOf(t, m).View(insight.Everything(), at(60)).PathMap(t.Context(), insight.Which{Journey: "order"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []insight.MapColumn{
		{Stage: "cart", Steps: []string{"browse", "see"}},
		{Stage: "payment", Steps: []string{"pay"}},
		{Stage: "talk", Steps: []string{"chat"}},
		{Stage: "store", Steps: []string{"pack"}},
		{Stage: "", Steps: []string{"look"}},
	}
	if diff := gocmp.Diff(want, got.Columns); diff != "" {
		t.Error(diff)
	}
}

// TestPathMapOfOneJourney: a touchpoint stands in no stage that only runs outside of the question have, and whose name the viewer may not see.
func TestPathMapOfOneJourney(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for _, journey := range []string{"ticket", "order"} { // the table has the other journey first
		for n := range 12 {
			l := ticket(n, float64(n))
			l.id, l.journey, l.touched = journey+l.id, journey, []touched{{1, "look", event.OK}, {2, "chat", event.OK}}
			events := l.events()
			for i := range events {
				switch touchpoint := events[i].Touchpoint; {
				case touchpoint != "" && journey == "ticket":
					events[i].Stage = "secret"
				case touchpoint == "chat":
					events[i].Stage = "talk"
				}
			}
			m.events = append(m.events, events...)
		}
	}
	v := tableOf(t, m).View(insight.Viewer{Rights: insight.Numbers, Journeys: []string{"order"}}, at(60))
	got, err := v.PathMap(t.Context(), insight.Which{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []insight.MapColumn{{Stage: "talk", Steps: []string{"chat"}}, {Stage: "", Steps: []string{"look"}}}
	if diff := gocmp.Diff(want, got.Columns); diff != "" {
		t.Error(diff)
	}
}

// TestPathMapIsRefused: a viewer without rights gets nothing, and no caller more ways than there may be.
func TestPathMapIsRefused(t *testing.T) {
	t.Parallel()
	table := loaded(t, wanderers())
	if _, err := table.View(insight.Everything(), at(60)).PathMap(t.Context(), insight.Which{}, make([][]string, insight.MaxWays+1)); !errors.Is(err, insight.ErrWhich) || !strings.Contains(err.Error(), "at most 50") {
		t.Errorf("too many ways: %v", err)
	}
	var denied *insight.DeniedError
	if _, err := table.View(insight.Viewer{Rights: insight.Words}, at(60)).PathMap(t.Context(), insight.Which{}, nil); !errors.As(err, &denied) {
		t.Errorf("without the right: %v", err)
	}
	few := loaded(t, wanderers()[:4])
	if got, err := few.View(insight.Everything(), at(200)).PathMap(t.Context(), insight.Which{}, nil); err != nil || !got.Hidden || len(got.Columns)+len(got.Map.Steps) > 0 {
		t.Errorf("four customers: %+v, %v", got, err)
	}
}
