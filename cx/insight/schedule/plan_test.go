package schedule_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestDue: at each moment the last report is due, and the next one is not, also where clocks change.
func TestDue(t *testing.T) {
	t.Parallel()
	names := []string{
		"UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Beirut", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana",
		"Asia/Tehran", "Antarctica/Troll", "America/Santiago",
	}
	zones := map[string]*time.Location{}
	for _, name := range names {
		zones[name] = zone(t, name)
	}
	const first, last = 1420070400, 2524608000 // 2015 to 2050
	rapid.Check(t, func(t *rapid.T) {
		p := schedule.Plan{
			Name: "x", Every: rapid.SampledFrom([]report.Kind{report.Day, report.Week, report.Month, report.Quarter, report.Year}).Draw(t, "every"),
			Zone: zones[rapid.SampledFrom(names).Draw(t, "zone")], Settle: time.Duration(rapid.Int64Range(0, 86399).Draw(t, "settle")) * time.Second,
		}
		now := time.Unix(rapid.Int64Range(first, last).Draw(t, "now"), 0)
		if _, end := now.In(p.Zone).ZoneBounds(); !end.IsZero() && end.Before(time.Unix(last, 0)) && rapid.Bool().Draw(t, "beside a change") {
			now = end.Add(time.Duration(rapid.Int64Range(-7200, 7200).Draw(t, "seconds"))*time.Second + p.Settle)
		}
		of, due, next := schedule.LastOf(&p, now)
		if due.After(now) || !next.After(now) {
			t.Fatalf("at %s the last period is %s to %s, due at %s, and the next one at %s", now, of.From, of.Until, due, next)
		}
	})
}
