package console

import (
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/watch"
)

// breakdownsOnNow are what needs a person now.
type breakdownsOnNow struct {
	Rows  []breakdownRow
	All   anchor
	Empty *empty
}

// nowBreakdowns is how many breakdowns Now has.
const nowBreakdowns = 5

// brokeDown says which breakdowns are overdue, the longest overdue first, and which are not confirmed yet, the newest first.
func (v *visit) brokeDown(ctx context.Context) (list []matter, err error) {
	all, err := v.breakdowns(ctx)
	if err != nil {
		return nil, err
	}
	urgent := v.urgent(all)
	if len(urgent) == 0 {
		return nil, nil // the charts are asked only if one is shown
	}
	charts, err := v.watched(ctx, all)
	if err != nil {
		return nil, err
	}
	for _, b := range urgent {
		c := charts.Of[b.Run.ID]
		f := breakdown.Lasted(b, c.trend(), charts.last(v.zone))
		says := quoted(f.Short())
		if due, tone, _ := v.dueOfBreakdown(b); tone != "" {
			says += " " + due + "."
		} else {
			says += " It is not confirmed yet."
		}
		list = append(list, matter{says, "bad", v.breakdownLink(b), "The breakdown"})
	}
	return list, nil
}

// urgent are the breakdowns that need a person now: the overdue ones, and those that are not confirmed.
func (v *visit) urgent(all []insight.Breakdown) []*insight.Breakdown {
	var list []*insight.Breakdown
	for i := range all {
		b := &all[i]
		if b.Open() && !b.Details.Better && (b.Overdue() != nil || b.Step == watch.Found) && (v.filter.Journey == "" || v.filter.Journey == b.Journey) {
			list = append(list, b)
		}
	}
	due := func(b *insight.Breakdown) time.Time {
		if p := b.Overdue(); p != nil {
			return p.Due
		}
		return v.at.Add(v.at.Sub(b.Found)) // after all that is overdue, the newest first
	}
	slices.SortStableFunc(list, func(x, y *insight.Breakdown) int { return due(x).Compare(due(y)) })
	return list
}

// breakdownsNow are the breakdowns that need a person now, in a short list.
func (v *visit) breakdownsNow(ctx context.Context) (breakdownsOnNow, error) {
	all, err := v.breakdowns(ctx)
	if err != nil {
		return breakdownsOnNow{}, err
	}
	list := v.urgent(all)
	s := breakdownsOnNow{All: anchor{"All breakdowns", v.link("breakdowns")}}
	open, better := 0, 0
	for i := range all {
		switch b := &all[i]; {
		case !b.Open():
		case b.Details.Better:
			better++
		default:
			open++
		}
	}
	if open+better > 0 {
		s.All.Name = "All breakdowns: " + number.Count(int64(open)) + " open"
		if better > 0 {
			s.All.Name += ", and " + number.Of(int64(better), "improvement", "improvements")
		}
	}
	if len(list) == 0 {
		s.Empty = &empty{"No breakdown waits for a person.", "One that is not confirmed yet, or whose plan or mending is overdue, stands here."}
		return s, nil
	}
	now, err := v.brokenDown(ctx)
	if err != nil {
		return s, err
	}
	for _, b := range list[:min(len(list), nowBreakdowns)] {
		c, of := now.charts.Of[b.Run.ID], now.costs[b.Run.ID]
		s.Rows = append(s.Rows, v.breakdownRow(b, &c, &of))
	}
	return s, nil
}
