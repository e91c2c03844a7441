package series_test

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
)

// TestJoin: several joined series, some of them on disk, give the same summary as one series of all their
// durations.
func TestJoin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		counts []int
		most   int64
		reason string
	}{
		{"nothing", []int{0, 0}, 1, "the summary is zero"},
		{"into nothing", []int{0, 7}, 1000, "the result equals the other series"},
		{"with nothing", []int{7, 0}, 1000, "the series does not change"},
		{"one each", []int{1, 1, 1}, 1000, "three values"},
		{"many", []int{20_000, 3, 40_000}, 1 << 40, "on disk and in memory"},
		{"large", []int{1000, 1000, 1000, 1000, 1000, 1000}, math.MaxInt64, "the sum does not overflow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1, 9))
			whole := series.NewSpool(t.TempDir(), 0)
			all := whole.Series()
			var joined *series.Series
			for _, n := range tt.counts {
				spool := series.NewSpool(t.TempDir(), 64<<10)
				t.Cleanup(func() {
					if err := spool.Close(); err != nil {
						t.Error(err)
					}
				})
				s := spool.Series()
				for range n {
					v := time.Duration(rng.Int64N(tt.most))
					s.Add(v)
					all.Add(v)
				}
				if joined == nil {
					joined = s
				} else {
					joined.Join(s)
				}
			}
			joined.Join(nil)
			want, err := all.Summary()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := joined.Summary(); err != nil || got != want {
				t.Errorf("Summary() = %+v, %v; want %+v: %s", got, err, want, tt.reason)
			}
		})
	}
}

// TestJoinFails: the summary returns the error of a joined series that lost durations.
func TestJoinFails(t *testing.T) {
	t.Parallel()
	good, bad := series.NewSpool(t.TempDir(), 0).Series(), series.NewSpool(filepath.Join(t.TempDir(), "none"), 1).Series()
	good.Add(1)
	for range 10_000 {
		bad.Add(1)
	}
	good.Join(bad)
	if got, err := good.Summary(); err == nil {
		t.Errorf("Summary() = %+v of lost durations, want the error of the disk", got)
	}
}
