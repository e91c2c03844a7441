package console

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// nowPage says what is happening to customers now.
func nowPage(v *visit) (*page, error) {
	p := &page{name: "now", title: "Now", filtered: true}
	add := func(s section, fill func(context.Context) (any, error)) {
		s.fill = fill
		p.sections = append(p.sections, s)
	}
	add(section{id: "first", title: "First of all", template: "headline"}, func(ctx context.Context) (any, error) { return v.headline(ctx) })
	if v.c.does.kept {
		add(section{id: "breakdowns", title: "Breakdowns", template: "breakdowns-now"}, func(ctx context.Context) (any, error) { return v.breakdownsNow(ctx) })
	}
	if v.c.hasObjectives() {
		add(section{id: "objectives", title: v.c.objectivesTitle(), template: "tiles"}, func(ctx context.Context) (any, error) { return v.objectives(ctx) })
	}
	add(section{id: "worse", title: "What got worse", template: "changes"}, func(ctx context.Context) (any, error) { return v.changes(ctx) })
	add(section{id: "promises", title: "Promises that fell due", template: "promises"}, func(ctx context.Context) (any, error) { return v.promises(ctx) })
	add(section{id: "breaking", title: "About to break", template: "runs"}, func(ctx context.Context) (any, error) { return v.breaking(ctx) })
	add(section{id: "broken", title: "Late, and still open", template: "runs"}, func(ctx context.Context) (any, error) { return v.late(ctx) })
	add(section{id: "running", title: "Runs", template: "running"}, func(ctx context.Context) (any, error) { return v.running(ctx) })
	add(section{id: "said", title: "Said today", template: "quotes", half: true}, func(ctx context.Context) (any, error) { return v.saidToday(ctx) })
	add(section{id: "whole", title: "Is the data whole?", template: "facts", half: true}, func(ctx context.Context) (any, error) { return v.whole(ctx) })
	return p, nil
}

// tile is a number with its name, what it is beside its target, and what it rests on.
type tile struct {
	Name, Value, Verdict, Note, Link, Tone string
	// Runs is the address of the runs behind the number, and Change says how it changed against the period before. Left is how much of a budget is left, of 100; nil is none.
	Runs, Change, ChangeTone string
	Spark                    template.HTML
	Left                     *int
}

// empty stands where there is nothing, and says what to do.
type empty struct{ Say, Mends string }

type tiles struct {
	Tiles []tile
	Empty *empty
}

type running struct {
	Rows  []journeyRow
	Empty *empty
}

type journeyRow struct {
	Name, Link, Began, Completed, Open, OpenLink, Oldest, Hour string
}

// lastHour is the time of which a page says how many runs began in it.
const lastHour = time.Hour

// running says how the journeys go: how many runs began, which share of them was completed, how many are open, how old the oldest one is, and how many began in the
// last hour.
func (v *visit) running(ctx context.Context) (running, error) {
	w := v.which(insight.Begun)
	all, err := question(ctx, v, "compare journeys", w, func(ctx context.Context) (insight.Comparison, error) {
		return v.view.Compare(ctx, w, insight.Journey, insight.Completes())
	})
	if err != nil {
		return running{}, err
	}
	live, err := v.live(ctx)
	if err != nil {
		return running{}, err
	}
	shares := map[string]*insight.Compared{}
	for i := range all.Groups {
		shares[all.Groups[i].Value] = &all.Groups[i]
	}
	var list running
	for i := range live.List {
		l := &live.List[i]
		if v.noExperience(l.Journey) {
			continue
		}
		row := journeyRow{Name: l.Journey, Link: v.link("journeys/" + segments(l.Journey)), Began: number.None, Completed: number.None}
		if g := shares[l.Journey]; g != nil && !g.Hidden {
			row.Began, row.Completed = number.Count(g.Share.N), writeShare(g.Share)
		}
		v.open(&row, l)
		list.Rows = append(list.Rows, row)
	}
	if len(list.Rows) == 0 {
		list.Empty = &empty{"There is no run.", "Runs are listed here when events of journeys come. See below when the latest event came."}
	}
	return list, nil
}

// noExperience reports whether the runs of this name are actions of the company or breakdowns, which have no customers: a page about all journeys leaves them out of its tiles and its table of runs.
func (v *visit) noExperience(name string) bool {
	return v.filter.Journey == "" && (v.isBreakdown(name) || slices.ContainsFunc(v.c.table.Blueprint().Actions, func(a blueprint.Action) bool { return a.Name == name }))
}

// live asks what goes on now, whenever it began.
func (v *visit) live(ctx context.Context) (insight.Live, error) {
	w := v.always()
	return question(ctx, v, "live", w, func(ctx context.Context) (insight.Live, error) { return v.view.Live(ctx, w, v.at.Add(-lastHour)) })
}

// always is the question of the page without its period.
func (v *visit) always() insight.Which {
	w := v.which(insight.Begun)
	w.From, w.Until = time.Time{}, time.Time{}
	return w
}

func (v *visit) open(row *journeyRow, l *insight.LiveRuns) {
	if l.Hidden {
		row.Open, row.Oldest, row.Hour = number.None, number.None, number.None
		return
	}
	row.Open, row.Oldest, row.Hour = number.Count(l.Open), number.None, number.Count(l.Begun)
	if l.FewBegun {
		row.Hour = "fewer than 5"
	}
	if l.Open == 0 {
		return
	}
	row.Oldest = number.Duration(l.Oldest)
	if v.may(insight.Customers) {
		row.OpenLink = v.linkOf(v.everyDay(l.Journey).with(insight.Outcome, "open"), "runs", "sort", "longest")
	}
}

// everyDay is the filter of the page for a journey, with a period that has every event.
func (v *visit) everyDay(journey string) filter {
	f := v.filter
	f.Journey, f.Days, f.First, f.Last = journey, maxDays, time.Time{}, time.Time{}
	return f
}

// saidToday is what customers wrote on the day of the page.
func (v *visit) saidToday(ctx context.Context) (quotesShown, error) {
	if !v.may(insight.Words) {
		return v.quotes(nil, ""), nil
	}
	w := v.which(insight.Begun)
	at := v.at.In(v.zone)
	w.From, w.Until = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, v.zone), time.Time{}
	a, err := question(ctx, v, "voice", w, func(ctx context.Context) (insight.Voice, error) { return v.view.Voice(ctx, w) })
	if err != nil {
		return quotesShown{}, err
	}
	s := v.quotes(a.Verbatims[:min(len(a.Verbatims), saidRows)], "Nothing was written today.")
	if s.Empty != nil {
		s.Empty.Mends = "The page Voice has what customers wrote before."
	}
	s.All = &anchor{Name: "Everything that they said", Address: v.link("voice")}
	if len(a.Verbatims) > saidRows {
		s.All.Name = fmt.Sprintf("All %s of today, and of before", number.Count(int64(len(a.Verbatims))))
	}
	return s, nil
}

// saidRows is how many words of customers Now has.
const saidRows = 4
