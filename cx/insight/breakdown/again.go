package breakdown

import (
	"math"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/feedback/score"
)

// vain is how many days after the day of a mending a watch waits before it finds again what the charts still show.
const vain = 14

// slack is how many standard deviations a day may be above usual before it counts as worse.
const slack = 0.5

// NotHelped reports whether a breakdown of the archive was found again because its mending has not helped: the charts still showed it when the 14 days that follow the day of
// the mending were over. The steps do not say why it was found again. It is so if nothing was verified meanwhile, and the share of these days was above what is usual by more
// than chance. Without a chart (nil), it is so if it was found within a day after these days.
func NotHelped(b *insight.Breakdown, t *Trend) bool {
	const dayLen = 24 * time.Hour
	after := b.Found.Sub(b.Mended)
	if !b.Returned() || after < (vain+1)*dayLen || b.Verified.After(b.Mended) && b.Verified.Before(b.Found) {
		return false
	}
	if t == nil {
		return after < (vain+2)*dayLen
	}
	from := dayOf(b.Mended, t.BaselineFrom.Location()).AddDate(0, 0, 1)
	d := score.Shares(t.Share(from, from.AddDate(0, 0, vain)), t.Share(t.BaselineFrom, t.BaselineUntil), score.DefaultConfidence)
	return d.OK() && d.Low > 0
}

// Again returns the day since which a breakdown of the archive that has returned is worse again, in the zone of the charts, and false for one that has not returned, or whose
// mending has not helped ([NotHelped]). It is the day from which the chart has
// the most in excess until it was found again, less half a standard deviation a day, as a CUSUM has it; without a chart (nil), the day on which that was.
func Again(b *insight.Breakdown, t *Trend, zone *time.Location) (since time.Time, ok bool) {
	if !b.Returned() || NotHelped(b, t) {
		return time.Time{}, false
	}
	found := dayOf(b.Found, zone)
	if at := b.Details.Began; at.After(b.Mended) { // the charts have been usual in between
		return dayOf(at, zone), true
	}
	if t == nil {
		return found, true
	}
	since = found
	sum, least := 0.0, 0.0
	t.each(dayOf(b.Mended, zone).AddDate(0, 0, 1), found, func(d *TrendDay) {
		if sum <= least {
			least, since = sum, d.Day
		}
		sum += float64(d.Bad) - d.Expected - slack*max(1, t.Sigma)*math.Sqrt(d.Expected)
	})
	if sum <= least {
		since = found
	}
	return since, true
}

// BeganAt is [Began], and for one that has returned, the day of [Again]: its numbers count from then.
func BeganAt(b *insight.Breakdown, t *Trend, zone *time.Location) time.Time {
	if since, ok := Again(b, t, zone); ok {
		return since
	}
	return Began(b, zone)
}
