package rules_test

import (
	"math"
	"testing"

	"cairncx.dev/cairn/cx/slo/rules"
	"cairncx.dev/cairn/cx/stats"
)

// TestEvidenceTable: the lowest count above the line, for p = 14.4 × (1 − 99.9%). Source: exact sums.
func TestEvidenceTable(t *testing.T) {
	t.Parallel()
	for n, want := range map[float64]float64{10: 2, 30: 3, 100: 5, 300: 9, 1000: 22} {
		if got := math.Floor(rules.Evidence(n, 0.0144)) + 1; got != want {
			t.Errorf("of %v events %v are evidence, not %v", n, got, want)
		}
	}
}

// TestEvidenceIsBinomial compares the line with exact binomial sums: it is never below the exact count, and never more than one above it.
func TestEvidenceIsBinomial(t *testing.T) {
	t.Parallel()
	step := int64(1)
	if testing.Short() {
		step = 37
	}
	for _, p := range []float64{
		0.0002, 0.0005, 0.001, 0.00144, 0.003, 0.006, 0.01, 0.0144, 0.02, 0.03, 0.05, 0.072, 0.1, 0.144, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.72, 0.75, 0.8,
	} {
		for n := int64(1); n <= 3000; n += step {
			line := int64(math.Floor(rules.Evidence(float64(n), p))) + 1
			exact := stats.BinomialCritical(n, p, 0.05)
			if line < exact || line > exact+1 {
				t.Errorf("p = %v, n = %d: the line asks for %d bad events, exact sums for %d", p, n, line, exact)
			}
		}
	}
}
