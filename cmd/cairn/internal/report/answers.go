package report

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/cx/event"
)

// answers has the counts of feedback.
type answers struct {
	surveys  map[surveyKey]*survey
	order    []surveyKey
	known    int // the number of surveys of the blueprint, which come first
	mentions Mentions
}

type surveyKey struct {
	name  string
	scale event.Scale
}

type survey struct {
	requested, sum int64
	verdicts       [numVerdicts]int64
	causes         map[string]int64
}

func newAnswers() answers { return answers{surveys: map[surveyKey]*survey{}} }

func (a *answers) survey(k surveyKey) *survey {
	s := a.surveys[k]
	if s == nil {
		s = &survey{causes: map[string]int64{}}
		a.surveys[k] = s
		a.order = append(a.order, k)
	}
	return s
}

// request counts a request for feedback.
func (a *answers) request(e *event.Event) {
	if f := e.Feedback; f != nil {
		a.survey(surveyKey{f.Survey, f.Scale}).requested++
	}
}

// count counts an answer or a mention.
func (a *answers) count(e *event.Event) {
	f := e.Feedback
	if f == nil {
		if e.Kind == event.FeedbackMentioned {
			a.mentions.Count++
		}
		return
	}
	if e.Kind == event.FeedbackReceived {
		s := a.survey(surveyKey{f.Survey, f.Scale})
		s.sum += int64(f.Score)
		s.verdicts[f.Verdict]++
		for i, c := range f.Causes {
			if !slices.Contains(f.Causes[:i], c) { // a response counts once for each cause
				s.because(c, 1)
			}
		}
		return
	}
	a.mentions.Count++
	if e.Mention != nil {
		a.mentions.nature(e.Mention.Nature)
	}
	switch f.Sentiment {
	case event.Positive:
		a.mentions.Positive++
	case event.Neutral:
		a.mentions.Neutral++
	case event.Negative:
		a.mentions.Negative++
	default: // the sentiment is unknown
	}
}

func (s *survey) because(cause string, times int64) {
	if _, there := s.causes[cause]; !there && len(s.causes) >= maxCauses {
		cause = event.Other
	}
	s.causes[cause] += times
}

func (a *answers) add(o *answers) {
	for k, more := range o.surveys {
		s := a.survey(k)
		s.requested += more.requested
		s.sum += more.sum
		for v, n := range more.verdicts {
			s.verdicts[v] += n
		}
		for c, times := range more.causes {
			s.because(c, times)
		}
	}
	a.mentions.Count += o.mentions.Count
	a.mentions.Positive += o.mentions.Positive
	a.mentions.Neutral += o.mentions.Neutral
	a.mentions.Negative += o.mentions.Negative
	a.mentions.Complaints += o.mentions.Complaints
	a.mentions.Compliments += o.mentions.Compliments
	a.mentions.Questions += o.mentions.Questions
	a.mentions.Suggestions += o.mentions.Suggestions
}

// report returns the surveys in the order of the blueprint, and then the others in alphabetical order.
func (a *answers) report() []Survey {
	slices.SortFunc(a.order[a.known:], func(x, y surveyKey) int {
		return cmp.Or(cmp.Compare(x.name, y.name), cmp.Compare(x.scale, y.scale))
	})
	list := make([]Survey, 0, len(a.order))
	for _, k := range a.order {
		list = append(list, a.surveys[k].report(k))
	}
	return list
}

func (s *survey) report(k surveyKey) Survey {
	out := Survey{
		Name: k.name, Scale: k.scale.String(), Requested: s.requested,
		Causes:   make([]NamedCause, 0, len(s.causes)),
		Positive: s.verdicts[event.Positive], Neutral: s.verdicts[event.Neutral], Negative: s.verdicts[event.Negative],
	}
	for _, n := range s.verdicts {
		out.Responses += n
	}
	for c, n := range s.causes {
		out.Causes = append(out.Causes, NamedCause{Cause: c, Count: n})
	}
	slices.SortFunc(out.Causes, func(a, b NamedCause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Cause, b.Cause))
	})
	if out.Responses == 0 {
		return out
	}
	mean, share := float64(s.sum)/float64(out.Responses), ratio(out.Positive, out.Responses)
	out.Mean, out.PositiveShare = &mean, &share
	if k.scale == event.NPS {
		nps := 100 * float64(out.Positive-out.Negative) / float64(out.Responses)
		out.NPS = &nps
	}
	return out
}
