package feedback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// Scale is a question's scale, and at the same time the survey of that name: a team
// that asks one question of a kind needs no more. What numbers a scale takes and which
// of them are good is said at [event.Scale].
type Scale event.Scale

// The scales.
const (
	NPS    = Scale(event.NPS)    // 0 to 10: 9 and 10 are positive, 7 and 8 neutral
	CSAT   = Scale(event.CSAT)   // 1 to 5: 4 and 5 are positive, 3 neutral
	CES    = Scale(event.CES)    // 1 to 7: 5 to 7 are positive, 4 neutral
	Stars  = Scale(event.Stars)  // 1 to 5: 4 and 5 are positive, 3 neutral
	Thumbs = Scale(event.Thumbs) // 0 or 1: 1 is positive
)

// String returns the scale's name.
func (s Scale) String() string { return event.Scale(s).String() }

// Verdict returns what the answer says, and false when it is not on the scale.
func (s Scale) Verdict(score int) (event.Verdict, bool) { return event.Scale(s).Verdict(score) }

// Record records an answer on the scale under the scale's own name. The journey is the
// one that ctx is in, or the one that [About] names. A score that is not on the scale is
// not recorded, and counted.
func (s Scale) Record(ctx context.Context, score int, opts ...Option) {
	record(ctx, event.FeedbackReceived, nil, s.String(), s, score, opts)
}

// Request says that the customer was asked, so that the response rate is known.
func (s Scale) Request(ctx context.Context, opts ...Option) {
	record(ctx, event.SurveyRequested, nil, s.String(), s, 0, opts)
}

// Survey is one question that is asked of customers. It is inert and immutable, as all
// definitions are; a nil Survey does nothing.
type Survey struct {
	name  string
	scale Scale
}

var _ event.Definition = (*Survey)(nil)

// Define returns the definition of a survey: a question on a scale.
func Define(name string, scale Scale) *Survey { return &Survey{name: name, scale: scale} }

// Name returns the survey's name.
func (s *Survey) Name() string {
	if s == nil {
		return ""
	}
	return s.name
}

// Scale returns the survey's scale.
func (s *Survey) Scale() Scale {
	if s == nil {
		return 0
	}
	return s.scale
}

// Equal reports whether both definitions mean the same.
func (s *Survey) Equal(o *Survey) bool { return s == o || s != nil && o != nil && *s == *o }

// Validate returns every fault of the definition, joined, or nil.
func (s *Survey) Validate() error {
	if s == nil {
		return errors.New("feedback: the survey is nil")
	}
	var faults []error
	if !event.ValidName(s.name) {
		faults = append(faults, fmt.Errorf("survey %.80q: a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", s.name, event.MaxName, event.NameHint(s.name)))
	}
	if s.scale.String() == "" {
		faults = append(faults, fmt.Errorf("survey %.80q: it has no scale: want NPS, CSAT, CES, Stars or Thumbs", s.name))
	}
	return errors.Join(faults...)
}

// Record records an answer to the survey. See [Scale.Record].
func (s *Survey) Record(ctx context.Context, score int, opts ...Option) {
	if s != nil {
		record(ctx, event.FeedbackReceived, s, s.name, s.scale, score, opts)
	}
}

// Request says that the customer was asked, so that the response rate is known.
func (s *Survey) Request(ctx context.Context, opts ...Option) {
	if s != nil {
		record(ctx, event.SurveyRequested, s, s.name, s.scale, 0, opts)
	}
}

// Option is an option of Record and Request.
type Option interface{ apply(*flight.Event) }

type optionFunc func(*flight.Event)

func (f optionFunc) apply(e *flight.Event) { f(e) }

// Comment adds what the customer said in their own words, at most 8 KiB. It never gets
// onto spans or metrics; into events only redacted, or where the application allows it.
func Comment(text string) Option {
	return optionFunc(func(e *flight.Event) { e.Feedback.Comment = text })
}

// Language says in which language the comment is, as a BCP 47 tag.
func Language(tag string) Option {
	return optionFunc(func(e *flight.Event) { e.Feedback.Language = tag })
}

// Causes adds the causes that the customer chose, from a bounded vocabulary, at most 32, each once.
func Causes(causes ...string) Option {
	return optionFunc(func(e *flight.Event) {
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

// About says which run the feedback is about, by the journey's name and the run's ID:
// one that ended days ago, in another process. It lands in the same trace. A client that was given journeys
// (cx.WithDefinitions, cx.WithBlueprint) knows which ones there are: another name is told as unknown_name, and
// the feedback is counted under _other. For a journey that only another service defines give [AboutRun] a definition
// of its name.
func About(journey, id string) Option { return about(spoken(journey), id) }

// AboutRun is [About] with the journey's definition, which cannot be misspelt. A client that does not know the
// journey yet adopts it.
func AboutRun(j *journey.Definition, id string) Option {
	if j == nil {
		return about(spoken(""), id) // it is told as invalid_name
	}
	return about(j, id)
}

func about(d event.Definition, id string) Option {
	return optionFunc(func(e *flight.Event) { e.SetAbout(d, id) })
}

// spoken is a journey of which only the name is said.
type spoken string

// Name implements [event.Definition].
func (s spoken) Name() string { return string(s) }

// Validate implements [event.Definition]. Nothing is defined here: the client looks the name up, and tells a
// faulty one.
func (s spoken) Validate() error { return nil }

// From says whose feedback it is. Default: the customer that the context knows.
func From(c event.Customer) Option {
	return optionFunc(func(e *flight.Event) { e.Customer = c })
}

// Via says on which channel it was given. Default: the one that the context knows.
func Via(c event.Channel) Option {
	return optionFunc(func(e *flight.Event) { e.Channel = c })
}

// At says when it was given. Default: now.
func At(t time.Time) Option {
	return optionFunc(func(e *flight.Event) { e.Time = t })
}

func record(ctx context.Context, kind event.Kind, def event.Definition, name string, scale Scale, score int, opts []Option) {
	if ctx == nil {
		ctx = context.Background()
	}
	rec := flight.RecorderFrom(ctx)
	if rec == nil {
		return
	}
	e := flight.Of(event.Event{Kind: kind, Feedback: &event.Feedback{Survey: name, Scale: event.Scale(scale), Score: score}})
	defer e.Put()
	e.SetPosition(flight.PositionFromContext(ctx))
	if def == nil {
		def = Define(name, scale)
	}
	e.SetDefinition(def)
	for _, o := range opts {
		if o != nil {
			o.apply(e)
		}
	}
	rec.Record(ctx, e)
}
