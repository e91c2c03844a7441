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
		back               string // how it is written, where that is another way
	}{
		{"milliseconds", "an Apdex target", "800ms", 800 * time.Millisecond, true, ""},
		{"minutes", "no zero seconds after it", "30m", 30 * time.Minute, true, ""},
		{"hours", "nothing after it", "12h", 12 * time.Hour, true, ""},
		{"days", "a promise may last days", "2d", 2 * day, true, ""},
		{"weeks", "seven days", "1w", 7 * day, true, "7d"},
		{"several", "as people say it", "1w2d12h30m", 9*day + 12*time.Hour + 30*time.Minute, true, "9d12h30m"},
		{"fraction", "as package time has it", "1.5h", 90 * time.Minute, true, "1h30m"},
		{"fraction of a day", "36 hours", "1.5d", 36 * time.Hour, true, "1d12h"},
		{"hours and seconds", "minutes in between are said", "1h0m5s", time.Hour + 5*time.Second, true, ""},
		{"ten minutes", "the zero is part of the number", "10m", 10 * time.Minute, true, ""},
		{"twenty hours", "the zero is part of the number", "20h", 20 * time.Hour, true, ""},
		{"zero", "nothing", "0s", 0, true, ""},
		{"micro", "in ASCII", "5us", 5 * time.Microsecond, true, "5µs"},
		{"micro sign", "as package time writes it", "5µs", 5 * time.Microsecond, true, ""},
		{"leading zeros", "a number", "007s", 7 * time.Second, true, "7s"},
		{"empty", "nothing said", "", 0, false, ""},
		{"no unit", "30 of what?", "30", 0, false, ""},
		{"no number", "how many?", "m", 0, false, ""},
		{"sign", "no promise is negative", "-1s", 0, false, ""},
		{"plus", "there is no sign", "+1s", 0, false, ""},
		{"space", "one word", "1 h", 0, false, ""},
		{"unknown unit", "a month is not one length", "1mo", 0, false, ""},
		{"capital", "M is a month elsewhere", "1M", 0, false, ""},
		{"point without digits before", "not a number as JSON has it", ".5h", 0, false, ""},
		{"point without digits after", "not a number as JSON has it", "5.h", 0, false, ""},
		{"two points", "not a number", "1.2.3h", 0, false, ""},
		{"too long", "about 300 years", "16000w", 0, false, ""},
		{"too long together", "the sum overflows", "290y", 0, false, ""},
		{"sum too long", "each of them fits", "15000w15000w", 0, false, ""},
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

// TestDurationRoundTrip: what is written is read as the same, and matches the pattern.
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

// FuzzParseDuration: what is read matches the pattern, and what does not match is refused.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"30m", "1w2d", "1.5h", "-1s", "5µs", "1..5h", "9999999999999w"} {
		f.Add(s)
	}
	pattern := regexp.MustCompile(blueprint.DurationPattern)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := blueprint.ParseDuration(text)
		if err == nil && (d < 0 || !pattern.MatchString(text)) {
			t.Errorf("%q is %v, which the pattern or the sign forbids", text, d)
		}
		if err != nil && len(text) <= 64 && pattern.MatchString(text) && !strings.Contains(err.Error(), "longer") {
			t.Errorf("%q matches the pattern, but: %v", text, err)
		}
	})
}
