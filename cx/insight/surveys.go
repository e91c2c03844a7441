package insight

import (
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// surveyPart collects a [SurveyPart].
type surveyPart struct {
	counts          []int64
	said, wereAsked smallgroup.People
	asked, answered int64
}

// parted are the parts of a survey by week, channel and cause.
type parted struct{ weeks, channels, causes map[string]*surveyPart }

func (l *listening) surveys(confidence float64) []SurveyVoice {
	parts := l.parts()
	all := l.tally.Surveys()
	list := make([]SurveyVoice, 0, len(all))
	for _, s := range all {
		s.Answers.Causes, s.First.Causes = nil, nil // Causes hides the small ones
		for i := range s.Segments {
			s.Segments[i].Answers.Causes = nil
		}
		v := SurveyVoice{Survey: s, Silence: silences(&s, confidence), AsAsked: asAsked(&s)}
		p := parts[series{s.Name, s.Version, s.Scale}]
		v.Weeks, v.Channels, v.Causes = p.list(p.weeks, &s, confidence), p.list(p.channels, &s, confidence), p.list(p.causes, &s, confidence)
		for i := range v.Weeks {
			from, _ := time.Parse(time.RFC3339, v.Weeks[i].Name)
			v.Weeks[i].Name, v.Weeks[i].From = "", from.In(l.c.zone)
		}
		list = append(list, v)
	}
	return list
}

// parts puts answers and requests of the period into weeks, channels and causes.
func (l *listening) parts() map[series]*parted {
	all := map[series]*parted{}
	for _, s := range l.series {
		all[s] = &parted{map[string]*surveyPart{}, map[string]*surveyPart{}, map[string]*surveyPart{}}
	}
	weeks := weekNames{zone: l.c.zone}
	for i := range l.said {
		u := &l.said[i]
		if u.mention || !u.within {
			continue
		}
		s := l.series[u.series]
		p := all[s]
		in := []*surveyPart{of(p.weeks, weeks.name(u.at)), of(p.channels, u.channel.String())}
		causes := l.lists[u.causes]
		if len(causes) == 0 {
			causes = []string{""}
		}
		for _, cause := range causes {
			in = append(in, of(p.causes, cause))
		}
		for _, one := range in {
			if one.counts == nil {
				one.counts = make([]int64, s.scale.Max()-s.scale.Min()+1)
			}
			one.counts[int(u.score)-s.scale.Min()]++
			one.said.AddSome(u.who)
		}
	}
	for _, r := range l.requests {
		if !r.known {
			continue
		}
		p := all[l.series[r.series]]
		for _, one := range []*surveyPart{of(p.weeks, weeks.name(r.at)), of(p.channels, r.channel.String())} {
			one.wereAsked.AddSome(r.who)
			if one.asked++; r.answered {
				one.answered++
			}
		}
	}
	return all
}

func of(parts map[string]*surveyPart, name string) *surveyPart {
	p := parts[name]
	if p == nil {
		p = &surveyPart{}
		parts[name] = p
	}
	return p
}

// weekNames names weeks by the time at which they begin, which sorts.
type weekNames struct {
	zone        *time.Location
	from, until int64
	last        string
}

func (w *weekNames) name(at int64) string {
	if w.last == "" || at < w.from || at >= w.until {
		monday := week(instant(at), w.zone)
		w.from, w.until = monday.UnixMicro(), monday.AddDate(0, 0, 7).UnixMicro() //nolint:mnd // days
		w.last = monday.UTC().Format(time.RFC3339)
	}
	return w.last
}

// list returns the parts in the order of their names.
func (*parted) list(parts map[string]*surveyPart, s *score.Survey, confidence float64) []SurveyPart {
	said, asked := map[string]*smallgroup.People{}, map[string]*smallgroup.People{}
	list := make([]SurveyPart, 0, len(parts))
	for name, p := range parts {
		said[name], asked[name] = &p.said, &p.wereAsked
		list = append(list, SurveyPart{Name: name})
	}
	noAnswers, noRates := smallgroup.Hide(said), smallgroup.Hide(asked)
	for i := range list {
		one := &list[i]
		p := parts[one.Name]
		switch {
		case s.Answers.Hidden || noAnswers[one.Name]:
			one.Answers.Hidden = true
		case p.counts != nil:
			one.Answers = score.AnswersOf(s.Scale, p.counts, confidence)
		}
		if one.RateHidden = s.Response.Hidden || noRates[one.Name]; !one.RateHidden {
			one.Rate = score.ShareOf(p.answered, p.asked, confidence)
		}
	}
	slices.SortFunc(list, func(a, b SurveyPart) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// silences compares the response rate of each segment with that of the others.
func silences(s *score.Survey, confidence float64) []SegmentSilence {
	list, p := []SegmentSilence{}, []float64{}
	if s.Response.Hidden {
		return list
	}
	for i := range s.Segments {
		its := &s.Segments[i]
		r := &its.Response
		asked, answered := s.Response.Asked-r.Asked, s.Response.Answered-r.Answered
		if r.Hidden || r.Asked == 0 || asked == 0 {
			continue
		}
		one := SegmentSilence{Segment: its.Name, Rate: r.Rate, Others: score.ShareOf(answered, asked, confidence)}
		one.Difference = score.Shares(one.Rate, one.Others, confidence)
		one.P, _ = stats.SharesTest(r.Answered, r.Asked, answered, asked)
		list, p = append(list, one), append(p, one.P)
	}
	for i, adjusted := range stats.BenjaminiHochberg(p) {
		list[i].Adjusted, list[i].Differs = adjusted, adjusted <= 1-confidence
	}
	return list
}

// asAsked weighs the score of each segment by its requests.
//
// Source: Zou, Huang and Zhang 2009, "A note on confidence interval estimation for a linear function of binomial proportions", Computational Statistics and Data Analysis
// 53; the weights are those of the adjustment by weighting classes (Särndal, Swensson and Wretman 1992, section 15.6).
func asAsked(s *score.Survey) score.Estimate {
	if len(s.Segments) == 0 || s.Response.Hidden || s.Response.Asked == 0 {
		return score.Estimate{}
	}
	sum := score.Estimate{Unit: s.Answers.Score.Unit}
	var below, above float64
	for i := range s.Segments {
		a, r := &s.Segments[i].Answers, &s.Segments[i].Response
		switch {
		case a.Hidden || r.Hidden, r.Asked > 0 && !a.Score.OK():
			return score.Estimate{}
		case r.Asked == 0:
			continue
		}
		weight := float64(r.Asked) / float64(s.Response.Asked)
		sum.Value += weight * a.Score.Value
		below = math.Hypot(below, weight*max(0, a.Score.Value-a.Score.Low))
		above = math.Hypot(above, weight*max(0, a.Score.High-a.Score.Value))
		sum.N += a.N
	}
	sum.Low, sum.High = sum.Value-below, sum.Value+above
	return sum
}
