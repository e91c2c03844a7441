package console

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/watch"
	"cairncx.dev/cairn/feedback/score"
)

// endedDays is for how many days the page Breakdowns has those that ended.
const endedDays = 90

// breakdownsPage lists what has lastingly become worse, what became better, and what became of the earlier ones.
func breakdownsPage(v *visit) (*page, error) {
	order := breakdownOrder(strings.TrimPrefix(v.r.URL.Query().Get("sort"), "cost"))
	if order != byCost && order != byAge && order != byDue {
		return nil, fmt.Errorf("%w: sort=%.64q is none of cost, age and due", errAddress, string(order))
	}
	p := &page{
		name: "breakdowns", title: "Breakdowns",
		note: "What has lastingly become worse for customers, since when, and who mends it. It is found by its daily share, against what is usual on such a day.",
	}
	part := func(id, title, name string, f func(context.Context, *brokenDown) any) {
		p.sections = append(p.sections, section{id: id, title: title, template: name, fill: func(ctx context.Context) (any, error) {
			all, err := v.brokenDown(ctx)
			if err != nil {
				return nil, err
			}
			return f(ctx, all), nil
		}})
	}
	part("open", "Open", "breakdowns", func(_ context.Context, all *brokenDown) any { return v.openBreakdowns(all, order) })
	part("better", "What got better", "breakdowns", func(_ context.Context, all *brokenDown) any { return v.improvements(all) })
	part("ended", fmt.Sprintf("Ended in the last %d days", endedDays), "breakdowns-ended", func(_ context.Context, all *brokenDown) any { return v.endedBreakdowns(all) })
	part("watched", "What is watched", "facts", func(_ context.Context, all *brokenDown) any { return v.watchedFacts(all) })
	return p, nil
}

// breakdownOrder is the order of a list of breakdowns, as the address has it; "" is the first one.
type breakdownOrder string

const (
	byCost breakdownOrder = ""
	byAge  breakdownOrder = "age"
	byDue  breakdownOrder = "due"
)

// brokenDown are the breakdowns with their charts, and what they have cost, by the IDs of their runs.
type brokenDown struct {
	list   []insight.Breakdown
	charts watched
	costs  map[string]cost
}

// brokenDown asks for all of it.
func (v *visit) brokenDown(ctx context.Context) (*brokenDown, error) {
	list, err := v.breakdowns(ctx)
	if err != nil {
		return nil, err
	}
	charts, err := v.watched(ctx, list)
	if err != nil {
		return nil, err
	}
	costs, err := v.costs(ctx, list, &charts)
	return &brokenDown{list, charts, costs}, err
}

// breakdowns asks for those that are open, and those that took a step in the last days.
func (v *visit) breakdowns(ctx context.Context) ([]insight.Breakdown, error) {
	w := v.recent()
	got, err := question(ctx, v, "breakdowns", w, func(ctx context.Context) (insight.Breakdowns, error) { return v.view.Breakdowns(ctx, w) })
	return got.List, err
}

// recent is the question about the last days, of all journeys.
func (v *visit) recent() insight.Which {
	y, m, day := v.at.In(v.zone).Date()
	return insight.Which{Namespace: v.filter.Namespace, From: time.Date(y, m, day-endedDays, 0, 0, 0, 0, v.zone)}
}

func (c *charted) zone() *time.Location { return c.Trend.BaselineFrom.Location() }

// breakdownTable is a list of breakdowns.
type breakdownTable struct {
	Sorts *choices
	Label string
	Rows  []breakdownRow
	Empty *breakdownsEmpty
}

// breakdownsEmpty says that there is none, what is watched, and where to read on.
type breakdownsEmpty struct {
	empty

	Docs []anchor
}

type breakdownRow struct {
	Name, Link, Since                 string
	Share, Cost, More                 string
	Owner, Severity                   string
	State, StateTone, Due, DueTone    string
	Spark                             template.HTML
	How, HowTone, HowLink, Held, When string

	cost       *cost
	age        time.Duration
	due, ended time.Time
	mended     bool
}

// breakdownLink is the address of the page of a breakdown.
func (v *visit) breakdownLink(b *insight.Breakdown, more ...string) string {
	if b.Run.Namespace != "" {
		more = append(more, "namespace", b.Run.Namespace)
	}
	return v.link("breakdowns/"+segments(b.Run.ID), more...)
}

