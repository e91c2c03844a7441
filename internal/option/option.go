// Package option has the options that the calls of the vocabulary share. Each has one meaning, defined here; packages
// journey, touchpoint and feedback offer it under a type of their own, so that the compiler refuses an option where it
// means nothing.
//
//	                      option.At, By, From, Because, Variant, Attributes, Via
//	                        │                  │                   │
//	journey.RecordOption ◀──┘   touchpoint.StartOption   feedback.Option
//
// An option sets what the caller said and checks nothing: package resolve bounds every event, also those that no option
// has filled. Attributes are the exception, because an event keeps a bounded number of keys.
//
// An option may be used for several calls, also at the same time, so it keeps copies of what it was given and never
// changes them.
package option

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// Option changes an event that is about to be recorded.
type Option func(*flight.Event)

// At says when it happened to the customer. The zero time is now.
func At(t time.Time) Option { return func(e *flight.Event) { e.Time = t } }

// Via says on which channel it happened. The zero channel changes nothing, so the context's channel stays.
func Via(c event.Channel) Option {
	return func(e *flight.Event) {
		if c != 0 {
			e.Channel = c
		}
	}
}

// By says who acted. It replaces the actor of the context, also with [event.ActorCustomer].
func By(a event.Actor) Option { return func(e *flight.Event) { e.Actor = a } }

// From says whose experience it is. It replaces the customer of the context as a whole, also with the zero customer, who
// is not known.
func From(c event.Customer) Option { return func(e *flight.Event) { e.SetCustomer(c) } }

// Because gives the root cause. Package resolve cuts it at [event.MaxCause] bytes.
func Because(cause string) Option { return func(e *flight.Event) { e.Cause = cause } }

// Intent says which problem the customer wants solved. Package resolve cuts it at [event.MaxCause] bytes.
func Intent(intent string) Option { return func(e *flight.Event) { e.Intent = intent } }

// Variant says what the customer was shown.
func Variant(v event.Variant) Option { return func(e *flight.Event) { e.Variant = new(v) } }

// Attributes adds the caller's own attributes. See [flight.Event.SetAttributes] for the bound, and for keys that occur
// twice.
func Attributes(kvs ...attribute.KeyValue) Option {
	kvs = slices.Clone(kvs)
	return func(e *flight.Event) { e.SetAttributes(kvs...) }
}
