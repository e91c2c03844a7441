package calendar_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx/calendar"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func hours(zone string, opts ...calendar.Option) *calendar.Hours {
	return calendar.Define("h", append([]calendar.Option{calendar.Zone(zone)}, opts...)...)
}

func daily(zone string, openings ...string) *calendar.Hours {
	return hours(zone, calendar.Open("daily", openings...))
}

// newYork has the opening hours of a help desk in New York, with the federal holidays of 2025 (5 U.S.C. 6103) that the
// cases meet.
func newYork() *calendar.Hours {
	return hours("America/New_York", calendar.Open("mon-fri", "08:00-18:00"), calendar.Closed("2025-11-11", "2025-11-27"))
}

// TestAddDated: the instants are worked out by hand from a printed calendar. The clocks of the United Kingdom change on the
// last Sundays of March and October at 01:00 UTC (The Summer Time Order 2002): 30 March and 26 October 2025, 29 March and 25
// October 2026. Those of New York change at 02:00 local time on the second Sunday of March and the first of November (15
// U.S.C. 260a): 9 March and 2 November 2025, 8 March and 1 November 2026. The other changes are those of the IANA database.
func TestAddDated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		hours        *calendar.Hours
		from         string
		add          time.Duration
		want         string
	}{
		{"within a day", "no opening ends in between", bank(), "2026-01-05T09:00:00Z", 8 * time.Hour, "2026-01-05T17:00:00Z"},
		{"to the closing time", "a count that ends at the closing time ends there, not on Tuesday", bank(), "2026-01-05T09:00:00Z", 8*time.Hour + 30*time.Minute, "2026-01-05T17:30:00Z"},
		{"a nanosecond more", "it is counted on the next morning", bank(), "2026-01-05T09:00:00Z", 8*time.Hour + 30*time.Minute + 1, "2026-01-06T09:00:00.000000001Z"},
		{"from the closing time", "the closing time is closed", bank(), "2026-01-05T17:30:00Z", time.Hour, "2026-01-06T10:00:00Z"},
		{"from before the opening", "the count begins at 09:00", bank(), "2026-01-05T03:00:00Z", time.Hour, "2026-01-05T10:00:00Z"},
		{"over a weekend", "Friday 17:00 plus an hour", bank(), "2026-01-09T17:00:00Z", time.Hour, "2026-01-12T09:30:00Z"},
		{"from a Saturday", "the count begins on Monday", bank(), "2026-01-10T12:00:00Z", time.Minute, "2026-01-12T09:01:00Z"},
		{"over Easter 2026", "Good Friday is 3 April, and Tuesday 7 April is the next business day", bank(), "2026-04-02T16:00:00Z", time.Hour, "2026-04-07T08:30:00Z"},
		{"over Christmas 2026", "Boxing Day is a Saturday, and Monday the 28th its substitute", bank(), "2026-12-24T17:00:00Z", time.Hour, "2026-12-29T09:30:00Z"},
		{"fractions", "a part of a second before the closing time", bank(), "2026-01-05T17:29:59.25Z", time.Second, "2026-01-06T09:00:00.25Z"},
		{"fractions in closed time", "the fraction is not opened time", bank(), "2026-01-05T17:30:00.75Z", time.Second / 2, "2026-01-06T09:00:00.5Z"},

		{"London, spring 2025", "09:00 is 09:00Z on Friday and 08:00Z on Monday", bank(), "2025-03-28T17:00:00Z", time.Hour, "2025-03-31T08:30:00Z"},
		{"London, autumn 2025", "09:00 is 08:00Z on Friday and 09:00Z on Monday", bank(), "2025-10-24T16:00:00Z", time.Hour, "2025-10-27T09:30:00Z"},
		{"London, spring 2026", "09:00 is 09:00Z on Friday and 08:00Z on Monday", bank(), "2026-03-27T17:00:00Z", time.Hour, "2026-03-30T08:30:00Z"},
		{"London, autumn 2026", "09:00 is 08:00Z on Friday and 09:00Z on Monday", bank(), "2026-10-23T16:00:00Z", time.Hour, "2026-10-26T09:30:00Z"},
		{"New York, spring 2025", "08:00 is 13:00Z on Friday and 12:00Z on Monday", newYork(), "2025-03-07T22:30:00Z", time.Hour, "2025-03-10T12:30:00Z"},
		{"New York, autumn 2025", "08:00 is 12:00Z on Friday and 13:00Z on Monday", newYork(), "2025-10-31T21:30:00Z", time.Hour, "2025-11-03T13:30:00Z"},
		{"New York, spring 2026", "08:00 is 13:00Z on Friday and 12:00Z on Monday", newYork(), "2026-03-06T22:30:00Z", time.Hour, "2026-03-09T12:30:00Z"},
		{"New York, autumn 2026", "08:00 is 12:00Z on Friday and 13:00Z on Monday", newYork(), "2026-10-30T21:30:00Z", time.Hour, "2026-11-02T13:30:00Z"},
		{"New York, Veterans Day", "Tuesday 11 November 2025 is closed", newYork(), "2025-11-10T22:30:00Z", time.Hour, "2025-11-12T13:30:00Z"},

		{"night shift", "22:00 to 06:00 is eight hours", daily("UTC", "22:00-06:00"), "2026-01-05T12:00:00Z", 8 * time.Hour, "2026-01-06T06:00:00Z"},
		{"into the next night", "an hour of the night that goes on, and one of the next", daily("UTC", "22:00-06:00"), "2026-01-06T05:00:00Z", 2 * time.Hour, "2026-01-06T23:00:00Z"},
		{"night of the spring change", "22:00 to 06:00 lasts seven hours: 22:00Z to 05:00Z", daily("Europe/London", "22:00-06:00"), "2026-03-28T22:00:00Z", 7*time.Hour + time.Minute, "2026-03-29T21:01:00Z"},
		{"night of the autumn change", "22:00 to 06:00 lasts nine hours: 21:00Z to 06:00Z", daily("Europe/London", "22:00-06:00"), "2026-10-24T21:00:00Z", 9 * time.Hour, "2026-10-25T06:00:00Z"},
		{"night shift on the eve of a holiday", "the shift of the 24th ends on the 25th at 06:00", hours("UTC", calendar.Open("daily", "22:00-06:00"), calendar.Closed("2026-12-25")), "2026-12-25T05:00:00Z", 2 * time.Hour, "2026-12-26T23:00:00Z"},
		{"from Saturday night into Sunday", "the week has no seam", hours("UTC", calendar.Open("sat", "20:00-04:00")), "2026-01-10T21:00:00Z", 7*time.Hour + time.Minute, "2026-01-17T20:01:00Z"},

		{"opening in the gap, spring", "02:30 does not exist in New York on 8 March 2026: the opening begins at 03:00 EDT", daily("America/New_York", "02:30-04:00"), "2026-03-08T06:00:00Z", 30 * time.Minute, "2026-03-08T07:30:00Z"},
		{"closing in the gap, spring", "01:00 to 02:30 ends at 02:00 EST, which is 03:00 EDT", daily("America/New_York", "01:00-02:30"), "2026-03-08T06:00:00Z", time.Hour + time.Minute, "2026-03-09T05:01:00Z"},
		{"within the gap, spring", "02:00 to 03:00 does not take place", daily("America/New_York", "02:00-03:00"), "2026-03-08T05:00:00Z", time.Minute, "2026-03-09T06:01:00Z"},
		{"opening in the overlap, autumn", "01:30 is the first one, 05:30Z, as in RFC 5545, section 3.3.5; until 03:00 EST it is 2½ hours", daily("America/New_York", "01:30-03:00"), "2026-11-01T04:00:00Z", 150 * time.Minute, "2026-11-01T08:00:00Z"},
		{"closing in the overlap, autumn", "01:30 is the first one, 05:30Z, and the repeated hour stays closed", daily("America/New_York", "00:00-01:30"), "2026-11-01T04:00:00Z", 91 * time.Minute, "2026-11-02T05:01:00Z"},
		{"Sydney, spring", "the clocks go forward on 4 October 2026 at 02:00 AEST, 16:00Z on the 3rd: 00:00 to 06:00 lasts five hours", daily("Australia/Sydney", "00:00-06:00"), "2026-10-03T14:00:00Z", 5 * time.Hour, "2026-10-03T19:00:00Z"},
		{"Sydney, autumn", "the clocks go back on 5 April 2026 at 03:00 AEDT, 16:00Z on the 4th: 00:00 to 06:00 lasts seven hours", daily("Australia/Sydney", "00:00-06:00"), "2026-04-04T13:00:00Z", 7 * time.Hour, "2026-04-04T20:00:00Z"},
		{"Lord Howe, spring", "the change is half an hour: 00:00 to 06:00 lasts 5½ hours on 4 October 2026", daily("Australia/Lord_Howe", "00:00-06:00"), "2026-10-03T13:30:00Z", 5*time.Hour + 30*time.Minute, "2026-10-03T19:00:00Z"},
		{"Lord Howe, autumn", "00:00 to 06:00 lasts 6½ hours on 5 April 2026", daily("Australia/Lord_Howe", "00:00-06:00"), "2026-04-04T13:00:00Z", 6*time.Hour + 30*time.Minute, "2026-04-04T19:30:00Z"},
		{"Samoa", "30 December 2011 does not exist: Thursday the 29th is followed by Saturday the 31st", daily("Pacific/Apia", "09:00-17:00"), "2011-12-29T19:00:00Z", 9 * time.Hour, "2011-12-30T20:00:00Z"},
		{"Kathmandu", "the zone is 5¾ hours ahead of UTC", daily("Asia/Kathmandu", "10:00-18:00"), "2026-01-05T00:00:00Z", time.Hour, "2026-01-05T05:15:00Z"},
		{"leap year", "28 February 2028 is a Monday, and the next day the 29th", daily("UTC", "09:00-10:00"), "2028-02-28T09:30:00Z", time.Hour, "2028-02-29T09:30:00Z"},
		{"no leap year", "2026 and 2100 have no 29 February", daily("UTC", "09:00-10:00"), "2100-02-28T09:30:00Z", time.Hour, "2100-03-01T09:30:00Z"},
		{"holiday on a leap day", "29 February 2028", hours("UTC", calendar.Open("daily", "09:00-10:00"), calendar.Closed("2028-02-29")), "2028-02-28T09:30:00Z", time.Hour, "2028-03-01T09:30:00Z"},
		{"other openings on a date", "Christmas Eve until noon", hours("UTC", calendar.Open("daily", "09:00-17:00"), calendar.OpenOn("2026-12-24", "09:00-10:30", "11:00-12:00")), "2026-12-24T10:00:00Z", 3 * time.Hour, "2026-12-25T10:30:00Z"},
		{"open on a Sunday", "a date adds an opening to a closed weekday", hours("UTC", calendar.Open("mon-sat", "09:00-17:00"), calendar.OpenOn("2026-12-20", "12:00-16:00")), "2026-12-19T17:00:00Z", time.Hour, "2026-12-20T13:00:00Z"},
		{"last day of a leap year", "Monday 31 December 2040 and Tuesday 1 January 2041, where the rule of the zone goes on for ever", bank(), "2040-12-31T12:00:00Z", 6 * time.Hour, "2041-01-01T09:30:00Z"},
		{"last day of a leap year in the south", "Monday 31 December 2040 and Tuesday 1 January 2041; Sydney is 11 hours ahead", hours("Australia/Sydney", calendar.Open("mon-fri", "09:00-17:30")), "2040-12-31T01:00:00Z", 6 * time.Hour, "2040-12-31T22:30:00Z"},
		{"over a leap year", "60 Mondays of 2040 and 2041 at 08:00Z or 09:00Z, the last of them 18 February 2041", hours("Europe/London", calendar.Open("mon", "09:00-09:01")), "2040-01-01T00:00:00Z", 60 * time.Minute, "2041-02-18T09:01:00Z"},
		{"before 1970", "the week has no beginning", bank(), "1969-12-31T12:00:00Z", 30 * time.Minute, "1969-12-31T12:30:00Z"},

		{"24/7", "as time passes, over the change of clocks", daily("Europe/London", "24h"), "2026-03-28T12:00:00Z", 24 * time.Hour, "2026-03-29T12:00:00Z"},
		{"24/7 with a holiday", "a day of 24 hours is missing", hours("Europe/London", calendar.Open("daily", "24h"), calendar.Closed("2026-12-25")), "2026-12-24T12:00:00Z", 24 * time.Hour, "2026-12-26T12:00:00Z"},
		{"24/7 with a holiday of 25 hours", "25 October 2026", hours("Europe/London", calendar.Open("daily", "24h"), calendar.Closed("2026-10-25")), "2026-10-24T22:00:00Z", 2 * time.Hour, "2026-10-26T01:00:00Z"},
		{"nil", "nil hours are always open", nil, "2026-03-28T12:00:00Z", 24 * time.Hour, "2026-03-29T12:00:00Z"},
		{"FCA, eight weeks", "DISP 1.6.2R: a final response by the end of eight weeks; 16 February plus 56 days", calendar.Always(), "2026-02-16T10:00:00Z", 8 * 7 * 24 * time.Hour, "2026-04-13T10:00:00Z"},
		{"nothing", "it is t itself, even in closed time", bank(), "2026-01-10T12:00:00Z", 0, "2026-01-10T12:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if err := c.hours.Validate(); err != nil {
				t.Fatal(err)
			}
			from, want := at(t, c.from), at(t, c.want)
			got, err := c.hours.Add(from, c.add)
			if err != nil || !got.Equal(want) {
				t.Fatalf("Add(%v, %v) is %v, %v; want %v: %s", from, c.add, got.UTC(), err, want, c.reason)
			}
			if passed := c.hours.Between(from, want); passed != c.add {
				t.Errorf("Between(%v, %v) is %v, want %v", from, want, passed, c.add)
			}
		})
	}
}

