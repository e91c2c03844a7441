package main

import (
	"context"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/cx/insight/number"
)

// breakdownsAnswer is the answer to what has lastingly become worse.
type breakdownsAnswer struct {
	// Charts is how many charts were assessed, and Young how many have too few days for a baseline.
	Charts int                `json:"charts"`
	Young  int                `json:"charts_young"`
	List   []breakdown.Placed `json:"list"`
}

// askBreakdowns looks at the charts, and keeps nothing.
func askBreakdowns(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	settings := insight.DailySettings{Zone: s.location}
	if o.Table.Blueprint().Zone != "" {
		settings.Zone = nil // that of the blueprint, as a watch has it
	}
	daily, err := o.View.Daily(ctx, w, settings)
	if err != nil {
		return nil, err
	}
	found := breakdown.Find(&daily, o.Table.Blueprint(), nil, breakdown.Settings{})
	got := breakdownsAnswer{Charts: found.Charts, Young: found.Young, List: []breakdown.Placed{}}
	a := askAnswer{Answer: &got, foot: &daily.Basis}
	t := askTable{
		head: []string{"WHAT CHANGED", "SINCE", "BEFORE", "SHARE", "A DAY", "CUSTOMERS", "GOES WITH"},
		note: "A day is how many more there were than usual. Customers are those who met it more than usual since.",
	}
	young := "" // says that not all customers are counted yet
	for i := range found.Found {
		f := &found.Found[i]
		p, err := breakdown.Place(ctx, o.View, f)
		if err != nil {
			return nil, err
		}
		got.List = append(got.List, p)
		a.Sentences = append(a.Sentences, f.Sentence())
		if p.GoesWith.TooYoung > 0 && p.CustomersInExcess > 0 {
			young = p.GoesWith.Warning
		}
		customers, with := number.None, number.None
		if p.CustomersInExcess > 0 {
			customers = number.Decimal(p.CustomersInExcess, 0)
		}
		if len(p.GoesWith.Answer.Findings) > 0 {
			with = heldText(p.GoesWith.Answer.Findings[0].Held)
		}
		since := f.Began.Format("2006-01-02")
		if f.Drift {
			since = "for weeks"
		}
		t.add(breakdown.Name(f.Subject), since, number.Share(f.Before.Value), number.Share(f.Since.Value), number.Decimal(f.PerDay, 1), customers, with)
	}
	if len(found.Found) == 0 {
		a.Sentences = []string{noChange(&got, daily.Hidden)}
	} else {
		if young != "" {
			t.note += " More of them may follow: " + young
		}
		a.tables = []askTable{t}
	}
	state, err := o.Table.State()
	if err == nil && daily.Days > 0 && state.Newest.Before(daily.Day(daily.Days-1)) {
		a.Sentences = append(a.Sentences, "The source has no events since "+state.Newest.In(daily.First.Location()).Format("2006-01-02")+": a day without events says nothing.")
	}
	return []askAnswer{a}, err
}

// noChange says that the charts show nothing, and how many of them there are.
func noChange(got *breakdownsAnswer, hidden bool) string {
	if hidden {
		return tooFew
	}
	said := []string{fmt.Sprintf("Nothing has lastingly become worse or better, in %s.", number.Of(int64(got.Charts), "chart", "charts"))}
	if got.Young > 0 {
		said = append(said, number.Of(int64(got.Young), "chart has", "charts have")+" too few days for a baseline.")
	}
	return strings.Join(said, " ")
}
