package number

import (
	"math"
	"strconv"
	"strings"
)

// None stands for a number that is unknown.
const None = "–"

// minus is the sign of negative numbers. A hyphen would be shorter than a plus sign, and lines may break after it.
const minus = "−"

// Count returns a count with its digits in groups of three: 1,234.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	if digits[0] == '-' {
		return minus + grouped(digits[1:])
	}
	return grouped(digits)
}

// Of returns a count of things: "1 run", "1,234 runs".
func Of(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Share returns a share from 0 to 1 as a percentage with one decimal: 12.3%. It never rounds to 0 or 100% a share that is neither. A NaN or
// an infinity is [None].
func Share(part float64) string {
	switch p := part * 100; {
	case math.IsNaN(p) || math.IsInf(p, 0):
		return None
	case p > 0 && p < 0.1:
		return "<0.1%"
	case p > 99.9 && p < 100:
		return ">99.9%"
	default:
		return Decimal(p, 1) + "%"
	}
}

// Points returns the difference of two shares in percentage points, with its sign: "+4.7 points". A NaN or an infinity is [None].
func Points(difference float64) string {
	text := Decimal(difference*100, 1)
	switch {
	case text == None:
		return None
	case difference > 0 && text != "0.0":
		text = "+" + text
	}
	return text + " points"
}

// Decimal returns a number with a fixed count of decimals, from 0 to 9, and its digits in groups of three: 1,234.5. Zero has no sign. A number
// of more than 15 digits is written with an exponent. A NaN or an infinity is [None].
func Decimal(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None
	}
	if math.Abs(v) >= 1e15 {
		return strings.Replace(strconv.FormatFloat(v, 'e', 2, 64), "-", minus, 1)
	}
	digits := strconv.FormatFloat(math.Abs(v), 'f', min(max(decimals, 0), 9), 64)
	whole, part, point := strings.Cut(digits, ".")
	text := grouped(whole)
	if point {
		text += "." + part
	}
	if v < 0 && strings.Trim(digits, "0.") != "" {
		text = minus + text
	}
	return text
}

// grouped puts commas between groups of three digits.
func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Range returns an interval of two written numbers: "81.2% to 93.0%".
func Range(low, high string) string { return low + " to " + high }
