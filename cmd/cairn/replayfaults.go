package main

import (
	"context"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// faultMeter is a meter provider that counts the faults that a client reports and ignores every other metric. Only one
// goroutine may record with the client.
type faultMeter struct {
	noop.MeterProvider
	heard map[string]int64
	// dropped reports whether the client has dropped an event since the last call of ask.
	dropped bool
}

func newFaultMeter() *faultMeter { return &faultMeter{heard: map[string]int64{}} }

// droppedBy has the faults after which the client drops the event. After any other fault the client corrects the event.
var droppedBy = map[string]bool{ //nolint:gochecknoglobals // a constant table
	fault.Score.String(): true, fault.NoJourney.String(): true, fault.RunLimit.String(): true,
	fault.InvalidID.String(): true, fault.InvalidKind.String(): true, fault.MissingDetail.String(): true,
}

// ask reports whether the client has dropped an event since the last call of ask.
func (f *faultMeter) ask() bool {
	was := f.dropped
	f.dropped = false
	return was
}

// Meter implements [metric.MeterProvider].
func (f *faultMeter) Meter(string, ...metric.MeterOption) metric.Meter { return faultCounters{f: f} }

type faultCounters struct {
	noop.Meter
	f *faultMeter
}

func (m faultCounters) Int64Counter(name string, opts ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	if name == semconv.SDKFaultsName {
		return faultCounter{f: m.f}, nil
	}
	return m.Meter.Int64Counter(name, opts...) //nolint:wrapcheck // it never fails
}

type faultCounter struct {
	noop.Int64Counter
	f *faultMeter
}

func (c faultCounter) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	set := metric.NewAddConfig(opts).Attributes()
	name, ok := set.Value(semconv.ErrorTypeKey)
	if !ok || name.AsString() == fault.UnknownName.String() {
		return // the report lists unknown names by itself
	}
	c.f.heard[name.AsString()] += n
	c.f.dropped = c.f.dropped || droppedBy[name.AsString()]
}
