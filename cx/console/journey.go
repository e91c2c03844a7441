package console

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/internal/text"
)

// journeysPage lists the journeys.
func journeysPage(v *visit) (*page, error) {
	p := &page{name: "journeys", title: "Journeys", filtered: true}
	p.sections = []section{{id: "running", title: "All journeys", template: "running", fill: func(ctx context.Context) (any, error) { return v.running(ctx) }}}
	return p, nil
}

// journeyPage says how far customers come in one journey, where they leave, and which ways they take.
func journeyPage(v *visit) (*page, error) {
	name := v.r.PathValue("journey")
	v.filter.Journey = name
	if _, err := v.outcomes(v.r.Context()); err != nil {
		return nil, err
	}
	p := &page{name: "journeys", title: name, eyebrow: "Journey", headline: name, filtered: true}
	p.sections = []section{
		{id: "outcomes", title: "How they ended", template: "tiles", fill: func(ctx context.Context) (any, error) { return v.outcomeTiles(ctx) }},
		{id: "promises", title: "Promises", template: "promises", fill: func(ctx context.Context) (any, error) { return v.promises(ctx) }},
		{id: "funnel", title: "How far they come", template: "said", fill: func(ctx context.Context) (any, error) { return v.funnel(ctx) }},
		{id: "map", title: "Which ways they take", template: "paths", fill: func(ctx context.Context) (any, error) { return v.ways(ctx) }},
		{id: "time", title: "Where their time goes", template: "said", fill: func(ctx context.Context) (any, error) { return v.timeSpent(ctx) }},
		{id: "again", title: "Taken up again", template: "said", fill: func(ctx context.Context) (any, error) { return v.reopened(ctx) }},
		{id: "goes-with", title: "What goes with those who do not complete it", template: "findings", fill: func(ctx context.Context) (any, error) { return v.findings(ctx, insight.NotCompleted(), 3) }},
	}
	return p, nil
}

// said is a part in words, with pictures.
type said struct {
	Lines   []string
	Figures []template.HTML
	More    []anchor
	Empty   *empty
}

// anchor is a link.
type anchor struct{ Name, Address string }

func (v *visit) outcomes(ctx context.Context) (insight.Outcomes, error) {
	w := v.which(insight.Begun)
	return question(ctx, v, "outcomes", w, func(ctx context.Context) (insight.Outcomes, error) { return v.view.Outcomes(ctx, w) })
}

// outcomeTiles says how the runs that began in the period ended. Each number leads to its runs.
func (v *visit) outcomeTiles(ctx context.Context) (tiles, error) {
	o, err := v.outcomes(ctx)
	if err != nil {
		return tiles{}, err
	}
	if o.Hidden {
		return tiles{Empty: &empty{"Too few customers to show.", "A group of fewer than five customers has no numbers. Choose a longer period."}}, nil
	}
	if o.Runs == 0 {
		return tiles{Empty: &empty{"No run began in this period.", "Choose a longer period."}}, nil
	}
	runs := func(state string) string { return v.linkOf(v.filter.with(insight.Outcome, state), "runs") }
	list := tiles{Tiles: []tile{{Name: "Began", Value: number.Count(o.Runs), Note: number.Of(o.Runs, "run", "runs") + " in the period", Link: v.link("runs")}}}
	add := func(name, state, tone string, n int64, share, note string) {
		if n > 0 || state == "completed" {
			list.Tiles = append(list.Tiles, tile{Name: name, Value: share, Note: note, Link: runs(state), Tone: tone})
		}
	}
	add("Completed", "completed", "", o.Completed.Count, writeShare(o.Completed), countOf(o.Completed.Count, o.Completed.N))
	add("Failed", "failed", "bad", o.Failed.Count, writeShare(o.Failed), countOf(o.Failed.Count, o.Failed.N))
	add("Cancelled", "cancelled", "", o.Cancelled.Count, writeShare(o.Cancelled), countOf(o.Cancelled.Count, o.Cancelled.N))
	add("Silent", "abandoned", "bad", o.Silent.Count, writeShare(o.Silent), countOf(o.Silent.Count, o.Silent.N))
	open := countOf(o.Open.Count, o.Open.N)
	if o.Oldest > 0 {
		open += ", the oldest " + number.Duration(o.Oldest)
	}
	add("Open", "open", "", o.Open.Count, writeShare(o.Open), open)
	if o.Took.N > 0 {
		list.Tiles = append(list.Tiles, tile{Name: "Time to complete", Value: number.Duration(o.Took.Median), Note: "half are faster; 9 of 10 within " + number.Duration(o.Took.P90)})
	}
	return list, nil
}

