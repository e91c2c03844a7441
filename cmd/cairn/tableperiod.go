package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

// The errors of a period.
var (
	errPeriods   = errors.New("the period is named twice: set --from and --until, or --week, or --month")
	errNoPeriod  = errors.New("--compare needs a period to compare: set --from and --until, --week or --month")
	errBackwards = errors.New("it ends before it begins")
)

// completePeriod parses the flags of the period.
func (s *tableSettings) completePeriod(from, until string, t *tableTexts) error {
	named := 0
	for _, text := range []string{from + until, t.week, t.month} {
		if text != "" {
			named++
		}
	}
	w := &s.which
	var err error
	switch {
	case named > 1:
		return errPeriods
	case t.week != "":
		if w.From, w.Until, err = parseWeek(t.week, s.location); err != nil {
			return fmt.Errorf("--week %.80q: %w", t.week, err)
		}
	case t.month != "":
		if w.From, w.Until, err = parseMonth(t.month, s.location); err != nil {
			return fmt.Errorf("--month %.80q: %w", t.month, err)
		}
	default:
		p, err := parsePeriod(from, until, s.location)
		if err != nil {
			return err
		}
		w.From, w.Until = p.bounds()
	}
	return nil
}

// bounds returns the period from a time on and before another one, in microseconds: package insight cuts the rest.
func (p *period) bounds() (from, until time.Time) {
	if !p.until.IsZero() {
		until = p.until.Add(time.Microsecond).Truncate(time.Microsecond)
	}
	return p.from, until
}

var (
	weekForm  = regexp.MustCompile(`^(\d{4})-?[Ww](\d{1,2})$`)
	monthForm = regexp.MustCompile(`^(\d{4})-(\d{1,2})$`)

	errWeek  = errors.New("it is no week: write 2026-W10, or the date of one of its days, such as 2026-03-04")
	errMonth = errors.New("it is no month: write 2026-03")
)

// parseWeek returns the week of ISO 8601, Monday to Sunday, from its beginning and before its end.
func parseWeek(text string, zone *time.Location) (from, until time.Time, err error) {
	var day time.Time
	if m := weekForm.FindStringSubmatch(text); m != nil {
		year, _ := strconv.Atoi(m[1])
		week, _ := strconv.Atoi(m[2])
		day = time.Date(year, 1, 4+7*(week-1), 12, 0, 0, 0, zone) // 4 January is in week 1, and every day has a noon
		if y, w := day.ISOWeek(); y != year || w != week || year < firstYear || year > lastYear {
			return from, until, errWeek
		}
	} else {
		first, last, err := parseInstant(text, zone)
		if err != nil || first.Equal(last) {
			return from, until, errWeek
		}
		day = first.In(zone)
	}
	from, until = inUTC(report.Week.Current(day))
	return from, until, nil
}

// The years of a log: see [parseInstant].
const (
	firstYear = 1970
	lastYear  = 2250
)

// parseMonth returns the month from its beginning and before its end.
func parseMonth(text string, zone *time.Location) (from, until time.Time, err error) {
	m := monthForm.FindStringSubmatch(text)
	if m == nil {
		return from, until, errMonth
	}
	year, _ := strconv.Atoi(m[1])
	month, _ := strconv.Atoi(m[2])
	if month < 1 || month > 12 || year < firstYear || year > lastYear {
		return from, until, errMonth
	}
	from, until = inUTC(report.Month.Current(time.Date(year, time.Month(month), 1, 12, 0, 0, 0, zone)))
	return from, until, nil
}

// inUTC returns the ends of the period.
func inUTC(p report.Period) (from, until time.Time) { return p.From.UTC(), p.Until.UTC() }

// startOf returns the beginning of the day of a time in its zone, in UTC. Some days have no midnight.
func startOf(t time.Time) time.Time {
	first, _, _ := parseInstant(t.Format(time.DateOnly), t.Location()) // it is a date
	return first
}

// startsDays reports whether both ends are there, and are beginnings of days.
func startsDays(w *insight.Which, zone *time.Location) bool {
	return !w.From.IsZero() && !w.Until.IsZero() && startOf(w.From.In(zone)).Equal(w.From) && startOf(w.Until.In(zone)).Equal(w.Until)
}

// comparedWith returns the question about the period that --compare names.
func (s *tableSettings) comparedWith(text string) (*insight.Which, error) {
	w := s.which
	if w.From.IsZero() || w.Until.IsZero() {
		return nil, errNoPeriod
	}
	var err error
	asked := report.Period{From: w.From.In(s.location), Until: w.Until.In(s.location)}
	switch text {
	case "previous":
		w.From, w.Until = inUTC(asked.Kind().Before(asked, 1))
	case "year":
		w.From, w.Until = inUTC(asked.YearAgo())
	default:
		from, until, ok := strings.Cut(text, "..")
		if !ok || from == "" || until == "" {
			return nil, fmt.Errorf("--compare: %.80q is no period: write previous, year, or the first and the last day, such as 2026-02-01..2026-02-28%s", text, meant(text, []string{"previous", "year"}))
		}
		var p period
		if p.from, _, err = parseInstant(from, s.location); err == nil {
			_, p.until, err = parseInstant(until, s.location)
		}
		if err == nil && p.until.Before(p.from) {
			err = errBackwards
		}
		if err != nil {
			return nil, fmt.Errorf("--compare %.80q: %w", text, err)
		}
		w.From, w.Until = p.bounds()
	}
	return &w, nil
}
