package console

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
)

// day reads the day of the address whose half hours are shown; the zero time is none.
func (v *visit) day() (time.Time, error) {
	text := v.r.URL.Query().Get("day")
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(dateForm, text, v.zone)
	if err != nil {
		return day, fmt.Errorf("%w: day=%.32q: give a day such as 2026-05-01", errAddress, text)
	}
	return day, nil
}

// halfHours shows the half hours of one day of the period: the one of the address, else the last one with contacts.
func (v *visit) halfHours(a *insight.Support, day time.Time) grids {
	days, rows := v.daysOf(a)
	if len(days) == 0 {
		return grids{Empty: &empty{"No half hour has contacts.", "They are listed for periods with contacts in queues."}}
	}
	at := len(days) - 1
	if !day.IsZero() {
		at, _ = slices.BinarySearch(days, day.Format(dateForm))
		at = min(at, len(days)-1)
	}
	shown, head := rows[days[at]], slices.Concat([]string{"From", "Queue"}, queueHead)
	s := grids{Choices: &choices{Label: "Day"}}
	link := func(i int, name string) {
		if i >= 0 && i < len(days) {
			s.Choices.List = append(s.Choices.List, choiceLink{name, v.link("support", "day", days[i]) + "#hours", i == at})
		}
	}
	when := shown[0].Begin.In(v.zone)
	link(at-1, "← Day before")
	link(at, when.Format("Monday, 2 January 2006"))
	link(at+1, "Day after →")
	s.Figures = v.levelByHalfHour(shown)
	g := grid{Head: head, Words: 1}
	for _, r := range shown {
		g.Rows = append(g.Rows, append([]cell{{Text: r.Begin.In(v.zone).Format("15:04")}, {Text: known(r.Queue)}}, queueCells(&r.QueueNumbers)...))
	}
	s.Grids = []grid{g}
	return s
}

// daysOf returns the days with half hours in their order, and the half hours of each.
func (v *visit) daysOf(a *insight.Support) (days []string, rows map[string][]*insight.QueueRow) {
	rows = map[string][]*insight.QueueRow{}
	for i := range a.Rows {
		r := &a.Rows[i]
		day := r.Begin.In(v.zone).Format(dateForm)
		if rows[day] == nil {
			days = append(days, day)
		}
		rows[day] = append(rows[day], r)
	}
	return days, rows
}

const halfHour = 30 * time.Minute

// levelByHalfHour draws the service level of each queue by half hour, from the first half hour of any of them to the last. A queue without one is not drawn.
func (v *visit) levelByHalfHour(rows []*insight.QueueRow) []template.HTML {
	levels := v.c.table.Blueprint().Levels()
	c := chart.Panels{About: chart.About{ID: "half-hours", Title: "In time, by half hour", Note: "Share of the contacts that met the service level of their queue, " + v.zone.String()}, Unit: chart.Share, Group: "Queue"}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r *insight.QueueRow) bool {
		_, promised := levels[r.Queue]
		return !promised
	})
	if !slices.ContainsFunc(rows, func(r *insight.QueueRow) bool { return r.Level.N >= chart.Least }) {
		return nil
	}
	from, until := rows[0].Begin, rows[0].Begin
	for _, r := range rows {
		if r.Begin.Before(from) {
			from = r.Begin
		}
		if r.Begin.After(until) {
			until = r.Begin
		}
	}
	for _, r := range rows {
		i := slices.IndexFunc(c.Panels, func(p chart.Panel) bool { return p.Name == known(r.Queue) })
		if i < 0 {
			i = len(c.Panels)
			c.Panels = append(c.Panels, chart.Panel{Name: known(r.Queue)})
			for at := from; !at.After(until); at = at.Add(halfHour) { // all queues have the same axis
				c.Panels[i].Points = append(c.Panels[i].Points, chart.Point{Period: chart.Period{From: at.In(v.zone), Until: at.Add(halfHour).In(v.zone)}})
			}
		}
		c.Panels[i].Points[r.Begin.Sub(from)/halfHour].Value = chart.Value{Value: r.Level.Value, Interval: chart.Interval(r.Level.Interval), N: r.Level.N}
	}
	return []template.HTML{chart.Figure(c, chart.Folded())}
}
