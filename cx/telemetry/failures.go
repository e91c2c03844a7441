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

// Bounds of the attribute sets of failures. Causes and classes of errors are the application's words, and nothing
// keeps it from making one for each failure.
const (
	maxErrorTypes = 20    // of a touchpoint
	maxFailures   = 100   // pairs of a cause and a class of errors, of a touchpoint
	allFailures   = 1_000 // of all touchpoints; beyond it each has those without a cause and a class, or with others
	maxFailing    = maxSeries
)

// otherError is OpenTelemetry's word for a class of errors that is not told apart.
const otherError = "_OTHER"

// failure is what the attributes of a failed touchpoint's metrics are made of.
type failure struct{ touchpoint, cause, errorType string }

// failures are the series of failed touchpoints.
type failures struct {
	mu    sync.RWMutex
	m     map[failure]*series
	of    map[string]*failing // by touchpoint
	total int
}

// failing is what a touchpoint fails with.
type failing struct {
	types map[string]struct{} // classes of errors that are told apart
	pairs int
}

// ofFailure returns the options for the measurements of a touchpoint that failed.
func (m *metrics) ofFailure(ctx context.Context, e *flight.Event) *series {
	s, folded := m.failures.series(failure{e.Touchpoint, e.Cause, e.ErrorType})
	if folded {
		m.report(ctx, fault.Report{Fault: fault.SeriesLimit, Name: e.Touchpoint, Detail: "its failures have more causes or classes of errors than are told apart: they are counted under _other and _OTHER"})
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

// fold takes out of k what is beyond the bounds, and counts what is not. The caller has f.mu.
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
		return // it has room of its own
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

// tells reports whether the class of errors is one of those that are told apart, among which it takes its place.
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

// other returns what stands for a value that is not told apart; where there is none, nothing does.
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
