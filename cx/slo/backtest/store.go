package backtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

// store is the storage of one simulated Prometheus: the counters that it scrapes, and the series that its rules record. It
// implements what the rule engine asks of a storage. It is not safe for concurrent use.
type store struct {
	counters []*counter
	recorded map[string][]*recorded // by the name of the metric
}

// recorded is a series that rules have recorded.
type recorded struct {
	labels labels.Labels
	times  []int64 // in Unix milliseconds, sorted
	values []float64
	by     *rules.RecordingRule // that records it in advance, or nil
}

func newStore(counters []*counter) *store {
	return &store{counters: counters, recorded: map[string][]*recorded{}}
}

// Querier implements [storage.Queryable].
func (s *store) Querier(from, until int64) (storage.Querier, error) {
	return &querier{store: s, whole: storage.SelectHints{Start: from, End: until}}, nil
}

// Appender implements [storage.Appendable].
func (s *store) Appender(context.Context) storage.Appender { return &appender{store: s} }

// appender writes at once. The engine never takes back what it has appended, except when it cannot commit, which cannot happen. The methods
// that are for other samples than numbers are missing: no rule of ours records one.
type appender struct {
	storage.Appender

	store *store
	by    *rules.RecordingRule // that records in advance, or nil for a group
}

// Append implements [storage.Appender].
func (a *appender) Append(ref storage.SeriesRef, l labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	name := l.Get(model.MetricNameLabel)
	list := a.store.recorded[name]
	i := slices.IndexFunc(list, func(r *recorded) bool { return labels.Equal(r.labels, l) })
	if i < 0 {
		i = len(list)
		a.store.recorded[name] = append(list, &recorded{labels: l.Copy(), by: a.by})
	}
	return ref, a.store.recorded[name][i].append(t, v)
}

// errDiffers says that this package is wrong: what it has recorded in advance is not what the rule records.
var errDiffers = errors.New("a rule records another value than was worked out in advance")

// append adds a sample. It may be there already, recorded in advance.
func (r *recorded) append(t int64, v float64) error {
	n := len(r.times)
	if n == 0 || t > r.times[n-1] {
		r.times, r.values = append(r.times, t), append(r.values, v)
		return nil
	}
	i, there := slices.BinarySearch(r.times, t)
	switch {
	case !there:
		return storage.ErrOutOfOrderSample
	case r.by == nil:
		return storage.ErrDuplicateSampleForTimestamp
	case math.Float64bits(r.values[i]) != math.Float64bits(v):
		return fmt.Errorf("%w: %v at %d, not %v", errDiffers, v, t, r.values[i])
	}
	return nil
}

// end marks the series as ended at t, as the group does, if its last sample is one from before that is no such mark.
func (r *recorded) end(t int64) {
	if n := len(r.times); n > 0 && r.times[n-1] < t && !value.IsStaleNaN(r.values[n-1]) {
		r.times, r.values = append(r.times, t), append(r.values, math.Float64frombits(value.StaleNaN))
	}
}

// SetOptions implements [storage.Appender].
func (*appender) SetOptions(*storage.AppendOptions) {}

// Commit implements [storage.Appender].
func (*appender) Commit() error { return nil }

// Rollback implements [storage.Appender].
func (*appender) Rollback() error { return nil }

// querier reads the store.
type querier struct {
	store *store
	whole storage.SelectHints // without a function: all samples
}

// Select implements [storage.Querier]. The matchers of our rules name the metric.
func (q *querier) Select(_ context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	if hints == nil {
		hints = &q.whole
	}
	set := &seriesSet{at: -1}
	for _, c := range q.store.counters {
		if match(c.labels, matchers) {
			set.list = append(set.list, &counterSeries{c, hints})
		}
	}
	for _, m := range matchers {
		if m.Name != model.MetricNameLabel || m.Type != labels.MatchEqual {
			continue
		}
		for _, r := range q.store.recorded[m.Value] {
			if match(r.labels, matchers) {
				set.list = append(set.list, &recordedSeries{r, hints.Start, hints.End})
			}
		}
	}
	return set
}

func match(l labels.Labels, matchers []*labels.Matcher) bool {
	return !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(l.Get(m.Name)) })
}

// LabelValues implements [storage.Querier]. No rule asks for them.
func (*querier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// LabelNames implements [storage.Querier]. No rule asks for them.
func (*querier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

// Close implements [storage.Querier].
func (*querier) Close() error { return nil }

// seriesSet implements [storage.SeriesSet].
type seriesSet struct {
	list []storage.Series
	at   int
}

// Next implements [storage.SeriesSet].
func (s *seriesSet) Next() bool { s.at++; return s.at < len(s.list) }

// At implements [storage.SeriesSet].
func (s *seriesSet) At() storage.Series { return s.list[s.at] }

// Err implements [storage.SeriesSet].
func (*seriesSet) Err() error { return nil }

// Warnings implements [storage.SeriesSet].
func (*seriesSet) Warnings() annotations.Annotations { return nil }

// recordedSeries is what a query reads of a recorded series: from the first to the last time, both included.
type recordedSeries struct {
	*recorded

	from, until int64
}

// Labels implements [storage.Series].
func (s *recordedSeries) Labels() labels.Labels { return s.labels }

// Iterator implements [storage.Series].
func (s *recordedSeries) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	first, last := upTo(s.times, s.from-1), upTo(s.times, s.until)
	return &samples{times: s.times[first:last], values: s.values[first:last], at: -1}
}
