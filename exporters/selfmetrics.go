package exporters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters/sink"
)

const scopeName = "cairncx.dev/cairn/exporters"

// selfMetrics are a component's metrics about itself.
type selfMetrics struct {
	name                     string // of the component
	tell                     func(error)
	dropsOnly                bool
	processed, dropped, sent metric.Int64Counter
	duration                 metric.Float64Histogram
	part                     views // what the component says of itself
	sink                     views // and of where the events go
	zeros                    [][]metric.AddOption
	component                []attribute.KeyValue
	meter                    metric.Meter
	registrations            []metric.Registration
}

// views are the options of a component's measurements: of those that went well, and of each class. They are
// slices because making one for each measurement allocates.
type views struct {
	ok     metric.MeasurementOption
	good   []metric.AddOption
	failed [numClasses][]metric.AddOption
	took   [numClasses + 1][]metric.RecordOption // the last one is of what went well
}

func newViews(kvs ...attribute.KeyValue) (v views) {
	kvs = slices.Clip(kvs)
	v.ok = metric.WithAttributeSet(attribute.NewSet(kvs...))
	v.good = []metric.AddOption{v.ok}
	for c, name := range classes() {
		with := metric.WithAttributeSet(attribute.NewSet(append(kvs, semconv.ErrorTypeKey.String(name))...))
		v.failed[c], v.took[c] = []metric.AddOption{with}, []metric.RecordOption{with}
	}
	v.took[numClasses] = []metric.RecordOption{v.ok}
	return v
}

// measured says what is measured of a component.
type measured struct {
	tell            func(error)
	provider        metric.MeterProvider // nil is the global one
	component, name string
	exporter        event.Exporter                // that the component is in front of
	load            func() (waiting, sending int) // of its queue; nil if it has none
	capacity        int                           // of its queue, in events; 0 if its bound is another one
	drops           []string                      // the reasons for which it drops events
	dropsOnly       bool                          // it drops events, and leaves counting them otherwise to others
}

// newSelfMetrics returns the metrics of a component. Instruments that cannot be made are reported and do nothing.
func newSelfMetrics(of measured) *selfMetrics {
	p, tell, name := of.provider, of.tell, of.name
	if p == nil {
		p = otel.GetMeterProvider()
	}
	m := p.Meter(scopeName)
	s := &selfMetrics{name: name, tell: tell, meter: m, dropsOnly: of.dropsOnly, component: []attribute.KeyValue{
		semconv.ComponentTypeKey.String(of.component), semconv.ComponentNameKey.String(name),
	}}
	s.part = newViews(s.component...)
	s.sink = newViews(append(slices.Clip(s.component), address(of.exporter)...)...)
	for _, w := range of.drops {
		s.zeros = append(s.zeros, []metric.AddOption{s.because(w)})
	}
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
	if errors.Join(faults...) == nil {
		s.nothing()
		faults = append(faults, s.observe(m, of.load, of.capacity))
	}
	if err := errors.Join(faults...); err != nil {
		tell(fmt.Errorf("cairn: the metrics of %s: %w", name, err))
	}
	return s
}

// because returns the attributes of the component and of what it drops events for.
func (s *selfMetrics) because(why string) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(append(slices.Clip(s.component), semconv.ErrorTypeKey.String(why))...))
}

// nothing adds it to the counters, so that each exists before anything is counted: a backend sees only how much
// a counter has risen from one value to the next. A measurement runs the application's code, such as an exemplar
// filter, whose panic has no place in a collection.
func (s *selfMetrics) nothing() {
	defer func() { _ = recover() }()
	ctx := context.Background()
	if !s.dropsOnly {
		s.processed.Add(ctx, 0, s.part.good...)
		s.sent.Add(ctx, 0, s.sink.good...)
	}
	for _, with := range s.zeros {
		s.dropped.Add(ctx, 0, with...)
	}
}

// observe registers the queue's gauges, where it has any, and repeats the zeros at every collection: a provider
// may be set later, and delta temporality forgets what is not added to.
func (s *selfMetrics) observe(m metric.Meter, load func() (waiting, sending int), capacity int) error {
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
		s.nothing()
		if load == nil {
			return nil
		}
		waiting, sending := load()
		o.ObserveInt64(length, int64(waiting), s.part.ok)
		if capacity > 0 { // else its bound is not in events
			o.ObserveInt64(bound, int64(capacity), s.part.ok)
		}
		o.ObserveInt64(flying, int64(sending), s.sink.ok)
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
			o.ObserveInt64(usage, used, s.part.ok)
			o.ObserveInt64(bound, limit, s.part.ok)
			return nil
		}, usage, bound)
		s.registrations = append(s.registrations, registration)
	}
	if err != nil {
		otel.Handle(fmt.Errorf("cairn: the metrics of %s: %w", s.name, err))
	}
}

func (s *selfMetrics) drop(closed bool) {
	why := classFull
	if closed {
		why = classClosed
	}
	s.dropped.Add(context.Background(), 1, s.part.failed[why]...)
}

// refused counts events that a sink will never take.
func (s *selfMetrics) refused(n int) {
	if n == 0 {
		return
	}
	s.dropped.Add(context.Background(), int64(n), s.part.failed[classPermanent]...)
}

// attempted counts a call that has not delivered n events, which are tried again.
func (s *selfMetrics) attempted(n int, took time.Duration, err error) {
	c := classOf(err)
	s.sent.Add(context.Background(), int64(n), s.sink.failed[c]...)
	s.duration.Record(context.Background(), took.Seconds(), s.sink.took[c]...)
}

// gaveUp counts events that are lost, by what became of their export.
func (s *selfMetrics) gaveUp(lost tally) {
	for c, n := range lost {
		if n > 0 {
			s.dropped.Add(context.Background(), int64(n), s.part.failed[c]...)
		}
	}
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
		s.processed.Add(ctx, int64(good), s.part.good...)
		s.sent.Add(ctx, int64(good), s.sink.good...)
	}
	for c, n := range bad {
		if n > 0 {
			s.processed.Add(ctx, int64(n), s.part.failed[c]...)
			s.sent.Add(ctx, int64(n), s.sink.failed[c]...)
		}
	}
	c := numClasses
	if err != nil {
		c = classOf(err)
	}
	s.duration.Record(ctx, took.Seconds(), s.sink.took[c]...)
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
	case sink.IsPermanent(err):
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
			s.tell(fmt.Errorf("cairn: stopping the gauges of %s: %w", s.name, err))
		}
	}
}
