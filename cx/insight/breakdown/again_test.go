package breakdown_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/breakdown"
)

// TestFoundAgain: what has returned counts from the day on which it is worse again, and not the healthy weeks before; what its mending has not helped goes on.
func TestFoundAgain(t *testing.T) {
	t.Parallel()
	const days, broke, mended = 130, 80, 90
	at := func(n int) time.Time { return openDay(n).Add(12 * time.Hour) }
	for _, c := range []struct {
		reason    string
		healthy   int // the first day that is worse again, after the mending
		found     int
		verified  int
		began     int // what the charts say that it began; 0 is the first time
		notHelped bool
		since     int
	}{
		{"it has never been better", mended + 1, mended + 16, 0, 0, true, broke},
		{"it has returned", 112, 116, 0, 0, false, 112},
		{"it has returned, and the charts say since when", 112, 116, 0, 111, false, 111},
		{"it is found too early to be in vain", mended + 1, mended + 10, 0, 0, false, mended + 1},
		{"it was verified before it returned", mended + 1, mended + 16, mended + 9, 0, false, mended + 1},
		{"it is found again on the day on which a mending in vain would be, after 14 good days", mended + 15, mended + 16, 0, 0, false, mended + 15},
	} {
		d := daily(days, chart(touchpoint("card"), days, func(n int) (int64, float64) {
			if n >= broke && n <= mended || n >= c.healthy {
				return 600, 0.11
			}
			return 600, 0.05
		}))
		b := &insight.Breakdown{Subject: touchpoint("card"), Opened: at(broke + 2), Mended: at(mended), Found: at(c.found), Details: event.Breakdown{Began: d.Day(broke)}}
		if c.verified > 0 {
			b.Verified = at(c.verified)
		}
		if c.began > 0 {
			b.Details.Began = d.Day(c.began)
		}
		b.Details.BaselineUntil = d.Day(broke - 14)
		trend, ok := breakdown.TrendOf(d, breakdown.OpenOf(b, time.UTC))
		if !ok {
			t.Fatal("it has no chart")
		}
		if got := breakdown.NotHelped(b, &trend); got != c.notHelped {
			t.Errorf("%s: the mending has not helped: %v", c.reason, got)
		}
		since, again := breakdown.Again(b, &trend, time.UTC)
		if f := breakdown.Lasted(b, &trend, d.Day(days-1)); again == c.notHelped || !f.Began.Equal(d.Day(c.since)) || again && !since.Equal(f.Began) || f.Days != days-c.since {
			t.Errorf("%s: it began on %v, want %v; %d days; again %v, %v", c.reason, f.Began, d.Day(c.since), f.Days, again, since)
		}
	}
	never := &insight.Breakdown{Opened: at(1), Found: at(1), Details: event.Breakdown{Began: openDay(0)}}
	if _, again := breakdown.Again(never, nil, time.UTC); again || breakdown.NotHelped(never, nil) || !breakdown.BeganAt(never, nil, time.UTC).Equal(openDay(0)) {
		t.Error("what was never mended has returned")
	}
	returned := &insight.Breakdown{Opened: at(1), Mended: at(5), Found: at(9), Details: event.Breakdown{Began: openDay(0)}}
	if since, again := breakdown.Again(returned, nil, time.UTC); !again || !since.Equal(openDay(9)) {
		t.Errorf("without a chart it is worse again since %v", since)
	}
}

// openDay is a day of the series of daily.
func openDay(n int) time.Time { return daily(1).Day(n) }
