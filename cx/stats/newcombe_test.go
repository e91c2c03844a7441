package stats_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx/stats"
)

// TestNewcombe: the values are those of Newcombe 1998, "Interval estimation for the difference between independent
// proportions", Statistics in Medicine 17, table II, method 10, at 95%.
func TestNewcombe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k1, n1, k2, n2 int64
		low, high      float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339},
		{9, 10, 3, 10, 0.1705, 0.8090},
		{6, 7, 2, 7, 0.0582, 0.8062},
		{5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775},
		{0, 10, 0, 10, -0.2775, 0.2775},
		{10, 10, 0, 20, 0.6791, 1},
		{10, 10, 0, 10, 0.6075, 1},
	} {
		got := stats.Newcombe(c.k1, c.n1, c.k2, c.n2, 0.95)
		what := fmt.Sprintf("%d/%d - %d/%d", c.k1, c.n1, c.k2, c.n2)
		near(t, what+", low", got.Low, c.low, 5e-5)
		near(t, what+", high", got.High, c.high, 5e-5)
	}
}

// TestNewcombeProperties: the interval contains the observed difference, lies in [-1, 1], turns its sign with the order of the
// shares, and grows with the confidence.
func TestNewcombeProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n1, n2 := rapid.Int64Range(1, 1<<40).Draw(t, "n1"), rapid.Int64Range(1, 1<<40).Draw(t, "n2")
		k1, k2 := rapid.Int64Range(0, n1).Draw(t, "k1"), rapid.Int64Range(0, n2).Draw(t, "k2")
		confidence := rapid.Float64Range(0.001, 0.9999).Draw(t, "confidence")
		difference := float64(k1)/float64(n1) - float64(k2)/float64(n2)
		i, turned := stats.Newcombe(k1, n1, k2, n2, confidence), stats.Newcombe(k2, n2, k1, n1, confidence)
		if !(-1 <= i.Low && i.Low <= difference && difference <= i.High && i.High <= 1) {
			t.Errorf("%v does not contain %v, or is not in [-1, 1]", i, difference)
		}
		if turned.Low != -i.High || turned.High != -i.Low {
			t.Errorf("%v is not %v with the other sign", turned, i)
		}
		failures := stats.Newcombe(n1-k1, n1, n2-k2, n2, confidence)
		if math.Abs(failures.Low+i.High) > 1e-14 || math.Abs(failures.High+i.Low) > 1e-14 {
			t.Errorf("the difference of the failures, %v, is not %v with the other sign", failures, i)
		}
		if wider := stats.Newcombe(k1, n1, k2, n2, confidence+(1-confidence)/2); wider.Low > i.Low+1e-15 || wider.High < i.High-1e-15 {
			t.Errorf("%v, with more confidence, is narrower than %v", wider, i)
		}
	})
}

// TestNewcombeSlowly compares with the method's definition over Wilson's intervals in 400 bits.
func TestNewcombeSlowly(t *testing.T) {
	t.Parallel()
	const z = "1.959963984540053855604430649826643177289"
	counts := []struct{ k, n int64 }{{0, 1}, {1, 1}, {3, 10}, {48, 80}, {999_999, 1_000_000}, {1, 1_000_000_000}, {1 << 51, 1 << 52}}
	for _, a := range counts {
		for _, b := range counts {
			lowA, highA := slowWilson(a.k, a.n, z)
			lowB, highB := slowWilson(b.k, b.n, z)
			shareA, shareB := float64(a.k)/float64(a.n), float64(b.k)/float64(b.n)
			square := func(x float64) float64 { return x * x }
			got := stats.Newcombe(a.k, a.n, b.k, b.n, 0.95)
			what := fmt.Sprintf("%d/%d - %d/%d", a.k, a.n, b.k, b.n)
			near(t, what+", low", got.Low, shareA-shareB-math.Sqrt(square(shareA-lowA)+square(highB-shareB)), 1e-14)
			near(t, what+", high", got.High, shareA-shareB+math.Sqrt(square(highA-shareA)+square(shareB-lowB)), 1e-14)
		}
	}
}
