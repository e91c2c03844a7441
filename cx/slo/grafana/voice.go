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
	answers := by(counted(g.of(m.responses, name)))
	panels := []panel{
		{
			title: "Answers", about: "Answers in the time shown.", unit: plain, width: sixth, height: low,
			none: "no answer", queries: []query{{expr: answers}},
		},
		{
			title: "Asked", about: "Requests to customers in the time shown. A survey that customers open by themselves has none.", unit: plain, width: sixth, height: low,
			none: "no answer", queries: []query{{expr: "(" + by(counted(g.of(m.requests, name))) + " or 0 * " + answers + ")"}},
		},
		g.responseRate(name),
	}
	panels = append(panels, g.scores(s, name)...)
	return append(panels,
		panel{
			kind: lines, title: "Answers an hour, by verdict", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(hourly(g.of(m.responses, name)), verdict), legend: "{{" + verdict + "}}"}},
		},
		panel{
			kind: bars, title: "Scores", about: "How often each score was given.", unit: plain, width: third, height: high, none: "no answer",
			queries: []query{{expr: by(counted(g.of(m.score+bucket, name)), "le"), legend: "{{le}}", buckets: true}},
		},
		panel{
			kind: bars, title: "Verdicts by channel", about: "Channels with at least five answers.", unit: plain, width: third, height: high, none: "fewer than five answers",
			queries: []query{{
				expr: "(" + by(counted(g.of(m.responses, name)), channel, verdict) + " > 0) and on (" + channel + ") " +
					by(counted(g.of(m.responses, name)), channel) + " >= 5", legend: "{{" + channel + "}} {{" + verdict + "}}",
			}},
		})
}

// responseRate returns the panel of the share of the requests that were answered, of those that ended in the time shown.
func (g *generator) responseRate(name matcher) panel {
	ended := func(where ...matcher) string {
		return by(counted(g.of(g.metrics.closed, append([]matcher{name}, where...)...)))
	}
	k, n := ended(is(label(semconv.SurveyEndKey), event.SurveyAnswered.String())), ended()
	end := func(sign string) string {
		root := z95 + " * sqrt(" + k + " * (1 - " + k + " / " + n + ") + " + z95four + ")"
		return "clamp((" + k + " + " + z95half + " " + sign + " " + root + ") / (" + n + " + " + z95full + "), 0, 1) and " + n + " >= 5"
	}
	return panel{
		title: "Answered", unit: shares, width: third, height: low, none: "fewer than five requests ended",
		about: "The share of the requests that were answered, of those that ended in the time shown, and its interval. It is RR1 of AAPOR, if the time shown is " +
			"longer than customers can answer. " + scores,
		queries: []query{{expr: k + " / " + n + " and " + n + " >= 5", legend: "answered"}, {expr: end("-"), legend: "from"}, {expr: end("+"), legend: "to"}},
	}
}

// scores returns the panels of the survey's score and of the share of the positive answers, each with its interval.
func (g *generator) scores(s *blueprint.Survey, name matcher) (panels []panel) {
	var scale event.Scale
	if err := scale.UnmarshalText([]byte(s.Scale)); err != nil {
		return nil // a blueprint that is valid has a scale
	}
	c := &counts{g, scale, name}
	const few = "fewer than five answers"
	add := func(title, about, unit string, queries []query) {
		panels = append(panels, panel{
			title: title, about: about + " Each version of the survey has its own. Answers that were changed count with the first score. " + scores, unit: unit, width: third, height: low,
			none: few, queries: queries,
		})
	}
	switch scale {
	case event.NPS:
		add("NPS", "The percentage of promoters less that of detractors, from -100 to 100, and its interval.", plain, c.nps())
	case event.CES, event.Stars, event.CSAT:
		add("Mean score", "The mean of the answers, and its interval. Never compare it with that of another scale.", plain, c.mean())
	case event.Thumbs: // the share of the positive answers says it all
	}
	add("Positive", "The share of the answers that are positive on their scale, and its interval.", shares, c.positive("positive"))
	return panels
}