// TestAddDaysDated: the dates are counted by hand in a printed calendar.
func TestAddDaysDated(t *testing.T) {
	t.Parallel()
	sixDays := hours("Europe/London", calendar.Open("mon-fri", "09:00-17:30"), calendar.Open("sat", "10:00-12:00", "13:00-16:00"))
	nights := daily("UTC", "20:00-04:00")
	for _, c := range []struct {
		name, reason string
		hours        *calendar.Hours
		from         string
		days         int
		want         string
	}{
		{"the next day", "Monday, Tuesday", bank(), "2026-01-05T12:00:00Z", 1, "2026-01-06T17:30:00Z"},
		{"before the opening", "the day of t is Monday", bank(), "2026-01-05T03:00:00Z", 1, "2026-01-06T17:30:00Z"},
		{"after the closing time", "the day of t is still Monday", bank(), "2026-01-05T20:00:00Z", 1, "2026-01-06T17:30:00Z"},
		{"from a Friday", "Monday is the first business day after", bank(), "2026-01-09T12:00:00Z", 1, "2026-01-12T17:30:00Z"},
		{"from a Saturday", "Monday is the first business day after", bank(), "2026-01-10T12:00:00Z", 1, "2026-01-12T17:30:00Z"},
		{"from a holiday", "Tuesday is the first business day after Easter Monday", bank(), "2026-04-06T12:00:00Z", 1, "2026-04-07T16:30:00Z"},
		{"FCA, 15 business days", "DISP 1.6.2A R(1): received on 1 April 2026; April 2, 7 to 10, 13 to 17, 20 to 24; Easter is the 3rd to the 6th", bank(), "2026-04-01T14:00:00Z", 15, "2026-04-24T16:30:00Z"},
		{"FCA, 35 business days", "DISP 1.6.2A R(2): and 27 April to 1 May, 5 to 8, 11 to 15, 18 to 22 and 26 May; the 4th and the 25th are bank holidays", bank(), "2026-04-01T14:00:00Z", 35, "2026-05-26T16:30:00Z"},
		{"FCA, 15 business days over Christmas", "received on 12 December 2025; 15 to 19, 22 to 24, 29 to 31 December, 2 and 5 to 7 January", bank(), "2025-12-12T10:00:00Z", 15, "2026-01-07T17:30:00Z"},
		{"FCA, received on a Saturday", "Monday 20 April is the first; May 1 the tenth, 5 to 8 and 11 the last five", bank(), "2026-04-18T10:00:00Z", 15, "2026-05-11T16:30:00Z"},
		{"over the spring change", "Monday 30 March 2026 closes at 17:30 BST", bank(), "2026-03-27T12:00:00Z", 1, "2026-03-30T16:30:00Z"},
		{"over the autumn change", "Monday 26 October 2026 closes at 17:30 GMT", bank(), "2026-10-23T12:00:00Z", 1, "2026-10-26T17:30:00Z"},
		{"New York, over the autumn change and two holidays", "3 to 7, 10 and 12 to 14, 17 to 21, 24 to 26 and 28 November 2025", newYork(), "2025-10-31T15:00:00Z", 18, "2025-11-28T23:00:00Z"},
		{"the last of several openings", "Saturday closes at 16:00, not at noon", sixDays, "2026-01-09T12:00:00Z", 1, "2026-01-10T16:00:00Z"},
		{"the date of the zone", "23:30Z on Monday is Tuesday in Kathmandu", daily("Asia/Kathmandu", "10:00-18:00"), "2026-01-05T23:30:00Z", 1, "2026-01-07T12:15:00Z"},
		{"during a night shift", "at 02:00 the shift of Monday goes on; that of Tuesday ends on Wednesday", nights, "2026-01-06T02:00:00Z", 1, "2026-01-07T04:00:00Z"},
		{"after a night shift", "at 05:00 it is Tuesday; the shift of Wednesday ends on Thursday", nights, "2026-01-06T05:00:00Z", 1, "2026-01-08T04:00:00Z"},
		{"Samoa", "30 December 2011 does not exist and is no business day; the 31st closes at 17:00, 03:00Z", daily("Pacific/Apia", "09:00-17:00"), "2011-12-29T20:00:00Z", 1, "2011-12-31T03:00:00Z"},
		{"an opening that does not take place", "8 March 2026 has no 02:00 to 03:00 in New York", daily("America/New_York", "02:00-03:00"), "2026-03-07T12:00:00Z", 1, "2026-03-09T07:00:00Z"},
		{"a last opening that does not take place", "8 March 2026 closes at 01:00 in New York", daily("America/New_York", "00:00-01:00", "02:10-02:50"), "2026-03-07T12:00:00Z", 1, "2026-03-08T06:00:00Z"},
		{"open on a Sunday", "a date with openings is a business day", hours("UTC", calendar.Open("mon-fri", "09:00-17:00"), calendar.OpenOn("2026-12-20", "12:00-16:00")), "2026-12-18T12:00:00Z", 1, "2026-12-20T16:00:00Z"},
		{"24/7", "a day closes at midnight in its zone", daily("Europe/London", "24h"), "2026-07-01T12:00:00Z", 1, "2026-07-02T23:00:00Z"},
		{"nil", "a day closes at midnight in UTC", nil, "2026-07-01T12:00:00Z", 1, "2026-07-03T00:00:00Z"},
		{"leap year", "28 and 29 February 2028", daily("UTC", "09:00-10:00"), "2028-02-28T12:00:00Z", 2, "2028-03-01T10:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from, want := at(t, c.from), at(t, c.want)
			if got, err := c.hours.AddDays(from, c.days); err != nil || !got.Equal(want) {
				t.Errorf("AddDays(%v, %d) is %v, %v; want %v: %s", from, c.days, got.UTC(), err, want, c.reason)
			}
		})
	}
}

