package telemetry

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
)

// Journey is what metrics have to know of a journey before anything happens in it.
type Journey struct {
	Name string
	// Stages in their order, and those of which it is expected how long a visit takes.
	Stages, Expected []string
	// Channels by which customers come.
	Channels []event.Channel
}

// DeclareJourney makes the counters of the journey exist with zero: starts and ends of each channel, exits,
// stalls and late events of each stage. A backend sees how much a counter has risen only from one value to the
// next, so what is counted in a series before the series is there for the first time is lost to it.
func (t *Telemetry) DeclareJourney(j Journey) { t.metrics.declare(j) }

// maxZeros bounds the series of one metric that exist with zero: half of what otelsetup and the SDK let a metric
// have, so that there is room for what happens.
const maxZeros = 1000

// zeros are the series that exist before anything is counted in them.
type zeros struct {
	mu     sync.Mutex
	list   []zero
	known  map[seriesKey]struct{}
	counts map[what]int
	full   atomic.Bool
}

type zero struct {
	counter metric.Int64Counter
	with    []metric.AddOption
}

// errManyJourneys is told once.
var errManyJourneys = errors.New("cairn: more series would exist with zero than a metric has room for: " +
	"of the journeys that are defined last, the first start or end is in no increase: define fewer journeys, stages or channels")

// declare makes the series of j exist with zero, at once and at every collection. Once is not enough: the
// provider may be set later, and with delta temporality what is not added to is forgotten at every collection.
func (m *metrics) declare(j Journey) {
	m.expect(j)
	var fresh []zero
	room := true
	for _, k := range zeroKeys(j) {
		m.fold(&k)
		s, is, fits := m.zeros.add(m.counter(k.what), k)
		if is {
			fresh = append(fresh, s)
		}
		room = room && fits
	}
	if !room && m.zeros.full.CompareAndSwap(false, true) {
		m.handle(errManyJourneys)
	}
	m.nothing(fresh)
}

// expect makes the metric of live journeys say 0 of the journey's stages.
func (m *metrics) expect(j Journey) {
	m.places.mu.Lock()
	defer m.places.mu.Unlock()
	m.places.know(m.label(j.Name, ""))
	for _, s := range j.Stages {
		m.places.know(m.label(j.Name, s))
	}
}

// nothing adds it to each of the series. A measurement runs the application's code, such as an exemplar filter,
// whose panic has no place in a collection.
func (m *metrics) nothing(list []zero) {
	ctx := context.Background()
	defer func() {
		if v := recover(); v != nil {
			defer func() { _ = recover() }() // what panicked may be what counts
			m.report(ctx, fault.PanicReport("a collection of metrics", v))
		}
	}()
	for _, s := range list {
		s.counter.Add(ctx, 0, s.with...)
	}
}

// zeroKeys returns the keys of the series that a journey has before anything happens in it.
func zeroKeys(j Journey) (keys []seriesKey) {
	for _, c := range j.Channels {
		keys = append(keys, seriesKey{what: journeyStarted, name: j.Name, channel: c})
		for _, o := range journeyOutcomes() {
			keys = append(keys, seriesKey{what: journeyEnded, name: j.Name, channel: c, outcome: o})
		}
	}
	for _, s := range append([]string{""}, j.Stages...) {
		keys = append(keys, seriesKey{what: journeyLate, name: j.Name, stage: s})
		for _, o := range journeyOutcomes() {
			keys = append(keys, seriesKey{what: journeyExited, name: j.Name, stage: s, outcome: o})
		}
	}
	for _, s := range j.Expected {
		keys = append(keys, seriesKey{what: journeyStalled, name: j.Name, stage: s})
	}
	return keys
}

// journeyOutcomes are the outcomes that a journey can have.
func journeyOutcomes() []event.Outcome {
	return []event.Outcome{event.Completed, event.Failed, event.Cancelled, event.Abandoned}
}

// counter returns the counter that has the series of a kind.
func (m *metrics) counter(w what) metric.Int64Counter {
	switch w {
	case journeyStarted:
		return m.started
	case journeyEnded:
		return m.ended
	case journeyExited:
		return m.exits
	case journeyStalled:
		return m.stalled
	default:
		return m.late
	}
}

// add keeps the series, where there is room, and reports whether it is a new one and whether it fits.
func (z *zeros) add(c metric.Int64Counter, k seriesKey) (s zero, fresh, fits bool) {
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
	s = zero{c, build(k).add}
	z.list = append(z.list, s)
	return s, true, true
}

// all returns the series. The caller does not change them.
func (z *zeros) all() []zero {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.list // it is only appended to
}
