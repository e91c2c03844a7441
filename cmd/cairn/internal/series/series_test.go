package series_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	const most = time.Duration(math.MaxInt64)
	tests := []struct {
		name   string
		values []time.Duration
		want   series.Summary
		reason string
	}{
		{"none", nil, series.Summary{}, "the summary is zero"},
		{"one", []time.Duration{7}, series.Summary{Count: 1, Mean: 7, P50: 7, P90: 7, Max: 7}, "the only value is every quantile"},
		{"nearest rank", []time.Duration{15, 20, 35, 40, 50}, series.Summary{Count: 5, Mean: 32, P50: 35, P90: 50, Max: 50}, "the example of Wikipedia's Percentile: the 50th of five is 35"},
		{"even", []time.Duration{3, 6, 7, 8, 8, 10, 13, 15, 16, 20}, series.Summary{Count: 10, Mean: 10, P50: 8, P90: 16, Max: 20}, "the example of Wikipedia's Percentile: the fifth and the ninth of ten"},
		{"negative", []time.Duration{-5, 5}, series.Summary{Count: 2, Mean: 2, P50: 0, P90: 5, Max: 5}, "a negative duration counts as 0"},
		{"zeros", []time.Duration{0, 0, 0}, series.Summary{Count: 3}, "zeros count"},
		{"large", []time.Duration{most, most, most, most}, series.Summary{Count: 4, Mean: most, P50: most, P90: most, Max: most}, "the sum does not overflow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			spool := series.NewSpool(t.TempDir(), 0)
			s := spool.Series()
			for _, v := range tt.values {
				s.Add(v)
			}
			if got, err := s.Summary(); err != nil || got != tt.want {
				t.Errorf("Summary() = %+v, %v; want %+v: %s", got, err, tt.want, tt.reason)
			}
			if err := spool.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSpill compares series that do not fit into memory with a sort of all their values.
func TestSpill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spool := series.NewSpool(dir, 64<<10)
	rng := rand.New(rand.NewPCG(3, 4))
	const each = 50_000
	all := make([][]time.Duration, 5)
	in := make([]*series.Series, len(all))
	for i := range in {
		in[i] = spool.Series()
	}
	for range each {
		for i := range in {
			v := time.Duration(rng.Int64N(int64(math.Pow(1000, float64(i)+1))))
			in[i].Add(v)
			all[i] = append(all[i], v)
		}
	}
	for i, values := range all {
		slices.Sort(values)
		var sum float64
		for _, v := range values {
			sum += float64(v)
		}
		got, err := in[i].Summary()
		if err != nil || got.Count != each || got.P50 != values[each/2-1] || got.P90 != values[each/10*9-1] || got.Max != values[each-1] {
			t.Errorf("series %d: %+v, %v; want %v, %v, %v", i, got, err, values[each/2-1], values[each/10*9-1], values[each-1])
		}
		if mean := sum / each; math.Abs(mean-float64(got.Mean)) > 1+mean*1e-9 {
			t.Errorf("series %d: mean %v; want %v", i, float64(got.Mean), mean)
		}
	}
	if err := spool.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left behind", left)
	}
}

func TestNoDisk(t *testing.T) {
	t.Parallel()
	spool := series.NewSpool(filepath.Join(t.TempDir(), "none"), 1)
	s := spool.Series()
	for range 10_000 {
		s.Add(1)
	}
	if _, err := s.Summary(); err == nil || !strings.Contains(err.Error(), "--tmp") {
		t.Errorf("error %v; want one with the remedy instead of a summary", err)
	}
}

func ExampleSpool_Series() {
	spool := series.NewSpool("", 0)
	defer func() { _ = spool.Close() }()
	s := spool.Series()
	for i := range 10 {
		s.Add(time.Duration(i+1) * time.Minute)
	}
	sum, err := s.Summary()
	fmt.Println(sum.P50, sum.P90, sum.Mean, err)
	// Output: 5m0s 9m0s 5m30s <nil>
}
