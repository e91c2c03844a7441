package slo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// ScopeName is the instrumentation scope of the metrics of a [Counter].
const ScopeName = "cairncx.dev/cairn/cx/slo"

// Bounds of a Counter. The SDK of OpenTelemetry and package otelsetup keep at most 2,000 series of a metric.
const (
	// MaxCounted is how many objectives a Counter has at most.
	MaxCounted = 300
	// MaxCurrencies is how many currencies of an objective have a series of their own in cx.slo.value, and an amount of their own in a
	// [Status]. Further ones are [event.Other].
	MaxCurrencies = 16
	maxAllSeries  = 1900
)

// CounterConfig has the settings of a [Counter].
type CounterConfig struct {
	// MeterProvider makes the metrics. Default: the global one.
	MeterProvider metric.MeterProvider
	// Version is that of the instrumentation scope.
	Version string
	// Now is the clock. It is called concurrently. Default: [time.Now].
	Now func() time.Time
	// Delegates counts the answers of delegates: see [WithDelegates].
	Delegates bool
	// Folded is called the first time that an event of an objective is counted under [event.Other], because the objective, or all
	// objectives together, have too many series. It must not wait. Default: nothing.
	Folded func(ctx context.Context, objective string)
}

// Counter counts events for objectives: in the metrics cx.slo.events and cx.slo.value, and in the memory of the process for
// [Counter.Status]. The client makes one for the objectives of cx.WithObjectives and of the blueprint. It is safe for concurrent use. A
// nil Counter counts nothing.
type Counter struct {
	judge         *Judge
	events, value metric.Int64Counter
	now           func() time.Time
	folded        func(ctx context.Context, objective string)
	since         time.Time
	tallies       []tally

	collections atomic.Uint64 // that began
	mu          sync.Mutex    // of the series that are made
	room        int           // for series of all objectives
	known       []*series     // every series that exists
}

func (c *CounterConfig) judging() (opts []JudgeOption) {
	if c.Delegates {
		opts = append(opts, WithDelegates())
	}
	return opts
}

// tally is what is counted of one objective.
type tally struct {
	whole    *series // without the split
	by       by
	valued   bool // its events may have a value
	pending  pending
	minutes  ring
	quarters ring

	objective  *Objective
	rest       atomic.Pointer[series] // of combinations that have no room; nil while there is room
	split      atomic.Pointer[map[combination]*series]
	currencies atomic.Pointer[map[string]*series]
}

// NewCounter returns a Counter of the objectives, which should be valid. It returns an error for more than [MaxCounted], and if an
// instrument cannot be made. The series exist after the first call of [Counter.Zero].
func NewCounter(objectives []Objective, cfg CounterConfig) (*Counter, error) {
	if len(objectives) > MaxCounted {
		return nil, fmt.Errorf("slo: there are %d objectives: a client counts at most %d: leave the rest to another service, "+
			"or make one objective of several by a split", len(objectives), MaxCounted)
	}
	if cfg.MeterProvider == nil {
		cfg.MeterProvider = otel.GetMeterProvider()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	m := cfg.MeterProvider.Meter(ScopeName, metric.WithInstrumentationVersion(cfg.Version))
	events, err1 := m.Int64Counter(semconv.SLOEventsName, metric.WithUnit(semconv.SLOEventsUnit), metric.WithDescription(semconv.SLOEventsDescription))
	value, err2 := m.Int64Counter(semconv.SLOValueName, metric.WithUnit(semconv.SLOValueUnit), metric.WithDescription(semconv.SLOValueDescription))
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("slo: the counters %s and %s: %w", semconv.SLOEventsName, semconv.SLOValueName, err)
	}
	c := &Counter{
		judge: NewJudge(objectives, cfg.judging()...), events: events, value: value, now: cfg.Now, folded: cfg.Folded, since: cfg.Now(), room: maxAllSeries,
	}
	c.tallies = make([]tally, len(c.judge.objectives))
	for i := range c.tallies {
		c.prepare(&c.tallies[i], &c.judge.objectives[i])
	}
	return c, nil
}

// prepare makes the tally that of the objective.
func (c *Counter) prepare(t *tally, o *Objective) {
	t.objective, t.by = o, byOf(o.By)
	t.minutes.size(minute, minutes, minuteChunks)
	t.quarters.size(quarter, quarters, mostDays(o.Window)+quarterMore)
	switch o.Subject() {
	case OfJourney, OfPromise:
		t.valued = true
	case OfObjectives, 0:
		return // no event counts for it
	default:
	}
	t.whole = c.eventsOf(o.Name, nil)
	c.known, c.room = append(c.known, t.whole), c.room-results
	if t.by != 0 {
		c.room -= results // for [event.Other], once it is needed
	}
}

