package console

import (
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// nowPage says what is happening to customers now.
func nowPage(v *visit) (*page, error) {
	p := &page{name: "now", title: "Now", filtered: true}
	if v.c.cfg.client != nil {
		p.sections = append(p.sections, section{id: "objectives", title: "Objectives, by this process", template: "tiles", fill: func(ctx context.Context) (any, error) { return v.objectives(ctx) }})
	}
	p.sections = append(p.sections, []section{
		{id: "promises", title: "Promises", template: "promises", fill: func(ctx context.Context) (any, error) { return v.promises(ctx) }},
		{id: "breaking", title: "About to break", half: true, template: "runs", fill: func(ctx context.Context) (any, error) { return v.breaking(ctx) }},
		{id: "broken", title: "Broken, and still open", half: true, template: "runs", fill: func(ctx context.Context) (any, error) { return v.broken(ctx) }},
		{id: "worse", title: "What changed", template: "changes", fill: func(ctx context.Context) (any, error) { return v.changes(ctx) }},
		{id: "running", title: "Journeys", template: "running", fill: func(ctx context.Context) (any, error) { return v.running(ctx) }},
		{id: "said", title: "Said last", template: "quotes", fill: func(ctx context.Context) (any, error) { return v.saidLast(ctx) }},
		{id: "whole", title: "Is the data whole?", template: "facts", fill: func(ctx context.Context) (any, error) { return v.whole(ctx) }},
	}...)
	return p, nil
}

// tile is a number with its name, what it is beside its target, and what it rests on.
type tile struct {
	Name, Value, Verdict, Note, Link, Tone string
	Spark                                  template.HTML
}

// empty stands where there is nothing, and says what to do.
type empty struct{ Say, Mends string }

type tiles struct {
	Tiles []tile
	Empty *empty
}

func (v *visit) promises(ctx context.Context) (tiles, error) {
	w := v.which(insight.FellDue)
	now, err := question(ctx, v, "promises", w, func(ctx context.Context) (insight.Promises, error) { return v.view.Promises(ctx, w, v.at, "") })
	if err != nil {
		return tiles{}, err
	}
	if len(now.List) == 0 {
		return tiles{Empty: &empty{"No promise fell due in this period.", "Write promises: in the blueprint, such as {name: solved, from: start, until: Resolve ticket, within: 5bd}."}}, nil
	}
	var list tiles
	for i := range now.List {
		list.Tiles = append(list.Tiles, v.promiseTile(&now.List[i]))
	}
	return list, nil
}

func (v *visit) promiseTile(p *insight.Promise) tile {
	t := tile{Name: p.Name + " · " + p.Journey, Value: writeShare(p.Matured), Link: v.link("journeys/" + segments(p.Journey))}
	if p.Hidden {
		t.Note = "Too few customers to show."
		return t
	}
	if !p.Matured.OK() {
		t.Note = "None is settled yet."
		return t
	}
	t.Note = fmt.Sprintf("of %s, %s", number.Count(p.Matured.N), number.Range(number.Share(p.Matured.Low), number.Share(p.Matured.High)))
	switch {
	case p.Target == 0:
	case p.Matured.Value >= p.Target:
		t.Tone, t.Verdict = "good", "Target "+number.Share(p.Target)+" met"
	default:
		t.Tone, t.Verdict = "bad", "Target "+number.Share(p.Target)+" missed"
	}
	return t
}

// runList is a list of single runs.
type runList struct {
	Rows  []runRow
	More  string
	Link  string
	Empty *empty
}

type runRow struct {
	ID, Journey, State, Tone, Where, Due, Link string
	Began, Took, Value                         string
}

// lists of Now are short.
const nowRows = 8

func (v *visit) breaking(ctx context.Context) (runList, error) {
	return v.promiseRuns(ctx, func(name string) insight.RunsOf { return insight.RunsOf{Breaking: name} }, &empty{"No promise is about to break.", "Open promises whose time is near are listed here."})
}

func (v *visit) broken(ctx context.Context) (runList, error) {
	return v.promiseRuns(ctx, func(name string) insight.RunsOf { return insight.RunsOf{Broke: name} }, &empty{"Every promise of the open runs is kept so far.", "Open runs that broke a promise are listed here."})
}

// promiseRuns lists open runs by each promise of the blueprint.
func (v *visit) promiseRuns(ctx context.Context, of func(name string) insight.RunsOf, none *empty) (runList, error) {
	var list runList
	if !v.may(insight.Customers) {
		return runList{Empty: &empty{"Single runs are not shown to you.", "They need the right “customers”."}}, nil
	}
	w := insight.Which{Journey: v.filter.Journey, Namespace: v.filter.Namespace, Where: append(slices.Clone(v.filter.Where), insight.Where{Column: insight.Outcome, Values: []string{"open"}})}
	for _, name := range v.promiseNames() {
		got, err := question(ctx, v, "runs", fmt.Sprintf("%+v%+v", w, of(name)), func(ctx context.Context) (insight.RunList, error) {
			return v.view.Runs(ctx, w, of(name), nowRows)
		})
		if err != nil {
			return list, err
		}
		for i := range got.List {
			list.Rows = append(list.Rows, v.row(&got.List[i], name))
		}
	}
	if len(list.Rows) == 0 {
		list.Empty = none
	}
	return list, nil
}

// promiseNames are those of the journeys that the reader may see, each once.
func (v *visit) promiseNames() (names []string) {
	b := v.c.table.Blueprint()
	for i := range b.Journeys {
		if v.filter.Journey != "" && b.Journeys[i].Name != v.filter.Journey {
			continue
		}
		for j := range b.Journeys[i].Promises {
			if name := b.Journeys[i].Promises[j].Name; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func (v *visit) row(r *insight.ListedRun, promise string) runRow {
	row := runRow{ID: r.Run.ID, Journey: r.Run.Name, State: promise, Link: v.runLink(r.Run), Began: r.Began.In(v.zone).Format("2 Jan 15:04")}
	row.Where = strings.Join(slices.DeleteFunc([]string{r.Stage, r.Team, r.Queue}, func(s string) bool { return s == "" }), " · ")
	switch {
	case r.Due.IsZero():
	case r.Overdue > 0:
		row.Tone, row.Due = "bad", number.Duration(r.Overdue)+" late"
	default:
		row.Due = "in " + number.Duration(r.Due.Sub(v.at))
	}
	return row
}

// runLink is the address of the page of a run, with more in its query: pairs of a name and a value.
func (v *visit) runLink(r event.RunRef, more ...string) string {
	q := more
	if r.Namespace != "" {
		q = append(q, "namespace", r.Namespace)
	}
	return v.link("runs/"+segments(r.Name, r.ID), q...)
}

type running struct {
	Rows  []journeyRow
	Empty *empty
}

type journeyRow struct {
	Name, Link, Began, Completed, Change, Tone, Open, Oldest string
}

// running says how the journeys go: how many runs began, which share was completed of those that ended, and how many are open.
func (v *visit) running(ctx context.Context) (running, error) {
	w := v.which(insight.Begun)
	all, err := question(ctx, v, "compare journeys", w, func(ctx context.Context) (insight.Comparison, error) {
		return v.view.Compare(ctx, w, insight.Journey, insight.Completes())
	})
	if err != nil {
		return running{}, err
	}
	var list running
	for i := range all.Groups {
		g := &all.Groups[i]
		list.Rows = append(list.Rows, journeyRow{Name: g.Value, Link: v.link("journeys/" + segments(g.Value)), Began: number.Count(g.Share.N), Completed: writeShare(g.Share)})
	}
	if len(list.Rows) == 0 {
		list.Empty = &empty{"No run began in this period.", "Choose a longer period, or see below when the latest event came."}
	}
	return list, nil
}

// fact is a name with what there is to say about it.
type fact struct{ Name, Says, Tone, Link string }

// whole says what the numbers rest on.
func (v *visit) whole(context.Context) ([]fact, error) {
	s, err := v.view.State()
	if err != nil {
		return nil, err
	}
	list := []fact{{Name: "Rests on", Says: number.Of(s.Runs, "run", "runs") + " and " + number.Of(s.Events, "event", "events")}}
	if !s.Newest.IsZero() {
		f := fact{Name: "Latest event", Says: s.Newest.In(v.zone).Format("2 January 2006, 15:04:05 MST")}
		if age := v.at.Sub(s.Newest); age > time.Hour {
			f.Says += ", " + number.Duration(age) + " ago"
		}
		list = append(list, f)
	}
	if !s.Held.IsZero() {
		list = append(list, fact{Name: "Held back", Says: "A transaction of the archive in flight since " + s.Held.In(v.zone).Format("15:04:05") + " holds later events back.", Tone: "bad"})
	}
	if s.Coarse > 0 {
		list = append(list, fact{Name: "Too many names", Says: number.Of(s.Coarse, "event lacks", "events lack") + " a part.", Tone: "bad"})
	}
	return list, nil
}

// saidLast are the last words of customers in the period.
func (v *visit) saidLast(ctx context.Context) (quotesShown, error) {
	a, err := v.voice(ctx)
	if err != nil {
		return quotesShown{}, err
	}
	return v.quotes(a.Verbatims[:min(len(a.Verbatims), 3)], "Nothing was written in this period."), nil
}
