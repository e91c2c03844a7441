package touchpoint

import (
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/option"
)

// StartOption is an option of one interaction, in [Definition.Start] and [Definition.Record]. An option value may be
// reused.
type StartOption interface{ applyStart(e *flight.Event) }

type startOption option.Option

func (o startOption) applyStart(e *flight.Event) { o(e) }

// At says when the interaction began. Default, and for the zero time: now; for Record with [Took], now minus that duration.
func At(t time.Time) StartOption { return startOption(option.At(t)) }

// By sets the actor. Default: the actor of the context, else the customer.
func By(a event.Actor) StartOption { return startOption(option.By(a)) }

// From sets the customer, and replaces the one of the context. Default: the customer of the context, else that of the live
// run if the client has its state. After the end of a run, a context that has only the run's ID, as from [WithJourneyID],
// yields no customer.
func From(c event.Customer) StartOption { return startOption(option.From(c)) }

// Because sets the root cause, from a bounded vocabulary, at most 64 bytes. Default: none.
func Because(cause string) StartOption { return startOption(option.Because(cause)) }

// Variant sets what the customer saw: a release, an arm of an experiment. Default: not known.
func Variant(v event.Variant) StartOption { return startOption(option.Variant(v)) }

// Attributes adds the caller's own attributes, at most 32 keys. The last value of a key holds. Attributes appear on spans
// and in the event's JSON, never on metrics. Default: none.
func Attributes(kvs ...attribute.KeyValue) StartOption {
	return startOption(option.Attributes(kvs...))
}

// Took sets the duration of the interaction, from 0 to ten years. Without [At] the interaction has just ended. Default: the
// time until End; in [Definition.Record], not known.
func Took(d time.Duration) StartOption {
	return startOption(func(e *flight.Event) { e.Duration = d })
}

// Outbound says that the company contacted the customer. Default: the customer contacted the company.
func Outbound() StartOption {
	return startOption(func(e *flight.Event) { e.Direction = event.Outbound })
}

// PurposeOfOption is an option both of [Define] and of one interaction. [For] returns one.
type PurposeOfOption interface {
	Option
	StartOption
}

type forPurpose string

// For says for which purpose of a [ContactPolicy] the company contacts the customer. In [Define] it says so of every interaction of the
// touchpoint; in [Definition.Start] and [Definition.Record] it replaces what the definition says. The customer is contacted ([Outbound]).
// Such a contact needs a grant for this purpose: see [Granted]. Without one it is a contact.violated when it is over. Default, and for "":
// no purpose, and no grant is needed.
func For(purpose string) PurposeOfOption { return forPurpose(purpose) }

func (p forPurpose) apply(d *Definition) { d.purpose = string(p) }

func (p forPurpose) applyStart(e *flight.Event) {
	if p == "" && e.Contact == nil {
		return
	}
	e.Direction = event.Outbound
	contactOf(e).Purpose = string(p)
}

// contactOf returns the contact of an event that this package fills, and makes one if there is none.
func contactOf(e *flight.Event) *event.Contact {
	if e.Contact == nil {
		e.Contact = &event.Contact{}
	}
	return e.Contact
}

// Granted makes the interaction carry the grant. The customer is contacted ([Outbound]); it is the grant's customer, if neither the context
// nor [From] has one. The purpose is that of [For], else the grant's. Start and Record call [Grant.Use], and wait for the store as it does,
// unless the grant is used already. A grant is good for one interaction.
//
// An interaction against its grant is a contact.violated when it is over, unless it is cancelled or abandoned: the grant was
// refused, released, lapsed or used before, or it is for another customer, another channel or another purpose. A nil grant is no grant.
func Granted(g *Grant) StartOption {
	return startOption(func(e *flight.Event) { g.carry(e) })
}

// Outcome sets how the interaction ended, in [Definition.Record]. Default: [event.OK].
func Outcome(o event.Outcome) StartOption {
	return startOption(func(e *flight.Event) { e.Outcome = o })
}

// Assisted adds the employee's part in the interaction: queue, waits, transfers, resolution. Default: none.
func Assisted(a event.Assisted) StartOption {
	return startOption(func(e *flight.Event) { e.Assisted = &a })
}
