package calendar_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/calendar"
)

func BenchmarkAdd(b *testing.B) {
	now := time.Date(2026, time.January, 5, 12, 0, 0, 500, time.UTC)
	utc := hours("UTC", calendar.Open("mon-fri", "09:00-17:30"))
	for _, c := range []struct {
		name  string
		hours *calendar.Hours
		add   time.Duration
	}{
		{"always", calendar.Always(), 10_000 * time.Hour},
		{"1h", bank(), time.Hour},
		{"24h", bank(), 24 * time.Hour},
		{"1000h", bank(), 1000 * time.Hour},
		{"10000h", bank(), 10_000 * time.Hour},
		{"10000h in UTC", utc, 10_000 * time.Hour},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.hours.Add(now, c.add); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAddDays(b *testing.B) {
	now := time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)
	h := bank()
	for name, n := range map[string]int{"15": 15, "2500": 2500} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.AddDays(now, n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBetween(b *testing.B) {
	h, from := bank(), time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 3, 0)
	b.ReportAllocs()
	for b.Loop() {
		if h.Between(from, to) == 0 {
			b.Fatal("no opened time")
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	h, now := bank(), time.Date(2026, time.January, 5, 12, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		if !h.Open(now) {
			b.Fatal("closed")
		}
	}
}
