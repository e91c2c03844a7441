package slo

import "time"

// nameOf returns the name of the result in metrics.
func nameOf(r Result) string { return []string{"", "good", "bad", "excluded"}[r] }

func lengthOf(w Window) time.Duration {
	const day = 24 * time.Hour
	switch w.Period {
	case CalendarWeek:
		return 7 * day
	case CalendarMonth:
		return 30 * day
	case CalendarQuarter:
		return 90 * day
	default:
		return time.Duration(w.Days) * day
	}
}

func boundsOf(w Window, now time.Time) (from, until time.Time) {
	if w.Days > 0 {
		return now.UTC().Add(-lengthOf(w)), now.UTC()
	}
	zone := time.UTC
	if l, err := time.LoadLocation(w.Zone); err == nil {
		zone = l
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, zone), time.Date(y, m+1, 1, 0, 0, 0, 0, zone).AddDate(0, 0, 0*d)
}
