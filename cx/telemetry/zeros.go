package telemetry

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
)

// Journey has the parts of a journey's definition that metrics need before the first event.
type Journey struct {
	Name string
	// Stages are in their order. Expected are the stages with an expected time.
	Stages, Expected []string
	// Channels are those by which customers come.
	Channels []event.Channel
	// Promises are the names of its promises, also of those that code makes. Promises of other names count as [event.Other].
	Promises []string
	// FollowUp says that the journey is a follow-up.
	FollowUp bool
}

// DeclareJourney makes the counters of the journey exist with zero: starts and ends of each channel, exits, stalls and late events of
// each stage, each kind of friction, kept and broken promises of each name, and the steps that a follow-up may leave out. A backend derives an increase from two values of a series, so
// it would miss the first event of a series that starts at one. It also tells the metrics which promises the journey has.
func (t *Telemetry) DeclareJourney(j Journey) { t.metrics.declare(j) }

// maxZeros bounds the series of one metric that exist with zero. It is half of the limit of otelsetup and the SDK
// for a metric, which leaves room for other series.
const maxZeros = 1000

// zeros are the series that exist before their first event.
type zeros struct {
	mu     sync.Mutex
	list   []zero
	known  map[seriesKey]struct{}
	counts map[what]int
	full   atomic.Bool

	fullOfSurveys atomic.Bool
}

type zero struct {
	counter metric.Int64Counter
	with    []metric.AddOption
}

// errManyJourneys is reported once.
var errManyJourneys = errors.New("cairn: the journeys have more series than a metric can start at zero: " +
	"a backend misses the first start or end of the journeys that are defined last: define fewer journeys, stages or channels")

// declare makes the series of j exist with zero, now and at each collection. Each collection needs it, because the
// application may set the provider later, and because delta temporality forgets a series that gets no measurement.
func (m *metrics) declare(j Journey) {
	m.expect(j)
	m.promises.declare(j.Name, j.Promises)
	var fresh []zero
	room := true
	for _, z := range m.zerosOf(j) {
		m.fold(&z.key)
		s, is, fits := m.zeros.add(z)
		if is {
			fresh = append(fresh, s)
		}
		room = room && fits
	}
	if !room && m.zeros.full.CompareAndSwap(false, true) {
		m.handle(errManyJourneys)
	}
	m.addZeros(fresh)
}

// expect makes the metric of live journeys report 0 for the journey's stages.
func (m *metrics) expect(j Journey) {
	m.places.mu.Lock()
	defer m.places.mu.Unlock()
	m.places.know(m.label(j.Name, ""))
	for _, s := range j.Stages {
		m.places.know(m.label(j.Name, s))
	}
}

// addZeros adds 0 to each series. It contains panics, because a measurement runs the application's code, such as an exemplar
// filter.
func (m *metrics) addZeros(list []zero) {
	ctx := context.Background()
	defer m.contain(ctx)
	for _, s := range list {
		s.counter.Add(ctx, 0, s.with...)
	}
}

// begin adds the zeros of a collection, and says that it begins.
func (m *metrics) begin(ctx context.Context) {
	m.addZeros(m.zeros.all())
	if m.collecting == nil {
		return
	}
	defer m.contain(ctx)
	m.collecting(ctx)
}

// contain contains a panic in a collection of metrics.
func (m *metrics) contain(ctx context.Context) {
	if v := recover(); v != nil {
		defer func() { _ = recover() }() // the counter of faults may panic, too
		m.report(ctx, fault.PanicReport("a collection of metrics", v))
	}
}

// counted is a series and the counter that has it.
type counted struct {
	counter metric.Int64Counter
	key     seriesKey
}

// zerosOf returns the series that a journey has before its first event. Each stands beside its counter, so that the zeros of
// one metric are never added to another.
func (m *metrics) zerosOf(j Journey) (all []counted) {
	add := func(c metric.Int64Counter, k seriesKey) {
		k.name = j.Name
		all = append(all, counted{c, k})
	}
	for _, c := range j.Channels {
		add(m.started, seriesKey{what: journeyStarted, channel: c})
		for _, o := range journeyOutcomes() {
			add(m.ended, seriesKey{what: journeyEnded, channel: c, outcome: o})
		}
	}
	for _, s := range append([]string{""}, j.Stages...) {
		add(m.late, seriesKey{what: journeyLate, stage: s})
		for _, o := range journeyOutcomes() {
			add(m.exits, seriesKey{what: journeyExited, stage: s, outcome: o})
		}
	}
	for kind := range (*event.Friction)(nil).Counts() {
		add(m.friction, seriesKey{what: journeyFriction, stage: kind})
	}
	if j.FollowUp {
		for _, step := range flight.Expected() {
			add(m.skipped, seriesKey{what: followUpEnded, stage: step})
		}
	}
	for _, s := range j.Expected {
		add(m.stalled, seriesKey{what: journeyStalled, stage: s})
	}
	for _, p := range j.Promises {
		for _, kept := range []bool{true, false} {
			add(m.settled, seriesKey{what: promiseSettled, stage: p, kept: kept})
		}
	}
	return all
}

// journeyOutcomes are the outcomes that a journey can have.
func journeyOutcomes() []event.Outcome {
	return []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Abandoned}
}

// add keeps the series if there is room, and reports whether it is new and whether it fits.
func (z *zeros) add(c counted) (s zero, fresh, fits bool) {
	k := c.key
	z.mu.Lock()
	defer z.mu.Unlock()
	if _, there := z.known[k]; there {
		return zero{}, false, true
	}
	if z.counts[k.what] >= maxZeros {
		return zero{}, false, false
	}
	if z.known == nil {
		z.known, z.counts = map[seriesKey]struct{}{}, map[what]int{}
	}
	z.known[k] = struct{}{}
	z.counts[k.what]++
	s = zero{c.counter, build(k).add}
	z.list = append(z.list, s)
	return s, true, true
}

// all returns the series. The caller must not change them.
func (z *zeros) all() []zero {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.list // the list only grows
}