// subjectName says what a breakdown is about, as the beginning of a sentence.
func subjectName(s insight.Subject) string {
	name := quoted(breakdown.Name(s))
	return strings.ToUpper(name[:1]) + name[1:]
}

// quoted has the quotation marks of pages.
func quoted(s string) string {
	var b strings.Builder
	open := true
	for _, r := range s {
		if r == '"' {
			r = map[bool]rune{true: '“', false: '”'}[open]
			open = !open
		}
		b.WriteRune(r)
	}
	return b.String()
}

// row is a breakdown in a list.
func (v *visit) breakdownRow(b *insight.Breakdown, c *charted, of *cost) breakdownRow {
	r := breakdownRow{Name: subjectName(b.Subject), Link: v.breakdownLink(b), Severity: b.Details.Severity, Owner: v.ownerOf(b), cost: of, mended: !breakdown.MendedAt(b).IsZero()}
	since := breakdown.BeganAt(b, c.trend(), c.daysIn(v.zone))
	r.age = max(v.at.Sub(since), 0)
	r.Since = "since " + since.Format("2 January") + ", for " + daysOf(r.age)
	if _, again := breakdown.Again(b, c.trend(), c.daysIn(v.zone)); again {
		r.Since = "again " + r.Since + "; first found " + b.Opened.In(v.zone).Format("2 January")
	}
	was, is := b.Details.Before, b.Details.Since
	if c.Known {
		was, is = c.before().Value, c.lasted(b).Value
		if c.Since.OK() {
			r.Held = number.Share(c.Since.Value) + " since it was mended"
		}
		r.Spark = chart.Spark("Share of the last weeks", chart.Share, c.recent())
	}
	r.Share = number.Share(was) + " → " + number.Share(is)
	r.Cost, r.More = of.words()
	r.State, r.StateTone = stateOf(b, c)
	r.Due, r.DueTone, r.due = v.dueOfBreakdown(b)
	return r
}

// ownerOf is the team that mends a breakdown; one that is open and has none says who is told of it.
func (v *visit) ownerOf(b *insight.Breakdown) string {
	if told := v.toldOf(b); told != "" {
		return "none yet (" + told + " is told)"
	}
	return b.Details.Owner
}

// toldOf is who is told of a breakdown that is open and has no owner, as the blueprint says; "" is not known.
func (v *visit) toldOf(b *insight.Breakdown) string {
	if of := v.c.table.Blueprint().Breakdowns; of != nil && b.Open() && !b.Details.Better && b.Details.Owner == "" {
		return of.Owner
	}
	return ""
}

// daysIn is the zone of the days of the charts, also where its own chart is not known, or another one without charts.
func (c *charted) daysIn(other *time.Location) *time.Location {
	if !c.Trend.BaselineFrom.IsZero() {
		return c.zone()
	}
	return other
}

// daysOf writes a time in whole days.
func daysOf(d time.Duration) string {
	return number.Of(int64(max(d, 0)/(24*time.Hour)), "day", "days")
}

// stateOf says in words how far a breakdown has come.
func stateOf(b *insight.Breakdown, c *charted) (says, tone string) {
	switch b.Step {
	case watch.Confirmed:
		says = "confirmed, no plan yet"
	case watch.Planned:
		says = "planned"
	case watch.Mended:
		says, tone = "mended, being watched", "good"
	case watch.Verified:
		says, tone = "verified: it helps", "good"
	case watch.Improved:
		says, tone = "improved", "good"
	default:
		says, tone = "not confirmed yet", "bad"
		switch {
		case breakdown.NotHelped(b, c.trend()):
			says = "the mending has not helped, not confirmed yet"
		case b.Returned():
			says = "returned, not confirmed yet"
		}
	}
	if c.Usual && b.Open() && !b.Details.Better {
		says += "; usual again"
	}
	return says, tone
}

// promised are the promises of a breakdown in words.
var promisedWords = map[string]string{watch.PromiseConfirmed: "Confirmation", watch.PromisePlanned: "Plan", watch.PromiseMended: "Mending"}

func promisedWord(name string) string { return cmp.Or(promisedWords[name], name) }

