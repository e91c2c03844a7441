package journey

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/option"
)

// RecordOption is an option of a call that records a change of a run: Start, Enter, Complete, Fail, Cancel.
// [Definition.Resume] says which options apply to it. An option value may be reused.
type RecordOption interface{ applyRecord(e *flight.Event) }

type recordOption option.Option

func (o recordOption) applyRecord(e *flight.Event) { o(e) }

// At says when the event happened to the customer. Default, and for the zero time: now.
func At(t time.Time) RecordOption { return recordOption(option.At(t)) }

// Via sets the channel. Default, and for 0: the channel of the context. An event without either has no channel.
func Via(c event.Channel) RecordOption { return recordOption(option.Via(c)) }

// By sets the actor. Default: the actor of the context, else the customer.
func By(a event.Actor) RecordOption { return recordOption(option.By(a)) }

// From sets the customer, and replaces the one of the context and the parameter of [Definition.Start]. Default: the
// customer of the context, else that of the live run if the client has its state.
func From(c event.Customer) RecordOption { return recordOption(option.From(c)) }

// Because sets the root cause, from a bounded vocabulary, at most 64 bytes. Default: none.
func Because(cause string) RecordOption { return recordOption(option.Because(cause)) }

// Variant sets what the customer saw: a release, an arm of an experiment. Default: not known.
func Variant(v event.Variant) RecordOption { return recordOption(option.Variant(v)) }

// Attributes adds the caller's own attributes, at most 32 keys. The last value of a key holds. Attributes appear on spans
// and in the event's JSON, never on metrics. Default: none.
func Attributes(kvs ...attribute.KeyValue) RecordOption {
	return recordOption(option.Attributes(kvs...))
}

// Worth sets the amount at stake, in the currency's minor unit such as cents, at most 10^15. The currency is three capital
// letters of ISO 4217; an amount with another currency is dropped. Worth may be given at the start of a run, with a stage
// and at the end. The last amount, by the time of the events, holds. Default: none.
//
// The metric cx.journey.value sums the amounts of runs that end. A negative amount is in no sum and counts as a fault:
// record a refund as a positive amount of a journey of its own.
func Worth(amount int64, currency string) RecordOption {
	return recordOption(func(e *flight.Event) { e.SetValue(event.Money{Amount: amount, Currency: currency}) })
}
