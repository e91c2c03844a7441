package exporters

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/telemetry/semconv"
)

const scopeName = "cairncx.dev/cairn/exporters"

// selfMetrics are a component's metrics about itself.
type selfMetrics struct {
	processed, dropped, sent metric.Int64Counter
	duration                 metric.Float64Histogram
	full, closed, ok         []metric.AddOption
	refusedOptions           []metric.AddOption
	took                     []metric.RecordOption
	component                []attribute.KeyValue
	meter                    metric.Meter
	plain                    metric.MeasurementOption
	registrations            []metric.Registration
}

// newSelfMetrics returns the metrics of a component, whose load says how many events wait in its
// queue of the capacity and how many are being exported. Instruments that cannot be made are
// reported and do nothing.
func newSelfMetrics(
	p metric.MeterProvider, component, name string, load func() (waiting, sending int), capacity int,
) *selfMetrics {
	if p == nil {
		p = otel.GetMeterProvider()
	}
	m := p.Meter(scopeName)
	s := &selfMetrics{component: []attribute.KeyValue{
		semconv.ComponentTypeKey.String(component), semconv.ComponentNameKey.String(name),
	}}
	with := func(kvs ...attribute.KeyValue) metric.MeasurementOption {
		return metric.WithAttributeSet(attribute.NewSet(append(kvs, s.component...)...))
	}
	s.meter, s.plain = m, with()
	s.full = []metric.AddOption{with(semconv.ErrorTypeKey.String(classes()[classFull]))}
	s.closed = []metric.AddOption{with(semconv.ErrorTypeKey.String(classes()[classClosed]))}
	s.ok = []metric.AddOption{with()}
	s.took = []metric.RecordOption{with()}
	var faults []error
	counter := func(into *metric.Int64Counter, name, unit, description string) {
		var err error
		*into, err = m.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
		faults = append(faults, err)
	}
	counter(&s.processed, semconv.SDKProcessorProcessedName, semconv.SDKProcessorProcessedUnit, semconv.SDKProcessorProcessedDescription)
	counter(&s.dropped, semconv.SDKProcessorDroppedName, semconv.SDKProcessorDroppedUnit, semconv.SDKProcessorDroppedDescription)
	counter(&s.sent, semconv.SDKExporterExportedName, semconv.SDKExporterExportedUnit, semconv.SDKExporterExportedDescription)
	var err error
	s.duration, err = m.Float64Histogram(semconv.SDKExporterOperationDurationName,
		metric.WithUnit(semconv.SDKExporterOperationDurationUnit),
		metric.WithDescription(semconv.SDKExporterOperationDurationDescription),
		metric.WithExplicitBucketBoundaries(semconv.SDKExporterOperationDurationBuckets()...))
	faults = append(faults, err)
	s.refusedOptions = []metric.AddOption{with(semconv.ErrorTypeKey.String(classes()[classPermanent]))}
	if load != nil {
		faults = append(faults, s.observe(m, load, capacity, with()))
	}
	if err := errors.Join(faults...); err != nil {
		otel.Handle(fmt.Errorf("cairn: the metrics of %s: %w", name, err))
	}
	return s
}

// observe registers the queue's gauges.
func (s *selfMetrics) observe(
	m metric.Meter, load func() (waiting, sending int), capacity int, with metric.MeasurementOption,
) error {
	length, err1 := m.Int64ObservableUpDownCounter(semconv.SDKProcessorQueueSizeName,
		metric.WithUnit(semconv.SDKProcessorQueueSizeUnit), metric.WithDescription(semconv.SDKProcessorQueueSizeDescription))
	bound, err2 := m.Int64ObservableUpDownCounter(semconv.SDKProcessorQueueCapacityName,
		metric.WithUnit(semconv.SDKProcessorQueueCapacityUnit), metric.WithDescription(semconv.SDKProcessorQueueCapacityDescription))
	flying, err3 := m.Int64ObservableUpDownCounter(semconv.SDKExporterInflightName,
		metric.WithUnit(semconv.SDKExporterInflightUnit), metric.WithDescription(semconv.SDKExporterInflightDescription))
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	registration, err := m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		waiting, sending := load()
		o.ObserveInt64(length, int64(waiting), with)
		if capacity > 0 { // else its bound is not in events
			o.ObserveInt64(bound, int64(capacity), with)
		}
		o.ObserveInt64(flying, int64(sending), with)
		return nil
	}, length, bound, flying)
	s.registrations = append(s.registrations, registration)
	return err //nolint:wrapcheck // the caller says whose metrics they are
}

