package touchpoint

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/option"
)

// StartOption is an option of one interaction, for [Definition.Start] and [Definition.Record]. It may be used for several
// calls.
type StartOption interface{ applyStart(e *flight.Event) }

type startOption option.Option

func (o startOption) applyStart(e *flight.Event) { o(e) }

// At says when it happened to the customer: when the interaction began. Default: now.
func At(t time.Time) StartOption { return startOption(option.At(t)) }

// By says who acted. Default: the actor that the context knows, else the customer.
func By(a event.Actor) StartOption { return startOption(option.By(a)) }

// From says whose experience it is. Default: the customer that the context knows.
func From(c event.Customer) StartOption { return startOption(option.From(c)) }

// Because gives the root cause, from a bounded vocabulary, at most 64 bytes. Default: none.
func Because(cause string) StartOption { return startOption(option.Because(cause)) }

// Variant says what the customer was shown: a release, an arm of an experiment. Default: not known.
func Variant(v event.Variant) StartOption { return startOption(option.Variant(v)) }

// Attributes adds the caller's own attributes, at most 32 keys. The last value of a key holds. Attributes are on spans and
// in the event's JSON, never on metrics. Default: none.
func Attributes(kvs ...attribute.KeyValue) StartOption {
	return startOption(option.Attributes(kvs...))
}

// Took says how long the interaction took the customer, from 0 to ten years. Without [At] the interaction has just ended.
// Default: until End; with [Definition.Record], not known.
func Took(d time.Duration) StartOption {
	return startOption(func(e *flight.Event) { e.Duration = d })
}

// Outbound says that the company contacted the customer. Default: the customer contacted the company.
func Outbound() StartOption {
	return startOption(func(e *flight.Event) { e.Direction = event.Outbound })
}

// Outcome says how the interaction ended, for [Definition.Record]. Default: [event.OK].
func Outcome(o event.Outcome) StartOption {
	return startOption(func(e *flight.Event) { e.Outcome = o })
}

// Assisted adds the human side of the interaction: queue, waits, transfers, resolution. Default: none.
func Assisted(a event.Assisted) StartOption {
	return startOption(func(e *flight.Event) { e.Assisted = &a })
}
