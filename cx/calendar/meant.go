package calendar

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// This file guesses what a text of a definition was meant to say. A guess stands in a message only.

// meant returns a hint with what was probably meant, or "".
func meant(guess string) string {
	if guess == "" {
		return ""
	}
	return ": did you mean " + strconv.Quote(guess) + "?"
}

// plain returns the text in small letters, without blanks, with hyphens for all dashes.
func plain(text string) string {
	return strings.NewReplacer(" ", "", "\u00a0", "", "\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\u2212", "-").
		Replace(strings.ToLower(text))
}

// longest is the length in bytes of the longest text for which there are guesses.
const longest = 40

// meantDays returns the weekdays that a text such as "Monday", "Mon - Fri" or "weekdays" stands for, or "".
func meantDays(text string) string {
	if len(text) > longest {
		return ""
	}
	text = plain(text)
	switch text {
	case "daily", "everyday":
		return "daily"
	case "weekday", "weekdays":
		return "mon-fri"
	case "weekend", "weekends":
		return "sat-sun"
	}
	first, last, isRange := strings.Cut(text, "-")
	guess := meantWeekday(first)
	if isRange {
		guess += "-" + meantWeekday(last)
	}
	if _, err := parseDays(guess, ""); err != nil {
		return ""
	}
	return guess
}

// meantWeekday returns the weekday with the same first two letters, or "".
func meantWeekday(text string) string {
	const enough = 2
	if len(text) < enough || strings.ContainsFunc(text, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return ""
	}
	for _, day := range weekdays() {
		if text[:enough] == day[:enough] {
			return day
		}
	}
	return ""
}

// meantOpening returns the opening that a text such as "9:00 - 17:30" or "9am-5pm" stands for, or "". It guesses nothing where the
// hours may be those of the afternoon, as in "1-5".
func meantOpening(text string) string {
	if len(text) > longest {
		return ""
	}
	text = strings.NewReplacer("a.m.", "am", "p.m.", "pm").Replace(plain(text))
	m := regexp.MustCompile(`^(\d{1,2})(?:[:.](\d{2}))?(am|pm)?(?:-|to|until)(\d{1,2})(?:[:.](\d{2}))?(am|pm)?$`).FindStringSubmatch(text)
	if m == nil || (m[3] == "") != (m[6] == "") {
		return ""
	}
	to := meantTime(m[4], m[5], m[6])
	guess := meantTime(m[1], m[2], m[3]) + "-" + to
	sure := m[3] != "" || m[2] != "" || m[5] != "" || to > "12:00"
	if _, err := parseOpening(guess, ""); err != nil || !sure {
		return ""
	}
	return guess
}

// meantTime returns a time of day in the form of an opening. It may be one that does not exist.
func meantTime(hours, minutes, half string) string {
	const noon = 12
	h, err := strconv.Atoi(hours)
	if err != nil || half != "" && (h < 1 || h > noon) {
		return ""
	}
	if half != "" {
		h %= noon
	}
	if half == "pm" {
		h += noon
	}
	return fmt.Sprintf("%02d:%s", h, cmp.Or(minutes, "00"))
}

// meantZone returns the zone whose name differs from the text in case and blanks alone, or "".
func meantZone(text string, load func(string) (*time.Location, error)) string {
	title := regexp.MustCompile(`(^|[/_-])[a-z]`).ReplaceAllStringFunc(strings.ReplaceAll(strings.ToLower(text), " ", "_"), strings.ToUpper)
	small := strings.NewReplacer("-Au-", "-au-", "-Of-", "-of-", "Of_", "of_", "_Es_", "_es_").Replace(title) // Port-au-Prince, Isle_of_Man
	for _, guess := range []string{title, small, strings.ToUpper(text), strings.Replace(title, "Etc/Utc", "Etc/UTC", 1)} {
		if guess == text {
			continue
		}
		if _, err := load(guess); err == nil {
			return guess
		}
	}
	return ""
}

// unknownZone returns the message about a zone that cannot be loaded. A machine that has another zone has the zone data.
func unknownZone(name, remedy string, load func(string) (*time.Location, error)) string {
	if guess := meantZone(name, load); guess != "" {
		return fmt.Sprintf("there is no zone %.80q%s", name, meant(guess))
	}
	if _, err := load("America/New_York"); err != nil {
		return fmt.Sprintf(`the zone %.80q cannot be loaded, because this machine has no zone data: add import _ "time/tzdata" to the program`, name)
	}
	return fmt.Sprintf("there is no zone %.80q: %s; if the name is new, update the zone data of the machine", name, remedy)
}
