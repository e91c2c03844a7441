package backtest_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo/backtest"
)

func TestLength(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for want, d := range map[string]time.Duration{
		"0 min": 0, "5 min": 5 * time.Minute, "59 min": 59*time.Minute + 29*time.Second, "1 h": 59*time.Minute + 31*time.Second,
		"4 h 10 min": 250 * time.Minute, "1 day": day, "1 day 1 h": day + 31*time.Minute, "2 days 3 h": 51 * time.Hour, "90 days": 90 * day,
	} {
		if got := backtest.Length(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	const hour = 3600
	for want, r := range map[string]backtest.Report{
		"would not have paged in 90 days; no ticket":                                               {},
		"would have paged once in 90 days, for 4 h 10 min; no ticket":                              {Pages: backtest.Calls{Count: 1, Longest: 15000}},
		"would have paged twice in 90 days, the longest for 2 h; 1 ticket, for 1 day 2 h":          {Pages: backtest.Calls{Count: 2, Longest: 2 * hour}, Tickets: backtest.Calls{Count: 1, Longest: 26 * hour}},
		"would have paged 3 times in 90 days, the longest for 1 h; 5 tickets, the longest for 3 h": {Pages: backtest.Calls{Count: 3, Longest: hour}, Tickets: backtest.Calls{Count: 5, Longest: 3 * hour}},
	} {
		r.From, r.Until = begin, begin.AddDate(0, 0, 90)
		if got := r.Verdict(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
