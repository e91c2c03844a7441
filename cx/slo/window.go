package slo

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/calendar"
)

// Window is the time over which the share of an objective is taken: the last days, or a period of the calendar. Its text is "28d" or
// "calendar-month"; the zone is not in it.
type Window struct {
	// Days is the length of a rolling window in days of 24 hours, 1 to [MaxDays]. 0 is a window of the calendar.
	Days int
	// Period is the period of a window of the calendar. 0 is a rolling window.
	Period Period
	// Zone is the time zone of the calendar, by its name in the IANA database. "" is UTC. A rolling window has none.
	Zone string
}

// MaxDays is the longest rolling window, in days.
const MaxDays = 90

// WindowPattern is a regular expression, valid in both ECMA-262 and RE2, that matches each text that [ParseWindow] reads, and some that
// are too long, such as "99d".
const WindowPattern = `^([1-9][0-9]?[dw]|calendar-(week|month|quarter))$`

const day = 24 * time.Hour

// Period is a period of the calendar.
type Period uint8

// The periods. A week begins on Monday, as ISO 8601 has it. Quarters begin with January, April, July and October.
const (
	_ Period = iota
	CalendarWeek
	CalendarMonth
	CalendarQuarter
)

func periodNames() []string {
	return []string{"", "calendar-week", "calendar-month", "calendar-quarter"}
}

// String returns the name of the period, such as "calendar-month". It is "" for 0 and for what is no period.
func (p Period) String() string {
	if names := periodNames(); int(p) < len(names) {
		return names[p]
	}
	return ""
}

// ParseWindow returns the window that the text states: "1d" to "90d", whole weeks such as "4w", or "calendar-week", "calendar-month" and
// "calendar-quarter". The window has no zone.
func ParseWindow(text string) (Window, error) {
	for p, name := range periodNames() {
		if text == name && text != "" {
			return Window{Period: Period(p)}, nil
		}
	}
	const daysOfWeek = 7
	number, days := strings.CutSuffix(text, "d")
	unit := 1
	if !days {
		if number, days = strings.CutSuffix(text, "w"); days {
			unit = daysOfWeek
		}
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if !days || err != nil || strings.HasPrefix(number, "0") {
		return Window{}, fmt.Errorf("slo: %.40q is no window: write days, such as 28d, or calendar-week, calendar-month or calendar-quarter%s", text, meant(text))
	}
	w := Window{Days: int(n) * unit}
	if w.Days > MaxDays {
		return Window{}, fmt.Errorf("slo: %.40q is too long: a window has at most %d days, or is a calendar-quarter", text, MaxDays)
	}
	return w, nil
}

// meant returns the end of an error about a text whose window can be guessed.
func meant(text string) string {
	guess := strings.TrimPrefix(strings.ReplaceAll(strings.ToLower(text), " ", ""), "calendar")
	switch strings.Trim(guess, "-_") {
	case "week", "weekly":
		guess = CalendarWeek.String()
	case "month", "monthly":
		guess = CalendarMonth.String()
	case "quarter", "quarterly":
		guess = CalendarQuarter.String()
	case "24h":
		guess = "1d"
	default:
		return ""
	}
	return ": did you mean " + strconv.Quote(guess) + "?"
}

// String returns the text that [ParseWindow] reads as the same window, without its zone. It is "" for the zero value.
func (w Window) String() string {
	if w.Days != 0 {
		return strconv.Itoa(w.Days) + "d"
	}
	return w.Period.String()
}

// MarshalText implements [encoding.TextMarshaler]. The zone is not in the text.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. See [ParseWindow].
func (w *Window) UnmarshalText(text []byte) error {
	parsed, err := ParseWindow(string(text))
	if err != nil {
		return err
	}
	*w = parsed
	return nil
}

// Validate returns what is wrong with the window, or nil.
func (w Window) Validate() error {
	switch {
	case w == Window{}:
		return errors.New("slo: the window is missing: write one, such as 28d or calendar-month")
	case w.Days != 0 && w.Period != 0:
		return fmt.Errorf("slo: the window has both %d days and a period of the calendar: set one of the two", w.Days)
	case w.Days < 0 || w.Days > MaxDays:
		return fmt.Errorf("slo: the window has %d days: 1 to %d are possible", w.Days, MaxDays)
	case w.Days == 0 && w.Period.String() == "":
		return fmt.Errorf("slo: the window has the period %d, which is none: use one of this package, such as CalendarMonth", w.Period)
	case w.Days != 0 && w.Zone != "":
		return fmt.Errorf("slo: the window of %d days has the zone %.80q: days of 24 hours need none, so leave it out", w.Days, w.Zone)
	}
	if w.Zone != "" {
		if _, err := calendar.LoadZone(w.Zone); err != nil {
			return fmt.Errorf("slo: the window: %w", err)
		}
	}
	return nil
}

// Bounds returns the window that now is in. It begins at from, and ends just before until. A rolling window is the time of its length before
// now, and until is now. A window of the calendar is the whole period that now is in, so until lies ahead. Its periods begin at the first
// instant of a date in the zone: see [calendar.Date]. Both times have the location of the zone, UTC for a rolling window and where the zone is
// faulty. A faulty window is empty. Bounds reads zone data at each call.
func (w Window) Bounds(now time.Time) (from, until time.Time) {
	zone := time.UTC
	if w.Zone != "" && w.Days == 0 {
		if l, err := calendar.LoadZone(w.Zone); err == nil {
			zone = l
		}
	}
	now = now.In(zone)
	if w.Days > 0 {
		return now.Add(-w.Length()), now
	}
	if from, until = w.Period.around(now); !now.Before(until) && until.After(from) {
		return w.Period.around(until) // clocks went back over midnight, into a period that was over
	}
	return from, until
}

// around returns the period of the date that clocks show at t, in the location of t.
func (p Period) around(t time.Time) (from, until time.Time) {
	y, m, d := t.Date()
	const monday, weekdays, months = 6, 7, 3 // Monday is six days after a Sunday
	begin := func(m time.Month, d int) time.Time { return calendar.Date(y, m, d, 0, 0, t.Location()) }
	switch p {
	case CalendarWeek:
		d -= (int(t.Weekday()) + monday) % weekdays
		return begin(m, d), begin(m, d+weekdays)
	case CalendarMonth:
		return begin(m, 1), begin(m+1, 1)
	case CalendarQuarter:
		m -= (m - 1) % months
		return begin(m, 1), begin(m+months, 1)
	default:
		return t, t
	}
}

// Length returns the length of a rolling window. For a window of the calendar it is that of the rolling window that stands for it in
// alerts: 7 days for a week, 30 for a month, 90 for a quarter. The difference of its Bounds is exact.
func (w Window) Length() time.Duration {
	const ofWeek, ofMonth, ofQuarter = 7 * day, 30 * day, 90 * day
	switch w.Period {
	case CalendarWeek:
		return ofWeek
	case CalendarMonth:
		return ofMonth
	case CalendarQuarter:
		return ofQuarter
	default:
		return time.Duration(w.Days) * day
	}
}
