package propagate_test

import (
	"strings"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/event"
)

// hostile are strings that have broken things elsewhere.
var hostile = []string{
	"", " ", "_", event.Other, "a", "checkout", "0", "-1", "null", "true", "{}", "[", `"`, `\`, `\u0000`,
	"\x00", "\x1f", "\x7f", "\n", "\r\n", "\t", "\u0080", "\u009f", "\u00a0", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff",
	"é", "e\u0301", "€", "🙂", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "\u202eevil", "</script><script>", "a/b", "a~2Fb", "~", "~~", "%2F", "a,b", "a;b", "a=b",
	"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "a\xffb", "\x80\x80\x80\x80\x80",
	strings.Repeat("x", 63), strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("€", 21) + "x", strings.Repeat("€", 22),
	strings.Repeat("x", 127), strings.Repeat("x", 128), strings.Repeat("x", 129), strings.Repeat("🙂", 33),
}

// hostileText is any string, whether UTF-8 or not.
func hostileText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(hostile),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 140), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 4), func(s []string) string { return strings.Join(s, "") }),
	)
}

// validText is any string of UTF-8.
func validText() *rapid.Generator[string] {
	return rapid.Map(hostileText(), func(s string) string { return strings.ToValidUTF8(s, "?") })
}

// times are those that RFC 3339 can say, without the zero time, which is none.
func times() *rapid.Generator[time.Time] {
	first := time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	return rapid.Custom(func(t *rapid.T) time.Time {
		at := time.Unix(rapid.Int64Range(first.Unix()+1, last.Unix()).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		at = rapid.SampledFrom([]time.Time{at, at, at, first, last, time.Unix(0, 0)}).Draw(t, "time")
		zone := rapid.SampledFrom([]*time.Location{time.UTC, time.FixedZone("", 14*3600), time.FixedZone("", -12*3600)}).Draw(t, "zone")
		return at.In(zone)
	})
}

func enum[T ~uint8](t *rapid.T, what string, n int) T {
	return T(rapid.IntRange(0, n-1).Draw(t, what)) //nolint:gosec // a few
}

// at is a moment of this world.
var at = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
