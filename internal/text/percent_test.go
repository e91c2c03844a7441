package text_test

import (
	"math"
	"testing"

	"cairncx.dev/cairn/internal/text"
)

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		share        float64
		want, reason string
	}{
		{0.9, "90%", "two digits"},
		{0.29, "29%", "0.29*100 is not the number 29"},
		{0.999, "99.9%", "0.999*100 is not the number 99.9"},
		{0.005, "0.5%", "less than one"},
		{0.1, "10%", "one digit behind the point"},
		{1, "100%", "the whole"},
		{0, "0%", "nothing"},
		{-0.5, "-0.5", "no share"},
		{1.5, "1.5", "no share"},
		{math.NaN(), "NaN", "no number"},
	} {
		if got := text.Percent(c.share); got != c.want {
			t.Errorf("%v is %q, want %q: %s", c.share, got, c.want, c.reason)
		}
	}
}
