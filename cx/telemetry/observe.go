package telemetry

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// observe calls f at each collection of the instruments, until shutdown.
func (m *metrics) observe(what string, f metric.Callback, instruments ...metric.Observable) error {
	reg, err := m.meter.RegisterCallback(f, instruments...)
	if err != nil {
		return fmt.Errorf("telemetry: observing %s: %w", what, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.registrations = append(m.registrations, reg)
	return nil
}

// observeInfo reports at each collection that the client runs, and the series that start at zero.
func (m *metrics) observeInfo(version, namespace string) error {
	kvs := text(text(nil, semconv.SDKVersionKey, version), semconv.JourneyNamespaceKey, namespace)
	with := metric.WithAttributeSet(attribute.NewSet(kvs...))
	return m.observe(semconv.SDKInfoName, func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(m.info, 1, with)
		m.begin(context.Background())
		return nil
	}, m.info, m.active) // two instruments, because a view may drop one
}

// place is a stage of a journey in the form in which metrics have it.
type place struct{ journey, stage string }

// places are the places that the metric of live journeys reports. It reports 0 for those without a run.
type places struct {
	mu sync.Mutex
	m  map[place][]metric.ObserveOption
}

// know adds the place if there is room and returns its options. The caller holds p.mu.
func (p *places) know(at place) []metric.ObserveOption {
	if with := p.m[at]; with != nil {
		return with
	}
	with := []metric.ObserveOption{metric.WithAttributeSet(attribute.NewSet(
		text([]attribute.KeyValue{semconv.JourneyNameKey.String(at.journey)}, semconv.StageNameKey, at.stage)...))}
	if len(p.m) < maxZeros {
		if p.m == nil {
			p.m = map[place][]metric.ObserveOption{}
		}
		p.m[at] = with
	}
	return with
}

// label returns the place in the form in which the metric of live journeys has it.
func (m *metrics) label(journey, stage string) place {
	stage, _ = m.stages.label(journey, stage, mostStages)
	return place{journey, stage}
}

func (m *metrics) observeActive(active func(yield func(journey, stage string, runs int64))) error {
	return m.observe(semconv.JourneyActiveName, func(_ context.Context, o metric.Observer) error {
		live := map[place]int64{}
		active(func(journey, stage string, runs int64) { live[m.label(journey, stage)] += runs })
		m.places.mu.Lock()
		defer m.places.mu.Unlock()
		for at, runs := range live {
			o.ObserveInt64(m.active, runs, m.places.know(at)...)
		}
		for at, with := range m.places.m {
			if _, there := live[at]; !there {
				o.ObserveInt64(m.active, 0, with...)
			}
		}
		return nil
	}, m.active)
}

// observeQueue makes the gauges of a queue call load at each collection.
func (m *metrics) observeQueue(component, name string, load func() (waiting, capacity int)) error {
	length, err1 := m.meter.Int64ObservableUpDownCounter(semconv.SDKProcessorQueueSizeName,
		metric.WithUnit(semconv.SDKProcessorQueueSizeUnit), metric.WithDescription(semconv.SDKProcessorQueueSizeDescription))
	bound, err2 := m.meter.Int64ObservableUpDownCounter(semconv.SDKProcessorQueueCapacityName,
		metric.WithUnit(semconv.SDKProcessorQueueCapacityUnit), metric.WithDescription(semconv.SDKProcessorQueueCapacityDescription))
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("telemetry: the gauges of %s: %w", name, err)
	}
	with := metric.WithAttributes(semconv.ComponentTypeKey.String(component), semconv.ComponentNameKey.String(name))
	return m.observe(name, func(_ context.Context, o metric.Observer) error {
		waiting, capacity := load()
		o.ObserveInt64(length, int64(waiting), with)
		o.ObserveInt64(bound, int64(capacity), with)
		return nil
	}, length, bound)
}
