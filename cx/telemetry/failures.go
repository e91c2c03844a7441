package telemetry

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// Bounds of the series of failures. The application chooses causes and classes of errors, and may choose a new one
// for each failure.
const (
	maxErrorTypes = 20    // for a touchpoint
	maxFailures   = 100   // pairs of a cause and a class of errors, for a touchpoint
	allFailures   = 1_000 // for all touchpoints; beyond it a touchpoint only has series without a cause and a class, or with _other and _OTHER
	maxFailing    = maxSeries
)

// otherError is OpenTelemetry's word for a class of errors beyond the bounds.
const otherError = "_OTHER"

// failure has the values from which the attributes of a failed touchpoint's metrics are made.
type failure struct{ touchpoint, cause, errorType string }

// failures are the series of failed touchpoints.
type failures struct {
	mu    sync.RWMutex
	m     map[failure]*series
	of    map[string]*failing // by touchpoint
	total int
}

// failing has the classes of errors and the number of pairs of a touchpoint.
type failing struct {
	types map[string]struct{} // classes with series of their own
	pairs int
}

// ofFailure returns the options for the measurements of a touchpoint that failed.
func (m *metrics) ofFailure(ctx context.Context, e *flight.Event) *series {
	s, folded := m.failures.series(failure{e.Touchpoint, e.Cause, e.ErrorType})
	if folded {
		m.report(ctx, fault.Report{Fault: fault.SeriesLimit, Name: e.Touchpoint, Detail: "its failures have more causes or classes of errors than the bounds allow: further ones are counted under _other and _OTHER"})
	}
	return s
}

func (f *failures) series(k failure) (s *series, folded bool) {
	f.mu.RLock()
	s = f.m[k]
	f.mu.RUnlock()
	if s != nil {
		return s, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s = f.m[k]; s != nil {
		return s, false
	}
	was := k
	f.fold(&k)
	if s = f.m[k]; s == nil {
		s = buildFailure(k)
		if f.m == nil {
			f.m = map[failure]*series{}
		}
		f.m[k] = s
	}
	return s, k != was
}

// fold replaces the parts of k that exceed the bounds, and counts the rest. The caller holds f.mu.
func (f *failures) fold(k *failure) {
	of := f.of[k.touchpoint]
	if of == nil {
		if len(f.of) >= maxFailing {
			*k = failure{event.Other, other(k.cause, event.Other), other(k.errorType, otherError)}
			return
		}
		if f.of == nil {
			f.of = map[string]*failing{}
		}
		of = &failing{types: map[string]struct{}{}}
		f.of[k.touchpoint] = of
	}
	if k.errorType != "" && !of.tells(k.errorType) {
		k.errorType = otherError
	}
	if f.m[*k] != nil {
		return
	}
	caused := k.cause != "" && k.cause != event.Other
	if caused && of.pairs >= maxFailures {
		k.cause, caused = event.Other, false
	}
	if f.m[*k] != nil || !caused && (k.errorType == "" || k.errorType == otherError) {
		return // this pair does not count towards the bounds
	}
	if f.total >= allFailures {
		k.cause, k.errorType = other(k.cause, event.Other), other(k.errorType, otherError)
		return
	}
	if caused {
		of.pairs++
	}
	f.total++
}

// tells reports whether the class of errors has series of its own. It adds the class if there is room.
func (f *failing) tells(class string) bool {
	if _, known := f.types[class]; known || class == otherError {
		return true
	}
	if len(f.types) >= maxErrorTypes {
		return false
	}
	f.types[class] = struct{}{}
	return true
}

// other returns the replacement for a value beyond the bounds. An empty value stays empty.
func other(value, other string) string {
	if value == "" {
		return ""
	}
	return other
}

func buildFailure(k failure) *series {
	add := []attribute.KeyValue{semconv.TouchpointNameKey.String(k.touchpoint)}
	add = text(add, semconv.ErrorTypeKey, k.errorType)
	record := append([]attribute.KeyValue{semconv.OutcomeKey.String(event.Failed.String())}, add...)
	add = text(add, semconv.CauseKey, k.cause)
	return &series{
		add:    []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(add...))},
		record: []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(record...))},
	}
}
