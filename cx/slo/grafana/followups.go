package grafana

import (
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// followUps returns a row for each follow-up.
func (g *generator) followUps() []row {
	rows := make([]row, 0, len(g.blueprint.FollowUps))
	for i := range g.blueprint.FollowUps {
		f := &g.blueprint.FollowUps[i]
		title := titled(f.Name)
		if f.Description != "" {
			title += ": " + titled(f.Description)
		}
		rows = append(rows, row{title: title, panels: append(g.followUpNumbers(f), g.followUpCourse(f)...)})
	}
	return fold(rows)
}

// followUpNumbers returns the panels with one number. The series of a follow-up have the channel of its cause. They begin at zero only
// for the channels by which the company answers.
func (g *generator) followUpNumbers(f *blueprint.FollowUp) []panel {
	m, name := &g.metrics, is(label(semconv.JourneyNameKey), f.Name)
	completed := is(label(semconv.OutcomeKey), event.Completed.String())
	panels := []panel{
		{
			title: "Received", about: "Follow-ups that were opened in the time shown.", unit: plain, width: sixth, height: low,
			queries: []query{{expr: by(counted(g.of(m.started, name)))}},
		},
		{
			title: "Open", about: "Follow-ups that are open now, also those whose customer was told and may still object.", unit: plain, width: sixth, height: low,
			queries: []query{{expr: by(g.of(m.active, name))}},
		},
		{
			title: "Nine of ten closed within", about: "Nine of ten follow-ups that were closed in the time shown took at most this long.", unit: seconds, width: sixth, height: low,
			none: "none was closed", queries: []query{{expr: quantile(0.9, g.of(m.duration+bucket, name, completed))}},
		},
	}
	if f.Update != (blueprint.Within{}) {
		panels = append(panels, panel{
			title: "Longest silence", about: "In nine of ten follow-ups the customer never heard nothing for longer than this, until the answer.", unit: seconds, width: sixth, height: low,
			none: "none has ended", queries: []query{{expr: quantile(0.9, g.of(m.silence+bucket, name))}},
		})
	}
	return panels
}

// followUpCourse returns the panels about how follow-ups go on.
func (g *generator) followUpCourse(f *blueprint.FollowUp) []panel {
	m, name := &g.metrics, is(label(semconv.JourneyNameKey), f.Name)
	outcome, stage := label(semconv.OutcomeKey), label(semconv.StageNameKey)
	var panels []panel
	if times := promisedTimes(f); times != "" {
		panels = g.promisesOf(name, times)
	}
	return append(panels,
		panel{
			kind: lines, title: "Open, by step", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(g.of(m.active, name), stage), legend: "{{" + stage + "}}"}},
		},
		panel{
			kind: bars, title: "Steps left out", about: "The share of the follow-ups that ended in the time shown without the step. One that the customer has withdrawn leaves nothing out.",
			unit: shares, width: third, height: high, most: 1, none: "none has ended", queries: []query{{
				expr:   by(increase(g.of(m.skipped, name)), stage) + " / on () group_left () (" + by(counted(g.of(m.ended, name))) + " > 0)",
				legend: "{{" + stage + "}}",
			}},
		},
		panel{
			kind: bars, title: "Ends", about: "Completed are those whose customer confirmed the answer, or did not object. Cancelled are those that the customer has withdrawn.",
			unit: plain, width: third, height: high, queries: []query{{expr: by(counted(g.of(m.ended, name)), outcome), legend: "{{" + outcome + "}}"}},
		})
}

// promisedTimes says within which times the follow-up promises what.
func promisedTimes(f *blueprint.FollowUp) string {
	var said strings.Builder
	for _, x := range [...]struct {
		w    blueprint.Within
		what string
	}{{f.Acknowledge, "acknowledged: within "}, {f.Answer, "answered: within "}, {f.Update, "updated: every "}} {
		if x.w != (blueprint.Within{}) {
			said.WriteString("\n- " + x.what + x.w.String())
		}
	}
	return said.String()
}