// Zero adds 0 to every series, so that a backend which subtracts the first value of a series from the second one loses no event. The
// caller calls it at the start, and in a callback at the beginning of every collection, because the provider may be set later and
// because delta temporality forgets a series that gets nothing.
func (c *Counter) Zero(ctx context.Context) {
	if c == nil {
		return
	}
	c.collections.Add(1)
	c.mu.Lock()
	known := slices.Clip(c.known) // the list only grows
	c.mu.Unlock()
	for _, s := range known {
		s.zero(ctx)
	}
}

// Record counts the event for each objective that it is about. The caller passes each event once, when what it says is certain: the
// client does when a store has committed it. The span context in ctx is that to which exemplars lead. Record does not keep the event,
// and allocates only for what it meets for the first time.
func (c *Counter) Record(ctx context.Context, e *event.Event) {
	if c == nil {
		return
	}
	if !c.judge.counts(e) {
		return
	}
	at := Moment(e)
	second := at.Unix()
	inMinute := floorDiv(second, minute)
	c.judge.each(e, at, func(r *rule, result Result) {
		t := &c.tallies[r.index]
		t.count(second, inMinute, result, c.now)
		c.add(ctx, t, e, result)
		if t.valued && e.Journey.Value != nil && e.Journey.Value.Amount > 0 {
			c.addValue(ctx, t, e.Journey.Value, result, quarterOf(second))
		}
	})
}

// add counts the event in the metric.
func (c *Counter) add(ctx context.Context, t *tally, e *event.Event, result Result) {
	s := t.whole
	if t.by != 0 {
		s = c.splitOf(ctx, t, e)
	}
	c.events.Add(ctx, 1, s.add[result-Good]...)
}

// addValue counts what was at stake in a bad event. A good one only makes the series exist, at zero.
func (c *Counter) addValue(ctx context.Context, t *tally, v *event.Money, result Result, at place) {
	s := c.currencyOf(t, v.Currency)
	if result == Bad {
		c.value.Add(ctx, v.Amount, s.add[0]...)
		t.quarters.addStake(at, s.currency, v.Amount, c.now)
	}
}

// Status returns how each objective stands at that time, in the order of [NewCounter], from what this process has counted: see
// [Status.Since]. It counts whole minutes for windows up to six hours, and whole quarters of an hour for longer ones: no
// event of the window is missing, and events that are older than the window by less than that may be in. A window of the calendar
// is exact. Counts are by the times of the events, in any order; an event that lies outside all windows counts nowhere.
func (c *Counter) Status(now time.Time) []Status {
	if c == nil {
		return nil
	}
	all := make([]Status, len(c.tallies))
	named := make(map[string]int, len(all))
	for i := range c.tallies {
		t := &c.tallies[i]
		named[t.objective.Name] = i
		if t.objective.Subject() != OfObjectives {
			all[i] = Compute(*t.objective, t.heard(now, c))
		}
	}
	for i := range c.tallies {
		t := &c.tallies[i]
		if t.objective.Subject() != OfObjectives {
			continue
		}
		h := Heard{Now: now, Since: c.since}
		h.From, h.Until = t.objective.Window.Bounds(now)
		for _, p := range t.objective.Of {
			var part Status // of a part that does not exist: it has heard nothing
			if n, there := named[p.Objective]; there {
				part = all[n]
			}
			h.Parts = append(h.Parts, part)
		}
		all[i] = Compute(*t.objective, h)
	}
	return all
}

// heard returns what the process has counted of the objective.
func (t *tally) heard(now time.Time, c *Counter) Heard {
	t.settle(c.now)
	h := Heard{Now: now, Since: c.since}
	h.From, h.Until = t.objective.Window.Bounds(now)
	first, last := t.quarters.bucket(h.From.Unix()), t.quarters.bucket(now.Unix())
	h.Counts, h.AtStake = t.quarters.sum(first, last), t.quarters.stake(first, last)
	for _, w := range AlertWindows(t.objective.Window) {
		r := &t.minutes
		if w > minuteReach {
			r = &t.quarters
		}
		h.Recent = append(h.Recent, Recent{w, r.sum(r.bucket(now.Add(-w).Unix()), r.bucket(now.Unix()))})
	}
	return h
}

// mostDays returns how many days the window has at most.
func mostDays(w Window) int {
	const ofWeek, ofMonth, ofQuarter = 7, 31, 92
	switch w.Period {
	case CalendarWeek:
		return ofWeek
	case CalendarMonth:
		return ofMonth
	case CalendarQuarter:
		return ofQuarter
	default:
		return min(max(w.Days, 1), MaxDays)
	}
}
