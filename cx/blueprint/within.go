package blueprint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
)

// MaxBusinessDays is the largest number of business days in a [Within]: about ten years.
const MaxBusinessDays = 2500

// Within is the time in which a promise is to be kept: a duration, or a number of business days. At most one of the two is set;
// the zero value is no time at all. Its text is that of a [Duration], such as "24h", or a number of business days, such as
// "15bd".
type Within struct {
	// Duration is at most [event.MaxDuration].
	Duration Duration
	// Days is a number of business days, at most [MaxBusinessDays].
	Days int
}

// WithinPattern is a regular expression, valid in both ECMA-262 and RE2, that matches the text of a [Within].
const WithinPattern = `^([0-9]+bd|([0-9]+(\.[0-9]+)?(w|d|h|m|s|ms|us|µs|ns))+)$`

// ParseWithin returns the time that the text states. It rejects no time at all ("0s", "0bd"), a duration of more than
// [event.MaxDuration], and more than [MaxBusinessDays] business days.
func ParseWithin(text string) (Within, error) {
	var w Within
	if guess := strings.ReplaceAll(strings.ToLower(text), " ", ""); guess != text && len(text) <= maxDurationText && !strings.Contains(text, "M") {
		if _, err := ParseWithin(guess); err == nil { // an M may be months
			return w, fmt.Errorf("blueprint: %.40q is no time: write units in small letters, without blanks: did you mean %q?", text, guess)
		}
	}
	if number, days := strings.CutSuffix(text, "bd"); days {
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil || n > MaxBusinessDays {
			return w, fmt.Errorf("blueprint: %.40q is no number of business days: write one from 1bd to %dbd", text, MaxBusinessDays)
		}
		w.Days = int(n)
	} else {
		d, err := ParseDuration(text)
		if err != nil {
			return w, fmt.Errorf("%w; or write business days, such as 15bd", err)
		}
		w.Duration = d
	}
	if err := w.Validate(); err != nil {
		return Within{}, err
	}
	return w, nil
}

// Validate returns what is wrong with the time, or nil. The zero value is wrong: a promise leaves some time.
func (w Within) Validate() error {
	switch {
	case w.Duration != 0 && w.Days != 0:
		return fmt.Errorf("blueprint: %v and %dbd are both set: set either a duration or business days", w.Duration, w.Days)
	case w.Days < 0 || w.Days > MaxBusinessDays:
		return fmt.Errorf("blueprint: %dbd is out of range: set 1bd to %dbd", w.Days, MaxBusinessDays)
	case w.Duration < 0 || w.Duration > Duration(event.MaxDuration):
		return fmt.Errorf("blueprint: %v is out of range: set a duration of more than 0s and at most %v", w.Duration, Duration(event.MaxDuration))
	case w == Within{}:
		return errors.New("blueprint: the time is missing or zero: write a duration, such as 24h, or business days, such as 15bd")
	}
	return nil
}

// Due returns the instant until which a promise made at t is kept: [calendar.Hours.Add] of a duration, so that only opened time
// counts, or [calendar.Hours.AddDays] of business days. With nil hours all time counts, and each date in UTC is a business day.
func (w Within) Due(t time.Time, hours *calendar.Hours) (time.Time, error) {
	if err := w.Validate(); err != nil {
		return t, err
	}
	if w.Days > 0 {
		return hours.AddDays(t, w.Days)
	}
	return hours.Add(t, time.Duration(w.Duration))
}

// String returns the time as text that [ParseWithin] reads.
func (w Within) String() string {
	if w.Days != 0 {
		return strconv.Itoa(w.Days) + "bd"
	}
	return w.Duration.String()
}

// MarshalText implements [encoding.TextMarshaler].
func (w Within) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. See [ParseWithin].
func (w *Within) UnmarshalText(text []byte) error {
	parsed, err := ParseWithin(string(text))
	if err != nil {
		return err
	}
	*w = parsed
	return nil
}
