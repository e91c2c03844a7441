package main

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// z95 is the quantile of the normal distribution at 0.975.
const z95 = 1.959963984540054

// modelWilson is Wilson's interval as textbooks have it.
func modelWilson(count, of int64) stats.Interval {
	k, n := float64(count), float64(of)
	p, zz := k/n, z95*z95
	centre, half := (p+zz/(2*n))/(1+zz/n), z95/(1+zz/n)*math.Sqrt(p*(1-p)/n+zz/(4*n*n))
	i := stats.Interval{Low: centre - half, High: centre + half}
	if count == 0 {
		i.Low = 0
	}
	if count == of {
		i.High = 1
	}
	return i
}

// modelMean is the adjusted Wald interval of values from low to high: ¾ of a value more at each end, and 1½ in the middle.
func modelMean(values []float64, low, high float64) stats.Interval {
	n, sum, squares := float64(len(values))+3, 0.75*low+0.75*high+1.5*(low+high)/2, 0.75*low*low+0.75*high*high+1.5*(low+high)*(low+high)/4
	for _, v := range values {
		sum, squares = sum+v, squares+v*v
	}
	half := z95 * math.Sqrt((squares/n-sum/n*(sum/n))/n)
	return stats.Interval{Low: max(low, sum/n-half), High: min(high, sum/n+half)}
}

// finishSurvey computes the numbers of a survey from its answers. No customer of these logs is known.
func (m *model) finishSurvey(s *report.Survey) {
	slices.SortFunc(s.Causes, func(a, b report.NamedCause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Cause, b.Cause))
	})
	s.Segments = []score.Segment{}
	s.Response = score.Response{Asked: s.Requested, Open: s.Requested, Hidden: s.Requested > 0 && s.Requested < 5}
	if s.Response.Hidden {
		s.Response.Open = 0
	} else if s.Requested > 0 {
		s.Response.Rate = score.Share{Estimate: score.Estimate{Interval: modelWilson(0, s.Requested), N: s.Requested}}
	}
	scores := m.said[s.Name+"/"+s.Scale]
	if s.Responses == 0 {
		return
	}
	if s.Responses < 5 {
		s.Hidden, s.Positive, s.Neutral, s.Negative, s.Causes = true, 0, 0, 0, []report.NamedCause{}
		return
	}
	for i := range s.Causes {
		c := &s.Causes[i]
		c.Share, c.Interval = float64(c.Count)/float64(s.Responses), modelWilson(c.Count, s.Responses)
	}
	ends := map[string][2]float64{"nps": {0, 10}, "csat": {1, 5}, "ces": {1, 7}}[s.Scale]
	n, sum := float64(s.Responses), 0.0
	values, points := make([]float64, 0, len(scores)), make([]float64, 0, len(scores))
	for _, score := range scores {
		sum += float64(score)
		values = append(values, float64(score))
		points = append(points, map[bool]float64{true: 100}[score > 8]-map[bool]float64{true: 100}[score < 7])
	}
	mean, share := sum/n, float64(s.Positive)/n
	s.Mean, s.PositiveShare = &mean, &share
	between := func(i stats.Interval) *stats.Interval { return &i }
	s.MeanInterval, s.PositiveInterval = between(modelMean(values, ends[0], ends[1])), between(modelWilson(s.Positive, s.Responses))
	s.NeutralInterval, s.NegativeInterval = between(modelWilson(s.Neutral, s.Responses)), between(modelWilson(s.Negative, s.Responses))
	if s.Scale == "nps" {
		nps := 100 * (float64(s.Positive) - float64(s.Negative)) / n
		s.NPS, s.NPSInterval = &nps, between(modelMean(points, -100, 100))
	}
}

// ask counts a request of no known customer.
func (m *model) ask(at time.Time) {
	q := score.Quarter{Year: at.UTC().Year(), Quarter: map[time.Month]int{time.January: 1, time.February: 1, time.March: 1, time.October: 4, time.November: 4, time.December: 4}[at.UTC().Month()]}
	if q.Quarter == 0 {
		q.Quarter = 2 + (int(at.UTC().Month())-4)/3
	}
	for i := range m.rep.Asked {
		if have := &m.rep.Asked[i]; have.Year == q.Year && have.Quarter == q.Quarter {
			have.Asks++
			have.Unknown++
			return
		}
	}
	q.Asks, q.Unknown = 1, 1
	m.rep.Asked = append(m.rep.Asked, q)
	slices.SortFunc(m.rep.Asked, func(a, b score.Quarter) int {
		return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Quarter, b.Quarter))
	})
}
