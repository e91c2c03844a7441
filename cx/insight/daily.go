package insight

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/stats/control"
)

// Bounds of [View.Daily].
const (
	// DefaultDays is the number of days of a series: eight weeks of baseline, two weeks since, and six weeks for a breakdown that is open.
	DefaultDays = 112
	// MaxDays is the most: about three years, for a breakdown that stays open.
	MaxDays = 1100
	// MaxCharts is the most charts.
	MaxCharts = 2000
)

// DailySettings say which series [View.Daily] makes. The zero value makes those of all kinds.
type DailySettings struct {
	// Zone is where a day begins at midnight. Nil is the blueprint's zone, and UTC without one.
	Zone *time.Location
	// Days is the number of days, at most [MaxDays]; 0 is [DefaultDays]. Charts is the most charts, at most [MaxCharts]; 0 is that.
	Days, Charts int
	// About are the kinds of charts. Empty is all. Those of queues and surveys are made of whole events, which are read from the source; the others
	// take one pass over the table.
	About []About
}

// Daily has what happened on each day, for control charts: see package control of cx/stats.
type Daily struct {
	Basis

	// First is the beginning of the first day, in the zone of the days. Days is their number: each of them is over.
	First time.Time `json:"first"`
	Days  int       `json:"days"`
	// Charts are in the order of their subjects: see [Subject.Compare]. Small is how many charts are left out because they are of fewer than five customers,
	// and Beyond how many because there are more than [DailySettings.Charts]: those with the fewest events.
	Charts []DailyChart `json:"charts"`
	Small  int          `json:"charts_small,omitempty"`
	Beyond int          `json:"charts_beyond,omitempty"`
	// Changes are what changed in these days beside the shares, in the order of time.
	Changes []DailyChange `json:"changes"`
}

// DailyChart is the series of a subject.
type DailyChart struct {
	Subject

	// Series has the days from [Daily.First] on. A day without events has N 0. Out is set on the days that say nothing of what is usual: see [View.Daily]. A
	// single day may be of few customers. It is therefore in no JSON: a page shows a day's share where N is at least five.
	Series control.Series `json:"-"`
	// N and Bad are the sums over the days that are not out.
	N   int64 `json:"n"`
	Bad int64 `json:"bad"`
	// Anew is the number of the day on which the series begins anew, because a new version of the journey may promise something else; 0 is the first one. The
	// days before are out.
	Anew int `json:"anew_day,omitempty"`
}

// Day returns the beginning of the day of a number, counted from 0.
func (d *Daily) Day(n int) time.Time {
	y, m, day := d.First.Date()
	return time.Date(y, m, day+n, 0, 0, 0, 0, d.First.Location())
}

