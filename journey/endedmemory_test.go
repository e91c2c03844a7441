package journey_test

import (
	"errors"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
)

// TestEndedMemory: an ended run is known for as long as WithEndedRetention says, and then no more.
func TestEndedMemory(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		name, reason  string
		remember      time.Duration
		known, forgot int // days
	}{
		{"the default", "30 days", 0, 30, 31},
		{"half a day", "rounded up", 12 * time.Hour, 1, 2},
		{"a day and a half", "rounded up", 36 * time.Hour, 2, 3},
		{"510 days", "below half of what a day's number can tell", 510 * day, 510, 511},
		{"511 days", "half of what a day's number can tell", 511 * day, 511, 512},
		{"600 days", "more than half", 600 * day, 600, 601},
		{"1,000 days", "the most that is counted", 1000 * day, 1000, 1001},
		{"1,001 days", "for ever", 1001 * day, 5000, 0},
		{"a long time", "for ever", 200 * 365 * day, 5000, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, cx.WithEndedRetention(c.remember))
			complaint.Complete(complaint.Start(s.ctx(), "1", alice))
			for range c.known {
				s.clock.add(day)
				s.flush(t)
			}
			if complaint.Start(s.ctx(), "1", alice); s.faults()["late"] != 1 {
				t.Errorf("%d days after its end it is not known any more: %s", c.known, c.reason)
			}
			if c.forgot == 0 {
				return
			}
			s.clock.add(time.Duration(c.forgot-c.known) * day)
			s.flush(t)
			if complaint.Start(s.ctx(), "1", alice); s.faults()["late"] != 1 || len(s.of("complaint", "1")) != 3 {
				t.Errorf("%d days after its end it is still known: %s", c.forgot, c.reason)
			}
		})
	}
	if _, err := cx.New(cx.WithEndedRetention(-time.Nanosecond)); !errors.Is(err, cx.ErrConfig) {
		t.Errorf("a negative time: %v, want that New refuses it", err)
	}
}
