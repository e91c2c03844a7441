package report

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// answers has the counts of feedback.
type answers struct {
	scores   *score.Tally
	known    []surveyKey // the surveys of the blueprint
	mentions Mentions
}

type surveyKey struct {
	name  string
	scale event.Scale
}

func newAnswers() answers { return answers{scores: score.New()} }

// count counts what customers were asked, and said. Each event has an ID, unless it comes from outside a client.
func (a *answers) count(e *event.Event) {
	if e.Kind != event.FeedbackMentioned {
		if e.Feedback != nil && e.ID.IsZero() {
			c := *e
			c.ID = event.NewID(e.Time)
			e = &c
		}
		a.scores.Add(e)
		return
	}
	a.mentions.Count++
	if e.Mention != nil {
		a.mentions.nature(e.Mention.Nature)
	}
	if e.Feedback == nil {
		return
	}
	switch e.Feedback.Sentiment {
	case event.Positive:
		a.mentions.Positive++
	case event.Neutral:
		a.mentions.Neutral++
	case event.Negative:
		a.mentions.Negative++
	default: // the sentiment is unknown
	}
}

func (a *answers) add(o *answers) {
	a.scores.Merge(o.scores)
	a.mentions.Count += o.mentions.Count
	a.mentions.Positive += o.mentions.Positive
	a.mentions.Neutral += o.mentions.Neutral
	a.mentions.Negative += o.mentions.Negative
	a.mentions.Complaints += o.mentions.Complaints
	a.mentions.Compliments += o.mentions.Compliments
	a.mentions.Questions += o.mentions.Questions
	a.mentions.Suggestions += o.mentions.Suggestions
}

// report returns the surveys in the order of the blueprint, and then the others in alphabetical order, each by version.
func (a *answers) report() []Survey {
	all := a.scores.Surveys()
	for _, k := range a.known {
		if !slices.ContainsFunc(all, func(s score.Survey) bool { return s.Name == k.name && s.Scale == k.scale }) {
			all = append(all, score.Survey{Name: k.name, Scale: k.scale, Segments: []score.Segment{}})
		}
	}
	place := func(s *score.Survey) int {
		if i := slices.Index(a.known, surveyKey{s.Name, s.Scale}); i >= 0 {
			return i
		}
		return len(a.known)
	}
	slices.SortFunc(all, func(x, y score.Survey) int {
		return cmp.Or(cmp.Compare(place(&x), place(&y)), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Scale, y.Scale), cmp.Compare(x.Version, y.Version))
	})
	list := make([]Survey, 0, len(all))
	for i := range all {
		list = append(list, surveyOf(&all[i]))
	}
	return list
}

func surveyOf(s *score.Survey) Survey {
	a := &s.Answers
	out := Survey{
		Name: s.Name, Version: s.Version, Scale: s.Scale.String(), Requested: s.Response.Asked, Responses: a.N, Hidden: a.Hidden,
		Positive: a.Positive.Count, Neutral: a.Neutral.Count, Negative: a.Negative.Count, Solicited: s.Solicited, Amended: s.Amended,
		Causes: causesOf(a), Response: s.Response, Segments: s.Segments,
	}
	if !a.Mean.OK() {
		return out
	}
	interval := func(e score.Estimate) *stats.Interval { return &e.Interval }
	out.Mean, out.MeanInterval = &a.Mean.Value, interval(a.Mean)
	out.PositiveShare, out.PositiveInterval = &a.Positive.Value, interval(a.Positive.Estimate)
	out.NeutralInterval, out.NegativeInterval = interval(a.Neutral.Estimate), interval(a.Negative.Estimate)
	if s.Scale == event.NPS {
		out.NPS, out.NPSInterval = &a.Score.Value, interval(a.Score)
	}
	return out
}

// causesOf returns the causes of the answers, at most maxCauses and what is left of them as one.
func causesOf(a *score.Answers) []NamedCause {
	list := make([]NamedCause, 0, min(len(a.Causes), maxCauses+1))
	var rest int64
	for i, c := range a.Causes {
		if i < maxCauses {
			list = append(list, NamedCause{Cause: c.Cause, Count: c.Count, Share: c.Value, Interval: c.Interval})
		} else {
			rest += c.Count
		}
	}
	if rest > 0 { // an answer may have several of them, so that they have no share
		list = append(list, NamedCause{Cause: event.Other, Count: rest})
	}
	return list
}
