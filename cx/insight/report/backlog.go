package report

import (
	"fmt"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
)

// Backlog are the open runs that are late with a promise at the moment of the report, whenever they began and fell due.
type Backlog struct {
	Journey string `json:"journey"`
	Promise string `json:"promise"`
	insight.LateRuns

	// By are the late runs by each column of the settings that tells them apart.
	By []BacklogBy `json:"by"`
}

// BacklogBy are late runs by a column: the group with the most of them first.
type BacklogBy struct {
	Column insight.Column      `json:"column"`
	Groups []insight.LateGroup `json:"groups"`
}

// backlog asks which open runs are late.
func (m *maker) backlog() error {
	a, err := m.view.Backlog(m.ctx, m.which(Period{}, insight.Begun, ""), "")
	if err != nil {
		return err
	}
	at := map[promised]int{}
	for i := range a.List {
		if l := &a.List[i]; !l.Hidden && l.Open > 0 {
			at[promised{l.Journey, l.Promise}] = len(m.r.Backlog)
			m.r.Backlog = append(m.r.Backlog, Backlog{Journey: l.Journey, Promise: l.Promise, LateRuns: l.LateRuns, By: []BacklogBy{}})
		}
	}
	if m.r.late() == 0 {
		return nil
	}
	for _, by := range m.settings.By {
		a, err := m.view.Backlog(m.ctx, m.which(Period{}, insight.Begun, ""), by)
		if err != nil {
			return err
		}
		for i := range a.List {
			l := &a.List[i]
			n, ok := at[promised{l.Journey, l.Promise}]
			if ok && l.Late > 0 && len(l.Groups) > 1 {
				m.r.Backlog[n].By = append(m.r.Backlog[n].By, BacklogBy{by, l.Groups})
			}
		}
	}
	return nil
}

// late returns how many runs are late. A run that is late with two promises counts twice.
func (r *Report) late() (n int64) {
	for i := range r.Backlog {
		n += r.Backlog[i].Late
	}
	return n
}

// worst returns the column that comes first, of those in which one group has more late runs than each other one, with that group; nil if there is none.
func (b *Backlog) worst() (*BacklogBy, *insight.LateGroup) {
	for i := range b.By {
		if g := b.By[i].Groups; g[0].Late > 0 && g[0].Late > g[1].Late {
			return &b.By[i], &g[0]
		}
	}
	return nil, nil
}

// backlogLines say how many open runs are late, and where.
func (r *Report) backlogLines() (list []Line) {
	for i := range r.Backlog {
		b := &r.Backlog[i]
		if b.Late == 0 || len(list) == mostPromises {
			break // the later ones have fewer
		}
		list = append(list, line(SectionBacklog, true, b.clauses()...))
	}
	return list
}

func (b *Backlog) clauses() []string {
	of := number.Count(b.Late) + " of " + number.Of(b.Open, "open run", "open runs")
	if b.Late == b.Open && b.Late > 1 { // else "all 1"
		of = "All " + number.Count(b.Late) + " open runs"
	}
	list := []string{
		fmt.Sprintf("%s of %s %s late with %s", of, quote(b.Journey), isOrAre(int(b.Late)), quote(b.Promise)),
		"the oldest was due " + spell(b.Longest) + " ago",
	}
	if by, g := b.worst(); g != nil {
		part := number.Count(g.Late) + " of them"
		switch {
		case b.Late == 1:
			part = "it"
		case g.Late == b.Late:
			part = "all of them"
		}
		list = append(list, fmt.Sprintf("%s %s has %s", columnName(by.Column), quote(g.Value), part))
	}
	return list
}

// partOf says how many of the late runs these are.
func (b *Backlog) partOf(n int64) string {
	switch {
	case n < b.Late:
		return number.Count(n) + " of the " + number.Of(b.Late, "late run", "late runs")
	case n == 1:
		return "the only late run"
	default:
		return "all " + number.Count(n) + " late runs"
	}
}

// allBacklog says each promise that open runs are late with, beyond those of the first page.
func (r *Report) allBacklog() (list []Line) {
	for i := mostPromises; i < len(r.Backlog); i++ {
		if b := &r.Backlog[i]; b.Late > 0 {
			list = append(list, line(SectionBacklog, true, b.clauses()...))
		}
	}
	return list
}

// lateBars draws the late runs of the first promises by a column.
func (r *Report) lateBars() (list []chart.Chart) {
	for i := range r.Backlog {
		b := &r.Backlog[i]
		if len(b.By) == 0 || len(list) == mostJourneys {
			continue
		}
		by := &b.By[0]
		title := sentenceCase(b.partOf(b.Late)) + " by " + columnName(by.Column)
		if column, g := b.worst(); g != nil {
			by, title = column, sentenceCase(columnName(column.Column))+" "+quote(g.Value)+" has "+b.partOf(g.Late)
		}
		bars := chart.Bars{
			Unit: chart.Count, Least: -1, Group: sentenceCase(columnName(by.Column)),
			About: r.about("backlog", len(list), title,
				fmt.Sprintf("Open runs of %s that are late with %s, by %s, %s", quote(b.Journey), quote(b.Promise), columnName(by.Column), r.made())),
		}
		for n := range by.Groups {
			if g := &by.Groups[n]; !g.Hidden {
				bars.Rows = append(bars.Rows, chart.Bar{Name: label(g.Value), Value: chart.Value{Value: float64(g.Late)}})
			}
		}
		if len(bars.Rows) > 0 {
			list = append(list, bars)
		}
	}
	return list
}
