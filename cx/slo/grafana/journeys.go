package grafana

import (
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// journeys returns two rows for each journey, of which the second one is about its touchpoints, and a row for the touchpoints of none.
func (g *generator) journeys() []row {
	rows := make([]row, 0, 2*len(g.blueprint.Journeys)+1)
	for i := range g.blueprint.Journeys {
		j := &g.blueprint.Journeys[i]
		title := titled(j.Name)
		if j.Description != "" {
			title += ": " + titled(j.Description)
		}
		rows = append(rows, row{title: title, panels: g.journey(j)})
		if panels := g.touchpoints(j.Name); len(panels) > 0 {
			rows = append(rows, row{title: titled(j.Name) + ": touchpoints", panels: panels})
		}
	}
	if panels := g.touchpoints(""); len(panels) > 0 {
		rows = append(rows, row{title: "Touchpoints of no journey", panels: panels})
	}
	return fold(rows)
}

// journey returns the panels of one journey.
func (g *generator) journey(j *blueprint.Journey) []panel {
	panels := append(append(g.numbers(j), g.course(j)...), g.friction(j))
	if hasExpectations(j) {
		stage := label(semconv.StageNameKey)
		panels = append(panels, panel{
			kind: bars, title: "Stalls", about: "Visits that lasted at least as long as the stage should take. " + expectations(j), unit: plain, width: third, height: high,
			queries: []query{{expr: by(increase(g.of(g.metrics.stalled, g.named(j))), stage), legend: "{{" + stage + "}}"}},
		})
	}
	if len(j.Promises) > 0 {
		panels = append(panels, g.promises(j)...)
	}
	return panels
}

// named is the matcher of the journey.
func (g *generator) named(j *blueprint.Journey) matcher {
	return is(label(semconv.JourneyNameKey), j.Name)
}

// numbers returns the panels with one number.
func (g *generator) numbers(j *blueprint.Journey) []panel {
	m, name := &g.metrics, g.named(j)
	completed := is(label(semconv.OutcomeKey), event.Completed.String())
	ended := by(increase(g.of(m.ended, name)))
	return []panel{
		{
			title: "Started", about: "Runs that customers started in the time shown.", unit: plain, width: sixth, height: low,
			queries: []query{{expr: by(increase(g.of(m.started, name)))}},
		},
		{
			title: "Completed", about: "The share of the runs that ended in the time shown and were completed.", unit: shares, width: sixth, height: low,
			none: "none ended", queries: []query{{expr: by(increase(g.of(m.ended, name, completed))) + " / (" + ended + " > 0)"}},
		},
		{
			title: "Under way", about: "Runs that are under way now.", unit: plain, width: sixth, height: low,
			queries: []query{{expr: by(g.of(m.active, name))}},
		},
		{
			title: "Half completed within", about: "Half of the completed runs took at most this long.", unit: seconds, width: sixth, height: low,
			none: "none completed", queries: []query{{expr: quantile(0.5, g.of(m.duration+bucket, name, completed))}},
		},
		{
			title: "Nine of ten completed within", about: "Nine of ten completed runs took at most this long.", unit: seconds, width: sixth, height: low,
			none: "none completed", queries: []query{{expr: quantile(0.9, g.of(m.duration+bucket, name, completed))}},
		},
		{
			title: "Late events", about: "Events that arrived for a run after it had ended. Many of them mean that runs count as abandoned too early, or that an ID is used again.",
			unit: plain, width: sixth, height: low, queries: []query{{expr: by(increase(g.of(m.late, name)))}},
		},
	}
}

// course returns the panels about how runs go on and end.
func (g *generator) course(j *blueprint.Journey) []panel {
	m, name := &g.metrics, g.named(j)
	outcome, stage, channel, currency := label(semconv.OutcomeKey), label(semconv.StageNameKey), label(semconv.ChannelKey), label(semconv.CurrencyKey)
	return []panel{
		{
			kind: lines, title: "Starts an hour", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(hourly(g.of(m.started, name)), channel), legend: "{{" + channel + "}}"}},
		},
		{
			kind: lines, title: "Ends an hour, by outcome", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(hourly(g.of(m.ended, name)), outcome), legend: "{{" + outcome + "}}"}},
		},
		{
			kind: lines, title: "Under way, by stage", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(g.of(m.active, name), stage), legend: "{{" + stage + "}}"}},
		},
		{
			kind: bars, title: "Where customers left", about: "Runs that ended without being completed, by the stage in which they ended.", unit: plain, width: third, height: high,
			none: "all were completed", queries: []query{{
				expr:   by(increase(g.of(m.exits, name, isNot(outcome, event.Completed.String()))), stage, outcome) + " > 0",
				legend: "{{" + stage + "}} {{" + outcome + "}}",
			}},
		},
		{
			kind: bars, title: "Time in each stage", about: "Nine of ten visits to the stage took at most this long. " + expectations(j), unit: seconds, width: third, height: high,
			none: "no visit ended", queries: []query{{expr: quantile(0.9, g.of(m.stageDuration+bucket, name), stage), legend: "{{" + stage + "}}"}},
		},
		{
			kind: bars, title: "Value at the end", about: "The value that was at stake in the runs that ended, in minor units of the currency, such as cents.", unit: plain, width: third, height: high,
			none: "runs have no value", queries: []query{{
				expr: by(counted(g.of(m.value, name)), outcome, currency) + " > 0", legend: "{{" + outcome + "}} {{" + currency + "}}",
			}},
		},
	}
}

