package watch

import (
	"context"
	"math"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
	"cairncx.dev/cairn/feedback/score"
)

// Charts are the charts of a table: its methods are the Find, Place and Compare of a [Plan]. The service keeps the table current, such as with insight.Table.Follow;
// while the table is being loaded, they return insight.ErrLoading, and the watch asks again. Charts asks as insight.Everything. It is safe for concurrent use.
type Charts struct {
	Table *insight.Table
	// Daily are the days of the charts, and Settings when a change is found. Days is at least what the open breakdowns need.
	Daily    insight.DailySettings
	Settings breakdown.Settings
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

func (c *Charts) view() (*insight.View, time.Time) {
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	at := now()
	return c.Table.View(insight.Everything(), at), at
}

// daily asks for the days back to the baseline of what was found at the time.
func (c *Charts) daily(ctx context.Context, oldest time.Time) (insight.Daily, error) {
	view, now := c.view()
	settings := c.Daily
	settings.Days = max(settings.Days, breakdown.Days(now, oldest))
	return view.Daily(ctx, insight.Which{}, settings)
}

// Find is [Plan.Find]. A breakdown that is open keeps its baseline.
func (c *Charts) Find(ctx context.Context, open []breakdown.Found) ([]breakdown.Found, error) {
	var oldest time.Time
	kept := make([]breakdown.Open, len(open))
	for i := range open {
		f := &open[i]
		kept[i] = breakdown.Open{Subject: f.Subject, Better: f.Better, BaselineFrom: f.BaselineFrom, BaselineUntil: f.BaselineUntil}
		if at := f.BaselineFrom; !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	if !oldest.IsZero() {
		oldest = oldest.AddDate(0, 0, breakdown.SinceDays+breakdown.BaselineDays) // when it was found
	}
	daily, err := c.daily(ctx, oldest)
	if err != nil {
		return nil, err
	}
	return breakdown.Find(&daily, c.Table.Blueprint(), kept, c.Settings).Found, nil
}

// Place is [Plan.Place]. A value in several currencies is not known.
func (c *Charts) Place(ctx context.Context, f breakdown.Found) (Placement, error) {
	view, _ := c.view()
	placed, err := breakdown.Place(ctx, view, &f)
	if err != nil {
		return Placement{}, err
	}
	var p Placement
	for _, h := range placed.Held {
		if len(h.Values) == 1 && len(p.Placed) < event.MaxPlaced {
			p.Placed = append(p.Placed, event.Placed{Column: string(h.Column), Value: h.Values[0]})
		}
	}
	p.Customers = int(math.Round(placed.CustomersInExcess))
	if len(placed.ValueInExcess) == 1 {
		p.Value = &placed.ValueInExcess[0]
	}
	return p, nil
}

// Compare is [Plan.Compare].
func (c *Charts) Compare(ctx context.Context, change Change) (before, after score.Share, err error) {
	daily, err := c.daily(ctx, change.From)
	if err != nil {
		return before, after, err
	}
	before, after = breakdown.Compare(&daily, change.Subject, change.From, change.Mended, change.Until)
	return before, after, nil
}
