package console

import (
	"context"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

// mostRows is how many runs a list has.
const mostRows = 100

// runsPage lists the runs of the filter.
func runsPage(v *visit) (*page, error) {
	of, by, err := v.runsOf()
	if err != nil {
		return nil, err
	}
	p := &page{name: "runs", title: "Runs", filtered: true, own: []string{"broke", "breaking", "due", "sort"}}
	title := "Runs that began in the period"
	if of.Late || of.Next { // they are owed now, whenever they began
		v.from, v.until, p.filtered = time.Time{}, time.Time{}, false
		title = "Open runs with a promise that is due"
	}
	if by == insight.FellDue {
		title = "Runs with a promise that fell due in the period and was broken"
	}
	if of.Late {
		title = "Open runs that are late with a promise"
	}
	p.sections = []section{
		{id: "list", title: title, template: "run-list", fill: func(ctx context.Context) (any, error) { return v.runs(ctx, of, by) }},
	}
	return p, nil
}

// orders are the words for the orders of a list.
var orders = map[string]insight.RunOrder{"": insight.Natural, "latest": insight.Latest, "longest": insight.Longest, "value": insight.Dearest}

// runsOf reads from the address which runs are listed, and what puts them into the period.
func (v *visit) runsOf() (of insight.RunsOf, by insight.By, err error) {
	q := v.r.URL.Query()
	order, ok := orders[q.Get("sort")]
	if !ok {
		return of, by, fmt.Errorf("%w: sort=%.64q is none of latest, longest and value", errAddress, q.Get("sort"))
	}
	of = insight.RunsOf{Broke: q.Get("broke"), Breaking: q.Get("breaking"), Order: order}
	by, err = dueOf(q.Get("due"), &of)
	return of, by, err
}

// runTable is a list of runs with all that there is to say of each.
type runTable struct {
	Said  string
	Rows  []runRow
	Due   bool
	Value bool
	Sorts choices
	// Propose is the address of the form that proposes a change; "" is none.
	Propose string
	Empty   *empty
}

// wider says how a list without a run gets some: by what the page has.
func (v *visit) wider() string {
	switch some, bounded := len(v.filter.Where) > 0, !v.from.IsZero(); {
	case some && bounded:
		return "Remove a condition, or choose a longer period."
	case some:
		return "Remove a condition."
	case bounded:
		return "Choose a longer period."
	default:
		return "Runs are listed here as soon as there are some."
	}
}

func (v *visit) runs(ctx context.Context, of insight.RunsOf, by insight.By) (runTable, error) {
	w := v.which(by)
	got, err := question(ctx, v, "runs", fmt.Sprintf("%+v%+v", w, of), func(ctx context.Context) (insight.RunList, error) { return v.view.Runs(ctx, w, of, mostRows) })
	if err != nil {
		return runTable{}, err
	}
	if len(got.List) == 0 {
		return runTable{Empty: &empty{"No run is like that.", v.wider()}}, nil
	}
	t := runTable{Said: number.Of(got.Found, "run", "runs"), Propose: v.proposing(v.filter, ""), Due: of.Broke+of.Breaking != "" || of.Late || of.Next, Sorts: choices{Label: "Order"}}
	if got.Promises > got.Found {
		t.Said += fmt.Sprintf(" with %s of this list", number.Of(got.Promises, "promise", "promises"))
	}
	if got.Found > int64(len(got.List)) {
		t.Said += fmt.Sprintf(", of which these are the first %d", len(got.List))
	}
	for _, s := range []struct{ word, name string }{{"latest", "latest"}, {"longest", "longest"}, {"value", "most at stake"}} {
		t.Sorts.List = append(t.Sorts.List, choiceLink{s.name, v.link("runs", "sort", s.word, "broke", of.Broke, "breaking", of.Breaking, "due", v.r.URL.Query().Get("due")), v.r.URL.Query().Get("sort") == s.word})
	}
	about := v.matters(ctx, got.List)
	for i := range got.List {
		r := &got.List[i]
		row := v.row(r, r.State, about)
		row.Tone, row.Took, row.Promise = stateTones[r.State], number.Duration(r.Took), r.Promise
		if r.Value != nil {
			row.Value, t.Value = text.Money(r.Value.Amount, r.Value.Currency), true
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}
