package insight

import (
	"context"
	"math"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Voice is what customers have said, and what the company did about it.
type Voice struct {
	Basis

	// Surveys are in the order of their names, versions and scales. Each version is a series of its own.
	Surveys  []SurveyVoice `json:"surveys"`
	Mentions Mentions      `json:"mentions"`
	// Causes are those that answers and mentions name, the one with the most negative ones first.
	Causes []CauseVoice `json:"causes"`
	// Verbatims are the newest of what customers wrote, and Compliments the newest of praise: at most [MaxQuotes] each. They are empty for a viewer
	// without the right [Words].
	Verbatims   []Quote   `json:"verbatims"`
	Compliments []Quote   `json:"compliments"`
	FollowUps   FollowUps `json:"follow_ups"`
	Actions     Actions   `json:"actions"`
}

// SurveyVoice has the numbers of one survey in one version, with its parts.
type SurveyVoice struct {
	score.Survey

	// Weeks begin on Monday. Channels and Causes are in the order of their names; the cause "" is that of answers that name none, and an answer counts
	// once for each of its causes.
	Weeks    []SurveyPart `json:"weeks"`
	Channels []SurveyPart `json:"channels"`
	Causes   []SurveyPart `json:"causes"`
	// Silence says, for each segment, whether its customers answer less or more often than the others.
	Silence []SegmentSilence `json:"non_response"`
	// AsAsked is the score that there would be if every segment had answered as often as all together: each has the weight of its requests. The
	// interval is that of Zou, Huang and Zhang 2009 for a weighted sum. It is none without segments, and where one of them is hidden or has no answer.
	AsAsked score.Estimate `json:"score_as_asked,omitzero"`
}

// SurveyPart are the answers and requests of a week, of a channel or with a cause.
type SurveyPart struct {
	// Name is the channel or the cause, and From the beginning of the week.
	Name string    `json:"name,omitempty"`
	From time.Time `json:"from,omitzero"`
	// Answers are those given in the week or on the channel, or that name the cause, as customers said last.
	Answers score.Answers `json:"answers"`
	// Rate is the share of the requests of the week, or on the channel, that have an answer: see [score.Response]. RateHidden means that it is hidden. A cause has
	// none.
	Rate       score.Share `json:"response_rate,omitzero"`
	RateHidden bool        `json:"response_rate_hidden,omitempty"`
}

// SegmentSilence compares the response rate of a segment with that of the others.
type SegmentSilence struct {
	Segment    string           `json:"segment"`
	Rate       score.Share      `json:"response_rate"`
	Others     score.Share      `json:"others"`
	Difference score.Difference `json:"difference"`
	// P is the probability of such a difference by chance alone, Adjusted after Benjamini and Hochberg over all segments of the survey. Differs reports whether
	// Adjusted is at most 1 less the confidence.
	P        float64 `json:"p"`
	Adjusted float64 `json:"adjusted"`
	Differs  bool    `json:"differs"`
}

// Voice answers what customers say, which of them do not answer, and what became of it: scores, mentions, causes, words, follow-ups and actions. It needs the
// right [Numbers]; words need [Words], and who said them [Customers].
//
// An answer, a mention and a request belong to the period if they were given or made in it; By has no effect. What became of them until the moment of
// the view counts. The journey and the conditions of the question are about the run to which they belong. What belongs to no run has a value in the
// column [Segment] alone. Weeks are those of the zone of [Which.From], else of [Which.Until], else UTC.
//
// Which journeys are follow-ups and actions, the blueprint says. See [FollowUps] and [Actions] for which of them count.
//
// Voice reads feedback and requests of the period from the source, as whole events, and those of the time for which the effect of an action is measured. It needs
// about 220 bytes of memory for each of them, and about 100 for each follow-up of the period; see [MaxQuotes] for words.
func (v *View) Voice(ctx context.Context, w Which) (Voice, error) {
	var matters, changes []event.RunRef
	c, err := v.choose(ctx, "Voice", &w, func(c *chooser, chunks []*cases.Chunk) {
		matters, changes = c.matters(chunks), c.changes(chunks)
	})
	if err != nil {
		return Voice{}, err
	}
	l := newListening(c)
	if err := l.changed.read(ctx, c, changes); err != nil {
		return Voice{}, err
	}
	if err := c.read(ctx, l.changed.earliest(c), math.MaxInt64, feedbackKinds(), l.take); err != nil {
		return Voice{}, err
	}
	answered := newAnswering(c)
	if err := answered.read(ctx, matters); err != nil {
		return Voice{}, err
	}
	return l.voice(answered), nil
}

func feedbackKinds() []event.Kind {
	return []event.Kind{event.SurveyRequested, event.SurveyShown, event.SurveyClosed, event.FeedbackReceived, event.FeedbackAmended, event.FeedbackMentioned}
}

// voice returns the answer.
func (l *listening) voice(answered *answering) Voice {
	a := Voice{Basis: l.c.basis, Surveys: []SurveyVoice{}, Causes: []CauseVoice{}, Verbatims: []Quote{}, Compliments: []Quote{}}
	a.Mentions.init()
	confidence := l.c.v.table.confidence
	a.FollowUps = answered.followUps(confidence)
	l.people.Merge(&answered.people)
	if a.Hidden = smallgroup.Small(l.people.Size()); a.Hidden {
		a.Runs, a.FollowUps = 0, noFollowUps()
		a.Actions.List = []Action{}
		return a
	}
	a.Surveys = l.surveys(confidence)
	a.Mentions = l.mentions(confidence)
	a.Causes = l.causes(confidence)
	a.Verbatims, a.Compliments = l.verbatims.quotes(), l.praise.quotes()
	a.Actions = l.actions(confidence)
	return a
}
