package rules

import (
	"math"
	"math/big"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestDecimals: a number that a person wrote with up to 15 digits reads as it was meant, and its complement is exact.
func TestDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.IntRange(1, 11).Draw(t, "places")
		n := rapid.Int64Range(1, int64(math.Pow10(places))-1).Draw(t, "n")
		meant := new(big.Rat).SetFrac64(n, int64(math.Pow10(places)))
		f, err := strconv.ParseFloat(meant.FloatString(places), 64)
		if err != nil {
			t.Fatal(err)
		}
		if got := exact(f); got.Cmp(meant) != 0 {
			t.Fatalf("exact(%v) = %s", f, got)
		}
		complement := sub(one(), exact(f))
		read, ok := new(big.Rat).SetString(written(complement))
		if !ok || read.Cmp(complement) != 0 || read.Add(read, meant).Cmp(one()) != 0 {
			t.Fatalf("1 - %v is written %s", f, written(complement))
		}
	})
}

func TestRounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a      decimal
		digits int
		want   string
		reason string
	}{
		{ratio(0, 1), 3, "0", "zero"},
		{ratio(1, 1000), 12, "0.001", "the budget of 99.9%"},
		{ratio(1, 3), 12, "0.333333333333", "no finite form"},
		{ratio(2, 3), 4, "0.6667", "rounded up"},
		{ratio(80, 7), 4, "11.43", "digits before the point count"},
		{ratio(1, 30000), 3, "0.0000333", "zeros behind the point do not"},
		{ratio(123456, 1), 3, "123456", "a whole number keeps its digits"},
		{ratio(72, 5), 12, "14.4", "exact"},
		{ratio(-1, 4), 3, "-0.25", "negative"},
	} {
		if got := rounded(c.a, c.digits); got != c.want {
			t.Errorf("%s: rounded(%s, %d) = %s, not %s", c.reason, c.a, c.digits, got, c.want)
		}
	}
}
