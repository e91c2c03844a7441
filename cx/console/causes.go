package console

import (
	"fmt"
	"html/template"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/chart"
	"cairncx.dev/cairn/cx/insight/number"
)

// shownCauses is how many causes have a picture of their own.
const shownCauses = 6

// causes says what customers name, in all and by week.
func (v *visit) causes(a *insight.Voice) grids {
	all := chart.Bars{About: chart.About{ID: "all-causes", Title: "What customers name", Note: "Share of the answers and mentions that name the cause"}, Unit: chart.Share, Group: "Cause"}
	weeks := chart.Panels{About: chart.About{ID: "causes-by-week", Title: "Week by week", Note: "Share of the answers and mentions of the week that name the cause, " + v.zone.String()}, Unit: chart.Share, Group: "Cause", LowerIsBetter: true}
	mend := grid{Label: "What to change", Head: []string{"Cause", "Change", "Share"}, Words: 1}
	for i := range a.Causes {
		of := &a.Causes[i]
		if of.Hidden || of.Cause == "" {
			continue
		}
		if address := v.proposing(v.filter, of.Cause); address != "" {
			mend.Rows = append(mend.Rows, []cell{{Text: of.Cause}, {Text: "Propose a change", Link: address}, {Text: withN(of.Share)}})
		}
		all.Rows = append(all.Rows, chart.Bar{Name: of.Cause, Value: chart.Value{Value: of.Share.Value, Interval: chart.Interval(of.Share.Interval), N: of.Share.N}})
		if len(weeks.Panels) < shownCauses && len(of.Weeks) > 1 {
			weeks.Panels = append(weeks.Panels, chart.Panel{Name: of.Cause, Points: v.causePoints(of.Weeks)})
		}
	}
	if len(all.Rows) == 0 {
		return grids{Empty: &empty{"No cause is named in this period.", "Give surveys choices: causes that customers pick from."}}
	}
	s := grids{Figures: []template.HTML{chart.Figure(all)}}
	if len(weeks.Panels) > 0 {
		s.Figures = append(s.Figures, chart.Figure(weeks, chart.Folded()))
	}
	if len(mend.Rows) > 0 {
		s.Grids = []grid{mend}
	}
	return s
}

func (v *visit) causePoints(weeks []insight.CauseWeek) (list []chart.Point) {
	const days = 7
	for i := range weeks {
		w := &weeks[i]
		from := w.From.In(v.zone)
		list = append(list, chart.Point{
			Period: chart.Period{From: from, Until: time.Date(from.Year(), from.Month(), from.Day()+days, 0, 0, 0, 0, v.zone)},
			Value:  chart.Value{Value: w.Share.Value, Interval: chart.Interval(w.Share.Interval), N: w.Share.N},
		})
	}
	return list
}

// silence says which share of the requests has an answer, and which customers answer less often.
func (v *visit) silence(a *insight.Voice) grids {
	var s grids
	rates := grid{Label: "Answers to requests", Head: []string{"Survey", "Asked", "Answered", "Dismissed", "Seen only", "Not seen"}}
	segments := grid{Label: "By segment", Head: []string{"Survey", "Segment", "Answer", "The others", "Difference", "More than chance"}, Words: 1}
	for i := range a.Surveys {
		of := &a.Surveys[i]
		name, r := surveyName(a.Surveys, of), &of.Response
		switch {
		case r.Hidden:
			rates.Rows = append(rates.Rows, plain(name, few, "", "", "", ""))
		case r.Asked > 0:
			rates.Rows = append(rates.Rows, plain(name, number.Count(r.Asked), number.Count(r.Answered)+" ("+shareRange(r.Rate)+")", number.Count(r.Dismissed), number.Count(r.Seen), number.Count(r.Unseen)))
		}
		for k := range of.Silence {
			one := &of.Silence[k]
			verdict := cell{Text: "within chance"}
			if one.Differs {
				verdict = cell{Text: "less often", Tone: "bad"}
				if one.Difference.Value > 0 {
					verdict = cell{Text: "more often", Tone: "good"}
				}
			}
			segment := known(one.Segment)
			if len(of.Silence) == 2 { // the other one would say the same again
				segment += " against " + known(of.Silence[1-k].Segment)
			}
			segments.Rows = append(segments.Rows, append(plain(name, segment, withN(one.Rate), writeShare(one.Others), number.Points(one.Difference.Value)), verdict))
			if len(of.Silence) == 2 {
				break
			}
		}
	}
	if len(rates.Rows) == 0 {
		return grids{Empty: &empty{"No customer was asked in this period.", "Ask with feedback.Survey.Ask: then it is known who does not answer."}}
	}
	s.Grids = []grid{rates}
	if len(segments.Rows) > 0 {
		s.Grids = append(s.Grids, segments)
	}
	return s
}

// mentions says what customers say without a question, by source.
func (v *visit) mentions(a *insight.Voice) grids {
	m := &a.Mentions
	if m.N == 0 && !m.Hidden {
		return grids{Empty: &empty{"Nothing was said elsewhere.", "Record reviews, posts and letters with feedback.Mention."}}
	}
	s := grids{Lines: []string{m.Sentence()}}
	g := grid{Head: []string{"Source", "Mentions", "Complaints", "Negative", "Positive", "Stars"}}
	for i := range m.Sources {
		of := &m.Sources[i]
		if of.Hidden {
			g.Rows = append(g.Rows, plain(known(of.Name), few, "", "", "", ""))
			continue
		}
		stars := number.None
		if of.Rated > 0 {
			stars = fmt.Sprintf("%s of %s", number.Decimal(of.Stars, 1), number.Count(of.Rated))
		}
		g.Rows = append(g.Rows, plain(known(of.Name), number.Count(of.N), writeShare(of.Complaints), writeShare(of.Negative), writeShare(of.Positive), stars))
	}
	if len(g.Rows) > 0 {
		s.Grids = []grid{g}
	}
	return s
}
