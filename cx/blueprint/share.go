package blueprint

import (
	"fmt"
	"strconv"
	"strings"
)

// Share is a part of the whole, more than 0 and at most 1; 0 is none. Its text is a percentage, such as "90%".
type Share float64

// SharePattern is a regular expression, valid in both ECMA-262 and RE2, that matches the text of a [Share].
const SharePattern = `^([0-9]+(\.[0-9]+)?|\.[0-9]+)%?$`

// ParseShare returns the share that the text states: a percentage, such as "90%" or "99.9%", or a part of 1, such as "0.9". It
// rejects no share at all ("0%") and more than the whole ("101%", "90").
func ParseShare(text string) (Share, error) {
	const hint = "write a percentage, such as 90%, or a part of 1, such as 0.9"
	number, percent := strings.CutSuffix(text, "%")
	if number == "" || strings.Trim(number, "0123456789.") != "" || strings.Count(number, ".") > 1 || strings.HasSuffix(number, ".") {
		return 0, fmt.Errorf("blueprint: %.40q is no share: %s", text, hint)
	}
	if percent {
		number += "e-2" // the parser rounds once, so that 99.9% is 0.999
	}
	v, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || v > 1:
		return 0, fmt.Errorf("blueprint: %.40s is more than the whole: %s", text, hint)
	case v == 0:
		return 0, fmt.Errorf("blueprint: %.40s is no share: %s", text, hint)
	}
	return Share(v), nil
}

// String returns the share as a percentage that [ParseShare] reads as the same share.
func (s Share) String() string {
	text := strconv.FormatFloat(float64(s), 'f', -1, 64)
	if !(s >= 0 && s <= 1) { // it is no share, and may be no number
		return text
	}
	whole, part, _ := strings.Cut(text, ".")
	part += "00"[min(2, len(part)):]
	text = strings.TrimLeft(whole+part[:2], "0")
	if text == "" {
		text = "0"
	}
	if part[2:] != "" {
		text += "." + part[2:]
	}
	return text + "%"
}

// MarshalText implements [encoding.TextMarshaler].
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. See [ParseShare].
func (s *Share) UnmarshalText(text []byte) error {
	parsed, err := ParseShare(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
