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

// Option is an option of one answer or one request, in Record, Request and [Survey.Ask]. An option value may be reused.
type Option interface {
	AskOption
	apply(e *flight.Event)
}

type recordOption option.Option

func (o recordOption) apply(e *flight.Event) { o(e) }

func (o recordOption) applyAsk(a *asking) { a.said = append(a.said, o) }

// At says when the customer answered, or was asked. Default, and for the zero time: now.
func At(t time.Time) Option { return recordOption(option.At(t)) }

// Via sets the channel. Default, and for 0: the channel of the context. An event without either has no channel.
func Via(c event.Channel) Option { return recordOption(option.Via(c)) }

// By sets the actor. Default: the actor of the context, else the customer.
func By(a event.Actor) Option { return recordOption(option.By(a)) }

// From sets the customer, and replaces the one of the context. Default: the customer of the context, else that of the live
// run if the client has its state. Give From for an answer after the end of a run: a context that has only the run's ID, as
// from touchpoint.WithJourneyID or [journey.Definition.Resume], no longer yields the customer.
func From(c event.Customer) Option { return recordOption(option.From(c)) }

// Because sets the root cause that the company found, from a bounded vocabulary, at most 64 bytes. [Causes] sets the causes
// that the customer chose. Default: none.
func Because(cause string) Option { return recordOption(option.Because(cause)) }

// Variant sets what the customer saw: a release, an arm of an experiment. Default: not known.
func Variant(v event.Variant) Option { return recordOption(option.Variant(v)) }

// Attributes adds the caller's own attributes, at most 32 keys. The last value of a key holds. Attributes appear on spans
// and in the event's JSON, never on metrics. Default: none.
func Attributes(kvs ...attribute.KeyValue) Option { return recordOption(option.Attributes(kvs...)) }

// Answering says that the answer is to the request. The answer is counted in the response rate, once: a second one changes the first, as
// feedback.amended, until the request expires; the same answer again is none. An answer to a request that has ended is recorded without a
// request, and counts as the fault request_over. So is one of another survey or scale, of a customer who is known to be another one than the one
// who was asked, and of a delegate or a probe: it leaves the request alone, and counts as the fault request_mismatch. What the answer does not say, such as the customer, is that of the request. A nil or refused
// request changes nothing. Default: the company has not asked.
func Answering(r *Request) Option { return AnsweringID(r.ID()) }

// AnsweringID is [Answering] by the ID of the request, as a link or a form carries it. The zero ID changes nothing.
func AnsweringID(request event.ID) Option {
	return recordOption(func(e *flight.Event) { e.Feedback.Request = request })
}

// Worded sets the version of the question that the customer saw, as [Survey.Version] returns it: the answer counts for that version. The empty
// one is today's. It is for a page that has other texts than those with which the customer was asked; the request counts for its own version.
// Default: the version of the request, and today's for an answer without one.
func Worded(version string) Option {
	return recordOption(func(e *flight.Event) {
		e.Feedback.Version = version
		e.SetWorded()
	})
}

// Comment sets the customer's own words, at most 8 KiB. A comment is never on spans or metrics. An event has it only if the
// client redacts comments (cx.WithRedactor) or keeps them as they are (cx.WithUnredactedText). Default: none.
func Comment(text string) Option {
	return recordOption(func(e *flight.Event) { e.Feedback.Comment = text })
}

// Language sets the language of the comment, as a BCP 47 tag. Default: not known.
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

// About sets the run, by the journey's name and the run's ID. The run may have ended days ago, in another process: the
// answer is recorded in its trace. cx.WithDefinitions says what the client does with a name that it does not know. Use
// [AboutRun] for a journey that only another service defines. Default: the run of the context.
func About(journey, id string) Option { return about(spoken(journey), id) }

// AboutRun is [About] with the journey's definition, whose name cannot be misspelt. The client adopts a definition that it
// does not know.
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
