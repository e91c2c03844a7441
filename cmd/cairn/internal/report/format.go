package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// bar draws a share as a bar, to an eighth of a character. A share above 0 is always visible.
func bar(part float64, width int) string {
	const eighths = 8
	n := int(math.Round(min(part, 1) * float64(width) * eighths))
	if n == 0 && part > 0 {
		n = 1
	}
	s := strings.Repeat("█", n/eighths)
	if rest := n % eighths; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

// share returns n as a percentage of all, or "" if all is 0.
func share(n, of int64) string {
	if of == 0 {
		return ""
	}
	return percent(ratio(n, of))
}

// percent formats a share as a percentage. It never rounds to 0 or 100% a share that is neither.
func percent(part float64) string {
	switch p := part * 100; {
	case p > 0 && p < 0.1:
		return "<0.1%"
	case p > 99.9 && p < 100:
		return ">99.9%"
	default:
		return strconv.FormatFloat(p, 'f', 1, 64) + "%"
	}
}

// counted returns a number and its percentage of all. Both are "" for 0.
func counted(n, of int64) (number, part string) {
	if n == 0 {
		return "", ""
	}
	return grouped(n), share(n, of)
}

// grouped formats a number with its digits in groups of three.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// human formats a duration in its two largest units, or in days alone from 100 days on.
func human(d time.Duration) string {
	const day, many = 24 * time.Hour, 100
	two := func(large, small time.Duration, a, b string) string {
		d := d.Round(small)
		if rest := d % large / small; rest > 0 {
			return fmt.Sprintf("%s %s %d %s", grouped(int64(d/large)), a, rest, b)
		}
		return fmt.Sprintf("%s %s", grouped(int64(d/large)), a)
	}
	switch {
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return "<1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	case d < time.Minute-50*time.Millisecond:
		return strings.TrimSuffix(strconv.FormatFloat(d.Seconds(), 'f', 1, 64), ".0") + " s"
	case d < time.Hour-time.Second/2:
		return two(time.Minute, time.Second, "min", "s")
	case d < day-time.Minute/2:
		return two(time.Hour, time.Minute, "h", "min")
	case d < many*day-time.Hour/2:
		return two(day, time.Hour, "d", "h")
	default:
		return grouped(int64(d.Round(day)/day)) + " d"
	}
}

// plural formats a count of things.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}