// friction returns the panel about what made runs harder. The series of each kind begins at zero, so increase counts them. The kinds are
// not stacked, because they are never added up.
func (g *generator) friction(j *blueprint.Journey) panel {
	m, name, kind := &g.metrics, g.named(j), label(semconv.FrictionKindKey)
	return panel{
		kind: bars, title: "Friction in each run", unit: plain, width: third, height: high, none: "none ended",
		about: "What made the runs that ended harder for customers: how often each kind occurred, over the number of runs." +
			"\n- repeat: tried again what had not worked" +
			"\n- failure_before_success: failed at what worked in the end" +
			"\n- loop: returned to a stage" +
			"\n- channel_switch: took up a further channel" +
			"\n- overdue: waited longer than promised",
		queries: []query{{
			expr:   by(increase(g.of(m.friction, name)), kind) + " / on () group_left () (" + by(increase(g.of(m.ended, name))) + " > 0)",
			legend: "{{" + kind + "}}",
		}},
	}
}

// promises returns the panels about the promises of a journey.
func (g *generator) promises(j *blueprint.Journey) []panel {
	return g.promisesOf(g.named(j), targets(j))
}

// promisesOf returns the panels about the promises of the journey that matches.
func (g *generator) promisesOf(name matcher, targets string) []panel {
	m := &g.metrics
	promise, kept := label(semconv.PromiseNameKey), label(semconv.PromiseKeptKey)
	settled := by(increase(g.of(m.settled, name)), promise)
	return []panel{
		{
			kind: bars, title: "Promises kept", about: "The share of the promises that were kept in time, of those that were kept or broken. " + targets, unit: shares, width: third, height: high, most: 1,
			none: "none is settled", queries: []query{{
				expr: by(increase(g.of(m.settled, name, is(kept, "true"))), promise) + " / (" + settled + " > 0)", legend: "{{" + promise + "}}",
			}},
		},
		{
			kind: bars, title: "Time until a promise was kept", about: "Nine of ten promises that were kept took at most this long.", unit: seconds, width: third, height: high,
			none: "none was kept", queries: []query{{expr: quantile(0.9, g.of(m.delay+bucket, name, is(kept, "true")), promise), legend: "{{" + promise + "}}"}},
		},
	}
}

func hasExpectations(j *blueprint.Journey) bool {
	for i := range j.Stages {
		if j.Stages[i].Expect > 0 {
			return true
		}
	}
	return false
}