func countOf(n, of int64) string { return number.Count(n) + " of " + number.Count(of) }

// funnel says how far runs come along the stages, and how that differs from the period before.
func (v *visit) funnel(ctx context.Context) (said, error) {
	w := v.which(insight.Begun)
	var before *insight.Which
	if !v.filter.Alone {
		was := v.earlier(insight.Begun)
		before = &was
	}
	got, err := question(ctx, v, "funnel", fmt.Sprintf("%+v%+v", w, before), func(ctx context.Context) (insight.Funnels, error) { return v.view.Funnel(ctx, w, before) })
	if err != nil {
		return said{}, err
	}
	if len(got.List) == 0 || got.Hidden {
		return said{Empty: &empty{"There is no funnel.", "The blueprint gives this journey no stages, or too few runs are old enough. Write stages: for the journey, or choose a longer period."}}, nil
	}
	var s said
	for i := range got.List {
		f := &got.List[i]
		s.Lines = append(s.Lines, f.Sentence())
		c := chart.Funnel{About: chart.About{ID: fmt.Sprintf("funnel-%d", i), Title: "How far they come", Note: "Runs that are old enough, by stage"}}
		for k := range f.Now.Stages {
			g := &f.Now.Stages[k]
			c.Steps = append(c.Steps, chart.Step{Name: g.Name, N: g.Reached.Count, Interval: chart.Interval(g.Reached.Interval)})
			s.leaves(v, g)
		}
		if !f.Now.Few {
			c.Steps = append(c.Steps, chart.Step{Name: "completed", N: f.Now.Completed.Count, Interval: chart.Interval(f.Now.Completed.Interval)})
			s.Figures = append(s.Figures, chart.Figure(c))
		}
	}
	return s, nil
}

// leaves says who leaves at a stage, and with how much money.
func (s *said) leaves(v *visit, g *paths.FunnelStage) {
	if !g.Left.OK() || g.Left.Count == 0 {
		return
	}
	name := fmt.Sprintf("%s left at %s", number.Of(g.Left.Count, "run", "runs"), g.Name)
	var sums []string
	for _, m := range g.Lost {
		sums = append(sums, text.Money(m.Amount, m.Currency))
	}
	if len(sums) > 0 {
		name += ", with " + strings.Join(sums, " and ")
	}
	f := v.filter.with(insight.Stage, g.Name).with(insight.Outcome, "failed", "cancelled", "abandoned")
	s.More = append(s.More, anchor{name, v.linkOf(f, "runs")})
}

// waysShown is what the part about paths shows.
type waysShown struct {
	Lines    []string
	Map      template.HTML
	Variants []variantRow
	Detours  []variantRow
	Empty    *empty
}

type variantRow struct{ Path, Runs, Share, Median, More string }

func (v *visit) ways(ctx context.Context) (waysShown, error) {
	w := v.which(insight.Begun)
	got, err := question(ctx, v, "paths", w, func(ctx context.Context) (insight.Paths, error) { return v.view.Paths(ctx, w) })
	if err != nil {
		return waysShown{}, err
	}
	if got.Hidden || got.Runs == 0 {
		return waysShown{Empty: &empty{"There are no paths to show.", "Choose a longer period. Paths are of touchpoints: the service has to record them."}}, nil
	}
	s := waysShown{Lines: []string{got.Sentence()}, Map: chart.Figure(pathMap(&got.Map, v.places(&got)))}
	for i := range got.Variants.Shown {
		if of := &got.Variants.Shown[i]; i < 8 {
			s.Variants = append(s.Variants, variantRow{Path: strings.Join(of.Steps, " → "), Runs: number.Count(of.Share.Count), Share: writeShare(of.Share), Median: medianOf(of.Time)})
		}
	}
	for i := range got.Detours.Detours {
		if d := &got.Detours.Detours[i]; i < 5 {
			s.Detours = append(s.Detours, variantRow{Path: strings.Join(d.Steps, " → "), Runs: number.Of(d.Customers, "customer", "customers"), Median: number.Duration(d.Extra) + " longer", More: number.Seconds(d.Cost) + " in all"})
		}
	}
	return s, nil
}

