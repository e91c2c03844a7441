package feedback

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/option"
	"cairncx.dev/cairn/journey"
)

// Option is an option of one answer or one request, for Record and Request. It may be used for several calls.
type Option interface{ apply(e *flight.Event) }

type recordOption option.Option

func (o recordOption) apply(e *flight.Event) { o(e) }

// At says when it happened to the customer: when the answer was given. Default: now.
func At(t time.Time) Option { return recordOption(option.At(t)) }

// Via says on which channel it happened; 0 is the default. Default: the channel that the context knows.
func Via(c event.Channel) Option { return recordOption(option.Via(c)) }

// By says who acted. Default: the actor that the context knows, else the customer.
func By(a event.Actor) Option { return recordOption(option.By(a)) }

// From says whose experience it is. Default: the customer that the context knows.
func From(c event.Customer) Option { return recordOption(option.From(c)) }

// Because gives the root cause, from a bounded vocabulary, at most 64 bytes: what the company found. [Causes] has what the
// customer chose. Default: none.
func Because(cause string) Option { return recordOption(option.Because(cause)) }

// Variant says what the customer was shown: a release, an arm of an experiment. Default: not known.
func Variant(v event.Variant) Option { return recordOption(option.Variant(v)) }

// Attributes adds the caller's own attributes, at most 32 keys. The last value of a key holds. Attributes are on spans and
// in the event's JSON, never on metrics. Default: none.
func Attributes(kvs ...attribute.KeyValue) Option { return recordOption(option.Attributes(kvs...)) }

// Comment adds what the customer said in their own words, at most 8 KiB. A comment is never on spans or metrics. It is in
// events only where the client redacts it (cx.WithRedactor) or keeps texts as they are. Default: none.
func Comment(text string) Option {
	return recordOption(func(e *flight.Event) { e.Feedback.Comment = text })
}

// Language says in which language the comment is, as a BCP 47 tag. Default: not known.
func Language(tag string) Option {
	return recordOption(func(e *flight.Event) { e.Feedback.Language = tag })
}

// Causes adds the causes that the customer chose, from a bounded vocabulary: at most 32, each once, of at most 64 bytes.
// Default: none.
func Causes(causes ...string) Option {
	causes = slices.Clone(causes)
	return recordOption(func(e *flight.Event) {
		f := e.Feedback
		for _, cause := range causes {
			switch {
			case slices.Contains(f.Causes, cause):
			case len(f.Causes) < event.MaxAttributes:
				f.Causes = append(f.Causes, cause)
			default:
				e.Notice(fault.CauseLimit)
			}
		}
	})
}

// About says which run the answer is about, by the journey's name and the run's ID. The run may have ended days ago, in
// another process: the answer lands in its trace. Default: the run that the context is in.
//
// A client that was given journeys (cx.WithDefinitions, cx.WithBlueprint) reports any other name as unknown_name and
// counts the answer under _other. Give [AboutRun] a definition for a journey that only another service defines.
func About(journey, id string) Option { return about(spoken(journey), id) }

// AboutRun is [About] with the journey's definition, whose name cannot be misspelt. A client that does not know the
// journey yet adopts the definition.
func AboutRun(j *journey.Definition, id string) Option {
	if j == nil {
		return about(spoken(""), id) // the client reports it as invalid_name
	}
	return about(j, id)
}

func about(d event.Definition, id string) Option {
	return recordOption(func(e *flight.Event) { e.SetAbout(d, id) })
}

// spoken is a journey of which only the name is known.
type spoken string

// Name implements [event.Definition].
func (s spoken) Name() string { return string(s) }

// Validate implements [event.Definition]. It returns nil, because nothing is defined here: the client looks the name up and
// reports a faulty one.
func (s spoken) Validate() error { return nil }
