package calendar

import (
	"fmt"
	"strings"
	"time"
)

// Regular expressions, valid in both ECMA-262 and RE2, of the texts of a definition. Each matches every text that
// [Hours.Validate] accepts, and some that it does not accept, such as a date that does not exist.
const (
	DaysPattern    = `^(daily|(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?)$`
	OpeningPattern = `^(24h|([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00))$`
	DatePattern    = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
)

const (
	minute  = 60
	hour    = 60 * minute
	fullDay = 24 * hour
)

// opening is a stretch of wall-clock time, in seconds from the beginning of the date on which it begins. It begins within that
// date and lasts up to a day.
type opening struct{ from, to int64 }

func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// parseDays returns the weekdays of a text such as "sat", "mon-fri" or "daily". Its error ends with the hint.
func parseDays(text, hint string) ([]time.Weekday, error) {
	if text == "daily" {
		text = "mon-sun"
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	from, to := weekday(first), weekday(last)
	if from < 0 || to < 0 || isRange && from == to {
		return nil, fmt.Errorf("%.40q names no weekdays: write a weekday of mon, tue, wed, thu, fri, sat and sun, a range such as mon-fri, or daily%s", text, hint)
	}
	days := []time.Weekday{from}
	for from != to {
		from = (from + 1) % 7
		days = append(days, from)
	}
	return days, nil
}

func weekday(name string) time.Weekday {
	for i, w := range weekdays() {
		if w == name {
			return time.Weekday(i)
		}
	}
	return -1
}

// parseOpening returns the opening of a text such as "09:00-17:30", "22:00-06:00" or "24h". Its error ends with the hint.
func parseOpening(text, hint string) (opening, error) {
	if text == "24h" {
		return opening{0, fullDay}, nil
	}
	first, last, _ := strings.Cut(text, "-")
	from, okFrom := parseTime(first)
	to, okTo := parseTime(last)
	if !okFrom || !okTo || from == fullDay {
		return opening{}, fmt.Errorf("%.40q is no opening: write two times of day, such as 09:00-17:30 or 22:00-06:00, or 24h for the whole day%s", text, hint)
	}
	if from == to {
		return opening{}, fmt.Errorf("%.40q begins and ends at the same time: write 24h for the whole day, or correct one of the times", text)
	}
	if to < from {
		to += fullDay // it ends on the next day
	}
	return opening{from, to}, nil
}

// parseTime returns the time of day in seconds: "00:00" to "24:00".
func parseTime(text string) (int64, bool) {
	if len(text) != len("15:04") || text[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	h, m := int64(text[0]-'0')*10+int64(text[1]-'0'), int64(text[3]-'0')*10+int64(text[4]-'0')
	t := h*hour + m*minute
	return t, m < 60 && t <= fullDay
}

// parseDate returns the number of days from 1 January 1970 to the date.
func parseDate(text string) (int64, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1 {
		return 0, fmt.Errorf("%.40q is no date: write a date that exists as year-month-day, such as 2026-12-25", text)
	}
	return floorDiv(t.Unix(), fullDay), nil
}

// clockTime writes a time of day as people read it.
func clockTime(seconds int64) string {
	seconds %= fullDay
	return fmt.Sprintf("%02d:%02d", seconds/hour, seconds%hour/minute)
}
