package grafana

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// objectiveRows returns a row that has all objectives, and one for each of them.
func (g *generator) objectiveRows() []row {
	if len(g.objectives) == 0 {
		return nil
	}
	name := label(semconv.ObjectiveNameKey)
	all := make([]string, len(g.objectives))
	for i := range g.objectives {
		all[i] = g.objectives[i].Name
	}
	legend := "{{" + name + "}}"
	rows := []row{{title: "All objectives", panels: []panel{
		{
			kind: bars, title: "Error budget left", unit: shares, width: half, height: high, none: "nothing counted",
			about: "The share of each error budget that is left: 100% to begin with, 0% where it is spent, and less below the target. Events have to come in before there is something to show.",
			steps: budgetSteps(), queries: []query{{expr: g.of(rules.Budget, among(name, all)), legend: legend}},
		},
		{
			kind: bars, title: "Good", unit: shares, width: half, height: high, most: 1, none: "nothing counted",
			about:   "The share of what customers experienced that was good, over the window of each objective." + promises(g.objectives),
			queries: []query{{expr: "1 - " + g.of(rules.BadRatio, among(name, all)), legend: legend}},
		},
	}}}
	for i := range g.objectives {
		o := &g.objectives[i]
		rows = append(rows, row{title: fmt.Sprintf("%s: %s over %s", titled(o.Name), blueprint.Share(o.Target), o.Window), panels: g.objective(o)})
	}
	return fold(rows)
}

// promises lists what the objectives promise.
func promises(list []slo.Objective) string {
	var said strings.Builder
	for i := range list {
		said.WriteString("\n- " + markdown(list[i].Name) + ": " + markdown(list[i].Sentence()))
	}
	return said.String()
}

func budgetSteps() []step {
	const little = 0.25
	return []step{{0, red}, {0, yellow}, {little, green}}
}

// objective returns the panels of one objective. Those about its window read what the rules record, so that they show the numbers by which
// the alerts decide.
func (g *generator) objective(o *slo.Objective) []panel {
	name := is(label(semconv.ObjectiveNameKey), o.Name)
	about := markdown(o.Sentence())
	if o.Description != "" {
		about = markdown(o.Description) + "\n\n" + about
	}
	if o.Owner != "" {
		about += "\n\nOwner: " + markdown(o.Owner)
	}
	panels := []panel{
		{
			title: "Good", about: about, unit: shares, width: sixth, height: low, none: "nothing counted", runbook: o.Runbook,
			steps: []step{{0, red}, {o.Target, green}}, queries: []query{{expr: "1 - " + g.of(rules.BadRatio, name)}},
		},
		{title: "Promised", about: about, unit: shares, width: sixth, height: low, queries: []query{{expr: g.of(rules.Target, name)}}},
		{
			title: "Error budget left", about: "100% to begin with, 0% where it is spent, and less below the target.", unit: shares, width: sixth, height: low,
			none: "nothing counted", steps: budgetSteps(), queries: []query{{expr: g.of(rules.Budget, name)}},
		},
	}
	if len(o.Of) > 0 {
		return append(panels, g.composite(o)...)
	}
	panels = append(panels, g.counts(o)...)
	panels = append(panels, g.burns(o)...)
	panels = append(panels, g.splits(o)...)
	if o.Journey != "" {
		currency := label(semconv.CurrencyKey)
		panels = append(panels, panel{
			kind: bars, title: "Value at stake", about: "The value of the runs whose events were bad in the time shown, in minor units of the currency, such as cents.",
			unit: plain, width: third, height: high, none: "no run has a value",
			queries: []query{{expr: by(increase(g.of(g.metrics.atStake, name)), currency), legend: "{{" + currency + "}}"}},
		})
	}
	return panels
}

// composite returns the panels that only a composite has.
func (g *generator) composite(o *slo.Objective) []panel {
	name := label(semconv.ObjectiveNameKey)
	parts := make([]string, len(o.Of))
	for i, p := range o.Of {
		parts[i] = p.Objective
	}
	return []panel{
		{
			title: "Weight heard", about: "The share of the weight of its parts that have enough events to say something. The others drop out.", unit: shares, width: sixth, height: low,
			none: "no part has events", queries: []query{{expr: g.of(rules.Heard, is(name, o.Name))}},
		},
		{
			kind: bars, title: "Its parts", about: "The share of what each part counts that was good.", unit: shares, width: third, height: high, most: 1, none: "nothing counted",
			queries: []query{{expr: "1 - " + g.of(rules.BadRatio, among(name, parts)), legend: "{{" + name + "}}"}},
		},
		{
			kind: lines, title: "Error budget left", unit: shares, width: third, height: high, steps: budgetSteps(),
			queries: []query{{expr: g.of(rules.Budget, is(name, o.Name)), legend: "left"}},
		},
	}
}

