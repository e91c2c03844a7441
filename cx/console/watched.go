package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/feedback/score"
)

// watched is what the daily charts say.
type watched struct {
	// Charts is how many are assessed, and Young how many have too few days. Small are of too few customers, and Beyond are more than there may be.
	Charts, Young, Small, Beyond int
	// Last is the last day that is over.
	Last time.Time
	// Of are the charts of breakdowns, by the IDs of their runs.
	Of map[string]charted
}

// charted is the chart of a breakdown.
type charted struct {
	// Known reports whether the chart is there, and has its baseline. Nothing but Before, Since and the days of the baseline is set otherwise.
	Known bool
	Trend breakdown.Trend
	// Usual reports whether the last 14 days are no more than chance away from the baseline.
	Usual bool
	// Before and Since are the shares from when it began until it was mended, and since then.
	Before, Since score.Share
}

// watched asks for the charts of the breakdowns. Only whole days count, so that all readers of one state of the table and one scope share the answer, whatever the
// moments of their pages are. The charts are those of package watch: of all namespaces.
func (v *visit) watched(ctx context.Context, list []insight.Breakdown) (watched, error) {
	const moment = 15 * time.Minute // a day begins at one of these in every zone
	var of strings.Builder
	for i := range list {
		b := &list[i]
		fmt.Fprintf(&of, "|%q%d%d%d", b.Run.ID, b.Opened.UnixNano(), b.Mended.UnixNano(), b.Details.Began.UnixNano())
	}
	key := fmt.Sprintf("%s|%d|charts%s", v.scope, v.at.Truncate(moment).Unix(), &of)
	return questionOf(ctx, v, key, func(ctx context.Context) (watched, error) {
		daily, err := v.view.Daily(ctx, insight.Which{}, insight.DailySettings{Days: breakdown.DaysOf(v.at, list)})
		if err != nil {
			return watched{}, err
		}
		return chartsOf(&daily, v, list), nil
	})
}

// chartsOf assesses the charts.
func chartsOf(daily *insight.Daily, v *visit, list []insight.Breakdown) watched {
	zone := daily.First.Location()
	open := make([]breakdown.Open, len(list))
	for i := range list {
		open[i] = breakdown.OpenOf(&list[i], zone)
	}
	found := breakdown.Find(daily, v.c.table.Blueprint(), open, breakdown.Settings{})
	w := watched{Charts: found.Charts, Young: found.Young, Small: daily.Small, Beyond: daily.Beyond, Of: map[string]charted{}}
	if daily.Days > 0 {
		w.Last = daily.Day(daily.Days - 1)
	}
	for i := range list {
		b := &list[i]
		one := charted{Usual: found.Open[i].Known && found.Open[i].Usual}
		one.Trend, one.Known = breakdown.TrendOf(daily, open[i])
		one.Before, one.Since = breakdown.Compare(daily, b.Subject, breakdown.BeganAt(b, one.trend(), zone), breakdown.MendedAt(b), time.Time{})
		w.Of[b.Run.ID] = one
	}
	return w
}

// last is the last day that is over, in the zone of the charts; without charts it is not known, and has the other zone.
func (w *watched) last(other *time.Location) time.Time {
	if w.Last.IsZero() {
		return time.Time{}.In(other)
	}
	return w.Last
}

// trend is the chart, and nil if it is not known.
func (c *charted) trend() *breakdown.Trend {
	if !c.Known {
		return nil
	}
	return &c.Trend
}
