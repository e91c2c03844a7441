package insight

import (
	"testing"
	"time"
)

// TestDayBounds: each half hour of a year is in its day, also where the clocks change.
func TestDayBounds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"America/New_York", "Australia/Lord_Howe", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		first, last := time.Date(2025, 12, 1, 0, 0, 0, 0, zone), time.Date(2026, 12, 31, 0, 0, 0, 0, zone)
		d := newDayBounds(&Which{}, &DailySettings{Days: 395}, zone, last.UnixMicro())
		if d.len() != 395 || d.from() != first.UnixMicro() || d.until() != last.UnixMicro() {
			t.Fatalf("%s: %d days from %s until %s", name, d.len(), time.UnixMicro(d.from()).In(zone), time.UnixMicro(d.until()).In(zone))
		}
		day, next := 0, first.AddDate(0, 0, 1)
		for at := first; at.Before(last); at = at.Add(30 * time.Minute) {
			if !at.Before(next) {
				day, next = day+1, first.AddDate(0, 0, day+2)
			}
			if got := d.of(at.UnixMicro()); got != day {
				t.Fatalf("%s: %s is on day %d, want %d", name, at, got, day)
			}
		}
		if d.of(last.UnixMicro()) != -1 || d.of(first.UnixMicro()-1) != -1 {
			t.Errorf("%s: there are days outside", name)
		}
	}
}