// Number returns the number of the day that has the time, which may be negative or beyond the last day.
func (d *Daily) Number(at time.Time) int {
	y, m, day := at.In(d.First.Location()).Date()
	fy, fm, fd := d.First.Date()
	return int(time.Date(y, m, day, 0, 0, 0, 0, time.UTC).Sub(time.Date(fy, fm, fd, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour))
}

// Daily answers what happened on each day, in a series for each subject of the blueprint that something happened to: see [About] for what counts, and on which day.
// A name that is not in the blueprint has no series. It needs the right [Numbers].
//
// The series end with the last day that is over at the moment of the view, and at [Which.Until]. They begin so many days before, and not before
// [Which.From]. By has no effect. The journey and the conditions of the question are about the runs; what belongs to no run has a value in the column [Segment] alone.
//
// A day is out
//
//   - where all opening hours of the blueprint are closed on it by exception: they are closed on the whole day, and open on the same weekday of one
//     of the four weeks before or after;
//   - where a maintenance of the blueprint that takes place once touches it, for the charts of its journeys, and for all charts if it names neither journeys nor
//     objectives. One that comes again each week is part of what is usual.
//
// A new version of a journey may promise something else. Charts of its promises therefore begin anew on the day on which a new version has most of the runs that
// begin.
//
// It passes over the table once. It needs eight bytes of memory for each chart and day in each goroutine, and about 220 bytes for each answer to a survey.
func (v *View) Daily(ctx context.Context, w Which, settings DailySettings) (Daily, error) {
	answer := Daily{Charts: []DailyChart{}, Changes: []DailyChange{}}
	if err := v.viewer.needs("Daily", Numbers); err != nil {
		return answer, err
	}
	if err := v.check(&w, false); err != nil {
		return answer, err
	}
	if err := settings.check(); err != nil {
		return answer, err
	}
	all := w
	all.From, all.Until, all.By = time.Time{}, time.Time{}, Begun
	var q *dailyQuestion
	c, err := v.choose(ctx, "Daily", &all, func(c *chooser, chunks []*cases.Chunk) {
		days := newDayBounds(&w, &settings, v.dailyZone(settings.Zone), c.now)
		q = fan(c.p, chunks, func() *dailyQuestion { return newDailyQuestion(c.p, days, &settings) })
	})
	if err != nil {
		return answer, err
	}
	if err := q.readWhole(ctx, c, &settings); err != nil {
		return answer, err
	}
	answer.Basis = c.basis
	answer.From, answer.Until = w.From, w.Until
	q.answer(&answer, &settings)
	return answer, nil
}

func (s *DailySettings) check() error {
	switch {
	case s.Days < 0 || s.Days > MaxDays:
		return fmt.Errorf("%w: a series has %d days: give 1 to %d", ErrWhich, s.Days, MaxDays)
	case s.Charts < 0 || s.Charts > MaxCharts:
		return fmt.Errorf("%w: %d charts are asked for: give 1 to %d", ErrWhich, s.Charts, MaxCharts)
	}
	for _, about := range s.About {
		if !slices.Contains(abouts[:], about) {
			return fmt.Errorf("%w: there are no charts about %.64q: give one of the kinds of About", ErrWhich, about)
		}
	}
	if s.Days == 0 {
		s.Days = DefaultDays
	}
	if s.Charts == 0 {
		s.Charts = MaxCharts
	}
	return nil
}

// has reports whether charts of the kind are wanted.
func (s *DailySettings) has(about About) bool {
	return len(s.About) == 0 || slices.Contains(s.About, about)
}

// dailyZone returns the zone of the days.
func (v *View) dailyZone(zone *time.Location) *time.Location {
	if zone != nil {
		return zone
	}
	if name := v.table.blueprint.Zone; name != "" {
		if l, err := calendar.LoadZone(name); err == nil {
			return l
		}
	}
	return time.UTC
}

// dayBounds are the days of the series: the beginnings of all, and the end of the last one, in microseconds.
type dayBounds struct {
	zone   *time.Location
	bounds []int64
}

// newDayBounds returns the whole days up to the moment, at most so many as the settings say.
func newDayBounds(w *Which, settings *DailySettings, zone *time.Location, now int64) *dayBounds {
	d := &dayBounds{zone: zone}
	until := time.UnixMicro(now + 1)
	if !w.Until.IsZero() && w.Until.Before(until) {
		until = w.Until
	}
	y, m, day := until.In(zone).Date()
	for n := settings.Days; n >= 0; n-- {
		at := time.Date(y, m, day-n, 0, 0, 0, 0, zone)
		if !at.Before(w.From) {
			d.bounds = append(d.bounds, at.UnixMicro())
		}
	}
	if len(d.bounds) == 0 {
		d.bounds = []int64{time.Date(y, m, day, 0, 0, 0, 0, zone).UnixMicro()}
	}
	return d
}

// len returns the number of days.
func (d *dayBounds) len() int { return len(d.bounds) - 1 }

// of returns the number of the day that has the time, and -1 outside of all.
func (d *dayBounds) of(at int64) int {
	last := len(d.bounds) - 1
	if at < d.bounds[0] || at >= d.bounds[last] {
		return -1
	}
	i := min(int((at-d.bounds[0])/day.Microseconds()), last-1)
	for at < d.bounds[i] {
		i--
	}
	for at >= d.bounds[i+1] {
		i++
	}
	return i
}

// from and until are the bounds of all days.
func (d *dayBounds) from() int64  { return d.bounds[0] }
func (d *dayBounds) until() int64 { return d.bounds[len(d.bounds)-1] }
