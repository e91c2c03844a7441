package text_test

import (
	"math"
	"testing"

	"cairncx.dev/cairn/internal/text"
)

// TestMoney: the digits of the minor unit are those of ISO 4217.
func TestMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minor                  int64
		currency, want, reason string
	}{
		{124950, "EUR", "1,249.50 EUR", "a hundredth"},
		{0, "EUR", "0.00 EUR", "nothing"},
		{-5, "EUR", "−0.05 EUR", "the sign is before the zero"},
		{1200, "JPY", "1,200 JPY", "no minor unit"},
		{1200, "KWD", "1.200 KWD", "a thousandth"},
		{1, "CLF", "0.0001 CLF", "a ten-thousandth"},
		{math.MinInt64, "USD", "−92,233,720,368,547,758.08 USD", "its negation overflows"},
	} {
		if got := text.Money(c.minor, c.currency); got != c.want {
			t.Errorf("%d of %s is %q, want %q: %s", c.minor, c.currency, got, c.want, c.reason)
		}
	}
}
