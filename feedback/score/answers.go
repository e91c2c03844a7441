package score

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Answers are the numbers of some answers on one scale.
type Answers struct {
	// N is the number of answers. It is 0 in a segment that is hidden.
	N int64 `json:"n"`
	// Hidden means that the group is too small to be shown, or that a smaller one would follow from it. All numbers but N are then 0.
	Hidden bool `json:"hidden"`
	// Counts are the numbers of each answer, from the lowest one of the scale; nil without answers.
	Counts []int64 `json:"counts,omitempty"`
	// Score is the number by which people know the scale: the Net Promoter Score in points; of CES and stars the mean; of CSAT and
	// thumbs the share of the positive answers.
	Score Estimate `json:"score,omitzero"`
	// Mean is the mean answer.
	Mean Estimate `json:"mean,omitzero"`
	// Positive, Neutral and Negative are shares by [event.Scale.Verdict]: on CSAT the positive ones are the top two boxes.
	Positive Share `json:"positive,omitzero"`
	Neutral  Share `json:"neutral,omitzero"`
	Negative Share `json:"negative,omitzero"`
	// Causes are the causes that the answers name, the most frequent first. An answer counts once for each.
	Causes []Cause `json:"causes,omitempty"`
}

// Cause is how many answers name a cause.
type Cause struct {
	Cause string `json:"cause"`
	Share
}

// AnswersOf returns the numbers of the answers on the scale, of which counts are those of [Answers.Counts]. It hides nothing. It has no numbers
// for counts that are not those of the scale.
func AnswersOf(scale event.Scale, counts []int64, confidence float64) Answers {
	a := Answers{Mean: MeanOf(scale, counts, confidence)}
	if !a.Mean.OK() {
		return a
	}
	a.N, a.Counts = a.Mean.N, slices.Clone(counts)
	var by [event.Negative + 1]int64
	for i, n := range counts {
		v, _ := scale.Verdict(scale.Min() + i)
		by[v] += n
	}
	a.Positive, a.Neutral, a.Negative = ShareOf(by[event.Positive], a.N, confidence), ShareOf(by[event.Neutral], a.N, confidence), ShareOf(by[event.Negative], a.N, confidence)
	switch scale {
	case event.NPS:
		a.Score = NPSOf(by[event.Positive], by[event.Negative], a.N, confidence)
	case event.CSAT, event.Thumbs:
		a.Score = a.Positive.Estimate
	case event.CES, event.Stars:
		a.Score = a.Mean
	}
	return a
}

// String returns the score as [Estimate.String] does, and says where it is hidden.
func (a Answers) String() string {
	if a.Hidden {
		return "hidden"
	}
	return a.Score.String()
}

// sum adds answers up.
type sum struct {
	counts []int64
	causes map[string]int64
	n      int64
	people smallgroup.People
}

func newSum(scale event.Scale) *sum {
	return &sum{counts: make([]int64, scale.Max()-scale.Min()+1), causes: map[string]int64{}}
}

// add adds an answer.
func (s *sum) add(scale event.Scale, says *said, who uint64) {
	s.n++
	s.counts[says.score-scale.Min()]++
	for _, c := range says.causes {
		s.causes[c]++
	}
	s.people.Add(who)
}

// answers returns the numbers.
func (s *sum) answers(scale event.Scale, confidence float64, hidden bool) Answers {
	if hidden {
		return Answers{Hidden: true}
	}
	a := AnswersOf(scale, s.counts, confidence)
	for c, n := range s.causes {
		a.Causes = append(a.Causes, Cause{c, ShareOf(n, s.n, confidence)})
	}
	slices.SortFunc(a.Causes, func(x, y Cause) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Cause, y.Cause)) })
	return a
}