func TestOpenDated(t *testing.T) {
	t.Parallel()
	havana := daily("America/Havana", "22:00-24:00")
	for _, c := range []struct {
		name, reason string
		hours        *calendar.Hours
		at           string
		open         bool
		next         string
	}{
		{"open", "Monday noon", bank(), "2026-01-05T12:00:00Z", true, "2026-01-05T12:00:00Z"},
		{"opening time", "the first instant is in the opening", bank(), "2026-01-05T09:00:00Z", true, "2026-01-05T09:00:00Z"},
		{"before it", "a nanosecond", bank(), "2026-01-05T08:59:59.999999999Z", false, "2026-01-05T09:00:00Z"},
		{"closing time", "the last instant is not", bank(), "2026-01-05T17:30:00Z", false, "2026-01-06T09:00:00Z"},
		{"before it", "a nanosecond", bank(), "2026-01-05T17:29:59.999999999Z", true, "2026-01-05T17:29:59.999999999Z"},
		{"summer", "17:00Z is 18:00 in London", bank(), "2026-07-01T17:00:00Z", false, "2026-07-02T08:00:00Z"},
		{"repeated hour, closed", "01:30 has passed once; the clocks went back after it", daily("America/New_York", "00:00-01:30", "03:00-04:00"), "2026-11-01T06:10:00Z", false, "2026-11-01T08:00:00Z"},
		{"repeated hour, open", "the company was open before the clocks went back", daily("America/New_York", "01:30-04:00"), "2026-11-01T06:10:00Z", true, "2026-11-01T06:10:00Z"},
		{"repeated hour at midnight", "Havana's clocks go back at 01:00 to 00:00 on 1 November 2026; the second 00:30 is closed, too", havana, "2026-11-01T05:30:00Z", false, "2026-11-02T03:00:00Z"},
		{"always", "Christmas Day", calendar.Always(), "2026-12-25T12:00:00Z", true, "2026-12-25T12:00:00Z"},
		{"nil", "nil hours are always open", nil, "2026-12-25T12:00:00Z", true, "2026-12-25T12:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			when := at(t, c.at)
			if got := c.hours.Open(when); got != c.open {
				t.Errorf("Open(%v) is %v: %s", when, got, c.reason)
			}
			if got, err := c.hours.Next(when); err != nil || !got.Equal(at(t, c.next)) {
				t.Errorf("Next(%v) is %v, %v; want %s: %s", when, got, err, c.next, c.reason)
			}
		})
	}
}
