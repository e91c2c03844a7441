package console

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
)

// shownWeeks is how many weeks the trend has at most.
const shownWeeks = 12

// completedByWeek draws which share of the runs that ended in a week were completed, of the last whole weeks of the period and before.
func (v *visit) completedByWeek(ctx context.Context) (said, error) {
	end := v.until
	if end.After(v.at) {
		end = v.at
	}
	weeks := wholeWeeks(end.In(v.zone), shownWeeks)
	list, err := question(ctx, v, "weeks", fmt.Sprintf("%+v%v", v.which(insight.Ended), weeks), func(ctx context.Context) ([]insight.Outcomes, error) {
		var list []insight.Outcomes
		for _, week := range weeks {
			w := v.which(insight.Ended)
			w.From, w.Until = week.From, week.Until
			o, err := v.view.Outcomes(ctx, w)
			if err != nil {
				return nil, err
			}
			list = append(list, o)
		}
		return list, nil
	})
	if err != nil {
		return said{}, err
	}
	c := chart.Trend{About: chart.About{ID: "by-week", Title: "Completed, of the runs that ended in the week", Note: "Whole weeks up to the end of the period, " + v.zone.String()}, Unit: chart.Share}
	some := false
	for i := range list {
		if s := list[i].Completed; some || s.N > 0 { // the events may begin later
			some = true
			c.Points = append(c.Points, chart.Point{Period: weeks[i], Value: chart.Value{Value: s.Value, Interval: chart.Interval(s.Interval), N: s.N}})
		}
	}
	if !some {
		return said{Empty: &empty{"No run ended in a whole week.", "Runs that end are counted in the week of their end, when it is over."}}, nil
	}
	return said{Figures: []template.HTML{chart.Figure(c, chart.Folded())}}, nil
}

// wholeWeeks are the n weeks from Monday that were over at the moment, the earliest first.
func wholeWeeks(at time.Time, n int) []chart.Period {
	y, m, d := at.Date()
	monday := time.Date(y, m, d-(int(at.Weekday())+6)%7, 0, 0, 0, 0, at.Location())
	list := make([]chart.Period, n)
	for i := range list {
		list[i] = chart.Period{From: monday.AddDate(0, 0, -7*(n-i)), Until: monday.AddDate(0, 0, -7*(n-i-1))}
	}
	return list
}

// groupColumns are the columns by which a page can compare without a word of the reader, the first one with several groups first.
var groupColumns = []insight.Column{insight.Team, insight.Channel, insight.Segment, insight.Queue, insight.Release, insight.Intent, insight.Arm, insight.Version}

// groups compares the groups of the column that the address names.
func (v *visit) groups(ctx context.Context) (grids, error) {
	got, err := v.compareGroups(ctx)
	if err != nil {
		return grids{}, err
	}
	by := got.Column
	page := "journeys/" + segments(v.filter.Journey)
	s := grids{Choices: &choices{Label: "By"}}
	columns := slices.Clone(groupColumns)
	if !slices.Contains(columns, by) {
		columns = append(columns, by)
	}
	columns = append(columns, v.attributes()...)
	for _, c := range columns {
		f := v.filter
		f.By = c
		s.Choices.List = append(s.Choices.List, choiceLink{"by " + string(c), v.linkOf(f, page) + "#groups", c == by})
	}
	g := grid{Head: []string{"By " + string(by), "Completed, of those old enough", "The others", "Difference", "More than chance"}}
	for i := range got.Groups {
		g.Rows = append(g.Rows, v.groupRow(&got, &got.Groups[i]))
	}
	g.Note = fmt.Sprintf("Adjusted for %s. It is association, not proof.", number.Of(int64(got.Tested), "comparison", "comparisons"))
	if got.Randomized {
		g.Note = fmt.Sprintf("Adjusted for %s. Chance put customers into the groups.", number.Of(int64(got.Tested), "comparison", "comparisons"))
	}
	if got.Warning != "" {
		g.Note += " " + got.Warning
	}
	if len(got.Groups) == 0 || got.Hidden {
		g.Empty = &empty{"There is nothing to compare.", "Choose another column, or a longer period."}
	}
	s.Grids = []grid{g}
	return s, nil
}

// compareGroups compares by the column of the address, else by the first one that has several groups.
func (v *visit) compareGroups(ctx context.Context) (got insight.Comparison, err error) {
	if v.filter.By != "" {
		return v.compareBy(ctx, v.filter.By, insight.Completes())
	}
	for _, by := range groupColumns {
		if got, err = v.compareBy(ctx, by, insight.Completes()); err != nil || len(got.Groups) > 1 {
			return got, err
		}
	}
	return v.compareBy(ctx, groupColumns[0], insight.Completes())
}

func (v *visit) groupRow(a *insight.Comparison, c *insight.Compared) []cell {
	name := known(c.Value)
	link := v.runsWith(a.Column, c.Value)
	if c.Hidden {
		return plain(name, few, "", "", "")
	}
	row := []cell{
		{Text: name, Link: link},
		{Text: withN(c.Share)},
		{Text: writeShare(c.Others)},
		{Text: number.None},
		{Text: ""},
	}
	if c.Share.OK() && c.Others.OK() {
		row[1].Bar = &pair{percent(c.Share.Value), percent(c.Others.Value), true}
	}
	if c.Difference.OK() {
		row[3].Text, row[4].Text = number.Points(c.Difference.Value), "within chance"
		if c.Differs {
			row[4].Text, row[4].Tone = "worse", "bad"
			if c.Difference.Value > 0 {
				row[4].Text, row[4].Tone = "better", "good"
			}
		}
	}
	return row
}

// attributes are the columns that the application has added to the table, without the one that the address names.
func (v *visit) attributes() (list []insight.Column) {
	all := v.c.table.Columns()
	for _, c := range all[slices.Index(all, insight.Failures)+1:] { // they come after the last one of the package's own
		if c != v.filter.By {
			list = append(list, c)
		}
	}
	return list
}

// compareBy compares the groups of a column.
func (v *visit) compareBy(ctx context.Context, by insight.Column, m insight.Measure) (insight.Comparison, error) {
	w := v.which(insight.Begun)
	return question(ctx, v, "compare", fmt.Sprintf("%+v%s%+v", w, by, m), func(ctx context.Context) (insight.Comparison, error) { return v.view.Compare(ctx, w, by, m) })
}
