package feedback

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// Question is one of the published questions, with its scale. Used directly it records under the scale's name, such as nps.
// To ask in several places, name each survey with [Define]. [event.Scale] has the answers that a scale allows, and their
// meaning.
type Question event.Scale

// The questions.
const (
	NPS    = Question(event.NPS)    // Net Promoter Score, 0 to 10: 9 and 10 are positive, 7 and 8 neutral
	CSAT   = Question(event.CSAT)   // customer satisfaction, 1 to 5: 4 and 5 are positive, 3 neutral
	CES    = Question(event.CES)    // Customer Effort Score, 1 to 7: 5 to 7 are positive, 4 neutral
	Stars  = Question(event.Stars)  // 1 to 5: 4 and 5 are positive, 3 neutral
	Thumbs = Question(event.Thumbs) // 0 or 1: 1 is positive
)

// String returns the name of the question's scale. It is also the name of the survey that the question records directly.
func (q Question) String() string { return event.Scale(q).String() }

// Verdict returns the meaning of the answer. It returns false for an answer that is not on the scale.
func (q Question) Verdict(score int) (event.Verdict, bool) { return event.Scale(q).Verdict(score) }

// Record records an answer under the scale's name. The answer belongs to the run of ctx, or to the one that [About] names.
// A score that is not on the scale is dropped, and counts as the fault invalid_score. Record never blocks, panics or
// returns an error.
func (q Question) Record(ctx context.Context, score int, opts ...Option) {
	record(ctx, event.FeedbackReceived, Define(q.String(), q), score, opts)
}

// Request records that the customer was asked. The number of requests is the denominator of the response rate.
func (q Question) Request(ctx context.Context, opts ...Option) {
	record(ctx, event.SurveyRequested, Define(q.String(), q), 0, opts)
}

// Survey is a question that the application asks its customers. It is immutable and does nothing by itself: its methods
// record to the client in the context, else to the default client, else nowhere. Safe for concurrent use. A nil Survey
// records nothing.
type Survey struct {
	name  string
	scale event.Scale
}

var _ event.Definition = (*Survey)(nil)

// Define returns the definition of a survey that asks the question under a name of its own. It never fails. cx.New returns
// an error that names every fault of the definition; a client that first meets a faulty definition in use counts a fault.
// Two definitions of one name in one client must be equal ([Survey.Equal]).
func Define(name string, q Question) *Survey { return &Survey{name: name, scale: event.Scale(q)} }

// Name returns the survey's name.
func (s *Survey) Name() string {
	if s == nil {
		return ""
	}
	return s.name
}

// Scale returns the scale of the survey's question.
func (s *Survey) Scale() event.Scale {
	if s == nil {
		return 0
	}
	return s.scale
}

// Equal reports whether both definitions have the same name and scale.
func (s *Survey) Equal(o *Survey) bool { return s == o || s != nil && o != nil && *s == *o }

// Validate returns every fault of the definition, joined, or nil.
func (s *Survey) Validate() error {
	if s == nil {
		return errors.New("feedback: the survey is nil")
	}
	var faults []error
	if !event.ValidName(s.name) {
		faults = append(faults, fmt.Errorf("survey %.80q: a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", s.name, event.MaxName, text.NameHint(s.name)))
	}
	if s.scale.String() == "" {
		faults = append(faults, fmt.Errorf("survey %.80q: it has no scale: want NPS, CSAT, CES, Stars or Thumbs", s.name))
	}
	return errors.Join(faults...)
}

// Record records an answer to the survey, as [Question.Record] does.
func (s *Survey) Record(ctx context.Context, score int, opts ...Option) {
	if s != nil {
		record(ctx, event.FeedbackReceived, s, score, opts)
	}
}

// Request records that the customer was asked, as [Question.Request] does.
func (s *Survey) Request(ctx context.Context, opts ...Option) {
	if s != nil {
		record(ctx, event.SurveyRequested, s, 0, opts)
	}
}

func record(ctx context.Context, kind event.Kind, s *Survey, score int, opts []Option) {
	if ctx == nil {
		ctx = context.Background()
	}
	rec := flight.RecorderFrom(ctx)
	if rec == nil {
		return
	}
	e := flight.Of(event.Event{Kind: kind, Feedback: &event.Feedback{Survey: s.name, Scale: s.scale, Score: score}})
	defer e.Put()
	e.SetPosition(flight.PositionFromContext(ctx))
	e.SetDefinition(s)
	for _, o := range opts {
		if o != nil {
			o.apply(e)
		}
	}
	rec.Record(ctx, e)
}
