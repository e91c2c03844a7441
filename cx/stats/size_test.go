package stats_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

func TestSampleSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		share, margin, confidence float64
		want                      int64
		source                    string
	}{
		{0.5, 0.05, 0.95, 385, "the usual table for surveys: 1.96²·0.25/0.05² = 384.15"},
		{0.5, 0.03, 0.95, 1068, "the usual table: 1067.07"},
		{0.5, 0.1, 0.95, 97, "the usual table: 96.04"},
		{0.5, 0.05, 0.99, 664, "the usual table: 663.49"},
		{0.95, 0.01, 0.95, 1825, "1.959964²·0.0475/0.01² = 1824.69"},
		{0.5, 1, 0.95, 1, "a margin that nothing misses takes one event"},
		{0.5, 1000, 0.95, 1, "never less than one event"},
		{0.5, math.Inf(1), 0.95, 1, "never less than one event"},
	} {
		if got := stats.SampleSize(c.share, c.margin, c.confidence); got != c.want {
			t.Errorf("share %v within %v at %v: %d events, want %d (%s)", c.share, c.margin, c.confidence, got, c.want, c.source)
		}
	}
}

// TestNPSSampleSize: the worst cases of ±10 and ±5 points are from MeasuringU.
func TestNPSSampleSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		points float64
		want   int64
	}{{10, 385}, {5, 1537}} {
		if got := stats.NPSSampleSize(c.points, 0.95); got != c.want {
			t.Errorf("±%v points: %d answers, want %d", c.points, got, c.want)
		}
	}
}

// TestSampleSizeIsLowest: with that many events the margin is kept, with one fewer it is not.
func TestSampleSizeIsLowest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		share := rapid.Float64Range(0.001, 0.999).Draw(t, "share")
		margin := rapid.Float64Range(0.0001, 0.3).Draw(t, "margin")
		confidence := rapid.Float64Range(0.5, 0.9999).Draw(t, "confidence")
		reached := func(n int64) float64 {
			return stats.NormalQuantile((1+confidence)/2) * math.Sqrt(share*(1-share)/float64(n))
		}
		n := stats.SampleSize(share, margin, confidence)
		if got := reached(n); got > margin*(1+1e-12) {
			t.Errorf("%d events reach a margin of %v", n, got)
		}
		if got := reached(n - 1); n > 1 && got < margin*(1-1e-12) {
			t.Errorf("%d events, one fewer, reach a margin of %v too", n-1, got)
		}
	})
}
