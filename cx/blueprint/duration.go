package blueprint

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time in a blueprint. As text it is a number and its unit, or several of
// them: "800ms", "30m", "2d", "1w", "1d12h". The units are w, d, h, m, s, ms, us (or µs) and ns; a
// week is seven days and a day 24 hours. There is no sign, no space and no unit to leave out.
type Duration time.Duration

const (
	day  = 24 * time.Hour
	week = 7 * day
	// maxDurationText bounds the bytes of a duration's text.
	maxDurationText = 64
)

// DurationPattern is the regular expression (ECMA-262 and RE2 alike) that the text of a [Duration]
// matches.
const DurationPattern = `^([0-9]+(\.[0-9]+)?(w|d|h|m|s|ms|us|µs|ns))+$`

// ParseDuration returns the duration that the text says, in time linear in the text. What has
// more than 64 bytes, or is more than about 292 years, is refused.
func ParseDuration(text string) (Duration, error) {
	wrong := func(what string) (Duration, error) {
		return 0, fmt.Errorf("blueprint: %.40q is no duration: %s", text, what)
	}
	if text == "" || len(text) > maxDurationText {
		return wrong("want a number and a unit, such as 800ms, 30m, 12h, 2d or 1w")
	}
	var sum time.Duration
	for rest := text; rest != ""; {
		number, unit, after := cutDuration(rest)
		if number == "" || unit == "" {
			return wrong("want a number and a unit, such as 800ms, 30m, 12h, 2d or 1w")
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

const tooLong = "it is longer than anything can take"

// cutDuration cuts a number and a unit off the text; either is empty where there is none.
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

// String returns the text of the duration, which [ParseDuration] reads: days, then hours, minutes,
// seconds, without those that are zero.
func (d Duration) String() string {
	t := time.Duration(d)
	days := int64(t / day)
	t %= day
	if days == 0 {
		return short(t)
	}
	text := strconv.FormatInt(days, 10) + "d"
	if t < 0 {
		t = -t // the days have the sign
	}
	if t == 0 {
		return text
	}
	return text + short(t)
}

// short is the duration as package time writes it, without the parts that are zero.
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
