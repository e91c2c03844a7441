package calendar_test

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
)

// faultsOf returns the faults of the hours, each as "path: message".
func faultsOf(t *testing.T, h *calendar.Hours) []string {
	t.Helper()
	err := h.Validate()
	if err == nil {
		return nil
	}
	var invalid *calendar.Error
	if !errors.As(err, &invalid) || invalid.Name != h.Name() {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	var list []string
	for _, f := range invalid.Faults {
		list = append(list, f.Path+": "+f.Message)
	}
	if strings.Count(err.Error(), "\n")+1 != len(list) {
		t.Errorf("there are %d faults, and the error is %v", len(list), err)
	}
	return list
}

func TestValidate(t *testing.T) {
	t.Parallel()
	office := []calendar.Option{calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:30")}
	with := func(opts ...calendar.Option) *calendar.Hours {
		return calendar.Define("h", append(office[:len(office):len(office)], opts...)...)
	}
	open := func(days string, openings ...string) *calendar.Hours {
		return calendar.Define("h", calendar.Zone("UTC"), calendar.Open(days, openings...))
	}
	zone := func(name string) *calendar.Hours { return with(calendar.Zone(name)) }
	many := func(n int) []string {
		var list []string
		for i := range n {
			list = append(list, time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
		}
		return list
	}
	for _, c := range []struct {
		name, reason string
		hours        *calendar.Hours
		want         []string // "path: a part of the message"
	}{
		{"office", "the usual hours", with(), nil},
		{"nil option", "an option that is left out", with(nil), nil},
		{"nil", "always open", nil, nil},
		{"always", "it is defined like all others", calendar.Always(), nil},
		{"nothing", "all faults at once", calendar.Define(""), []string{"name: not a valid name", "zone: missing", "open: never open"}},
		{"reserved name", "a leading _ is reserved", calendar.Define("_h", office...), []string{"name: does not begin with _"}},
		{"long name", "65 bytes", calendar.Define(strings.Repeat("h", 65), office...), []string{"name: 1 to 64 bytes"}},
		{"longest name", "64 bytes", calendar.Define(strings.Repeat("h", 64), office...), nil},
		{"invisible name", "a zero-width space", calendar.Define("h\u200b", office...), []string{"name: cannot be seen"}},

		{"local zone", "it depends on the server", zone("Local"), []string{"zone: the zone of the server"}},
		{"local file", "the same, by the name of its file", zone("localtime"), []string{"zone: the zone of the server"}},
		{"no zone", "it depends on the server", zone(""), []string{"zone: the zone is missing"}},
		{"unknown zone", "a typing mistake", zone("Europe/Lodnon"), []string{`zone: there is no zone "Europe/Lodnon": write a name of the IANA database`}},
		{"zone in small letters", "the database knows one spelling", zone("europe/berlin"), []string{`zone: there is no zone "europe/berlin": did you mean "Europe/Berlin"?`}},
		{"zone in capitals", "the database knows one spelling", zone("AMERICA/NEW_YORK"), []string{`zone: did you mean "America/New_York"?`}},
		{"zone with a blank", "the database writes _", zone("america/new york"), []string{`zone: did you mean "America/New_York"?`}},
		{"zone with a small word", "the database knows one spelling", zone("america/port-au-prince"), []string{`zone: did you mean "America/Port-au-Prince"?`}},
		{"utc in small letters", "the database knows one spelling", zone("utc"), []string{`zone: did you mean "UTC"?`}},
		{"a path", "no file outside the database is read", zone("../../etc/passwd"), []string{"zone: there is no zone"}},
		{"zone of leap seconds", "Go's clocks do not count them", zone("right/Europe/London"), []string{"zone: no name of a zone"}},
		{"long zone", "no zone has such a name", zone(strings.Repeat("x", 65)), []string{"zone: no name of a zone"}},
		{"other names of UTC", "they are in the database", zone("Etc/UTC"), nil},

		{"all notations", "range, weekday and list", with(calendar.Open("sat", "13:00-16:00", "10:00-12:00"), calendar.Open("sun", "24h")), nil},
		{"range over the end of the week", "Saturday to Monday", open("sat-mon", "09:00-17:00"), nil},
		{"unknown weekday", "a typing mistake", open("mon-fry", "09:00-17:00"), []string{`open["mon-fry"]: or daily: did you mean "mon-fri"?`}},
		{"capitals", "one spelling only", open("Mon", "09:00-17:00"), []string{`open["Mon"]: or daily: did you mean "mon"?`}},
		{"full names", "short names only", open("Monday - Thursday", "09:00-17:00"), []string{`open["Monday - Thursday"]: did you mean "mon-thu"?`}},
		{"en dash", "a hyphen only", open("mon\u2013fri", "09:00-17:00"), []string{`open["mon–fri"]: did you mean "mon-fri"?`}},
		{"weekdays", "no word of the format", open("weekdays", "09:00-17:00"), []string{`open["weekdays"]: did you mean "mon-fri"?`}},
		{"weekend", "no word of the format", open("weekend", "09:00-17:00"), []string{`open["weekend"]: did you mean "sat-sun"?`}},
		{"no days", "nothing to guess", open("shifts", "09:00-17:00"), []string{`open["shifts"]: a range such as mon-fri, or daily` + "\n"}},
		{"range of one", "it says less than it seems to", open("mon-mon", "09:00-17:00"), []string{`open["mon-mon"]: or daily` + "\n"}},
		{"three parts", "no range", open("mon-tue-wed", "09:00-17:00"), []string{`open["mon-tue-wed"]: or daily` + "\n"}},
		{"weekday twice", "it would be ambiguous", with(calendar.Open("fri", "09:00-12:00")), []string{`open["fri"]: declares fri, which "mon-fri" declares, too`}},
		{"the same days twice", "it would be ambiguous", with(calendar.Open("mon-fri", "18:00-19:00")), []string{`open["mon-fri"]: declares mon`}},
		{"eight entries", "a week has seven days", with(
			calendar.Open("mon"), calendar.Open("mon"), calendar.Open("mon"), calendar.Open("mon"), calendar.Open("mon"), calendar.Open("mon"), calendar.Open("mon"),
		), []string{"open: has 8 entries"}},
		{"no opening", "the weekday would be closed without saying so", open("mon"), []string{`open["mon"]: has no opening`}},
		{"one digit", "two digits only", open("mon", "9:00-17:00"), []string{`open["mon"][0]: the whole day: did you mean "09:00-17:00"?`}},
		{"blanks", "none are allowed", open("mon", "09:00 - 17:30"), []string{`open["mon"][0]: did you mean "09:00-17:30"?`}},
		{"en dash in an opening", "a hyphen only", open("mon", "09:00\u201317:30"), []string{`open["mon"][0]: did you mean "09:00-17:30"?`}},
		{"am and pm", "24 hours only", open("mon", "9am-5:30 p.m."), []string{`open["mon"][0]: did you mean "09:00-17:30"?`}},
		{"noon and midnight", "12 pm is noon, 12 am is midnight", open("mon", "12 PM-12 AM"), []string{`open["mon"][0]: did you mean "12:00-00:00"?`}},
		{"hours alone", "without minutes", open("mon", "9-17"), []string{`open["mon"][0]: did you mean "09:00-17:00"?`}},
		{"hours of the morning or the afternoon", "nothing to guess", open("mon", "1-5"), []string{`open["mon"][0]: the whole day` + "\n"}},
		{"am in one place", "nothing to guess", open("mon", "9-5pm"), []string{`open["mon"][0]: the whole day` + "\n"}},
		{"13 pm", "no such hour", open("mon", "1am-13pm"), []string{`open["mon"][0]: the whole day` + "\n"}},
		{"hour 25", "no such hour", open("mon", "09:00-25:00"), []string{`open["mon"][0]: is no opening`}},
		{"minute 60", "no such minute", open("mon", "09:60-17:00"), []string{`open["mon"][0]: is no opening`}},
		{"24:30", "no such time", open("mon", "09:00-24:30"), []string{`open["mon"][0]: is no opening`}},
		{"from 24:00", "it is 00:00 of the next day", open("mon", "24:00-06:00"), []string{`open["mon"][0]: is no opening`}},
		{"until midnight", "both spellings", open("mon-tue", "18:00-24:00"), nil},
		{"until 00:00", "both spellings", open("mon-tue", "18:00-00:00"), nil},
		{"a whole day in times", "as 24h", open("daily", "00:00-24:00"), nil},
		{"no length", "24h or a mistake", open("mon", "09:00-09:00"), []string{`open["mon"][0]: begins and ends at the same time`}},
		{"no length at midnight", "24h or a mistake", open("mon", "00:00-00:00"), []string{`open["mon"][0]: begins and ends at the same time`}},
		{"empty text", "no opening", open("mon", ""), []string{`open["mon"][0]: "" is no opening`}},
		{"overlap", "a time would count twice", open("mon", "09:00-12:00", "11:59-15:00"), []string{`open["mon"][1]: overlaps the opening from 09:00 to 12:00`}},
		{"within another", "a time would count twice", open("mon", "10:00-11:00", "09:00-12:00"), []string{`open["mon"][1]: overlaps the opening from 10:00 to 11:00`}},
		{"end to end", "an opening may begin when another ends", open("mon", "09:00-12:00", "12:00-15:00"), nil},
		{"eight openings", "the maximum", open("mon", "01:00-02:00", "03:00-04:00", "05:00-06:00", "07:00-08:00", "09:00-10:00", "11:00-12:00", "13:00-14:00", "15:00-16:00"), nil},
		{"nine openings", "one too many", open("mon", "01:00-02:00", "03:00-04:00", "05:00-06:00", "07:00-08:00", "09:00-10:00", "11:00-12:00", "13:00-14:00", "15:00-16:00", "17:00-18:00"), []string{`open["mon"]: has 9 openings`}},
		{"night into the next morning", "a time would count twice", open("daily", "22:00-06:00", "05:00-07:00"), []string{`open["daily"]: runs into the opening of tue at 05:00`}},
		{"night to the next morning", "an opening may begin when another ends", open("daily", "22:00-06:00", "06:00-07:00"), nil},
		{"Saturday night into Sunday", "the week has no seam", calendar.Define("h", calendar.Zone("UTC"), calendar.Open("sat", "22:00-06:00"), calendar.Open("sun", "05:59-07:00")), []string{`open["sat"]: runs into the opening of sun at 05:59`}},

		{"dates", "closed and with other openings", with(calendar.Closed("2026-12-25", "2026-12-28"), calendar.OpenOn("2026-12-24", "09:00-12:00")), nil},
		{"a date without openings", "closed", with(calendar.OpenOn("2026-12-24")), nil},
		{"no date", "30 February", with(calendar.Closed("2026-12-25", "2026-02-30")), []string{`holidays[1].date: "2026-02-30" is no date`}},
		{"leap day", "2028 is a leap year", with(calendar.Closed("2028-02-29")), nil},
		{"no leap day", "2026 is none", with(calendar.Closed("2026-02-29")), []string{`holidays[0].date: is no date`}},
		{"no leap day in 2100", "2100 is none", with(calendar.Closed("2100-02-29")), []string{`holidays[0].date: is no date`}},
		{"year 0", "there is none", with(calendar.Closed("0000-01-01")), []string{`holidays[0].date: is no date`}},
		{"another order", "as in Britain", with(calendar.Closed("25-12-2026")), []string{`holidays[0].date: year-month-day`}},
		{"date twice", "it would be ambiguous", with(calendar.Closed("2026-12-25"), calendar.OpenOn("2026-12-25", "09:00-12:00")), []string{"holidays[1].date: 2026-12-25 occurs twice, first at holidays[0]"}},
		{"faulty opening of a date", "the same rules", with(calendar.OpenOn("2026-12-24", "9-12")), []string{"holidays[0].open[0]: is no opening"}},
		{"faulty date and opening", "both are told", with(calendar.OpenOn("24.12.", "9-12")), []string{"holidays[0].open[0]: is no opening", "holidays[0].date: is no date"}},
		{"date runs into the next day", "a time would count twice", with(calendar.OpenOn("2026-12-24", "20:00-10:00")), []string{"holidays[0].open: runs into the opening of the next day at 09:00"}},
		{"date runs into a holiday", "the next day has no opening", with(calendar.OpenOn("2026-12-24", "20:00-10:00"), calendar.Closed("2026-12-25")), nil},
		{"the day before runs into the date", "a time would count twice", calendar.Define("h", calendar.Zone("UTC"), calendar.Open("daily", "20:00-04:00"), calendar.OpenOn("2026-12-24", "03:00-05:00")), []string{"holidays[0].open: begins at 03:00, before the last opening of the day before ends"}},
		{"dates in a row", "each of them once", with(calendar.OpenOn("2026-12-24", "20:00-10:00"), calendar.OpenOn("2026-12-25", "09:00-12:00")), []string{"holidays[1].open: begins at 09:00"}},
		{"1,000 dates", "the maximum", with(calendar.Closed(many(1000)...)), nil},
		{"1,001 dates", "one too many", with(calendar.Closed(many(1001)...)), []string{"holidays: has 1001 dates, and at most 1000"}},
		{"open on one date only", "it would hardly ever open", calendar.Define("h", calendar.Zone("UTC"), calendar.OpenOn("2026-12-24", "09:00-12:00")), []string{"open: never open"}},
		{"all at once", "each fault is told", calendar.Define("h", calendar.Zone("Local"), calendar.Open("mo", "9-17", "24h"), calendar.Closed("x")), []string{
			"zone: server", `open["mo"]: names no weekdays`, `open["mo"][0]: is no opening`, "holidays[0].date: is no date",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := faultsOf(t, c.hours)
			if len(got) != len(c.want) {
				t.Fatalf("%d faults, want %d: %s\n%s", len(got), len(c.want), c.reason, strings.Join(got, "\n"))
			}
			for i, want := range c.want {
				path, part, _ := strings.Cut(want, ": ")
				if !strings.HasPrefix(got[i], path+": ") || !strings.Contains(got[i]+"\n", part) {
					t.Errorf("a fault is %s\nwant one at %s that contains %q: %s", got[i], path, part, c.reason)
				}
			}
		})
	}
}

// TestNames: hours accept the names that the rest of Cairn accepts.
func TestNames(t *testing.T) {
	t.Parallel()
	if calendar.MaxName != event.MaxName {
		t.Errorf("MaxName is %d, and events have %d", calendar.MaxName, event.MaxName)
	}
	for _, name := range []string{"", "a", "_a", "a_", strings.Repeat("a", 64), strings.Repeat("a", 65), "ä", "a\u0308", "\xff", "a\nb", "\u200b", "日本", " "} {
		h := calendar.Define(name, calendar.Zone("UTC"), calendar.Open("daily", "24h"))
		if got := h.Validate() == nil; got != event.ValidName(name) {
			t.Errorf("%q is valid: %v, and for events: %v", name, got, event.ValidName(name))
		}
	}
}

// TestFaulty: faulty hours find no opened time, and the functions return the fault.
func TestFaulty(t *testing.T) {
	t.Parallel()
	h := calendar.Define("h", calendar.Zone("Europe/Lodnon"), calendar.Open("daily", "24h"))
	now := at(t, "2026-01-05T12:00:00Z")
	var invalid *calendar.Error
	check := func(what string, got time.Time, err error) {
		t.Helper()
		if !errors.As(err, &invalid) || !got.Equal(now) {
			t.Errorf("%s is %v, %v; want t and the fault", what, got, err)
		}
	}
	got, err := h.Add(now, time.Hour)
	check("Add", got, err)
	got, err = h.AddDays(now, 1)
	check("AddDays", got, err)
	got, err = h.Next(now)
	check("Next", got, err)
	if h.Open(now) || h.Between(now, now.Add(time.Hour)) != 0 {
		t.Error("faulty hours are open")
	}
	var zero calendar.Hours
	if zero.Validate() == nil || zero.Open(now) {
		t.Error("the zero value is valid")
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-01-05T12:00:00Z")
	weekly := hours("Europe/London", calendar.Open("mon", "09:00-09:01"))
	always := calendar.Always()
	limit := now.Add(calendar.MaxSearch)
	if years := limit.Sub(now).Hours() / 24 / 365.25; years != 50 {
		t.Errorf("MaxSearch is %v years", years)
	}
	for _, c := range []struct {
		name, reason string
		call         func() (time.Time, error)
		want         time.Time
		tooFar       bool
		text         string // a part of the error; "" for none
	}{
		{"a minute a week for 40 years", "2,087 Mondays", func() (time.Time, error) { return weekly.Add(now, 2087*time.Minute) }, time.Date(2066, 1, 4, 9, 1, 0, 0, time.UTC), false, ""},
		{"a minute a week for 60 years", "more than 50 years", func() (time.Time, error) { return weekly.Add(now, 3130*time.Minute) }, limit, true, "52h10m0s after 2026-01-05"},
		{"a long time", "292 years", func() (time.Time, error) { return weekly.Add(now, math.MaxInt64) }, limit, true, "50 years"},
		{"always, 50 years", "the limit itself", func() (time.Time, error) { return always.Add(now, calendar.MaxSearch) }, limit, false, ""},
		{"always, more", "a nanosecond more", func() (time.Time, error) { return always.Add(now, calendar.MaxSearch+1) }, limit, true, "50 years"},
		{"nil, more", "a nanosecond more", func() (time.Time, error) { return (*calendar.Hours)(nil).Add(now, calendar.MaxSearch+1) }, limit, true, "50 years"},
		{"negative", "time does not run backwards", func() (time.Time, error) { return weekly.Add(now, -1) }, now, false, "must not be negative"},
		{"always, negative", "the same rule", func() (time.Time, error) { return always.Add(now, -1) }, now, false, "must not be negative"},
		{"no days", "the first is the one after t", func() (time.Time, error) { return weekly.AddDays(now, 0) }, now, false, "at least 1"},
		{"negative days", "time does not run backwards", func() (time.Time, error) { return weekly.AddDays(now, math.MinInt) }, now, false, "at least 1"},
		{"many days", "more than 50 years", func() (time.Time, error) { return weekly.AddDays(now, 2700) }, limit, true, "2700 business days after"},
		{"any number of days", "more than 50 years", func() (time.Time, error) { return always.AddDays(now, math.MaxInt) }, limit, true, "50 years"},
		{"always, 50 years in days", "18,262 closes at midnight", func() (time.Time, error) { return always.AddDays(now, 18261) }, time.Date(2076, 1, 5, 0, 0, 0, 0, time.UTC), false, ""},
		{"year 10000", "time.Parse does not read it either", func() (time.Time, error) { return weekly.Add(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), 1) }, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), false, "years 1 to 9999"},
		{"end of time", "no overflow", func() (time.Time, error) { return weekly.AddDays(time.Unix(math.MaxInt64, 0), 1) }, time.Unix(math.MaxInt64, 0), false, "years 1 to 9999"},
		{"beginning of time", "no overflow", func() (time.Time, error) { return weekly.Next(time.Unix(math.MinInt64, 0)) }, time.Unix(math.MinInt64, 0), false, "years 1 to 9999"},
		{"year 9999", "its last Monday is the 27th of December", func() (time.Time, error) {
			return weekly.Add(time.Date(9999, 12, 27, 0, 0, 0, 0, time.UTC), time.Minute)
		}, time.Date(9999, 12, 27, 9, 1, 0, 0, time.UTC), false, ""},
		{"year 1", "1 January was a Monday; London's own time was 75 seconds behind UTC", func() (time.Time, error) { return weekly.Add(time.Time{}, time.Minute) }, time.Date(1, 1, 1, 9, 2, 15, 0, time.UTC), false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.call()
			if !got.Equal(c.want) || (err != nil) != (c.text != "") || errors.Is(err, calendar.ErrTooFar) != c.tooFar {
				t.Fatalf("it is %v, %v; want %v: %s", got, err, c.want, c.reason)
			}
			if err != nil && (!strings.Contains(err.Error(), c.text) || !strings.HasPrefix(err.Error(), "hours")) {
				t.Errorf("the error is %v, want one that contains %q", err, c.text)
			}
		})
	}
	far := time.Unix(math.MaxInt64, 0)
	if weekly.Open(far) || weekly.Between(far, far.Add(1)) != 0 || always.Open(time.Unix(math.MinInt64, 0)) {
		t.Error("hours are open outside the years 1 to 9999")
	}
	if got := always.Between(now, now.AddDate(1000, 0, 0)); got != calendar.MaxSearch {
		t.Errorf("1,000 years have %v, want the first 50", got)
	}
	if got := daily("UTC", "00:00-12:00").Between(now, now.AddDate(1000, 0, 0)); got != 18262*12*time.Hour { // 50 years are 18,262½ days, and these begin at noon
		t.Errorf("1,000 years have %v, want the 18,262 mornings of the first 50", got)
	}
}

// TestLocation: a result has the location of the given time.
func TestLocation(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	now := at(t, "2026-01-10T12:00:00.5Z").In(tokyo)
	for _, h := range []*calendar.Hours{bank(), calendar.Always(), nil} {
		a, _ := h.Add(now, time.Hour)
		d, _ := h.AddDays(now, 1)
		n, _ := h.Next(now)
		if a.Location() != tokyo || d.Location() != tokyo || n.Location() != tokyo {
			t.Errorf("%s: the locations are %v, %v and %v", h.Name(), a.Location(), d.Location(), n.Location())
		}
	}
}

func TestGetters(t *testing.T) {
	t.Parallel()
	openings, dates := []string{"09:00-12:00"}, []string{"2026-12-25"}
	h := calendar.Define("office", calendar.Zone("UTC"), calendar.Zone("Europe/London"), calendar.Open("mon", openings...), calendar.Closed(dates...), calendar.OpenOn("2026-12-24", openings...))
	openings[0], dates[0] = "changed", "changed"
	h.Week()[0].Openings[0], h.Holidays()[1].Openings[0] = "changed", "changed"
	got := fmt.Sprint(h.Name(), h.Zone(), h.Week(), h.Holidays())
	if want := "office" + "Europe/London" + "[{mon [09:00-12:00]}] [{2026-12-25 []} {2026-12-24 [09:00-12:00]}]"; got != want {
		t.Errorf("the hours have %s, want %s", got, want)
	}
	var none *calendar.Hours
	if got := fmt.Sprint(none.Name(), none.Zone(), none.Week(), none.Holidays()); got != "UTC[{daily [24h]}] []" {
		t.Errorf("nil hours have %s", got)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	define := func(opts ...calendar.Option) *calendar.Hours { return hours("UTC", opts...) }
	a := define(calendar.Open("mon-tue", "09:00-12:00", "13:00-17:00"), calendar.Closed("2026-12-25", "2026-12-28"))
	for _, c := range []struct {
		name, reason string
		a, b         *calendar.Hours
		want         bool
	}{
		{"itself", "the same value", a, a, true},
		{"another way to write it", "order and ranges do not matter", a, define(
			calendar.Open("tue", "13:00-17:00", "09:00-12:00"), calendar.OpenOn("2026-12-28"), calendar.Open("mon", "09:00-12:00", "13:00-17:00"), calendar.Closed("2026-12-25"),
		), true},
		{"another opening", "Tuesday", a, define(calendar.Open("mon-tue", "09:00-12:00", "13:00-17:01"), calendar.Closed("2026-12-25", "2026-12-28")), false},
		{"another holiday", "the 29th", a, define(calendar.Open("mon-tue", "09:00-12:00", "13:00-17:00"), calendar.Closed("2026-12-25", "2026-12-29")), false},
		{"a holiday that opens", "the 28th", a, define(calendar.Open("mon-tue", "09:00-12:00", "13:00-17:00"), calendar.Closed("2026-12-25"), calendar.OpenOn("2026-12-28", "09:00-12:00")), false},
		{"another zone", "other instants", daily("UTC", "24h"), daily("Europe/London", "24h"), false},
		{"another name", "two definitions", calendar.Always(), daily("UTC", "24h"), false},
		{"nil", "no definition", a, nil, false},
		{"both nil", "the same", nil, nil, true},
		{"faulty and equal", "the texts are equal", define(calendar.Open("x", "y"), calendar.Closed("z")), define(calendar.Open("x", "y"), calendar.Closed("z")), true},
		{"faulty and different", "the texts differ", define(calendar.Open("x", "y")), define(calendar.Open("x", "z")), false},
		{"faulty and valid", "only one is valid", define(calendar.Open("x", "y")), a, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.a.Equal(c.b) != c.want || c.b.Equal(c.a) != c.want {
				t.Errorf("they are equal: %v and %v, want %v: %s", c.a.Equal(c.b), c.b.Equal(c.a), c.want, c.reason)
			}
		})
	}
}

// TestConcurrent: many goroutines use the hours for the first time at once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	h, now := bank(), at(t, "2026-01-05T12:00:00Z")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if got, err := h.Add(now, time.Hour); err != nil || !got.Equal(now.Add(time.Hour)) {
				t.Errorf("Add is %v, %v", got, err)
			}
		})
	}
	wg.Wait()
}

