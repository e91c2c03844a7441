package number

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration returns a duration in its two largest units, rounded to the smaller one: "3 h 20 min". Below a minute it is in seconds with one
// decimal, and from 100 days on in days alone. A day has 24 hours.
func Duration(d time.Duration) string {
	const day, many = 24 * time.Hour, 100
	switch {
	case d < 0:
		return minus + Duration(-max(d, -math.MaxInt64))
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return "<1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	case d < time.Minute-50*time.Millisecond:
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
	case d < time.Hour-time.Second/2:
		return two(d, time.Minute, time.Second, "min", "s")
	case d < day-time.Minute/2:
		return two(d, time.Hour, time.Minute, "h", "min")
	case d < many*day-time.Hour/2:
		return two(d, day, time.Hour, "d", "h")
	default:
		return Count(int64(d.Round(day)/day)) + " d"
	}
}

// two writes a duration in two units.
func two(d, large, small time.Duration, a, b string) string {
	d = d.Round(small)
	if rest := d % large / small; rest > 0 {
		return fmt.Sprintf("%s %s %d %s", Count(int64(d/large)), a, rest, b)
	}
	return fmt.Sprintf("%s %s", Count(int64(d/large)), a)
}

// Seconds is [Duration] of a number of seconds, which may be a sum that is longer than a time.Duration. A NaN or an infinity is [None].
func Seconds(s float64) string {
	const day, most = 24 * 60 * 60, 1 << 32 // most seconds for which Duration writes the same as the line below
	switch {
	case math.IsNaN(s) || math.IsInf(s, 0):
		return None
	case math.Abs(s) > most:
		return Decimal(math.Round(s/day), 0) + " d"
	default:
		return Duration(time.Duration(s * 1e9))
	}
}

// Spell is [Duration] with the units in words, for sentences: "3 hours 20 minutes".
func Spell(d time.Duration) string {
	if d < 0 {
		return minus + Spell(-max(d, -math.MaxInt64))
	}
	text, below := strings.CutPrefix(Duration(d), "<")
	parts := strings.Split(text, " ")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = units[parts[i]]
		if parts[i-1] != "1" {
			parts[i] += "s"
		}
	}
	text = strings.Join(parts, " ")
	if below {
		return "less than " + text
	}
	return text
}

// SpellSeconds is [Seconds] with the units in words, for sentences.
func SpellSeconds(s float64) string {
	const days = 100 * 24 * 60 * 60 // from there on Seconds writes days alone
	if math.Abs(s) < days {
		return Spell(time.Duration(s * 1e9))
	}
	count, found := strings.CutSuffix(Seconds(s), " d")
	if !found {
		return None
	}
	return count + " days"
}

// units are the words for the units of [Duration].
var units = map[string]string{"ms": "millisecond", "s": "second", "min": "minute", "h": "hour", "d": "day"}
