package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/internal/flight"
)

// effortMetrics are the instruments for efforts.
type effortMetrics struct{ contacts, ended, repeats, switches metric.Int64Counter }

// make makes the instruments, with the function that makes counters.
func (m *effortMetrics) make(counter func(into *metric.Int64Counter, name, unit, description string)) {
	counter(&m.contacts, semconv.EffortContactsName, semconv.EffortContactsUnit, semconv.EffortContactsDescription)
	counter(&m.ended, semconv.EffortEndedName, semconv.EffortEndedUnit, semconv.EffortEndedDescription)
	counter(&m.repeats, semconv.EffortRepeatsName, semconv.EffortRepeatsUnit, semconv.EffortRepeatsDescription)
	counter(&m.switches, semconv.EffortSwitchesName, semconv.EffortSwitchesUnit, semconv.EffortSwitchesDescription)
}

// allIntents stands in place of a journey where the intents of efforts are numbered. No journey has such a name.
const (
	allIntents  = "_intents"
	mostIntents = 64 // besides other
)

// contactMade counts a contact by what is known of it.
func (m *metrics) contactMade(ctx context.Context, customer, intent bool) {
	if !m.efforts.contacts.Enabled(ctx) {
		return
	}
	coverage := "neither"
	switch {
	case customer && intent:
		coverage = "known"
	case customer:
		coverage = "no_intent"
	case intent:
		coverage = "no_customer"
	}
	m.efforts.contacts.Add(ctx, 1, metric.WithAttributes(semconv.EffortCoverageKey.String(coverage)))
}

// effort counts an effort that is over.
func (m *metrics) effort(ctx context.Context, e *flight.Event) {
	f := e.Effort
	if f == nil || !m.efforts.ended.Enabled(ctx) && !m.efforts.repeats.Enabled(ctx) && !m.efforts.switches.Enabled(ctx) {
		return
	}
	name, folded := m.contacts.label(allIntents, e.Intent, mostIntents)
	if folded {
		m.report(ctx, fault.Report{Fault: fault.SeriesLimit, Name: e.Intent, Detail: "the metrics of efforts have more than 64 intents: further ones are counted under _other"})
	}
	intent := semconv.IntentKey.String(name)
	m.efforts.ended.Add(ctx, 1, metric.WithAttributes(intent, semconv.EffortResultKey.String(effortResult(f)),
		semconv.EffortClaimedKey.String(effortClaimed(e)), semconv.EffortEscalatedKey.Bool(f.From != "")))
	m.efforts.repeats.Add(ctx, int64(max(f.Contacts-1, 0)), metric.WithAttributes(intent))
	m.efforts.switches.Add(ctx, int64(f.Switches), metric.WithAttributes(intent))
}

// effortResult returns whether one answered contact was enough for the matter.
func effortResult(f *event.Effort) string {
	switch {
	case f.FirstContact:
		return "first_contact"
	case f.Answered > 0:
		return "repeated"
	default:
		return "unanswered"
	}
}

// effortClaimed returns whether the matter was resolved, as it was claimed.
func effortClaimed(e *flight.Event) string {
	if e.Assisted != nil && e.Assisted.Claimed != 0 {
		return e.Assisted.Claimed.String()
	}
	return "unsaid"
}

// describeSoFar appends the effort so far of a contact, as far as this process knows it when the span ends.
func describeSoFar(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	f := e.Effort
	if f == nil {
		return kvs
	}
	return append(kvs, semconv.EffortContactsKey.Int(f.Contacts), semconv.EffortSwitchesKey.Int(f.Switches), semconv.EffortEscalatedKey.Bool(f.From != ""))
}

// describeEffort appends what the log event says of an effort that is over.
func describeEffort(kvs []attribute.KeyValue, e *flight.Event) []attribute.KeyValue {
	kvs = append(kvs, semconv.EffortResultKey.String(effortResult(e.Effort)), semconv.EffortClaimedKey.String(effortClaimed(e)))
	if e.Intent != "" {
		kvs = append(kvs, semconv.IntentKey.String(e.Intent))
	}
	if from := e.Effort.From; from != "" {
		kvs = append(kvs, semconv.TouchpointNameKey.String(from))
	}
	return kvs
}
