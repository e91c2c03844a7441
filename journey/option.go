package journey

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/option"
)

// RecordOption is an option of one call that records a change of a run: Start, Resume, Enter, Complete, Fail, Cancel. It
// may be used for several calls.
type RecordOption interface{ applyRecord(e *flight.Event) }

type recordOption option.Option

func (o recordOption) applyRecord(e *flight.Event) { o(e) }

// At says when it happened to the customer. Default: now.
func At(t time.Time) RecordOption { return recordOption(option.At(t)) }

// Via says on which channel it happened; 0 is the default. Default: the channel that the context knows.
func Via(c event.Channel) RecordOption { return recordOption(option.Via(c)) }

// By says who acted. Default: the actor that the context knows, else the customer.
func By(a event.Actor) RecordOption { return recordOption(option.By(a)) }

// From says whose experience it is. Default: the customer that the context knows.
func From(c event.Customer) RecordOption { return recordOption(option.From(c)) }

// Because gives the root cause, from a bounded vocabulary, at most 64 bytes. Default: none.
func Because(cause string) RecordOption { return recordOption(option.Because(cause)) }

// Variant says what the customer was shown: a release, an arm of an experiment. Default: not known.
func Variant(v event.Variant) RecordOption { return recordOption(option.Variant(v)) }

// Attributes adds the caller's own attributes, at most 32 keys. The last value of a key holds. Attributes are on spans and
// in the event's JSON, never on metrics. Default: none.
func Attributes(kvs ...attribute.KeyValue) RecordOption {
	return recordOption(option.Attributes(kvs...))
}

// Worth says what is at stake: an amount in the currency's minor unit (cents), after ISO 4217, of at most 10^15. It may be
// said at the start of a run, with a stage and at the end; the last statement, by the time of the events, holds.
//
// The metric cx.journey.value sums the amounts of runs that end. A negative amount is in no sum and counts as a fault:
// record a refund as a positive amount of a journey of its own.
func Worth(amount int64, currency string) RecordOption {
	return recordOption(func(e *flight.Event) { e.SetValue(event.Money{Amount: amount, Currency: currency}) })
}
