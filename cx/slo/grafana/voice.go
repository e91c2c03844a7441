package grafana

import (
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// voice returns a row for each survey.
func (g *generator) voice() []row {
	rows := make([]row, 0, len(g.blueprint.Surveys))
	for i := range g.blueprint.Surveys {
		s := &g.blueprint.Surveys[i]
		title := titled(s.Name)
		if s.Description != "" {
			title += ": " + titled(s.Description)
		}
		rows = append(rows, row{title: title, panels: g.survey(s)})
	}
	return fold(rows)
}

// survey returns the panels of one survey. Not every series of feedback begins at zero: an answer may come on a channel that the survey does
// not declare, or in an earlier version. Its counts are therefore those of counted.
func (g *generator) survey(s *blueprint.Survey) []panel {
	m, name := &g.metrics, is(label(semconv.SurveyNameKey), s.Name)
	verdict, channel := label(semconv.FeedbackVerdictKey), label(semconv.ChannelKey)
	answers := func(where ...matcher) string {
		return by(counted(g.of(m.responses, append([]matcher{name}, where...)...)))
	}
	positive, negative := answers(is(verdict, event.Positive.String())), answers(is(verdict, event.Negative.String()))
	orNone := func(expr string) string { return "(" + expr + " or 0 * " + answers() + ")" }
	panels := []panel{
		{
			title: "Answers", about: "Answers in the time shown.", unit: plain, width: sixth, height: low,
			none: "no answer", queries: []query{{expr: answers()}},
		},
		{
			title: "Positive", about: "The share of the answers that are positive on their scale.", unit: shares, width: sixth, height: low,
			none: "no answer", queries: []query{{expr: orNone(positive) + " / (" + answers() + " > 0)"}},
		},
		{
			title: "Mean score", about: "The mean of the answers. Never compare it with that of another scale.", unit: plain, width: sixth, height: low, none: "no answer",
			queries: []query{{expr: by(counted(g.of(m.score+sum, name))) + " / (" + by(counted(g.of(m.score+count, name))) + " > 0)"}},
		},
	}
	if s.Scale == event.NPS.String() {
		panels = append(panels, panel{
			title: "NPS", about: "The percentage of promoters less that of detractors: from -100 to 100.", unit: plain, width: sixth, height: low,
			none: "no answer", queries: []query{{expr: "100 * (" + orNone(positive) + " - " + orNone(negative) + ") / (" + answers() + " > 0)"}},
		})
	}
	return append(panels,
		panel{
			title: "Asked", about: "Customers who were asked in the time shown. A survey that customers open by themselves has none.", unit: plain, width: sixth, height: low,
			none: "no answer", queries: []query{{expr: orNone(by(counted(g.of(m.requests, name))))}},
		},
		panel{
			kind: lines, title: "Answers an hour, by verdict", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(hourly(g.of(m.responses, name)), verdict), legend: "{{" + verdict + "}}"}},
		},
		panel{
			kind: bars, title: "Scores", about: "How often each score was given.", unit: plain, width: third, height: high, none: "no answer",
			queries: []query{{expr: by(counted(g.of(m.score+bucket, name)), "le"), legend: "{{le}}", buckets: true}},
		},
		panel{
			kind: bars, title: "Verdicts by channel", unit: plain, width: third, height: high, none: "no answer",
			queries: []query{{expr: by(counted(g.of(m.responses, name)), channel, verdict) + " > 0", legend: "{{" + channel + "}} {{" + verdict + "}}"}},
		})
}
