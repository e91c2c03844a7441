package breakdown

import (
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// Began returns the day on which a breakdown of the archive began, at its first moment in the zone of the charts: that of [insight.Daily.First]. Where that is not known, it
// is the day on which the breakdown was found first.
func Began(b *insight.Breakdown, zone *time.Location) time.Time {
	at := b.Details.Began
	if at.IsZero() {
		at = b.Opened
	}
	return dayOf(at, zone)
}

// MendedAt returns when a breakdown was mended last. The zero time is that it has not been mended, or has returned since.
func MendedAt(b *insight.Breakdown) time.Time {
	if b.Returned() {
		return time.Time{}
	}
	return b.Mended
}

// LastedUntil returns the day on which a breakdown was mended, or else ended, in the zone of the charts. That day does not count: it has both. The zero time is not yet.
func LastedUntil(b *insight.Breakdown, zone *time.Location) time.Time {
	at := MendedAt(b)
	if at.IsZero() {
		at = b.Ended
	}
	if at.IsZero() {
		return at
	}
	return dayOf(at, zone)
}

func dayOf(at time.Time, zone *time.Location) time.Time {
	y, m, day := at.In(zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, zone)
}

// Lasted returns what the charts say of a breakdown of the archive on the days that it lasted: from [BeganAt] to the day before [LastedUntil], or to the last day that is over,
// at its first moment in the zone of the charts. The trend is the breakdown's chart; without one (nil), the shares and the excess are those of its last step that has them,
// and Days is 0. Also and P are not known.
func Lasted(b *insight.Breakdown, t *Trend, last time.Time) Found {
	zone, is := last.Location(), &b.Details
	f := Found{
		Subject: b.Subject, Better: is.Better, Began: BeganAt(b, t, zone), Last: last, Excess: is.Excess,
		Before: score.Share{Estimate: score.Estimate{Value: is.Before}}, Since: score.Share{Estimate: score.Estimate{Value: is.Since}},
	}
	until := LastedUntil(b, zone)
	if !until.IsZero() {
		f.Last = until.AddDate(0, 0, -1)
	}
	if t == nil {
		o := OpenOf(b, zone) // the runs of before are those of its baseline, with or without a chart
		f.BaselineFrom, f.BaselineUntil = o.BaselineFrom, o.BaselineUntil
		return f
	}
	f.BaselineFrom, f.BaselineUntil = t.BaselineFrom, t.BaselineUntil
	f.Before, f.Since = t.Share(t.BaselineFrom, t.BaselineUntil), t.Share(f.Began, until)
	f.Excess, f.Days = t.Excess(f.Began, until)
	f.PerDay = f.Excess / float64(max(1, f.Days))
	for i := range t.Changes {
		if c := &t.Changes[i]; Near(c.Day, f.Began) {
			f.Coincides = append(f.Coincides, *c)
		}
	}
	return f
}

// Near reports whether a change and the beginning of a breakdown coincide: the days are the same, or neighbours. Both times are first moments of days in one zone.
func Near(change, began time.Time) bool {
	const dayLen = 24 * time.Hour // but for the hour by which clocks are set
	apart := change.Sub(began).Round(dayLen) / dayLen
	return apart >= -near && apart <= near
}
