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

// Seconds is [Duration] of a number of seconds. A NaN or an infinity is [None]. More than 292 years are written as 292 years.
func Seconds(s float64) string {
	if math.IsNaN(s) || math.IsInf(s, 0) {
		return None
	}
	const most = float64(1<<63-1025) / 1e9
	return Duration(time.Duration(min(max(s, -most), most) * 1e9))
}
