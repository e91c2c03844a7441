package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/stats"
	"cairncx.dev/cairn/feedback/score"
)

// byChance is the head of a column of intervals.
const byChance = "95% interval"

// hiddenMark stands where a group is too small to be shown.
const hiddenMark = "hidden"

// writeFeedback writes the tables of surveys, requests, segments and named causes.
func (r *Report) writeFeedback(b *strings.Builder, width int) {
	if len(r.Surveys) == 0 && r.Mentions.Count == 0 {
		return
	}
	heading(b, "Feedback", width)
	r.surveyTable().write(b, width)
	r.requestTable().write(b, width)
	r.segmentTable().write(b, width)
	r.quarterTable().write(b, width)
	r.namedCauses().write(b, width)
}

const leastSurvey = 14

// surveyTable returns the table of scores.
func (r *Report) surveyTable() *table {
	t := &table{columns: []column{
		{head: "survey", least: leastSurvey},
		{head: "scale"},
		{head: "score", right: true},
		{head: byChance},
		{head: "n", right: true},
		{head: "positive", right: true},
		{right: true, spare: 2},
		{head: byChance, spare: 3},
		{head: "neutral", right: true, spare: 1},
		{right: true, spare: 2},
		{head: "negative", right: true},
		{right: true, spare: 2},
	}}
	add := func(name, scale, score, by string, n, positive int64, likely string, neutral, negative int64) {
		t.add(clean(name), scale, score, by, grouped(n), grouped(positive), share(positive, n), likely, grouped(neutral), share(neutral, n), grouped(negative), share(negative, n))
	}
	hidden := false
	for i := range r.Surveys {
		s := &r.Surveys[i]
		if s.Hidden {
			hidden = true
			t.add(clean(r.title(s)), s.Scale, hiddenMark, "", grouped(s.Responses), "", "", "", "", "", "", "")
			continue
		}
		number, by := s.score()
		add(r.title(s), s.Scale, number, by, s.Responses, s.Positive, percents(s.PositiveInterval), s.Neutral, s.Negative)
	}
	if m := &r.Mentions; m.Count > 0 {
		if m.Positive+m.Neutral+m.Negative > 0 {
			add("(mentions)", "", "", "", m.Count, m.Positive, "", m.Neutral, m.Negative)
		} else { // their sentiment is not known
			t.add("(mentions)", "", "", "", grouped(m.Count), "", "", "", "", "", "", "")
		}
		if natures := m.natures(); natures != "" {
			t.notes = append(t.notes, "Mentions: "+natures)
		}
	}
	if hidden {
		t.notes = append(t.notes, fmt.Sprintf("hidden: answers of fewer than %d customers, which may tell what one of them said.", score.MinGroup))
	}
	return t
}

// title returns the name of the survey, with its version where the report has several: the JSON has it always.
func (r *Report) title(s *Survey) string {
	for i := range r.Surveys {
		if o := &r.Surveys[i]; o.Name == s.Name && o.Version != s.Version && s.Version != "" {
			return s.Name + " (" + s.Version + ")"
		}
	}
	return s.Name
}

// requestTable returns the table of what became of requests.
func (r *Report) requestTable() *table {
	t := &table{columns: []column{
		{head: "Asked", least: leastSurvey},
		{head: "times", right: true},
		{head: "answered", right: true},
		{right: true},
		{head: byChance, spare: 1},
		{head: "dismissed", right: true},
		{head: "bounced", right: true, spare: 2},
		{head: "only seen", right: true, spare: 3},
		{head: "not seen", right: true, spare: 4},
		{head: "open", right: true},
	}}
	for i := range r.Surveys {
		s, a := &r.Surveys[i], &r.Surveys[i].Response
		switch {
		case a.Hidden:
			t.add(clean(r.title(s)), grouped(a.Asked), hiddenMark, "", "", "", "", "", "", "")
		case a.Asked > 0:
			t.add(clean(r.title(s)), grouped(a.Asked), grouped(a.Answered), percent(a.Rate.Value), percents(&a.Rate.Interval),
				grouped(a.Dismissed), grouped(a.Bounced), grouped(a.Seen), grouped(a.Unseen), grouped(a.Open))
		}
	}
	return t
}

