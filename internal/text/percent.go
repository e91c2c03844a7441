package text

import (
	"strconv"
	"strings"
)

// Percent returns a share from 0 to 1 as a percentage with all of its digits, such as 99.9%. Read as a decimal number and divided
// by 100, it is the same share. It returns another number as it is.
func Percent(share float64) string {
	digits := strconv.FormatFloat(share, 'f', -1, 64)
	if !(share >= 0 && share <= 1) {
		return digits
	}
	whole, part, _ := strings.Cut(digits, ".")
	part += "00"[min(2, len(part)):]
	text := strings.TrimLeft(whole+part[:2], "0")
	if text == "" {
		text = "0"
	}
	if part[2:] != "" {
		text += "." + part[2:]
	}
	return text + "%"
}
