package slo

// Window is the time over which the share of an objective is taken: the last days, or a period of the calendar.
type Window struct {
	// Days is the length of a rolling window, 1 to [MaxDays]. 0 is a window of the calendar.
	Days int
	// Period is the period of a window of the calendar. 0 is a rolling window.
	Period Period
	// Zone is the time zone of the calendar, by its name in the IANA database. "" is UTC. A rolling window has none.
	Zone string
}

// MaxDays is the longest rolling window, in days.
const MaxDays = 90

// Period is a period of the calendar.
type Period uint8

// The periods. A week begins on Monday, as ISO 8601 has it.
const (
	_ Period = iota
	CalendarWeek
	CalendarMonth
	CalendarQuarter
)
