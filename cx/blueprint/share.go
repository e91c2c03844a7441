package blueprint

import (
	"fmt"
	"strconv"
	"strings"

	"cairncx.dev/cairn/internal/text"
)

// Share is a part of the whole, more than 0 and at most 1; 0 is none. Its text is a percentage, such as "90%".
type Share float64

// SharePattern is a regular expression, valid in both ECMA-262 and RE2, that matches the text of a [Share].
const SharePattern = `^([0-9]+(\.[0-9]+)?|\.[0-9]+)%?$`

// ParseShare returns the share that the text states: a percentage, such as "90%" or "99.9%", or a part of 1, such as "0.9". It
// rejects no share at all ("0%") and more than the whole ("101%", "90").
func ParseShare(share string) (Share, error) {
	const hint = "write a percentage, such as 90%, or a part of 1, such as 0.9"
	number, percent := strings.CutSuffix(share, "%")
	if number == "" || strings.Trim(number, "0123456789.") != "" || strings.Count(number, ".") > 1 || strings.HasSuffix(number, ".") {
		return 0, fmt.Errorf("blueprint: %.40q is no share: %s", share, hint)
	}
	if percent {
		number += "e-2" // the parser rounds once, so that 99.9% is 0.999
	}
	v, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || v > 1:
		return 0, fmt.Errorf("blueprint: %.40s is more than the whole: %s", share, hint)
	case v == 0:
		return 0, fmt.Errorf("blueprint: %.40s is no share: %s", share, hint)
	}
	return Share(v), nil
}

// String returns the share as a percentage that [ParseShare] reads as the same share. A value that is no share is a plain number.
func (s Share) String() string { return text.Percent(float64(s)) }

// MarshalText implements [encoding.TextMarshaler].
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. See [ParseShare].
func (s *Share) UnmarshalText(data []byte) error {
	parsed, err := ParseShare(string(data))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
