package feedback

import (
	"context"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
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

// Request records that the customer was asked by a system that decides itself whom to ask. The number of requests is the denominator of
// the response rate. See [Survey.Ask] for a request that the contact policy grants, and that answers belong to.
func (q Question) Request(ctx context.Context, opts ...Option) {
	record(ctx, event.SurveyRequested, Define(q.String(), q), 0, opts)
}

func record(ctx context.Context, kind event.Kind, s *Survey, score int, opts []Option) {
	if ctx == nil {
		ctx = context.Background()
	}
	rec := flight.RecorderFrom(ctx)
	if rec == nil {
		return
	}
	e := flight.Get()
	defer e.Put()
	e.Kind = kind
	e.SetFeedback(&event.Feedback{Survey: s.name, Scale: s.scale, Score: score})
	e.SetPosition(flight.PositionFromContext(ctx))
	e.SetDefinition(s)
	for _, o := range opts {
		if o != nil {
			o.apply(e)
		}
	}
	rec.Record(ctx, e)
}
