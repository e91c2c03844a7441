package number_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/insight/number"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct{ got, want, reason string }{
		{number.Count(0), "0", "no group"},
		{number.Count(999), "999", "one group"},
		{number.Count(1234567), "1,234,567", "three groups"},
		{number.Count(-1234), "−1,234", "the sign is no digit"},
		{number.Count(math.MinInt64), "−9,223,372,036,854,775,808", "its negation overflows"},
		{number.Of(1, "run", "runs"), "1 run", "one"},
		{number.Of(0, "run", "runs"), "0 runs", "none is many"},
		{number.Share(0), "0.0%", "nothing"},
		{number.Share(math.SmallestNonzeroFloat64), "<0.1%", "never rounded to nothing"},
		{number.Share(0.0009), "<0.1%", "never rounded to nothing"},
		{number.Share(0.1234), "12.3%", "one decimal"},
		{number.Share(0.9995), ">99.9%", "never rounded to all"},
		{number.Share(1), "100.0%", "all"},
		{number.Share(math.NaN()), "–", "unknown"},
		{number.Points(0.0472), "+4.7 points", "a gain has a sign"},
		{number.Points(-0.0472), "−4.7 points", "a loss has a sign"},
		{number.Points(-0.0001), "0.0 points", "zero has no sign"},
		{number.Points(0.0001), "0.0 points", "zero has no sign"},
		{number.Points(math.Inf(1)), "–", "unknown"},
		{number.Decimal(-1234.56, 1), "−1,234.6", "rounded and grouped"},
		{number.Decimal(999.96, 1), "1,000.0", "rounded up into a new group"},
		{number.Decimal(7, -3), "7", "no decimals"},
		{number.Decimal(-0.04, 1), "0.0", "zero has no sign"},
		{number.Decimal(1e300, 1), "1.00e+300", "not 300 digits"},
		{number.Decimal(math.NaN(), 1), "–", "unknown"},
		{number.Duration(0), "0 s", "nothing"},
		{number.Duration(1), "<1 ms", "never rounded to nothing"},
		{number.Duration(1500 * time.Millisecond), "1.5 s", "a decimal"},
		{number.Duration(time.Minute - 1), "1 min", "rounded up into the next unit"},
		{number.Duration(time.Hour - 1), "1 h", "rounded up into the next unit"},
		{number.Duration(200 * time.Minute), "3 h 20 min", "two units"},
		{number.Duration(day - 1), "1 d", "rounded up into the next unit"},
		{number.Duration(25 * time.Hour), "1 d 1 h", "two units"},
		{number.Duration(1000 * day), "1,000 d", "days alone"},
		{number.Duration(-90 * time.Minute), "−1 h 30 min", "a sign"},
		{number.Duration(math.MinInt64), "−106,751 d", "its negation overflows"},
		{number.Seconds(90), "1 min 30 s", "seconds"},
		{number.Seconds(1e10), "115,741 d", "more than a duration holds"},
		{number.Seconds(-1e10), "−115,741 d", "less than a duration holds"},
		{number.Seconds(1 << 32), "49,710 d", "the longest by Duration"},
		{number.Seconds(1<<32 + 1), "49,710 d", "the shortest by days"},
		{number.Seconds(1e300), "1.16e+295 d", "more than an integer holds"},
		{number.Seconds(math.NaN()), "–", "unknown"},
		{number.SpellSeconds(5400), "1 hour 30 minutes", "two units in words"},
		{number.SpellSeconds(1e10), "115,741 days", "more than a duration holds, in words"},
		{number.SpellSeconds(-1e10), "−115,741 days", "less than a duration holds, in words"},
		{number.SpellSeconds(math.Inf(1)), "–", "without an end"},
		{number.SpellSeconds(math.NaN()), "–", "unknown, in words"},
		{number.Range("1", "2"), "1 to 2", "an interval"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.reason, c.got, c.want)
		}
	}
}

// TestCountReadsBack: without its commas a count is the number that it was.
func TestCountReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		text := strings.NewReplacer(",", "", "−", "-").Replace(number.Count(n))
		if got, err := strconv.ParseInt(text, 10, 64); err != nil || got != n {
			t.Errorf("%d is written %s", n, number.Count(n))
		}
	})
}

// TestSpell: the units of Duration, in words.
func TestSpell(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d            time.Duration
		want, reason string
	}{
		{0, "0 seconds", "none"},
		{time.Microsecond, "less than 1 millisecond", "below the smallest unit"},
		{800 * time.Millisecond, "800 milliseconds", "many"},
		{time.Second, "1 second", "one"},
		{1500 * time.Millisecond, "1.5 seconds", "a part of one is not one"},
		{61 * time.Minute, "1 hour 1 minute", "one of each"},
		{60 * time.Hour, "2 days 12 hours", "two units"},
		{1000 * 24 * time.Hour, "1,000 days", "groups of digits"},
		{-90 * time.Minute, "−1 hour 30 minutes", "a sign"},
		{math.MinInt64, "−106,751 days", "the shortest duration has no positive one"},
	} {
		if got := number.Spell(c.d); got != c.want {
			t.Errorf("%s: %v is %q, want %q", c.reason, c.d, got, c.want)
		}
	}
}
