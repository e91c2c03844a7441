package text

import (
	"strconv"
	"strings"
	"time"
)

// Spell writes a duration for readers: "1 day 12 hours", "1.5 seconds", "800 milliseconds". A day has 24 hours.
func Spell(d time.Duration) string {
	const day = 24 * time.Hour
	if d < day {
		return SpellHours(d)
	}
	days := plural(float64(d/day), "day")
	if d %= day; d == 0 {
		return days
	}
	return days + " " + SpellHours(d)
}

// SpellHours is [Spell] without days, for time that counts only while a company is open: "36 hours".
func SpellHours(d time.Duration) string {
	if d < time.Second {
		return plural(float64(d)/float64(time.Millisecond), "millisecond")
	}
	var all []string
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := d / u.of; n > 0 {
			all = append(all, plural(float64(n), u.name))
			d %= u.of
		}
	}
	if d > 0 {
		all = append(all, plural(d.Seconds(), "second"))
	}
	return strings.Join(all, " ")
}

func plural(n float64, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return strconv.FormatFloat(n, 'f', -1, 64) + " " + unit
}

// List joins words for readers: "a", "a or b", "a, b or c".
func List(words []string, last string) string {
	if len(words) == 0 {
		return ""
	}
	end := len(words) - 1
	if end == 0 {
		return words[0]
	}
	return strings.Join(words[:end], ", ") + " " + last + " " + words[end]
}
