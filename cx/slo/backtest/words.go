package backtest

import (
	"fmt"
	"strings"
	"time"
)

// Verdict says in one line, without a full stop, what the rules would have done:
//
//	would have paged 3 times in 90 days, the longest for 4 h 10 min; 5 tickets
//	would not have paged in 90 days; 1 ticket, for 2 days 3 h
func (r *Report) Verdict() string {
	in := " in " + days(r.Until.Sub(r.From))
	paged := "would not have paged" + in
	if r.Pages.Count > 0 {
		paged = "would have paged " + times(r.Pages.Count) + in + r.Pages.longest()
	}
	switch r.Tickets.Count {
	case 0:
		return paged + "; no ticket"
	case 1:
		return paged + "; 1 ticket" + r.Tickets.longest()
	default:
		return fmt.Sprintf("%s; %d tickets%s", paged, r.Tickets.Count, r.Tickets.longest())
	}
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	default:
		return fmt.Sprintf("%d times", n)
	}
}

func (c *Calls) longest() string {
	length := Length(time.Duration(c.Longest) * time.Second)
	if c.Count == 1 {
		return ", for " + length
	}
	return ", the longest for " + length
}

// Length writes how long something lasted, in minutes or in the two largest units: 35 min, 4 h 10 min, 2 days 3 h.
func Length(d time.Duration) string {
	const day = 24 * time.Hour
	d = d.Round(time.Minute)
	two := func(large, small string) string { return strings.TrimSuffix(large+" "+small, " ") }
	unit := func(n int64, name string) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%d %s", n, name)
	}
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < day:
		return two(unit(int64(d/time.Hour), "h"), unit(int64(d%time.Hour/time.Minute), "min"))
	default:
		d = d.Round(time.Hour)
		return two(days(d.Truncate(day)), unit(int64(d%day/time.Hour), "h"))
	}
}

// days writes a time in whole days, or a shorter one exactly.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	switch n := int64(d.Round(day) / day); {
	case d < day:
		return Length(d)
	case n == 1:
		return "1 day"
	default:
		return fmt.Sprintf("%d days", n)
	}
}
