package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
)

// runList is a list of single runs.
type runList struct {
	Said  string
	Rows  []runRow
	More  string
	Link  string
	Empty *empty
	// What and When are the names of the second and the last column; "" is that of a promise, and when it is due.
	What, When string
}

type runRow struct {
	// Name leads the row, and ID is that of the run. A follow-up has the name of what it is about.
	Name, ID, Journey, State, Tone, Where, Due, Link string
	Began, Took, Value, Promise                      string
}

// nowRows is how many runs a list of Now has.
const nowRows = 8

// breaking lists the open runs with a promise that is due later, the next one first, over all promises.
func (v *visit) breaking(ctx context.Context) (runList, error) {
	return v.dueRuns(ctx, insight.RunsOf{Next: true}, "next", &empty{"No promise is about to break.", "Open runs with a promise that is due are listed here, the next one first."})
}

// late lists the open runs that owe something, the longest overdue first, over all promises.
func (v *visit) late(ctx context.Context) (runList, error) {
	return v.dueRuns(ctx, insight.RunsOf{Late: true}, "late", &empty{"No open run is late.", "Open runs that owe what a promise should have brought are listed here, the longest overdue first."})
}

func (v *visit) dueRuns(ctx context.Context, of insight.RunsOf, name string, none *empty) (runList, error) {
	if !v.may(insight.Customers) {
		return v.dueCounts(ctx, of.Late, none)
	}
	w := v.always()
	if v.filter.Journey == "" { // breakdowns have a part of their own
		w.Where = append(slices.Clone(w.Where), insight.Where{Column: insight.Journey, Values: []string{v.c.does.breakdowns.Name()}, Not: true})
	}
	got, err := question(ctx, v, "due runs", fmt.Sprintf("%+v%+v", w, of), func(ctx context.Context) (insight.RunList, error) {
		return v.view.Runs(ctx, w, of, nowRows)
	})
	if err != nil {
		return runList{}, err
	}
	if len(got.List) == 0 {
		return runList{Empty: none}, nil
	}
	list := runList{Link: v.link("runs", "due", name)}
	about := v.matters(ctx, got.List)
	for i := range got.List {
		list.Rows = append(list.Rows, v.row(&got.List[i], got.List[i].Promise, about))
	}
	if got.Found > int64(len(got.List)) {
		list.More = fmt.Sprintf("All %s runs", number.Count(got.Found))
	}
	return list, nil
}

// dueCounts says for a reader who may not see single runs how many there are of them.
func (v *visit) dueCounts(ctx context.Context, late bool, none *empty) (runList, error) {
	all, err := v.live(ctx)
	if err != nil {
		return runList{}, err
	}
	list := runList{}
	for i := range all.List {
		l := &all.List[i]
		switch {
		case late && l.Late > 0:
			list.Said += l.Sentence() + " "
		case !late && l.Next > 0:
			list.Said += fmt.Sprintf("%s of “%s” with a promise that is due later. ", number.Of(l.Next, "open run", "open runs"), l.Journey)
		}
	}
	if list.Said == "" {
		return runList{Empty: none}, nil
	}
	list.Said += "Single runs need the right “customers”."
	return list, nil
}

func (v *visit) row(r *insight.ListedRun, promise string, about matters) runRow {
	row := runRow{Name: r.Run.ID, ID: r.Run.ID, Journey: r.Run.Name, State: promise, Link: v.runLink(r.Run), Began: r.Began.In(v.zone).Format("2 Jan 15:04")}
	m := about[r.Run]
	if m.About.ID != "" {
		row.Name = m.About.Name + " " + m.About.ID
	}
	row.Where = strings.Join(slices.DeleteFunc([]string{m.Rule, m.Severity, r.Stage, cmp.Or(r.Team, m.Owner), r.Queue}, func(s string) bool { return s == "" }), " · ")
	switch {
	case r.Due.IsZero():
	case r.Overdue > 0:
		row.Tone, row.Due = "bad", number.Duration(r.Overdue)+" late"
	case !r.Due.After(v.at):
		row.Tone, row.Due = "bad", "due now"
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

// dueInPeriod is the word of an address for runs whose promise fell due in the period, whenever they began.
const dueInPeriod = "period"

// dueOf reads from the address whether a list is about the due times of promises: of any promise, or of the broken one.
func dueOf(text string, of *insight.RunsOf) (by insight.By, err error) {
	switch text {
	case "":
	case "late":
		of.Late = true
	case "next":
		of.Next = true
	case dueInPeriod:
		if of.Broke == "" {
			return by, fmt.Errorf("%w: due=%s is of a broken promise: give its name as broke=, too", errAddress, text)
		}
		return insight.FellDue, nil
	default:
		return by, fmt.Errorf("%w: due=%.64q is none of late, next and %s", errAddress, text, dueInPeriod)
	}
	return insight.Begun, nil
}

// trendBounds divides the period of the page for a small trend: at most twelve parts of whole days.
func (v *visit) trendBounds() []time.Time {
	days := dayNumber(v.until) - dayNumber(v.from)
	step := (days + mostParts - 1) / mostParts
	bounds := []time.Time{v.from}
	for n := step; n < days; n += step {
		if at := v.from.AddDate(0, 0, n); at.After(bounds[len(bounds)-1]) && at.Before(v.until) { // a zone that crosses the date line leaves a day out
			bounds = append(bounds, at)
		}
	}
	return append(bounds, v.until)
}

const mostParts = 12

// promiseNames are those of the journeys that the reader may see, each once.
func (v *visit) promiseNames() (names []string) {
	b := v.c.table.Blueprint()
	for i := range b.Journeys {
		if name := b.Journeys[i].Name; v.filter.Journey != "" && name != v.filter.Journey || !v.view.Sees(name) {
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
