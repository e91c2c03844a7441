package console

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/paths"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/text"
)

// grids is a part in words, pictures and tables.
type grids struct {
	Lines   []string
	Choices *choices
	Figures []template.HTML
	Grids   []grid
	More    []anchor
	Empty   *empty
}

// funnel says how far runs come along the stages, where they leave and with how much money, and how that differs from the period before.
func (v *visit) funnel(ctx context.Context) (grids, error) {
	w := v.which(insight.Begun)
	var before *insight.Which
	if !v.filter.Alone {
		was := v.earlier(insight.Begun)
		before = &was
	}
	got, err := question(ctx, v, "funnel", fmt.Sprintf("%+v%+v", w, before), func(ctx context.Context) (insight.Funnels, error) { return v.view.Funnel(ctx, w, before) })
	if err != nil {
		return grids{}, err
	}
	if len(got.List) == 0 || got.Hidden {
		return grids{Empty: &empty{"There is no funnel.", "The blueprint gives this journey no stages, or too few runs are old enough. Write stages: for the journey, or choose a longer period."}}, nil
	}
	var s grids
	for i := range got.List {
		f := &got.List[i]
		s.Lines = append(s.Lines, f.Sentence())
		if f.Now.Few {
			continue
		}
		c := chart.Funnel{About: chart.About{ID: fmt.Sprintf("funnel-%d", i), Title: "How far they come", Note: "Runs that began at least " + number.Duration(f.Now.Age.Age) + " ago, by how far they came in that time"}}
		if f.Now.Outside > 0 { // else all of them came to the first stage
			c.Steps = append(c.Steps, chart.Step{Name: "began", N: f.Now.Runs})
		}
		for k := range f.Now.Stages {
			g := &f.Now.Stages[k]
			step := chart.Step{Name: g.Name, N: g.Reached.Count, Interval: chart.Interval(g.Reached.Interval)}
			if k+1 < len(f.Now.Stages) { // from the last stage they go on to the end
				step.Done = g.CompletedHere.Count
			}
			c.Steps = append(c.Steps, step)
		}
		c.Steps = append(c.Steps, completedStep(&f.Now))
		s.Figures = append(s.Figures, chart.Figure(c, chart.Folded()))
		s.Grids = append(s.Grids, v.stageGrid(f))
	}
	return s, nil
}

// completedWithin names the end of a funnel, which has the time that all of its runs had.
func completedWithin(f *paths.Funnel) string {
	return "completed within " + number.Duration(f.Age.Age)
}

// completedStep is the end of a funnel: those that completed, with and without the last stage.
func completedStep(f *paths.Funnel) chart.Step {
	end := chart.Step{Name: completedWithin(f), N: f.Completed.Count, Interval: chart.Interval(f.Completed.Interval)}
	if n := len(f.Stages); n > 0 {
		end.Apart = -1
		if last := f.Stages[n-1].Onward; last.OK() {
			end.Apart = f.Completed.Count - last.Count
		}
	}
	return end
}

// stageGrid says of each stage how many reach it, how many of them completed without a later one, and how many leave there. The number of those who left leads to their runs.
func (v *visit) stageGrid(f *insight.Funnel) grid {
	compared := f.Before != nil && f.Change != nil
	g := grid{Label: "Stage by stage", Head: []string{"Stage", "Reached"}}
	if compared {
		g.Head = append(g.Head, "Before", "Change")
	}
	g.Head = append(g.Head, "Completed without a later stage", "Left there", "With")
	add := func(name string, reached cell, then score.Share, d score.Difference, done, left, with cell) {
		row := []cell{{Text: name}, reached}
		if compared {
			row = append(row, plain(writeShare(then), pointsOf(d))...)
		}
		g.Rows = append(g.Rows, append(row, done, left, with))
	}
	for i := range f.Now.Stages {
		stage := &f.Now.Stages[i]
		if stage.Hidden {
			add(stage.Name, cell{Text: few}, score.Share{}, score.Difference{}, cell{}, cell{}, cell{})
			continue
		}
		then, d := stageBefore(f, stage.Name)
		left, with := v.leftAt(stage)
		done := cell{}
		if i+1 < len(f.Now.Stages) {
			done.Text = countAndShare(stage.CompletedHere)
		}
		add(stage.Name, cell{Text: withN(stage.Reached)}, then, d, done, left, with)
	}
	completed := cell{Text: withN(f.Now.Completed), Link: v.runsWith(insight.Outcome, "completed")}
	if compared {
		add(completedWithin(&f.Now), completed, f.Before.Completed, f.Change.Completed, cell{}, cell{}, cell{})
	} else {
		add(completedWithin(&f.Now), completed, score.Share{}, score.Difference{}, cell{}, cell{}, cell{})
	}
	return g
}

// stageBefore is how many reached the stage in the period before, and how that differs.
func stageBefore(f *insight.Funnel, name string) (then score.Share, d score.Difference) {
	if f.Before == nil || f.Change == nil {
		return then, d
	}
	if i := slices.IndexFunc(f.Before.Stages, func(s paths.FunnelStage) bool { return s.Name == name }); i >= 0 {
		then = f.Before.Stages[i].Reached
	}
	if i := slices.IndexFunc(f.Change.Stages, func(s paths.StageChange) bool { return s.Name == name }); i >= 0 {
		d = f.Change.Stages[i].Reached
	}
	return then, d
}

// leftAt is how many left at the stage, with how much money.
func (v *visit) leftAt(stage *paths.FunnelStage) (left, with cell) {
	left.Text = countAndShare(stage.Left)
	if !stage.Left.OK() || stage.Left.Count == 0 {
		return left, with
	}
	if v.may(insight.Customers) {
		left.Link = v.linkOf(v.filter.with(insight.Stage, stage.Name).with(insight.Outcome, "failed", "cancelled", "abandoned"), "runs")
	}
	var sums []string
	for _, m := range stage.Lost {
		sums = append(sums, text.Money(m.Amount, m.Currency))
	}
	with.Text = strings.Join(sums, " and ")
	return left, with
}

// countAndShare writes how many, and which share that is; [number.None] is none.
func countAndShare(s score.Share) string {
	if !s.OK() || s.Count == 0 {
		return number.None
	}
	return number.Count(s.Count) + " (" + writeShare(s) + ")"
}

// pointsOf writes a difference of shares, and says whether chance explains it.
func pointsOf(d score.Difference) string {
	if !d.OK() {
		return number.None
	}
	if d.Low <= 0 && d.High >= 0 {
		return number.Points(d.Value) + ", within chance"
	}
	return number.Points(d.Value)
}
