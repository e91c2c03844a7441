package watch

import (
	"context"
	"math"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

// Charts are the charts of a table: its methods are the Find, Place and Compare of a [Plan]. The service keeps the table current, such as with insight.Table.Follow;
// while the table is being loaded, they return insight.ErrLoading, and the watch asks again within seconds. Charts asks as insight.Everything. It is safe for concurrent use.
type Charts struct {
	Table *insight.Table
	// Daily are the days of the charts, and Settings when a change is found. Days is at least what the open breakdowns need.
	// Set them before the first call.
	Daily    insight.DailySettings
	Settings breakdown.Settings
	// Now is the clock. Default: time.Now.
	Now func() time.Time

	mu   sync.Mutex
	last asked
}

// asked is the last answer of a table, which a refresh asks more than once.
type asked struct {
	edition uint64
	at      time.Time
	days    int
	daily   insight.Daily
}

// asks is the time in which an answer of one edition stays the same: days begin at a quarter of an hour in every zone.
const asks = 15 * time.Minute

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
	is := asked{edition: view.Edition(), at: now.UTC().Truncate(asks), days: settings.Days}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := &c.last; l.days >= is.days && l.days > 0 && l.edition == is.edition && l.at.Equal(is.at) {
		return l.daily, nil
	}
	var err error
	if is.daily, err = view.Daily(ctx, insight.Which{}, settings); err == nil {
		c.last = is
	}
	return is.daily, err
}

// Find is [Plan.Find]. An open breakdown keeps its baseline.
func (c *Charts) Find(ctx context.Context, open []breakdown.Open) (breakdown.Findings, error) {
	var oldest time.Time
	for i := range open {
		if at := open[i].BaselineFrom; !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	if !oldest.IsZero() {
		oldest = oldest.AddDate(0, 0, breakdown.SinceDays+breakdown.BaselineDays) // when it was found
	}
	daily, err := c.daily(ctx, oldest)
	if err != nil {
		return breakdown.Findings{}, err
	}
	return breakdown.Find(&daily, c.Table.Blueprint(), open, c.Settings), nil
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
func (c *Charts) Compare(ctx context.Context, change Change) (s Shares, err error) {
	oldest := change.From
	if at := change.BaselineFrom; !at.IsZero() && at.Before(oldest) {
		oldest = at
	}
	daily, err := c.daily(ctx, oldest)
	if err != nil {
		return s, err
	}
	s.Before, s.After = breakdown.Compare(&daily, change.Subject, change.From, change.Mended, change.Until)
	t, ok := breakdown.TrendOf(&daily, breakdown.Open{Subject: change.Subject, BaselineFrom: change.BaselineFrom, BaselineUntil: change.BaselineUntil})
	if ok {
		s.Sigma = t.Sigma
	}
	return s, nil
}