// places are where steps stand in the map: in the order of the blueprint's stages, and within a stage where runs come to them on average, of the most frequent paths.
func (v *visit) places(a *insight.Paths) map[string]float64 {
	const stages = 1e6 // more than a path has steps
	order, weight := map[string]float64{}, map[string]float64{}
	for i := range a.Variants.Shown {
		of := &a.Variants.Shown[i]
		for n, name := range of.Steps {
			if slices.Index(of.Steps, name) == n {
				order[name] += float64(n) * float64(of.Share.Count)
				weight[name] += float64(of.Share.Count)
			}
		}
	}
	for name := range order {
		order[name] /= max(weight[name], 1)
	}
	b := v.c.table.Blueprint()
	for i := range b.Touchpoints {
		t := &b.Touchpoints[i]
		for k := range b.Journeys {
			if j := &b.Journeys[k]; t.Journey == j.Name && t.Journey == v.filter.Journey {
				order[t.Name] += stages * float64(1+slices.IndexFunc(j.Stages, func(s blueprint.Stage) bool { return s.Name == t.Stage }))
			}
		}
	}
	return order
}

// pathMap draws the most frequent paths of 80% of the runs: the numbers are recounted on those runs.
func pathMap(f *paths.Follows, order map[string]float64) chart.PathMap {
	c := chart.PathMap{About: chart.About{ID: "map", Title: "The ways of most runs", Note: f.Sentence()}, Runs: f.Covered.Count, Of: f.Covered.N}
	steps := slices.Clone(f.Steps)
	slices.SortStableFunc(steps, func(a, b paths.Node) int { return cmp.Compare(order[a.Name], order[b.Name]) })
	place := map[string]int{}
	for i := range steps {
		place[steps[i].Name] = i
		c.Stops = append(c.Stops, chart.Stop{Name: steps[i].Name, N: steps[i].Runs.Count})
	}
	for i := range f.Pairs {
		p := &f.Pairs[i]
		from, ok := place[p.From]
		to, known := place[p.To]
		if ok && known {
			c.Moves = append(c.Moves, chart.Move{From: from, To: to, N: p.Times, Median: p.Time.Median})
		}
	}
	return c
}

func (v *visit) timeSpent(ctx context.Context) (said, error) {
	w := v.which(insight.Begun)
	got, err := question(ctx, v, "time", w, func(ctx context.Context) (insight.TimeSpent, error) { return v.view.Time(ctx, w) })
	if err != nil {
		return said{}, err
	}
	of := got.Stages
	if of == nil {
		of = got.Touchpoints
	}
	if got.Hidden || of == nil || of.Few {
		return said{Empty: &empty{"There is no time to show.", "Too few runs of the period came to a stage."}}, nil
	}
	c := chart.Stages{About: chart.About{ID: "stages", Title: "Where their time goes", Note: "Time of the runs that began in the period, by stage or touchpoint"}}
	for i := range of.Stages {
		s := &of.Stages[i]
		row := chart.Stage{Name: s.Name, Runs: s.Runs.Count, Median: s.Visit.Median}
		if s.Wait {
			row.Wait = seconds(s.Time.Seconds)
		} else {
			row.Work = seconds(s.Time.Seconds)
		}
		c.Rows = append(c.Rows, row)
	}
	return said{Lines: []string{got.Sentence()}, Figures: []template.HTML{chart.Figure(c)}}, nil
}

func (v *visit) reopened(ctx context.Context) (said, error) {
	w := v.which(insight.Ended)
	got, err := question(ctx, v, "reopened", w, func(ctx context.Context) (insight.Reopened, error) { return v.view.Reopened(ctx, w) })
	if err != nil {
		return said{}, err
	}
	var s said
	for i := range got.Ends {
		s.Lines = append(s.Lines, got.Ends[i].Sentence())
	}
	for i := range got.Promises {
		s.Lines = append(s.Lines, got.Promises[i].Sentence())
	}
	return s, nil
}

// medianOf is the median of times; [number.None] is that of none.
func medianOf(s paths.Spread) string {
	if s.N == 0 {
		return number.None
	}
	return number.Duration(s.Median)
}