// counts returns the panels about numbers of events.
func (g *generator) counts(o *slo.Objective) []panel {
	name, result := is(label(semconv.ObjectiveNameKey), o.Name), label(semconv.ObjectiveResultKey)
	enough := ""
	if o.MinEvents > 1 {
		enough = fmt.Sprintf(" Fewer than %d are not enough to say.", o.MinEvents)
	}
	return []panel{
		{
			title: "Counted", about: "Good and bad events within the window." + enough, unit: plain, width: sixth, height: low, none: "nothing counted",
			queries: []query{{expr: g.of(rules.Events, name)}},
		},
		{title: "Bad", about: "Bad events within the window.", unit: plain, width: sixth, height: low, none: "nothing counted", queries: []query{{expr: g.of(rules.Bad, name)}}},
		{
			title: "Excluded", about: "Events in the time shown that are in no ratio: they happened in a maintenance, or what the objective asks for is not known of them.",
			unit: plain, width: sixth, height: low, queries: []query{{expr: by(increase(g.of(g.metrics.events, name, is(result, slo.Excluded.String()))))}},
		},
		{
			kind: lines, title: "Events an hour", unit: plain, width: third, height: high, stacked: true,
			queries: []query{{expr: by(hourly(g.of(g.metrics.events, name)), result), legend: "{{" + result + "}}"}},
		},
		{
			kind: lines, title: "Error budget left", unit: shares, width: third, height: high, steps: budgetSteps(),
			queries: []query{{expr: g.of(rules.Budget, name), legend: "left"}},
		},
	}
}

// burns returns the panel of the burn rates, with the factors of the alerts as thresholds. An objective for which the rules make no alerts
// has none.
func (g *generator) burns(o *slo.Objective) []panel {
	list, err := rules.Burns(*o, rules.WithScrape(g.scrape))
	if err != nil || len(list) == 0 {
		return nil
	}
	p := panel{
		kind: lines, title: "Burn rate", about: "How many times as fast as it may the error budget is used up, within the windows of the alerts. At 1 it lasts exactly for the window.",
		unit: plain, width: third, height: high, steps: []step{{0, green}},
	}
	name := is(label(semconv.ObjectiveNameKey), o.Name)
	pages, tickets := []float64{}, []float64{}
	for i := range list {
		b := &list[i]
		p.queries = append(p.queries, query{
			expr:   g.of(metric(rules.BadRatioWithin(b.Long)), name) + " / (1 - " + strconv.FormatFloat(o.Target, 'f', -1, 64) + ")",
			legend: "within " + blueprint.Duration(b.Long).String(),
		})
		if b.Severity == rules.Page {
			pages = append(pages, b.Factor)
		} else {
			tickets = append(tickets, b.Factor)
		}
	}
	if len(tickets) > 0 {
		p.steps = append(p.steps, step{slices.Min(tickets), yellow})
	}
	if len(pages) > 0 && (len(tickets) == 0 || slices.Min(pages) > slices.Min(tickets)) {
		p.steps = append(p.steps, step{slices.Min(pages), red})
	}
	return []panel{p}
}

// splits returns the panels of the objective by the properties that it is split by. They read what the rules record, so their numbers are
// of the objective's window.
func (g *generator) splits(o *slo.Objective) (list []panel) {
	name := is(label(semconv.ObjectiveNameKey), o.Name)
	labels := make([]string, len(o.By))
	for i, d := range o.By {
		labels[i] = rules.SplitLabel(d)
	}
	for i, d := range o.By {
		valued := isNot(labels[i], "")
		of := func(series metric) string { return by(g.of(series, name, valued), labels[i]) }
		list = append(list, panel{
			kind: bars, title: "Good, by " + d.String(), about: "The share that was good, within the window. Events from before a value was first exported have none.",
			unit: shares, width: third, height: high, most: 1, none: "nothing counted", steps: []step{{0, red}, {o.Target, green}},
			queries: []query{{expr: "1 - " + of(rules.SplitBad) + " / (" + of(rules.SplitEvents) + " > 0)", legend: "{{" + labels[i] + "}}"}},
		})
	}
	if len(o.By) > 1 {
		list = append(list, panel{
			kind: bars, title: "Most bad events", about: "The ten combinations of values with the most bad events within the window. Much is wrong there, or much happens there.",
			unit: plain, width: third, height: high, none: "nothing counted",
			queries: []query{{expr: "topk(10, " + g.of(rules.SplitBad, name) + " > 0.5)", legend: "{{" + strings.Join(labels, "}} {{") + "}}"}},
		})
	}
	return list
}