// segmentTable returns the table of segments.
func (r *Report) segmentTable() *table {
	t := &table{columns: []column{
		{head: "By segment", least: leastSurvey},
		{head: "segment", least: leastName},
		{head: "score", right: true},
		{head: byChance},
		{head: "n", right: true},
		{head: "of asked", right: true},
		{head: byChance, spare: 1},
	}}
	hidden := false
	for i := range r.Surveys {
		s := &r.Surveys[i]
		for k := range s.Segments {
			g := &s.Segments[k]
			hidden = hidden || g.Answers.Hidden || g.Response.Hidden
			name := g.Name
			if name == "" {
				name = "(not known)"
			}
			number, by, n := hiddenMark, "", ""
			if !g.Answers.Hidden {
				number, by, n = ofEstimate(g.Answers.Score), intervalOf(g.Answers.Score), grouped(g.Answers.N)
			}
			of, likely := "", ""
			switch {
			case g.Response.Hidden:
				of = hiddenMark
			case g.Response.Asked > 0:
				of, likely = percent(g.Response.Rate.Value), percents(&g.Response.Rate.Interval)
			}
			t.add(clean(r.title(s)), clean(name), number, by, n, of, likely)
		}
	}
	if hidden {
		t.notes = append(t.notes, fmt.Sprintf("hidden: fewer than %d customers, or the next smallest segment, from which that one could be computed.", score.MinGroup))
	}
	return t
}

// quarterTable returns the table of how often customers were asked.
func (r *Report) quarterTable() *table {
	t := &table{columns: []column{
		{head: "Asked in"},
		{head: "times", right: true},
		{head: "customers", right: true},
		{head: "each", right: true},
		{head: "at most", right: true},
		{head: "more than once", right: true},
		{head: byChance, spare: 1},
	}}
	for _, q := range r.Asked {
		switch {
		case q.Hidden:
			t.add(q.String(), grouped(q.Asks), grouped(q.Customers), hiddenMark, "", "", "")
		case q.Customers > 0:
			t.add(q.String(), grouped(q.Asks), grouped(q.Customers), strconv.FormatFloat(q.Mean, 'f', 2, 64), grouped(q.Most), percent(q.Often.Value), percents(&q.Often.Interval))
		}
	}
	return t
}

// namedCauses returns the table of the causes that answers name.
func (r *Report) namedCauses() *table {
	why := &table{columns: []column{
		{head: "Causes named", least: leastSurvey}, {head: "cause", least: leastSurvey}, {head: "times", right: true}, {right: true}, {head: byChance, spare: 1},
	}}
	for i := range r.Surveys {
		s := &r.Surveys[i]
		var rest rest
		for k, c := range s.Causes {
			if !rest.has(k, c.Count) {
				why.add(clean(r.title(s)), clean(c.Cause), grouped(c.Count), share(c.Count, s.Responses), percents(&c.Interval))
			}
		}
		if rest.n > 0 {
			why.add(clean(r.title(s)), rest.name(), grouped(rest.count), "", "")
		}
	}
	return why
}

// percents formats the interval of a share; "" for none.
func percents(i *stats.Interval) string {
	if i == nil || *i == (stats.Interval{}) {
		return ""
	}
	return percent(i.Low) + " to " + percent(i.High)
}

// score formats the number by which people know the scale, and its interval.
func (s *Survey) score() (number, by string) {
	between := func(format func(float64) string, i *stats.Interval) string {
		if i == nil {
			return ""
		}
		return format(i.Low) + " to " + format(i.High)
	}
	switch {
	case s.Mean == nil:
		return "none", ""
	case s.NPS != nil:
		return points(*s.NPS), between(points, s.NPSInterval)
	case s.Scale == "ces" || s.Scale == "stars":
		return steps(*s.Mean), between(steps, s.MeanInterval)
	default: // the share of satisfied customers
		return percent(*s.PositiveShare), percents(s.PositiveInterval)
	}
}

// points and steps format a Net Promoter Score and a mean.
func points(v float64) string { return fmt.Sprintf("%+.0f", math.RoundToEven(v)+0) } // never minus zero

func steps(v float64) string { return fmt.Sprintf("%.2f", v) }

// ofEstimate formats a score.
func ofEstimate(e score.Estimate) string {
	switch {
	case !e.OK():
		return "none"
	case e.Unit == score.Points:
		return points(e.Value)
	case e.Unit == score.Parts:
		return percent(e.Value)
	default:
		return steps(e.Value)
	}
}

// intervalOf formats the interval of a score.
func intervalOf(e score.Estimate) string {
	low, high := e, e
	low.Value, high.Value = e.Low, e.High
	if !e.OK() {
		return ""
	}
	return ofEstimate(low) + " to " + ofEstimate(high)
}