// FuzzDefine: no text makes a definition or a function panic or take long. The patterns match what is valid, and a valid
// definition keeps the law of Between and Add.
func FuzzDefine(f *testing.F) {
	for _, s := range [][4]string{
		{"mon-fri", "09:00-17:30", "2026-12-25", "Europe/London"},
		{"sat", "22:00-06:00", "2028-02-29", "America/New_York"},
		{"daily", "24h", "2011-12-30", "Pacific/Apia"},
		{"mon-fry", "9-17", "25.12.2026", "Local"},
		{"sun-sat", "00:00-24:00", "9999-12-31", "UTC"},
		{"sat-mon", "23:59-00:00", "0001-01-01", "Asia/Kathmandu"},
	} {
		f.Add(s[0], s[1], s[2], s[3], int64(1767614400), int64(90*time.Minute))
	}
	f.Add("mon", "09:00-17:30", "2026-12-25", "Europe/London", int64(1767614400), int64(5399999999928)) // 2,428 Mondays: over several ends of leap years
	days, openings, dates := regexp.MustCompile(calendar.DaysPattern), regexp.MustCompile(calendar.OpeningPattern), regexp.MustCompile(calendar.DatePattern)
	f.Fuzz(func(t *testing.T, day, opening, date, zone string, unix, d int64) {
		h := calendar.Define("h", calendar.Zone(zone), calendar.Open(day, opening), calendar.Closed(date))
		now := time.Unix(unix, 0)
		end, err := h.Add(now, time.Duration(d))
		if err == nil && h.Between(now, end) != time.Duration(d) {
			t.Errorf("Add(%v, %v) is %v, and between are %v", now, time.Duration(d), end, h.Between(now, end))
		}
		if closing, err := h.AddDays(now, int(d%2500)); err == nil && (!closing.After(now) || h.Open(closing.Add(-1)) != true) {
			t.Errorf("AddDays(%v, %d) is %v", now, d%2500, closing)
		}
		invalid := h.Validate()
		if invalid == nil && !(days.MatchString(day) && openings.MatchString(opening) && dates.MatchString(date)) {
			t.Errorf("%q, %q and %q are valid, and a pattern does not match", day, opening, date)
		}
		if invalid != nil && len(invalid.Error()) > 4000 {
			t.Errorf("the error has %d bytes", len(invalid.Error()))
		}
	})
}
