package calendar_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/calendar"
)

func once(t *testing.T, name, from, until string) calendar.Maintenance {
	t.Helper()
	return calendar.Maintenance{Name: name, From: at(t, from), Until: at(t, until)}
}

// TestMaintenanceDated: Sundays of 2026 and changes of London's clocks, from a printed calendar.
func TestMaintenanceDated(t *testing.T) {
	t.Parallel()
	sundays := calendar.Maintenance{Name: "sundays", Hours: hours("Europe/London", calendar.Open("sun", "01:00-04:00"))}
	bounded := sundays
	bounded.From, bounded.Until = at(t, "2026-06-07T01:00:00Z"), at(t, "2026-06-21T02:00:00Z")
	move := once(t, "move", "2026-12-24T22:00:00Z", "2026-12-25T06:00:00Z")
	for _, c := range []struct {
		name, reason string
		list         []calendar.Maintenance
		at, end      string // equal if nothing covers it
	}{
		{"before it", "a nanosecond", []calendar.Maintenance{move}, "2026-12-24T21:59:59.999999999Z", "2026-12-24T21:59:59.999999999Z"},
		{"the first instant", "it is inside", []calendar.Maintenance{move}, "2026-12-24T22:00:00Z", "2026-12-25T06:00:00Z"},
		{"the last instant", "it is outside", []calendar.Maintenance{move}, "2026-12-25T06:00:00Z", "2026-12-25T06:00:00Z"},
		{"just before the end", "it is inside", []calendar.Maintenance{move}, "2026-12-25T05:59:59.999999999Z", "2026-12-25T06:00:00Z"},
		{"a Sunday in summer", "01:00 BST is 00:00Z", []calendar.Maintenance{sundays}, "2026-06-07T00:30:00Z", "2026-06-07T03:00:00Z"},
		{"a Monday", "only Sundays", []calendar.Maintenance{sundays}, "2026-06-08T01:30:00Z", "2026-06-08T01:30:00Z"},
		{"clocks go forward", "29 March 2026 has no hour from 01:00 to 02:00: two hours of maintenance", []calendar.Maintenance{sundays}, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"},
		{"clocks go back", "25 October 2026 has 01:00 to 02:00 twice: four hours", []calendar.Maintenance{sundays}, "2026-10-25T00:00:00Z", "2026-10-25T04:00:00Z"},
		{"before it is introduced", "the bound is inside the opening, which begins at 00:00Z", []calendar.Maintenance{bounded}, "2026-06-07T00:30:00Z", "2026-06-07T00:30:00Z"},
		{"since it is introduced", "the bound", []calendar.Maintenance{bounded}, "2026-06-07T01:00:00Z", "2026-06-07T03:00:00Z"},
		{"the last time", "the bound cuts the opening", []calendar.Maintenance{bounded}, "2026-06-21T01:00:00Z", "2026-06-21T02:00:00Z"},
		{"after the last time", "28 June is beyond the bound", []calendar.Maintenance{bounded}, "2026-06-28T01:00:00Z", "2026-06-28T01:00:00Z"},
		{"touching", "the second begins when the first ends", []calendar.Maintenance{once(t, "b", "2026-12-25T06:00:00Z", "2026-12-25T07:00:00Z"), move}, "2026-12-24T23:00:00Z", "2026-12-25T07:00:00Z"},
		{"overlapping", "the longest counts", []calendar.Maintenance{move, once(t, "b", "2026-12-25T05:00:00Z", "2026-12-25T09:00:00Z"), once(t, "c", "2026-12-24T00:00:00Z", "2026-12-25T05:30:00Z")}, "2026-12-24T12:00:00Z", "2026-12-25T09:00:00Z"},
		{"a gap", "a nanosecond ends it", []calendar.Maintenance{move, once(t, "b", "2026-12-25T06:00:00.000000001Z", "2026-12-25T09:00:00Z")}, "2026-12-24T23:00:00Z", "2026-12-25T06:00:00Z"},
		{"a day that meets a Sunday", "Saturday until 00:00Z, then Sunday's opening in summer", []calendar.Maintenance{once(t, "sat", "2026-06-06T12:00:00Z", "2026-06-07T00:00:00Z"), sundays}, "2026-06-06T20:00:00Z", "2026-06-07T03:00:00Z"},
		{"none", "nothing covers anything", nil, "2026-06-06T20:00:00Z", "2026-06-06T20:00:00Z"},
		{"no end", "it is faulty and covers nothing", []calendar.Maintenance{{Name: "x", From: at(t, "2026-01-01T00:00:00Z")}}, "2026-06-06T20:00:00Z", "2026-06-06T20:00:00Z"},
		{"no beginning", "it is faulty and covers nothing", []calendar.Maintenance{{Name: "x", Until: at(t, "2027-01-01T00:00:00Z")}}, "2026-06-06T20:00:00Z", "2026-06-06T20:00:00Z"},
		{"every hour of every week", "the search stops", []calendar.Maintenance{
			{Name: "a", Hours: hours("UTC", calendar.Open("mon-fri", "24h"))}, {Name: "b", Hours: hours("UTC", calendar.Open("sat-sun", "24h"))},
		}, "2026-06-06T00:00:00Z", "2027-06-07T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			moment, want := at(t, c.at), at(t, c.end)
			got := calendar.MaintenanceEnd(c.list, moment)
			if !got.Equal(want) || got.Location() != moment.Location() {
				t.Errorf("the end is %v, want %v: %s", got, want, c.reason)
			}
			if len(c.list) != 1 {
				return
			}
			if m := c.list[0]; !m.End(moment).Equal(want) || m.Covers(moment) != want.After(moment) {
				t.Errorf("End is %v and Covers %v, want %v and %v: %s", m.End(moment), m.Covers(moment), want, want.After(moment), c.reason)
			}
		})
	}
}

