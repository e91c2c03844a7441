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
	// Charts is how many charts were assessed, and Young how many have too few days for a baseline. Small are those of too few customers, and Beyond those
	// that are more than there may be.
	Charts int                `json:"charts"`
	Young  int                `json:"charts_young"`
	Small  int                `json:"charts_small"`
	Beyond int                `json:"charts_beyond"`
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
	got := breakdownsAnswer{Charts: found.Charts, Young: found.Young, Small: daily.Small, Beyond: daily.Beyond, List: []breakdown.Placed{}}
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
	switch {
	case daily.Hidden:
		a.Sentences = []string{tooFew}
	case len(found.Found) == 0:
		said := fmt.Sprintf("Nothing has lastingly become worse or better, in %s.", number.Of(int64(got.Charts), "chart", "charts"))
		a.Sentences = []string{strings.Join(append([]string{said}, got.leftOut()...), " ")}
	default:
		a.Sentences = append(a.Sentences, got.leftOut()...)
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

// leftOut says how many charts say nothing, and why.
func (a *breakdownsAnswer) leftOut() (said []string) {
	for _, o := range []struct {
		n        int
		one, few string
	}{
		{a.Young, "chart has too few days for a baseline.", "charts have too few days for a baseline."},
		{a.Small, "chart is left out, because it has too few customers.", "charts are left out, because they have too few customers."},
		{a.Beyond, "chart is left out, because there are too many: it has the fewest events.", "charts are left out, because there are too many: they have the fewest events."},
	} {
		if o.n > 0 {
			said = append(said, number.Of(int64(o.n), o.one, o.few))
		}
	}
	return said
}