// expectations says how long the stages should take.
func expectations(j *blueprint.Journey) string {
	var said strings.Builder
	for i := range j.Stages {
		if s := &j.Stages[i]; s.Expect > 0 {
			said.WriteString("\n- " + markdown(s.Name) + " should take less than " + s.Expect.String())
		}
	}
	return said.String()
}

// targets says which share of the promises is to be kept.
func targets(j *blueprint.Journey) string {
	var said strings.Builder
	for i := range j.Promises {
		if p := &j.Promises[i]; p.Target > 0 {
			said.WriteString("\n- " + markdown(p.Name) + ": " + p.Target.String() + " are to be kept")
		}
	}
	return said.String()
}

// touchpoints returns the panels of the touchpoints of a journey, or of those of none.
func (g *generator) touchpoints(journey string) []panel {
	var all, zoned []string
	var limits strings.Builder
	for i := range g.blueprint.Touchpoints {
		t := &g.blueprint.Touchpoints[i]
		if t.Journey != journey {
			continue
		}
		all = append(all, t.Name)
		if t.Satisfied > 0 {
			zoned = append(zoned, t.Name)
			limits.WriteString("\n- at " + markdown(t.Name) + " a customer is satisfied up to " + t.Satisfied.String())
		}
	}
	if len(all) == 0 {
		return nil
	}
	m := &g.metrics
	name, outcome, cause, zone := label(semconv.TouchpointNameKey), label(semconv.OutcomeKey), label(semconv.CauseKey), label(semconv.ApdexZoneKey)
	legend := "{{" + name + "}}"
	panels := []panel{ //nolint:prealloc // one panel follows at most
		{
			kind: lines, title: "Interactions an hour", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(hourly(g.of(m.interactions, among(name, all))), name), legend: legend}},
		},
		{
			kind: bars, title: "Outcomes", about: "Interactions in the time shown, also the first one of each process.", unit: plain, width: third, height: high,
			none: "no interaction", queries: []query{{expr: by(counted(g.of(m.interactions, among(name, all))), name, outcome) + " > 0", legend: legend + " {{" + outcome + "}}"}},
		},
		{
			kind: bars, title: "Nine of ten took at most", unit: seconds, width: third, height: high,
			none: "no interaction", queries: []query{{expr: quantile(0.9, g.of(m.touchpointDuration+bucket, among(name, all)), name), legend: legend}},
		},
		{
			kind: bars, title: "Failures by cause", about: "Failed interactions in the time shown, also the first one of each process.", unit: plain, width: third, height: high,
			none: "none", queries: []query{{expr: by(counted(g.of(m.failures, among(name, all))), name, cause) + " > 0", legend: legend + " {{" + cause + "}}"}},
		},
	}
	if len(zoned) == 0 {
		return panels
	}
	in := func(zones ...string) string {
		return by(counted(g.of(m.interactions, among(name, zoned), among(zone, zones))), name)
	}
	satisfied, tolerating, frustrated := event.Satisfied.String(), event.Tolerating.String(), event.Frustrated.String()
	zones := in(satisfied, tolerating, frustrated)
	orNone := func(zone string) string { return "(" + in(zone) + " or 0 * " + zones + ")" }
	value, from, to := apdex(orNone(satisfied), orNone(frustrated), zones)
	return append(panels, panel{
		kind: bars, title: "Apdex", width: third, height: high, unit: plain, most: 1, none: "no interaction with a target",
		about: "Satisfied interactions and half of the tolerable ones, of all with a target, and the interval. From 0.94 on it is excellent, from 0.85 good, from 0.7 fair and from 0.5 poor. " +
			scores + limits.String(),
		steps: []step{{0, red}, {0.7, yellow}, {0.85, green}}, //nolint:mnd // the ratings of the Apdex specification
		queries: []query{
			{expr: value, legend: legend},
			{expr: from, legend: legend + " from"},
			{expr: to, legend: legend + " to"},
		},
	})
}
