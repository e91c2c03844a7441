package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/paths"
)

// waysShown is what the part about paths shows.
type waysShown struct {
	Lines    []string
	Map      template.HTML
	Variants []variantRow
	// Action and Kept are of the form that chooses ways. All is the address without a choice; "" if there is none.
	Action, All string
	Kept        []kept
	Empty       *empty
}

type variantRow struct {
	ID                        string
	On                        bool
	Path, Runs, Share, Median string
}

// wayParameter names a chosen way in an address, by wayID.
const wayParameter = "way"

// shownWays is how many ways can be chosen, and shownDetours how many detours are listed.
const (
	shownWays    = 12
	shownDetours = 5
)

// wayID names the way in an address: the steps themselves may be long.
func wayID(steps []string) string {
	sum := sha256.Sum256([]byte(strings.Join(steps, "\x00")))
	return hex.EncodeToString(sum[:6])
}

// ways says which ways runs take, and draws the map of those that the address names.
func (v *visit) ways(ctx context.Context) (waysShown, error) {
	got, err := v.pathMap(ctx, nil)
	if err != nil {
		return waysShown{}, err
	}
	if got.Hidden || got.Variants.Runs == 0 {
		return waysShown{Empty: &empty{"There are no paths to show.", "Choose a longer period. Paths are of touchpoints: the service has to record them."}}, nil
	}
	s := waysShown{Lines: []string{got.Variants.Sentence()}, Action: v.r.URL.EscapedPath(), Kept: v.kept()}
	asked := v.r.URL.Query()[wayParameter]
	var chosen [][]string
	for i := range got.Variants.Shown {
		of := &got.Variants.Shown[i]
		row := variantRow{ID: wayID(of.Steps), Path: strings.Join(of.Steps, " → "), Runs: number.Count(of.Share.Count), Share: writeShare(of.Share), Median: medianOf(of.Time)}
		if row.On = slices.Contains(asked, row.ID); row.On {
			chosen = append(chosen, of.Steps)
		}
		if row.On || i < shownWays {
			s.Variants = append(s.Variants, row)
		}
	}
	if len(asked) > 0 {
		s.All = v.link("journeys/"+segments(v.filter.Journey)) + "#map"
		if missing := len(asked) - len(chosen); missing > 0 {
			s.Lines = append(s.Lines, number.Of(int64(missing), "way of the address is", "ways of the address are")+" not among the most frequent ones of this period.")
		}
	}
	if len(chosen) > 0 {
		if got, err = v.pathMap(ctx, chosen); err != nil {
			return waysShown{}, err
		}
	}
	s.Map = wayMap(&got, len(chosen) > 0)
	return s, nil
}

// pathMap asks for the map of the ways; none are the most frequent ones.
func (v *visit) pathMap(ctx context.Context, ways [][]string) (insight.PathMap, error) {
	w := v.which(insight.Begun)
	return question(ctx, v, "path map", fmt.Sprintf("%+v%q", w, ways), func(ctx context.Context) (insight.PathMap, error) { return v.view.PathMap(ctx, w, ways) })
}

// detours says what is done again, and which detours cost the most time.
func (v *visit) detours(ctx context.Context) (grids, error) {
	got, err := v.pathMap(ctx, nil)
	if err != nil {
		return grids{}, err
	}
	if got.Hidden || got.Variants.Runs == 0 {
		return grids{Empty: &empty{"There are no paths to show.", "Choose a longer period."}}, nil
	}
	s := grids{Lines: []string{got.Loops.Sentence()}}
	if got.Detours.Tested > 0 {
		s.Lines = append(s.Lines, got.Detours.Sentence())
	}
	g := grid{Label: "The detours that cost customers the most time", Head: []string{"Way", "Customers", "Longer by", "In all"}}
	for i := range min(len(got.Detours.Detours), shownDetours) {
		d := &got.Detours.Detours[i]
		g.Rows = append(g.Rows, plain(strings.Join(d.Steps, " → "), number.Count(d.Customers), number.Duration(d.Extra), number.Seconds(d.Cost)))
	}
	if len(g.Rows) > 0 {
		s.Grids = []grid{g}
	}
	return s, nil
}

// wayMap draws the map. Its numbers are counted anew on the runs that it covers.
func wayMap(got *insight.PathMap, chosen bool) template.HTML {
	if len(got.Map.Steps) == 0 {
		return ""
	}
	c := chart.StageMap{About: chart.About{ID: "ways", Title: "The ways of most runs", Note: got.Sentence()}, Runs: got.Map.Covered.Count, Of: got.Map.Covered.N}
	if chosen {
		c.Title = "The ways that you chose"
	}
	place := map[string]int{}
	for _, column := range got.Columns {
		of := chart.Column{Name: column.Stage}
		for _, step := range column.Steps {
			place[step] = len(place)
			i := slices.IndexFunc(got.Map.Steps, func(n paths.Node) bool { return n.Name == step })
			of.Stops = append(of.Stops, chart.Stop{Name: step, N: got.Map.Steps[i].Runs.Count})
		}
		c.Columns = append(c.Columns, of)
	}
	for i := range got.Map.Pairs {
		p := &got.Map.Pairs[i]
		from, ok := place[p.From]
		to, known := place[p.To]
		if ok && known {
			c.Moves = append(c.Moves, chart.Move{From: from, To: to, N: p.Times, Median: p.Time.Median})
		}
	}
	return chart.Figure(c)
}