// dueOfBreakdown says which promise is overdue the longest, or is due next, and when that is.
func (v *visit) dueOfBreakdown(b *insight.Breakdown) (says, tone string, at time.Time) {
	if p := b.Overdue(); p != nil {
		return promisedWord(p.Name) + " overdue for " + overdueFor(v.at.Sub(p.Due)), "bad", p.Due
	}
	if p := b.Next(); p != nil {
		return promisedWord(p.Name) + " due in " + overdueFor(p.Due.Sub(v.at)), "", p.Due
	}
	return "", "", time.Time{}
}

// overdueFor writes a time in days, or in hours and minutes below a day.
func overdueFor(d time.Duration) string {
	if d >= 24*time.Hour {
		return daysOf(d)
	}
	return number.Duration(max(d, 0))
}

// before is the share of the baseline.
func (c *charted) before() score.Share {
	return c.Trend.Share(c.Trend.BaselineFrom, c.Trend.BaselineUntil)
}

// lasted is the share since it began, until it was mended.
func (c *charted) lasted(b *insight.Breakdown) score.Share {
	return c.Trend.Share(breakdown.BeganAt(b, &c.Trend, c.zone()), breakdown.LastedUntil(b, c.zone()))
}

// sparkDays is how many days a small trend has.
const sparkDays = 42

// recent are the shares of the last days; a day of few has none.
func (c *charted) recent() (list []float64) {
	days := c.Trend.Days
	for i := max(0, len(days)-sparkDays); i < len(days); i++ {
		one := math.NaN()
		if d := &days[i]; !d.Out && d.N >= chart.Least {
			one = float64(d.Bad) / float64(d.N)
		}
		list = append(list, one)
	}
	return list
}

// openBreakdowns are the open ones.
func (v *visit) openBreakdowns(all *brokenDown, order breakdownOrder) breakdownTable {
	t := breakdownTable{Label: "Open breakdowns"}
	t.Rows = v.rowsOf(all, func(b *insight.Breakdown) bool { return b.Open() && !b.Details.Better })
	slices.SortStableFunc(t.Rows, func(x, y breakdownRow) int {
		switch order {
		case byAge:
			return cmp.Compare(y.age, x.age)
		case byDue:
			return cmp.Or(boolOf(x.due.IsZero())-boolOf(y.due.IsZero()), x.due.Compare(y.due))
		default:
			return cmp.Or(boolOf(x.mended)-boolOf(y.mended), x.cost.Compare(&y.cost.Spent)) // what costs nothing more is last
		}
	})
	if len(t.Rows) == 0 {
		t.Empty = v.noBreakdown(all)
		return t
	}
	if len(t.Rows) > 1 {
		t.Sorts = &choices{Label: "Order"}
		for _, o := range []struct {
			order breakdownOrder
			name  string
		}{{byCost, "Costliest first"}, {byAge, "Oldest first"}, {byDue, "Overdue first"}} {
			address := v.link("breakdowns")
			if o.order != byCost {
				address = v.link("breakdowns", "sort", string(o.order))
			}
			t.Sorts.List = append(t.Sorts.List, choiceLink{o.name, address, o.order == order})
		}
	}
	return t
}

func boolOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (v *visit) rowsOf(all *brokenDown, is func(*insight.Breakdown) bool) (rows []breakdownRow) {
	for i := range all.list {
		if b := &all.list[i]; is(b) {
			c, of := all.charts.Of[b.Run.ID], all.costs[b.Run.ID]
			rows = append(rows, v.breakdownRow(b, &c, &of))
		}
	}
	return rows
}

// aboutWatching is where the documentation of breakdowns is.
const aboutWatching = "https://pkg.go.dev/cairncx.dev/cairn/cx/insight/watch"

// noBreakdown says what is watched while nothing is broken.
func (v *visit) noBreakdown(all *brokenDown) *breakdownsEmpty {
	e := &breakdownsEmpty{Docs: []anchor{{"How breakdowns are found and kept", aboutWatching}}}
	e.Say, e.Mends = "Nothing is lastingly worse than usual.", watching(&all.charts)
	if !v.c.does.kept && len(all.list) == 0 {
		e.Say = "No breakdown has been found."
		e.Mends += " A watch finds them: a service runs one, or the command cairn watch."
	}
	return e
}

// watching says how many charts are watched.
func watching(w *watched) string {
	if w.Charts == 0 && w.Young == 0 {
		return "There is no chart to watch yet: a chart needs events of what the blueprint names, of five customers at least."
	}
	s := number.Of(int64(w.Charts), "daily chart is watched.", "daily charts are watched.")
	if w.Young > 0 {
		s += " " + number.Of(int64(w.Young), "further one is", "further ones are") + " too young: a chart needs 28 days before the last 14."
	}
	return s
}

