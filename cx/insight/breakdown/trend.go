package breakdown

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/stats/control"
	"cairncx.dev/cairn/feedback/score"
)

// limitSigmas is how many standard deviations the limits of a [Trend] are from what is usual.
const limitSigmas = 3

// Trend is the chart of a subject beside what is usual: for a picture of it, for what a breakdown has cost, and for before and after.
type Trend struct {
	Open

	// Usual is the share of the baseline. Sigma is how far its days differ from each other, in standard deviations of the binomial distribution; at least 1.
	Usual float64 `json:"usual"`
	Sigma float64 `json:"sigma"`
	// Days are the days from the first of the baseline on.
	Days []TrendDay `json:"-"`
	// Changes are what changed in these days beside the share, in the order of time. None of them is said to be the reason.
	Changes []insight.DailyChange `json:"changes,omitempty"`
}

// TrendDay is one day. A single day may be of few customers: a page shows its share where N is at least five.
type TrendDay struct {
	Day time.Time // at its first moment
	N   int64     // what is counted
	Bad int64
	// Out reports whether the day says nothing: see [insight.View.Daily]. So does a day whose N is 0.
	Out bool
	// Expected is how many bad ones are usual, and Low and High are the limits of the share: three standard deviations of the chart from the usual share of the weekday,
	// within 0 to 1. They are 0, 0 and 1 on a day that says nothing.
	Expected, Low, High float64
}

// TrendOf returns the chart of a breakdown beside its baseline. It returns false if the series do not have the chart, or too few days of the baseline.
func TrendOf(d *insight.Daily, o Open) (Trend, bool) {
	t := Trend{Open: o}
	i := slices.IndexFunc(d.Charts, func(c insight.DailyChart) bool { return c.Subject == o.Subject })
	if i < 0 {
		return t, false
	}
	c := &d.Charts[i]
	from := max(0, d.Number(o.BaselineFrom))
	b, ok := control.NewBaseline(c.Series, from, d.Number(o.BaselineUntil))
	if !ok {
		return t, false
	}
	t.Usual, t.Sigma = b.Share, b.Sigma
	for n := from; n < len(c.Series.Days); n++ {
		is := &c.Series.Days[n]
		day := TrendDay{Day: d.Day(n), N: is.N, Bad: is.Bad, Out: is.Out, High: 1}
		if counts(is.N, is.Out) {
			day.Expected = b.Expected(c.Series, n)
			day.Low, day.High = control.Limits(day.Expected/float64(is.N), is.N, limitSigmas*b.Sigma)
		}
		t.Days = append(t.Days, day)
	}
	for i := range d.Changes {
		if is := &d.Changes[i]; (is.Journey == "" || c.Journey == "" || is.Journey == c.Journey) && d.Number(is.Day) >= from {
			t.Changes = append(t.Changes, *is)
		}
	}
	return t, true
}

// Share returns the share of the days that begin at or after the first time, and before the second one.
func (t *Trend) Share(from, until time.Time) score.Share {
	var n, bad int64
	t.each(from, until, func(d *TrendDay) { n, bad = n+d.N, bad+d.Bad })
	return score.ShareOf(bad, n, score.DefaultConfidence)
}

// Excess returns how many more bad ones there were than usual, on the days that [Trend.Share] counts, and on how many days. It is negative for an improvement.
func (t *Trend) Excess(from, until time.Time) (excess float64, days int) {
	t.each(from, until, func(d *TrendDay) {
		excess += float64(d.Bad) - d.Expected
		days++
	})
	return excess, days
}

// Compare returns the share of a subject from the day on which it began until it was mended, and that of the days since, until the last time. The day that has the
// mending is in neither. A share without days has N 0. A zero time is no bound.
func Compare(d *insight.Daily, s Subject, began, mended, until time.Time) (before, since score.Share) {
	var c insight.DailyChart
	if i := slices.IndexFunc(d.Charts, func(c insight.DailyChart) bool { return c.Subject == s }); i >= 0 {
		c = d.Charts[i]
	}
	first, last := 0, d.Days
	if !began.IsZero() {
		first = d.Number(began)
	}
	if !until.IsZero() {
		last = min(last, d.Number(until)) // without the day that is not over
	}
	turn := last
	if !mended.IsZero() {
		turn = d.Number(mended)
	}
	return share(&c, first, turn), share(&c, turn+1, last)
}

// each calls f with the days that count. The zero time of until is no bound.
func (t *Trend) each(from, until time.Time, f func(*TrendDay)) {
	for i := range t.Days {
		if d := &t.Days[i]; counts(d.N, d.Out) && !d.Day.Before(from) && (until.IsZero() || d.Day.Before(until)) {
			f(d)
		}
	}
}

// OpenOf returns what [Find] and [TrendOf] need of a breakdown that the archive has, in the zone of the days, which is that of [insight.Daily.First]. Where its events do
// not say which baseline it has, that is the one of the day on which it was found first, and ends where it began if that is earlier.
func OpenOf(b *insight.Breakdown, zone *time.Location) Open {
	until := b.Opened.In(zone).AddDate(0, 0, -SinceDays)
	if at := b.Details.Began; !at.IsZero() && at.Before(until) {
		until = at.In(zone)
	}
	if at := b.Details.BaselineUntil; !at.IsZero() {
		until = at.In(zone)
	}
	y, m, day := until.Date()
	return Open{
		Subject: b.Subject, Better: b.Details.Better,
		BaselineFrom:  time.Date(y, m, day-BaselineDays, 0, 0, 0, 0, zone),
		BaselineUntil: time.Date(y, m, day, 0, 0, 0, 0, zone),
	}
}

// Days returns how many days the series need at the moment, so that they have the baseline of what was found first at the oldest of these times: for
// [insight.DailySettings]. It is at least [insight.DefaultDays], and at most [insight.MaxDays].
func Days(now, oldest time.Time) int {
	if oldest.IsZero() {
		return insight.DefaultDays
	}
	const spare = 2 // the day that is not over, and one for the zone
	since := int(min(now.Sub(oldest), insight.MaxDays*24*time.Hour) / (24 * time.Hour))
	return min(insight.MaxDays, max(insight.DefaultDays, since+DefaultLookBack+SinceDays+BaselineDays+spare))
}

// DaysOf is [Days] for the baselines of breakdowns of the archive.
func DaysOf(now time.Time, list []insight.Breakdown) int {
	var oldest time.Time
	for i := range list {
		if at := OpenOf(&list[i], time.UTC).BaselineUntil.AddDate(0, 0, SinceDays); oldest.IsZero() || at.Before(oldest) {
			oldest = at // when it was found, or would have been
		}
	}
	return Days(now, oldest)
}
