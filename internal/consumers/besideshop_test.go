package consumers_test

import (
	"math"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// The comparison looks at 30 days that end at a whole day. The first hour of the shop lies before them, so that all windows are full.
const (
	scrape = time.Minute
	window = 30 * 24 * time.Hour
	start  = 2 * time.Hour // of the window
	end    = start + window
)

// flow is what happens in the minute that ends at a scrape: so many good and bad events.
type flow struct{ good, bad int }

// shop is the past of the objective checkout-completes: what happens in each minute, in which processes, and what is seen of it.
type shop struct {
	name, reason string
	at           func(minute int) flow
	life         int                   // minutes until another process takes over; 0 is never
	unseen       func(minute int) bool // Prometheus scrapes and evaluates nothing
	since        time.Duration         // when the rules were loaded, after the beginning
}

// exact counts the events of the window one by one.
func (s *shop) exact() (bad, all int) {
	for m := int(start/scrape) + 1; m <= int(end/scrape); m++ {
		f := s.at(m)
		bad, all = bad+f.bad, all+f.bad+f.good
	}
	return bad, all
}

// sees reports whether Prometheus works in the minute.
func (s *shop) sees(minute int) bool { return s.unseen == nil || !s.unseen(minute) }

// scraped returns the samples that Prometheus has of the counters. A process has zero at its first scrape and counts from there. What it
// counts in the minute in which it ends is in no scrape.
func (s *shop) scraped() *samples {
	store := &samples{}
	for _, r := range []struct {
		result string
		of     func(flow) int
	}{{"good", func(f flow) int { return f.good }}, {"bad", func(f flow) int { return f.bad }}} {
		total, process := 0, 0
		l := func() labels.Labels {
			return labels.FromStrings(model.MetricNameLabel, "cx_slo_events_total", "cx_objective_name", "checkout-completes",
				"cx_objective_result", r.result, "instance", strconv.Itoa(process))
		}
		for m := range int(end/scrape) + 1 {
			now := int64(m) * scrape.Milliseconds()
			if s.life > 0 && m > 0 && m%s.life == 0 {
				store.add(l(), now, math.Float64frombits(value.StaleNaN))
				process, total = process+1, 0
				store.add(l(), now, 0)
				continue
			}
			total += r.of(s.at(m))
			if s.sees(m) {
				store.add(l(), now, float64(total))
			}
		}
	}
	return store
}

// samples is the storage of Prometheus' query engine: a list of samples for each series.
type samples struct{ series []*series }

type series struct {
	labels labels.Labels
	list   []chunks.Sample
}

type point struct {
	t int64
	v float64
}

func (s point) T() int64                    { return s.t }
func (s point) ST() int64                   { return 0 }
func (s point) F() float64                  { return s.v }
func (point) H() *histogram.Histogram       { return nil }
func (point) FH() *histogram.FloatHistogram { return nil }
func (point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s point) Copy() chunks.Sample         { return s }

// add adds a sample of a series, whose times only grow.
func (s *samples) add(l labels.Labels, t int64, v float64) {
	for i := len(s.series) - 1; i >= 0; i-- { // the newest are in use
		if labels.Equal(s.series[i].labels, l) {
			s.series[i].list = append(s.series[i].list, point{t, v})
			return
		}
	}
	s.series = append(s.series, &series{l, []chunks.Sample{point{t, v}}})
}

// Querier implements [storage.Queryable].
func (s *samples) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		var list []storage.Series
		for _, one := range s.series {
			matches := true
			for _, m := range matchers {
				matches = matches && m.Matches(one.labels.Get(m.Name))
			}
			if matches {
				list = append(list, storage.NewListSeries(one.labels, one.list))
			}
		}
		return &listed{list: list, at: -1}
	}}, nil
}

// listed implements [storage.SeriesSet].
type listed struct {
	list []storage.Series
	at   int
}

func (s *listed) Next() bool                      { s.at++; return s.at < len(s.list) }
func (s *listed) At() storage.Series              { return s.list[s.at] }
func (*listed) Err() error                        { return nil }
func (*listed) Warnings() annotations.Annotations { return nil }
