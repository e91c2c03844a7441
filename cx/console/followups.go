package console

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

// followUps says what became of matters that single customers raised.
func (v *visit) followUps(a *insight.Voice) grids {
	f := &a.FollowUps
	s := grids{Lines: []string{f.Sentence()}}
	if f.Hidden || f.Received+f.Now == 0 {
		return s
	}
	states := grid{Label: "Received in the period, by state", Head: []string{"State", "Share", "Of"}}
	for _, of := range []struct {
		name string
		s    score.Share
	}{{"Confirmed by the customer", f.Confirmed}, {"Closed without objection", f.NoObjection}, {"Withdrawn by the customer", f.Withdrawn}, {"Failed", f.Failed}, {"Open", f.Open}, {"Broke a promise", f.Broken}} {
		states.Rows = append(states.Rows, plain(of.name, writeShare(of.s), countOf(of.s.Count, of.s.N)))
	}
	s.Grids = append(s.Grids, states)
	for _, part := range []struct {
		name string
		list []insight.FollowUpPart
	}{{"Owner", f.Owners}, {"Severity", f.Severities}} {
		if len(part.list) > 0 {
			s.Grids = append(s.Grids, followUpParts(part.name, part.list))
		}
	}
	steps := grid{Label: "Open now, by step", Head: []string{"Step", "Open"}}
	for _, step := range f.Steps {
		name := known(step.Name)
		if step.Hidden {
			name = "other steps"
		}
		steps.Rows = append(steps.Rows, plain(name, number.Count(step.Count)))
	}
	if len(steps.Rows) > 0 {
		s.Grids = append(s.Grids, steps)
	}
	return s
}

func followUpParts(name string, list []insight.FollowUpPart) grid {
	g := grid{Label: "By " + strings.ToLower(name), Head: []string{name, "Received", "Broke a promise", "Open now", "Overdue"}}
	for i := range list {
		p := &list[i]
		if p.Hidden {
			g.Rows = append(g.Rows, plain(known(p.Name), few, "", "", ""))
			continue
		}
		g.Rows = append(g.Rows, plain(known(p.Name), number.Count(p.Received), writeShare(p.Broken), number.Count(p.Now), writeShare(p.Overdue)))
	}
	return g
}

// shownFollowUps is how many open follow-ups are listed of each kind.
const shownFollowUps = 25

// openFollowUps lists the open follow-ups, the oldest first.
func (v *visit) openFollowUps(ctx context.Context) (runList, error) {
	if !v.may(insight.Customers) {
		return runList{Empty: &empty{"Single follow-ups are not shown to you.", "They need the right “customers”."}}, nil
	}
	list := runList{What: "Follow-up", When: "Age"}
	for _, name := range slices.Sorted(maps.Keys(v.c.does.followUps)) {
		f := v.filter
		f.Journey, f.Where = name, []insight.Where{{Column: insight.Outcome, Values: []string{"open"}}}
		w := insight.Which{Journey: f.Journey, Namespace: f.Namespace, Where: f.Where}
		of := insight.RunsOf{Order: insight.Longest}
		got, err := question(ctx, v, "runs", fmt.Sprintf("%+v%+v", w, of), func(ctx context.Context) (insight.RunList, error) { return v.view.Runs(ctx, w, of, shownFollowUps) })
		if isUnknown(err) {
			continue
		}
		if err != nil {
			return list, err
		}
		about := v.matters(ctx, got.List)
		for k := range got.List {
			row := v.row(&got.List[k], got.List[k].Run.Name, about)
			row.Due = number.Duration(got.List[k].Took)
			list.Rows = append(list.Rows, row)
		}
	}
	if len(list.Rows) == 0 {
		list.Empty = &empty{"No follow-up is open.", "Those that are received are listed here until they are closed."}
		if len(v.c.does.followUps) == 0 {
			list.Empty.Mends = "Write follow_ups: in the blueprint. They open on what customers say or on broken promises, and are listed here until they are closed."
		}
	}
	return list, nil
}
