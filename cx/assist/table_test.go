package assist_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
)

func TestIntervals(t *testing.T) {
	later := func(seconds float64) event.Leg {
		l := answered(5)
		l.Start = sec(seconds)
		l.Queue = "billing"
		return l
	}
	for _, c := range []struct {
		name, reason, zone, at string
		legs                   []event.Leg
		want                   []string
	}{
		{"the beginning", "it belongs to the interval", "UTC", "2026-03-02 09:30:00", []event.Leg{answered(1)}, []string{"2026-03-02T09:30:00Z 10:00 support"}},
		{"the last second", "the next one begins after it", "UTC", "2026-03-02 09:59:59", []event.Leg{answered(1)}, []string{"2026-03-02T09:30:00Z 10:00 support"}},
		{"the end comes later", "all of a leg counts where it came to the queue", "UTC", "2026-03-02 09:59:59", []event.Leg{answered(3600)}, []string{"2026-03-02T09:30:00Z 10:00 support"}},
		{
			"across midnight", "each leg counts where it began", "Europe/London", "2026-03-01 23:50:00",
			[]event.Leg{answered(5), later(900)},
			[]string{"2026-03-01T23:30:00Z 00:00 support", "2026-03-02T00:00:00Z 00:30 billing"},
		},
		{"a zone of quarters of an hour", "half hours are those of the wall clock", "Asia/Kathmandu", "2026-03-02 09:40:00", []event.Leg{answered(1)}, []string{"2026-03-02T09:30:00+05:45 10:00 support"}},
		{
			"before the clock goes forward", "01:30 to 02:00, which is 03:00", "Europe/Berlin", "2026-03-29 01:45:00",
			[]event.Leg{answered(1), later(900)},
			[]string{"2026-03-29T01:30:00+01:00 03:00 support", "2026-03-29T03:00:00+02:00 03:30 billing"},
		},
		{
			"the hour that is there twice", "an hour later, at the same time of the clock", "Europe/Berlin", "2026-10-25 01:59:00",
			[]event.Leg{later(60), later(3660)},
			[]string{"2026-10-25T02:00:00+02:00 02:30 billing", "2026-10-25T02:00:00+01:00 02:30 billing"},
		},
		{
			"half an hour of summer time", "Lord Howe puts the clock back by half an hour", "Australia/Lord_Howe", "2026-04-05 01:25:00",
			[]event.Leg{later(600), later(2400)},
			[]string{"2026-04-05T01:30:00+11:00 01:30 billing", "2026-04-05T01:30:00+10:30 02:00 billing"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			when := at(t, c.zone, c.at)
			table, err := assist.NewTable(assist.HalfHour, when.Location(), nil)
			if err != nil {
				t.Fatal(err)
			}
			e := call(when.UTC(), c.legs...)
			table.Add(&e)
			got := make([]string, 0, len(c.want))
			for _, r := range table.Rows() {
				got = append(got, fmt.Sprintf("%s %s %s", r.Begin.Format(time.RFC3339), r.End.Format("15:04"), r.Queue))
			}
			if strings.Join(got, "; ") != strings.Join(c.want, "; ") {
				t.Errorf("got %q, want %q: %s", got, c.want, c.reason)
			}
		})
	}
}

// Intervals follow each other without a gap or an overlap, in each zone and over each change of its clock.
func TestIntervalsMeet(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"} {
		l, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		width := assist.HalfHour
		if zone == "Australia/Lord_Howe" { // its clock changes by half an hour, in the middle of an interval
			width = time.Hour
		}
		table, err := assist.NewTable(width, l, nil)
		if err != nil {
			t.Fatal(err)
		}
		for at := time.Date(2026, 1, 1, 0, 3, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(25 * time.Minute) {
			e := call(at, answered(1))
			table.Add(&e)
		}
		rows := table.Rows()
		for i := range rows[1:] {
			if !rows[i].End.Equal(rows[i+1].Begin) || rows[i].Queued == 0 {
				t.Fatalf("%s: %v to %v, then %v", zone, rows[i].Begin, rows[i].End, rows[i+1].Begin)
			}
		}
	}
}

func TestTableIsFull(t *testing.T) {
	table, err := assist.NewTable(time.Minute, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range assist.MaxRows + 3 {
		e := call(noon().Add(time.Duration(i)*time.Minute), answered(1))
		table.Add(&e)
	}
	if len(table.Rows()) != assist.MaxRows || table.Beyond() != 3 {
		t.Errorf("got %d rows and %d beyond", len(table.Rows()), table.Beyond())
	}
	for _, width := range []time.Duration{0, time.Second, 7 * time.Minute, 25 * time.Hour, 90 * time.Second} {
		if _, err := assist.NewTable(width, nil, nil); err == nil || !strings.Contains(err.Error(), "divide a day") {
			t.Errorf("%v: got %v", width, err)
		}
	}
}