// TestMaintenanceEnd: at the end nothing covers, and just before it something does, as long as the end is not the moment itself.
func TestMaintenanceEnd(t *testing.T) {
	t.Parallel()
	begin := at(t, "2026-03-01T00:00:00Z")
	rapid.Check(t, func(t *rapid.T) {
		var list []calendar.Maintenance
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			from := begin.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "from")) * time.Hour)
			m := calendar.Maintenance{Name: "m", From: from, Until: from.Add(time.Duration(rapid.IntRange(1, 24).Draw(t, "hours")) * time.Hour)}
			if rapid.Bool().Draw(t, "weekly") {
				m.Hours = hours("Europe/London", calendar.Open("daily", rapid.SampledFrom([]string{"22:00-03:00", "02:00-04:00", "00:00-12:00"}).Draw(t, "opening")))
			}
			list = append(list, m)
		}
		covered := func(at time.Time) bool {
			for _, m := range list {
				if m.Covers(at) {
					return true
				}
			}
			return false
		}
		moment := begin.Add(time.Duration(rapid.IntRange(0, 7200).Draw(t, "minute")) * time.Minute)
		end := calendar.MaintenanceEnd(list, moment)
		if covered(end) || end.Before(moment) || end.Equal(moment) == covered(moment) {
			t.Fatalf("the end of the maintenance at %v is %v", moment, end)
		}
		for at := moment; at.Before(end); at = at.Add(time.Minute) {
			if !covered(at) {
				t.Fatalf("nothing covers %v, between %v and the end %v", at, moment, end)
			}
		}
	})
}

func TestMaintenanceValidate(t *testing.T) {
	t.Parallel()
	night := hours("UTC", calendar.Open("daily", "02:00-04:00"))
	for _, c := range []struct {
		name, reason string
		m            calendar.Maintenance
		want         []string // path: part of the message
	}{
		{"once", "both moments", once(t, "m", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"), nil},
		{"the longest name", "64 bytes", once(t, strings.Repeat("m", 64), "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), nil},
		{"a long name", "65 bytes", once(t, strings.Repeat("m", 65), "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), []string{"name: not a valid name"}},
		{"366 days", "the longest", once(t, "m", "2026-01-01T00:00:00Z", "2027-01-02T00:00:00Z"), nil},
		{"every night", "hours need no bound", calendar.Maintenance{Name: "m", Hours: night}, nil},
		{"for ten years", "with hours a long time is no maintenance of that length", calendar.Maintenance{Name: "m", Hours: night, From: at(t, "2026-01-01T00:00:00Z"), Until: at(t, "2036-01-01T00:00:00Z")}, nil},
		{"no name", "the report needs one", once(t, "", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), []string{"name: not a valid name"}},
		{"empty", "all at once", calendar.Maintenance{}, []string{"name: not a valid name", "from: beginning is missing", "until: end is missing"}},
		{"backwards", "no time at all", once(t, "m", "2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"), []string{"until: is not after the beginning"}},
		{"more than 366 days", "a typing mistake in the year", once(t, "m", "2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z"), []string{"until: lasts 730 days, and at most 366"}},
		{"faulty hours", "their own faults", calendar.Maintenance{Name: "m", Hours: hours("Local", calendar.Open("sun", "2-4"))}, []string{"hours.zone: zone of the server", `hours.open["sun"][0]: no opening`}},
		{"always", "nothing would ever count", calendar.Maintenance{Name: "m", Hours: calendar.Always()}, []string{"hours: never end"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.m.Validate()
			if len(c.want) == 0 {
				if err != nil {
					t.Errorf("%v: %s", err, c.reason)
				}
				return
			}
			var invalid *calendar.Error
			if !errors.As(err, &invalid) || len(invalid.Faults) != len(c.want) || !strings.HasPrefix(err.Error(), `maintenance "`) {
				t.Fatalf("the error is %v, want %q: %s", err, c.want, c.reason)
			}
			for i, want := range c.want {
				path, part, _ := strings.Cut(want, ": ")
				if f := invalid.Faults[i]; f.Path != path || !strings.Contains(f.Message, part) {
					t.Errorf("fault %d is %v, want %s: %s", i, f, want, c.reason)
				}
			}
		})
	}
}

func TestMaintenanceEqual(t *testing.T) {
	t.Parallel()
	night := func() *calendar.Hours { return hours("UTC", calendar.Open("daily", "02:00-04:00")) }
	m := once(t, "m", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
	same := calendar.Maintenance{Name: "m", From: m.From.In(time.FixedZone("x", 3600)), Until: m.Until}
	if !m.Equal(same) {
		t.Error("the location of an instant makes a difference")
	}
	m.Hours, same.Hours = night(), night()
	if !m.Equal(same) {
		t.Error("equal hours make a difference")
	}
	for name, change := range map[string]func(*calendar.Maintenance){
		"name":  func(m *calendar.Maintenance) { m.Name = "n" },
		"from":  func(m *calendar.Maintenance) { m.From = m.From.Add(1) },
		"until": func(m *calendar.Maintenance) { m.Until = time.Time{} },
		"hours": func(m *calendar.Maintenance) { m.Hours = nil },
	} {
		other := same
		change(&other)
		if m.Equal(other) || other.Equal(m) {
			t.Errorf("another %s makes no difference", name)
		}
	}
}
