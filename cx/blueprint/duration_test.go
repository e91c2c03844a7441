package blueprint_test

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/blueprint"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		name, reason, text string
		want               time.Duration
		ok                 bool
		back               string // what String writes, if it differs from text
	}{
		{"milliseconds", "an Apdex target", "800ms", 800 * time.Millisecond, true, ""},
		{"minutes", "String adds no zero seconds", "30m", 30 * time.Minute, true, ""},
		{"hours", "String adds no zero minutes", "12h", 12 * time.Hour, true, ""},
		{"days", "a promise may last days", "2d", 2 * day, true, ""},
		{"weeks", "seven days", "1w", 7 * day, true, "7d"},
		{"several", "a combination of units", "1w2d12h30m", 9*day + 12*time.Hour + 30*time.Minute, true, "9d12h30m"},
		{"fraction", "package time accepts fractions", "1.5h", 90 * time.Minute, true, "1h30m"},
		{"fraction of a day", "36 hours", "1.5d", 36 * time.Hour, true, "1d12h"},
		{"hours and seconds", "String keeps zero minutes between hours and seconds", "1h0m5s", time.Hour + 5*time.Second, true, ""},
		{"ten minutes", "the zero belongs to the number", "10m", 10 * time.Minute, true, ""},
		{"twenty hours", "the zero belongs to the number", "20h", 20 * time.Hour, true, ""},
		{"zero", "zero with a unit", "0s", 0, true, ""},
		{"micro", "the ASCII spelling", "5us", 5 * time.Microsecond, true, "5µs"},
		{"micro sign", "as package time writes it", "5µs", 5 * time.Microsecond, true, ""},
		{"leading zeros", "leading zeros do not count", "007s", 7 * time.Second, true, "7s"},
		{"empty", "no number and no unit", "", 0, false, ""},
		{"no unit", "a number needs a unit", "30", 0, false, ""},
		{"no number", "a unit needs a number", "m", 0, false, ""},
		{"sign", "a promise cannot be negative", "-1s", 0, false, ""},
		{"plus", "there is no sign", "+1s", 0, false, ""},
		{"space", "a duration is one word", "1 h", 0, false, ""},
		{"unknown unit", "a month is not one length", "1mo", 0, false, ""},
		{"capital", "M means month in other notations", "1M", 0, false, ""},
		{"point without digits before", "JSON does not allow this number", ".5h", 0, false, ""},
		{"point without digits after", "JSON does not allow this number", "5.h", 0, false, ""},
		{"two points", "not a number", "1.2.3h", 0, false, ""},
		{"too long", "about 300 years", "16000w", 0, false, ""},
		{"years", "y is not a unit", "290y", 0, false, ""},
		{"sum too long", "each part fits and the sum overflows", "15000w15000w", 0, false, ""},
		{"far too long", "more than 64 bytes", strings.Repeat("1s", 33), 0, false, ""},
		{"words", "not a number", "two days", 0, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := blueprint.ParseDuration(c.text)
			if (err == nil) != c.ok || time.Duration(got) != c.want {
				t.Fatalf("%q is %v, %v; want %v, %v: %s", c.text, time.Duration(got), err, c.want, c.ok, c.reason)
			}
			if c.back == "" {
				c.back = c.text
			}
			if c.ok && got.String() != c.back {
				t.Errorf("%q is written as %q, want %q", c.text, got, c.back)
			}
			var unmarshaled blueprint.Duration
			if err := unmarshaled.UnmarshalText([]byte(c.text)); (err == nil) != c.ok || unmarshaled != got {
				t.Errorf("UnmarshalText gives %v, %v", unmarshaled, err)
			}
		})
	}
	for d, want := range map[blueprint.Duration]string{
		-second: "-1s", -blueprint.Duration(36 * time.Hour): "-1d12h", math.MaxInt64: "106751d23h47m16.854775807s",
		math.MinInt64: "-106751d23h47m16.854775808s",
	} {
		if d.String() != want {
			t.Errorf("%d ns are %q, want %q", int64(d), d, want)
		}
	}
}

// TestDurationRoundTrip: ParseDuration reads what String writes as the same duration, and the pattern matches
// it.
func TestDurationRoundTrip(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile(blueprint.DurationPattern)
	rapid.Check(t, func(t *rapid.T) {
		d := blueprint.Duration(rapid.Int64Min(0).Draw(t, "ns"))
		if got, err := blueprint.ParseDuration(d.String()); err != nil || got != d || !pattern.MatchString(d.String()) {
			t.Fatalf("%d ns are written as %q and read as %d: %v", int64(d), d, int64(got), err)
		}
	})
}

// FuzzParseDuration: the pattern matches every text that ParseDuration accepts, and ParseDuration rejects every
// text that the pattern does not match.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"30m", "1w2d", "1.5h", "-1s", "5µs", "1..5h", "9999999999999w"} {
		f.Add(s)
	}
	pattern := regexp.MustCompile(blueprint.DurationPattern)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := blueprint.ParseDuration(text)
		if err == nil && (d < 0 || !pattern.MatchString(text)) {
			t.Errorf("%q gives %v, and it is negative or the pattern does not match it", text, d)
		}
		if err != nil && len(text) <= 64 && pattern.MatchString(text) && !strings.Contains(err.Error(), "longer") {
			t.Errorf("%q matches the pattern, but ParseDuration fails: %v", text, err)
		}
	})
}
