package blueprint

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time in a blueprint. Its text is one or more numbers, each with its unit: "800ms",
// "30m", "2d", "1w", "1d12h". The units are w, d, h, m, s, ms, us (or µs) and ns. A week is seven days and a
// day 24 hours. The text has no sign and no spaces, and every number has a unit.
type Duration time.Duration

const (
	day  = 24 * time.Hour
	week = 7 * day
	// maxDurationText is the maximum length of a duration's text in bytes.
	maxDurationText = 64
)

// DurationPattern is a regular expression, valid in both ECMA-262 and RE2, that matches the text of a
// [Duration].
const DurationPattern = `^([0-9]+(\.[0-9]+)?(w|d|h|m|s|ms|us|µs|ns))+$`

// ParseDuration returns the duration that the text states. It takes time linear in the length of the text. It
// rejects a text of more than 64 bytes and a duration of more than about 292 years.
func ParseDuration(text string) (Duration, error) {
	wrong := func(what string) (Duration, error) {
		return 0, fmt.Errorf("blueprint: %.40q is not a duration: %s", text, what)
	}
	if text == "" || len(text) > maxDurationText {
		return wrong("write a number and a unit, such as 800ms, 30m, 12h, 2d or 1w")
	}
	var sum time.Duration
	for rest := text; rest != ""; {
		number, unit, after := cutDuration(rest)
		if number == "" || unit == "" {
			return wrong("write a number and a unit, such as 800ms, 30m, 12h, 2d or 1w")
		}
		part, err := duration(number, unit)
		if err != nil {
			return wrong(err.Error())
		}
		if sum += part; sum < 0 {
			return wrong(tooLong)
		}
		rest = after
	}
	return Duration(sum), nil
}

const tooLong = "it is longer than the maximum of about 292 years"

// cutDuration cuts a number and a unit off the text. Each is empty if the text does not have it.
func cutDuration(s string) (number, unit, rest string) {
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	end := strings.IndexFunc(s, func(r rune) bool { return r != '.' && !digit(r) })
	if end < 0 {
		return s, "", ""
	}
	number, s = s[:end], s[end:]
	whole, fraction, point := strings.Cut(number, ".")
	if whole == "" || point && (fraction == "" || strings.Contains(fraction, ".")) {
		number = ""
	}
	if end = strings.IndexFunc(s, digit); end < 0 {
		end = len(s)
	}
	return number, s[:end], s[end:]
}

// duration returns number × unit.
func duration(number, unit string) (time.Duration, error) {
	times := int64(1)
	switch unit {
	case "w":
		times, unit = int64(week/time.Hour), "h"
	case "d":
		times, unit = int64(day/time.Hour), "h"
	case "h", "m", "s", "ms", "us", "µs", "ns":
	default:
		return 0, fmt.Errorf("there is no unit %q: the units are w, d, h, m, s, ms, us and ns", unit)
	}
	d, err := time.ParseDuration(number + unit)
	if err != nil || int64(d) > math.MaxInt64/times {
		return 0, errors.New(tooLong)
	}
	return time.Duration(int64(d) * times), nil
}

// String returns the duration as text that [ParseDuration] reads: days, then hours, minutes and seconds. It
// leaves out the parts that are zero.
func (d Duration) String() string {
	t := time.Duration(d)
	days := int64(t / day)
	t %= day
	if days == 0 {
		return short(t)
	}
	text := strconv.FormatInt(days, 10) + "d"
	if t < 0 {
		t = -t // the days carry the sign
	}
	if t == 0 {
		return text
	}
	return text + short(t)
}

// short formats the duration as package time does, without the parts that are zero.
func short(t time.Duration) string {
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText implements [encoding.TextMarshaler].
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. See [ParseDuration].
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