// improvements are what got better.
func (v *visit) improvements(all *brokenDown) breakdownTable {
	t := breakdownTable{Label: "Improvements"}
	t.Rows = v.rowsOf(all, func(b *insight.Breakdown) bool { return b.Open() && b.Details.Better })
	slices.SortStableFunc(t.Rows, func(x, y breakdownRow) int { return x.cost.Compare(&y.cost.Spent) })
	for i := range t.Rows {
		t.Rows[i].Due, t.Rows[i].Owner = "", ""
	}
	if len(t.Rows) == 0 {
		t.Empty = &breakdownsEmpty{empty: empty{"Nothing is lastingly better than usual.", "What got better is found as what got worse is, and stands here for 28 days."}}
	}
	return t
}

// endedBreakdowns are those that ended, the last one first, with what became of them.
func (v *visit) endedBreakdowns(all *brokenDown) breakdownTable {
	t := breakdownTable{Label: "Breakdowns that ended"}
	for i := range all.list {
		b := &all.list[i]
		if b.Open() || b.Details.Better {
			continue
		}
		c, of := all.charts.Of[b.Run.ID], all.costs[b.Run.ID]
		r := v.breakdownRow(b, &c, &of)
		r.ended, r.When = b.Ended, b.Ended.In(v.zone).Format("2 Jan 2006")
		since := breakdown.BeganAt(b, c.trend(), c.daysIn(v.zone))
		r.Since = "from " + since.Format("2 January") + ", for " + daysOf(b.Ended.Sub(since))
		r.How, r.HowTone, r.HowLink = v.endOf(b, all.list)
		if m := breakdown.MendedAt(b); !m.IsZero() {
			r.Held = "mended " + m.In(v.zone).Format("2 January")
		}
		t.Rows = append(t.Rows, r)
	}
	slices.SortStableFunc(t.Rows, func(x, y breakdownRow) int { return y.ended.Compare(x.ended) })
	if len(t.Rows) == 0 {
		t.Empty = &breakdownsEmpty{empty: empty{"No breakdown has ended.", "One that is mended and has held for 28 days stands here, one that the charts do not show any more, and one that was dismissed, with the reason."}}
	}
	return t
}

// endOf says how a breakdown ended, and leads to the one in which it has returned.
func (v *visit) endOf(b *insight.Breakdown, all []insight.Breakdown) (how, tone, link string) {
	if b.Outcome != event.Completed {
		return "dismissed: " + known(b.Cause), "", ""
	}
	became, stayed := "mended", "mended, and held"
	tone = "good"
	switch {
	case b.Cause == watch.Subsided:
		became, stayed, tone = "subsided", "subsided: the charts do not show it any more", ""
	case b.Details.Better:
		became, stayed = "better", "it has stayed better for 28 days"
	}
	if i := slices.IndexFunc(all, func(o insight.Breakdown) bool { return o.Details.Earlier == b.Run.ID }); i >= 0 {
		if !b.Details.Better {
			tone = "bad"
		}
		return became + ", and returned", tone, v.breakdownLink(&all[i])
	}
	return stayed, tone, ""
}

// watchedFacts say what the charts are.
func (v *visit) watchedFacts(all *brokenDown) []fact {
	w := &all.charts
	list := []fact{{Name: "Watched", Says: number.Of(int64(w.Charts), "chart", "charts")}}
	add := func(n int, name, why string) {
		if n > 0 {
			list = append(list, fact{Name: name, Says: number.Count(int64(n)) + why})
		}
	}
	add(w.Young, "Too young", ": a chart needs 28 days before the last 14")
	add(w.Small, "Too few", ", of fewer than five customers")
	add(w.Beyond, "Left out", ", those with the fewest events: at most 2,000 charts are watched")
	if !w.Last.IsZero() {
		list = append(list, fact{Name: "Last day", Says: w.Last.Format("Monday, 2 January 2006")})
	}
	return append(list, fact{Name: "Chance", Says: "at most one in twenty of what is found is expected to be chance"},
		fact{Name: "Read on", Says: "How breakdowns are found and kept", Link: aboutWatching})
}
