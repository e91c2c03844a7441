package report

import (
	"math"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
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
func percent(part float64) string { return number.Share(part) }

// counted returns a number and its percentage of all. Both are "" for 0.
func counted(n, of int64) (number, part string) {
	if n == 0 {
		return "", ""
	}
	return grouped(n), share(n, of)
}

// grouped formats a number with its digits in groups of three.
func grouped(n int64) string { return number.Count(n) }

// human formats a duration in its two largest units, or in days alone from 100 days on.
func human(d time.Duration) string { return number.Duration(d) }

// plural formats a count of things.
func plural(n int64, one, many string) string { return number.Of(n, one, many) }
