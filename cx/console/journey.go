package console

import (
	"context"
	"html/template"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/feedback/score"
)

// journeysPage lists the journeys.
func journeysPage(v *visit) (*page, error) {
	p := &page{name: "journeys", title: "Journeys", filtered: true}
	p.sections = []section{{id: "running", title: "All journeys", template: "running", fill: func(ctx context.Context) (any, error) { return v.running(ctx) }}}
	return p, nil
}

// journeyPage says how far customers come in one journey, where they leave, and which ways they take.
func journeyPage(v *visit) (*page, error) {
	name := part(v.r, "journey")
	v.filter.Journey = name
	if _, err := v.outcomes(v.r.Context()); err != nil {
		return nil, err
	}
	p := &page{name: "journeys", title: name, eyebrow: "Journey", headline: name, filtered: true}
	p.own = []string{wayParameter}
	p.sections = []section{
		{id: "outcomes", title: "How they ended", template: "tiles", fill: func(ctx context.Context) (any, error) { return v.outcomeTiles(ctx) }},
		{id: "promises", title: "Promises", template: "promises", fill: func(ctx context.Context) (any, error) { return v.promises(ctx) }},
		{id: "funnel", title: "How far they come, and where they leave", template: "grids", fill: func(ctx context.Context) (any, error) { return v.funnel(ctx) }},
		{id: "map", title: "Which ways they take", template: "ways", fill: func(ctx context.Context) (any, error) { return v.ways(ctx) }},
		{id: "detours", title: "What they do again, and which detours they take", template: "grids", fill: func(ctx context.Context) (any, error) { return v.detours(ctx) }},
		{id: "worse", title: "What changed", template: "changes", fill: func(ctx context.Context) (any, error) { return v.changes(ctx) }},
		{id: "trend", title: "Week by week", template: "said", half: true, fill: func(ctx context.Context) (any, error) { return v.completedByWeek(ctx) }},
		{id: "time", title: "Where their time goes", template: "said", half: true, fill: func(ctx context.Context) (any, error) { return v.timeSpent(ctx) }},
		{id: "groups", title: "Who completes it", template: "grids", fill: func(ctx context.Context) (any, error) { return v.groups(ctx) }},
		{id: "goes-with", title: "What goes with those who do not complete it", template: "found", fill: func(ctx context.Context) (any, error) { return v.findings(ctx, notCompleted, 3) }},
		{id: "again", title: "Taken up again", template: "said", half: true, fill: func(ctx context.Context) (any, error) { return v.reopened(ctx) }},
		{id: "said", title: "What they said", template: "quotes", half: true, fill: func(ctx context.Context) (any, error) { return v.saidLast(ctx) }},
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
	runs := func(states ...string) string {
		switch {
		case !v.may(insight.Customers):
			return ""
		case len(states) == 0:
			return v.link("runs")
		default:
			return v.linkOf(v.filter.with(insight.Outcome, states...), "runs")
		}
	}
	list := tiles{Tiles: []tile{{Name: "Began", Value: number.Count(o.Runs), Note: number.Of(o.Runs, "run", "runs") + " in the period", Runs: runs()}}}
	add := func(name, state, tone string, n int64, share, note string) {
		if n > 0 || state == "completed" {
			list.Tiles = append(list.Tiles, tile{Name: name, Value: share, Note: note, Runs: runs(state), Tone: tone})
		}
	}
	add("Completed", "completed", "", o.Completed.Count, writeShare(o.Completed), ofBegun(o.Completed))
	add("Failed", "failed", "bad", o.Failed.Count, writeShare(o.Failed), ofBegun(o.Failed))
	add("Cancelled", "cancelled", "", o.Cancelled.Count, writeShare(o.Cancelled), ofBegun(o.Cancelled))
	add("Silent", "abandoned", "bad", o.Silent.Count, writeShare(o.Silent), ofBegun(o.Silent))
	open := ofBegun(o.Open)
	if o.Oldest > 0 {
		open += ", the oldest " + number.Duration(o.Oldest)
	}
	add("Open", "open", "", o.Open.Count, writeShare(o.Open), open)
	if o.Took.N > 0 {
		list.Tiles = append(list.Tiles, tile{Name: "Time to complete", Value: number.Duration(o.Took.Median), Note: "half are faster; 9 of 10 within " + number.Duration(o.Took.P90)})
	}
	return list, nil
}

// ofBegun says how many of all runs that began in the period, old enough to compare or not.
func ofBegun(s score.Share) string { return countOf(s.Count, s.N) + " that began" }

func countOf(n, of int64) string { return number.Count(n) + " of " + number.Count(of) }

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
	rest := of.Whole.Seconds
	for i := range of.Stages {
		s := &of.Stages[i]
		rest -= s.Time.Seconds
		row := chart.Stage{Name: s.Name, Runs: s.Runs.Count, Median: s.Visit.Median}
		if s.Wait {
			row.Wait = s.Time.Seconds
		} else {
			row.Work = s.Time.Seconds
		}
		c.Rows = append(c.Rows, row)
	}
	if rest >= 1 {
		c.Foot = "The rest is the time before the first one, and that of those with too few customers."
		c.Rows = append(c.Rows, chart.Stage{Name: "the rest", Work: rest, Runs: of.Runs})
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
	if len(s.Lines) == 0 {
		s.Empty = &empty{"No run ended in this period.", "Runs that go on after their end are counted here. Choose a longer period."}
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
