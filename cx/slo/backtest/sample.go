package backtest

import (
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// samples iterates over samples in the order of their times.
type samples struct {
	noHistograms

	times  []int64
	values []float64
	at     int // before Next or Seek it is -1
}

// Next implements [chunkenc.Iterator].
func (s *samples) Next() chunkenc.ValueType {
	s.at++
	return s.here()
}

// Seek implements [chunkenc.Iterator]. It looks in doubling steps, because the next sample that is wanted is near.
func (s *samples) Seek(t milliseconds) chunkenc.ValueType {
	low := max(s.at, 0)
	step := 1
	for low+step < len(s.times) && s.times[low+step] < t {
		low += step
		step *= 2
	}
	if low < len(s.times) {
		n, _ := slices.BinarySearch(s.times[low:min(low+step+1, len(s.times))], t)
		low += n
	}
	s.at = low
	return s.here()
}

func (s *samples) here() chunkenc.ValueType {
	if s.at >= len(s.times) {
		s.at = len(s.times)
		return chunkenc.ValNone
	}
	return chunkenc.ValFloat
}

// At implements [chunkenc.Iterator].
func (s *samples) At() (t int64, v float64) { return s.times[s.at], s.values[s.at] }

// AtT implements [chunkenc.Iterator].
func (s *samples) AtT() int64 { return s.times[s.at] }

// milliseconds are a time as Prometheus has it. The alias keeps go vet from taking Seek for that of an io.Seeker.
type milliseconds = int64

// noHistograms has the methods of [chunkenc.Iterator] that an iterator over plain numbers does not need.
type noHistograms struct{}

// AtHistogram implements [chunkenc.Iterator].
func (noHistograms) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) { return 0, nil }

// AtFloatHistogram implements [chunkenc.Iterator].
func (noHistograms) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	return 0, nil
}

// AtST implements [chunkenc.Iterator].
func (noHistograms) AtST() int64 { return 0 }

// Err implements [chunkenc.Iterator].
func (noHistograms) Err() error { return nil }