// observeDisk registers the gauges of what is on a disk, in bytes.
func (s *selfMetrics) observeDisk(load func() (used, limit int64)) {
	usage, err1 := s.meter.Int64ObservableUpDownCounter(semconv.SDKSpoolUsageName,
		metric.WithUnit(semconv.SDKSpoolUsageUnit), metric.WithDescription(semconv.SDKSpoolUsageDescription))
	bound, err2 := s.meter.Int64ObservableUpDownCounter(semconv.SDKSpoolLimitName,
		metric.WithUnit(semconv.SDKSpoolLimitUnit), metric.WithDescription(semconv.SDKSpoolLimitDescription))
	err := errors.Join(err1, err2)
	if err == nil {
		var registration metric.Registration
		registration, err = s.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
			used, limit := load()
			o.ObserveInt64(usage, used, s.plain)
			o.ObserveInt64(bound, limit, s.plain)
			return nil
		}, usage, bound)
		s.registrations = append(s.registrations, registration)
	}
	if err != nil {
		otel.Handle(fmt.Errorf("cairn: the metrics of a spool: %w", err))
	}
}

func (s *selfMetrics) drop(closed bool) {
	why := s.full
	if closed {
		why = s.closed
	}
	s.dropped.Add(context.Background(), 1, why...)
}

// refused counts events that a sink will never take.
func (s *selfMetrics) refused(n int) {
	if n == 0 {
		return
	}
	s.dropped.Add(context.Background(), int64(n), s.refusedOptions...)
}

// attempted counts a call that has not delivered n events, which are tried again.
func (s *selfMetrics) attempted(n int, took time.Duration, err error) {
	failed := s.failed(err)
	s.sent.Add(context.Background(), int64(n), failed)
	s.duration.Record(context.Background(), took.Seconds(), failed)
}

// gaveUp counts events that are lost, by what became of their export.
func (s *selfMetrics) gaveUp(lost tally) {
	for c, n := range lost {
		if n > 0 {
			s.dropped.Add(context.Background(), int64(n), s.with(class(c)))
		}
	}
}

func (s *selfMetrics) failed(err error) metric.MeasurementOption { return s.with(classOf(err)) }

// with returns the attributes of the component and of a class.
func (s *selfMetrics) with(c class) metric.MeasurementOption {
	return metric.WithAttributes(append([]attribute.KeyValue{semconv.ErrorTypeKey.String(classes()[c])}, s.component...)...)
}

// exported counts a call with n events that were all taken, or all not taken, by err.
func (s *selfMetrics) exported(n int, took time.Duration, err error) {
	var bad tally
	if err != nil {
		bad[classOf(err)] = n
	}
	s.called(n, took, err, bad)
}

// called counts a call with n events, of which those in bad were not taken.
func (s *selfMetrics) called(n int, took time.Duration, err error, bad tally) {
	ctx := context.Background()
	if good := n - bad.sum(); good > 0 {
		s.processed.Add(ctx, int64(good), s.ok...)
		s.sent.Add(ctx, int64(good), s.ok...)
	}
	for c, n := range bad {
		if n > 0 {
			failed := s.with(class(c))
			s.processed.Add(ctx, int64(n), failed)
			s.sent.Add(ctx, int64(n), failed)
		}
	}
	if err != nil {
		s.duration.Record(ctx, took.Seconds(), s.failed(err))
	} else {
		s.duration.Record(ctx, took.Seconds(), s.took...)
	}
}

// classOf returns the class of an exporter's error.
func classOf(err error) class {
	switch {
	case errors.Is(err, ErrSpoolFull):
		return classFull
	case errors.Is(err, context.DeadlineExceeded):
		return classTimeout
	case errors.Is(err, context.Canceled):
		return classCancelled
	case errors.Is(err, errPanic):
		return classPanic
	case IsPermanent(err):
		return classPermanent
	default:
		return classTransient
	}
}

func (s *selfMetrics) shutdown() {
	for _, r := range s.registrations {
		if r == nil {
			continue
		}
		if err := r.Unregister(); err != nil {
			otel.Handle(fmt.Errorf("cairn: stopping a component's gauges: %w", err))
		}
	}
}
