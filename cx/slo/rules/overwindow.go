package rules

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// overWindow sums the hourly counts over the objective's window. Counts are summed, and never ratios: an hour with two events weighs as
// much as two events.
func (c *config) overWindow(o *slo.Objective, hourly string) string {
	series := c.recorded(hourly, o.Name)
	period := periods(o.Window)
	if period == nil {
		return fmt.Sprintf("sum_over_time(%s[%dd:1h])", series, days(o.Window))
	}
	number := c.recorded(Period, o.Name)
	return fmt.Sprintf("sum_over_time((\n  %s\n  and\n  %s == %s @ end()\n)[%dd:1h])", series, number, number, period.longest)
}

// periodRules number the periods of the calendar: the hour that ends now belongs to the one in which its middle lies.
func (c *config) periodRules(o *slo.Objective) []rule {
	period := periods(o.Window)
	if period == nil {
		return nil
	}
	at := fmt.Sprintf("vector(time() + %d)", zoneOffset(o.Window)-int64(hour/time.Second)/2)
	return []rule{{record: Period, expr: period.number(at), labels: c.fixed(o.Name)}}
}

// period is how PromQL numbers the periods of a calendar.
type period struct {
	number  func(at string) string // an expression that is the same for all times of one period, and differs for the next one
	longest int                    // days
}

// periods returns the arithmetic of the window's period, or nil if the window is a rolling one or PromQL cannot say when a period begins:
// it knows UTC, and not when the clocks of a zone change.
func periods(w slo.Window) *period {
	if w.Period == 0 || !fixedZone(w) {
		return nil
	}
	switch w.Period {
	case slo.CalendarWeek: // the first Monday of the epoch is the fifth of January, after four days
		return &period{func(at string) string { return fmt.Sprintf("floor((%s - 345600) / 604800)", at) }, 7}
	case slo.CalendarMonth:
		return &period{func(at string) string { return fmt.Sprintf("month(%s)", at) }, 31}
	default:
		return &period{func(at string) string { return fmt.Sprintf("ceil(month(%s) / 3)", at) }, 92}
	}
}

// fixedZone reports whether the clocks of the window's zone never change: not in any month of the years 2020 to 2040, as the zone
// database has it.
func fixedZone(w slo.Window) bool {
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return false
	}
	_, first := time.Date(2020, 1, 1, 0, 0, 0, 0, zone).Zone()
	for m := range 12 * 20 {
		if _, offset := time.Date(2020, time.Month(1+m), 1, 0, 0, 0, 0, zone).Zone(); offset != first {
			return false
		}
	}
	return true
}

// zoneOffset is how many seconds the zone is ahead of UTC, where that is fixed.
func zoneOffset(w slo.Window) int64 {
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		return 0
	}
	_, offset := time.Date(2020, 1, 1, 0, 0, 0, 0, zone).Zone()
	return int64(offset)
}
