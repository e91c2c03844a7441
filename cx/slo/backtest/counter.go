package backtest

import (
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// counter is the counter of one result of an objective, as a process has it that counts from the beginning of time. It has a sample
// at each multiple of the scrape interval. No sample is stored: each is worked out when it is read.
type counter struct {
	labels labels.Labels
	times  []int64 // of the events, sorted
	scrape int64   // in milliseconds
}

// named returns the name that an attribute has as a label in Prometheus, and counted that of the metric cx.slo.events.
func named(attribute string) string { return strings.ReplaceAll(attribute, ".", "_") }
func counted() string               { return named(semconv.SLOEventsName) + "_total" }

// counters returns the counters of the objective.
func counters(o *slo.Objective, times *results, scrape int64) (list []*counter) {
	for r := slo.Good; r <= slo.Excluded; r++ {
		list = append(list, &counter{
			labels: labels.FromStrings(model.MetricNameLabel, counted(), named(string(semconv.ObjectiveNameKey)), o.Name,
				named(string(semconv.ObjectiveResultKey)), r.String(), "instance", "log", "job", "backtest"),
			times: times[r], scrape: scrape,
		})
	}
	return list
}

// counterSeries is what a query reads of a counter.
type counterSeries struct {
	*counter

	hints *storage.SelectHints
}

// Labels implements [storage.Series].
func (s *counterSeries) Labels() labels.Labels { return s.labels }

// Iterator implements [storage.Series].
func (s *counterSeries) Iterator(chunkenc.Iterator) chunkenc.Iterator {
	it := &samples{at: -1}
	if s.hints.Func == "increase" && s.hints.Range > 0 {
		it.times = s.ends(s.hints)
	} else {
		for t := s.after(s.hints.Start - 1); t <= s.hints.End; t += s.scrape {
			it.times = append(it.times, t)
		}
	}
	it.values = make([]float64, len(it.times))
	for i, t := range it.times {
		it.values[i] = float64(upTo(s.times, t))
	}
	return it
}

// after returns the time of the first scrape after t.
func (c *counter) after(t int64) int64 { return lastOf(t, c.scrape) + c.scrape }

// lastOf returns the last multiple of n that is not after t.
func lastOf(t, n int64) int64 {
	if rest := t % n; rest < 0 {
		return t - rest - n
	}
	return t - t%n
}

// ends returns the first and the last scrape of each window that the query has. The function increase needs no other one: its result
// follows from these two and from resets, which this counter has none of. It extrapolates to both ends of the window, because neither is
// farther away than 1.1 times the mean distance of the samples, which is at least the scrape interval. A test compares the results with
// those of all scrapes.
func (c *counter) ends(h *storage.SelectHints) (times []int64) {
	step := h.Step
	if step <= 0 {
		step = h.End - h.Start + 1
	}
	for from := h.Start - 1; from+h.Range <= h.End; from += step { // a window has no sample at its beginning
		if first, last := c.after(from), lastOf(from+h.Range, c.scrape); first <= last {
			times = append(times, first, last)
		}
	}
	slices.Sort(times)
	return slices.Compact(times)
}
