package backtest

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"pgregory.net/rapid"
)

// TestSamples compares the iterator with a search from the beginning, in any order of Next and Seek.
func TestSamples(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		times := rapid.SliceOfDistinct(rapid.Int64Range(0, 200), func(n int64) int64 { return n }).Draw(rt, "times")
		slices.Sort(times)
		values := make([]float64, len(times))
		for i := range values {
			values[i] = float64(times[i]) / 2
		}
		it, at := &samples{times: times, values: values, at: -1}, -1
		for range 30 {
			var got chunkenc.ValueType
			if rapid.Bool().Draw(rt, "next") {
				got, at = it.Next(), min(at+1, len(times))
			} else {
				to := rapid.Int64Range(0, 210).Draw(rt, "to")
				got = it.Seek(to)
				for at = max(at, 0); at < len(times) && times[at] < to; {
					at++
				}
			}
			if at == len(times) {
				if got != chunkenc.ValNone {
					rt.Fatalf("%v behind the end", got)
				}
				continue
			}
			if tt, v := it.At(); got != chunkenc.ValFloat || tt != times[at] || it.AtT() != tt || v != values[at] {
				rt.Fatalf("%v at %d with %v, want %d", got, tt, v, times[at])
			}
		}
	})
}

// TestStore: a query reads what lies from its first to its last time, of the series that match.
func TestStore(t *testing.T) {
	t.Parallel()
	s := newStore(nil)
	app := s.Appender(context.Background())
	series := func(name, objective string) labels.Labels {
		return labels.FromStrings(model.MetricNameLabel, name, "o", objective)
	}
	for i, v := range []float64{1, 2, 3, 4} {
		for _, l := range []labels.Labels{series("a", "x"), series("a", "y"), series("b", "x")} {
			if _, err := app.Append(0, l, int64(i+1)*10, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(from, until int64, name, objective string) (values []float64) {
		q, err := s.Querier(from, until)
		if err != nil {
			t.Fatal(err)
		}
		set := q.Select(t.Context(), false, nil, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name),
			labels.MustNewMatcher(labels.MatchRegexp, "o", objective))
		for set.Next() {
			for it := set.At().Iterator(nil); it.Next() == chunkenc.ValFloat; {
				_, v := it.At()
				values = append(values, v)
			}
		}
		return values
	}
	for _, tt := range []struct {
		from, until     int64
		name, objective string
		want            []float64
	}{
		{20, 30, "a", "x", []float64{2, 3}},
		{21, 29, "a", "x", nil},
		{0, 99, "b", "x|y", []float64{1, 2, 3, 4}},
		{40, 40, "a", "x|y", []float64{4, 4}},
		{0, 99, "c", "x", nil},
	} {
		if got := read(tt.from, tt.until, tt.name, tt.objective); !slices.Equal(got, tt.want) {
			t.Errorf("%s of %s from %d to %d: %v, want %v", tt.name, tt.objective, tt.from, tt.until, got, tt.want)
		}
	}
}

// TestRecordedInAdvance: a group may record what is there already, if it is the same, and nothing else.
func TestRecordedInAdvance(t *testing.T) {
	t.Parallel()
	mine := new(rules.RecordingRule)
	advance := &recorded{times: []int64{10, 20}, values: []float64{1, math.NaN()}, by: mine}
	for _, tt := range []struct {
		t    int64
		v    float64
		want error
	}{{10, 1, nil}, {10, 2, errDiffers}, {20, math.NaN(), nil}, {15, 1, storage.ErrOutOfOrderSample}, {30, 3, nil}, {30, 4, errDiffers}} {
		if err := advance.append(tt.t, tt.v); !errors.Is(err, tt.want) {
			t.Errorf("%v at %d: %v, want %v", tt.v, tt.t, err, tt.want)
		}
	}
	plain := &recorded{times: []int64{10}, values: []float64{1}}
	if err := plain.append(10, 1); !errors.Is(err, storage.ErrDuplicateSampleForTimestamp) {
		t.Errorf("a second sample of a time: %v", err)
	}
	plain.end(10)
	plain.end(20)
	plain.end(30)
	if !slices.Equal(plain.times, []int64{10, 20}) || !value.IsStaleNaN(plain.values[1]) {
		t.Errorf("%v %v, want one mark at 20", plain.times, plain.values)
	}
}
