package journey

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// RecordOption is an option of the calls that record something about a run.
type RecordOption interface{ applyRecord(*flight.Event) }

type recordFunc func(*flight.Event)

func (f recordFunc) applyRecord(e *flight.Event) { f(e) }

// At says when it happened to the customer. Default: now.
func At(t time.Time) RecordOption {
	return recordFunc(func(e *flight.Event) { e.Time = t })
}

// Via says on which channel. Default: the one that the context knows.
func Via(c event.Channel) RecordOption {
	return recordFunc(func(e *flight.Event) { e.Channel = c })
}

// By says who acted. Default: the one that the context knows, else the customer.
func By(a event.Actor) RecordOption {
	return recordFunc(func(e *flight.Event) { e.Actor = a })
}

// From says whose run it is, where [Definition.Resume] is called by who knows. Default: the
// customer that the context knows.
func From(c event.Customer) RecordOption {
	return recordFunc(func(e *flight.Event) { e.Customer = c })
}

// Named says that a request names the run, so that it is for what comes of the request to say whether it is in that
// run. It is for package touchpoint; [Definition.Resume] by others is believed. Default: it is believed.
func Named() RecordOption { return recordFunc((*flight.Event).SetNamed) }

// Because gives the root cause, from a bounded vocabulary, at most 64 bytes.
func Because(cause string) RecordOption {
	return recordFunc(func(e *flight.Event) { e.Cause = cause })
}

// Worth says what is at stake, in the currency's minor unit (cents) after ISO 4217. What a run is worth may be said at its
// start, with a stage and at its end: what was said last, by the time of the events, holds. The amounts of runs that end are
// summed in the metric cx.journey.value, which a negative one is left out of, with a fault: give a refund a
// positive amount, its journey tells it from a sale.
func Worth(amount int64, currency string) RecordOption {
	return recordFunc(func(e *flight.Event) { e.SetValue(event.Money{Amount: amount, Currency: currency}) })
}

// Variant says what the customer was shown.
func Variant(v event.Variant) RecordOption {
	return recordFunc(func(e *flight.Event) { e.Variant = &v })
}

// Attributes adds the caller's own attributes, at most 32 keys; of equal keys the last value holds.
// They are on spans and in the event's JSON, never on metrics.
func Attributes(kvs ...attribute.KeyValue) RecordOption {
	return recordFunc(func(e *flight.Event) { e.SetAttributes(kvs...) })
}
