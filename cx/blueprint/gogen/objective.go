package gogen

import (
	"fmt"
	"strconv"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// objectives writes the constants of the objectives' names and the function that returns their values.
func (g *generator) objectives(list []slo.Objective) {
	if len(list) == 0 {
		return
	}
	known := make([]constant, len(list))
	byName := make(map[string]string, len(list))
	for i := range list {
		o := &list[i]
		id := g.names.of("Objective", fmt.Sprintf("the objective %q", o.Name), o.Name)
		known[i] = constant{id, o.Name, o.Sentence()}
		byName[o.Name] = id
	}
	g.constants("The names of the objectives.", known)
	typ := g.uses("cx/slo", "Objective")
	comment(&g.body, "", "Objectives returns the objectives, for cx.WithObjectives. The caller owns them.")
	g.line("func Objectives() []%s {", typ)
	scores := false
	for i := range list {
		scores = scores || list[i].Good.ScoreAtLeast != nil || list[i].Good.ScoreAtMost != nil
	}
	if scores {
		g.line("score := func(v float64) *float64 { return &v }")
	}
	g.line("return []%s{", typ)
	for i := range list {
		g.objective(&list[i], byName)
	}
	g.line("}\n}\n")
}

// objective writes one value.
func (g *generator) objective(o *slo.Objective, names map[string]string) {
	g.line("{\nName: %s,", names[o.Name])
	text := func(field, value string) {
		if value != "" {
			g.line("%s: %s,", field, strconv.Quote(value))
		}
	}
	text("Description", o.Description)
	text("Owner", o.Owner)
	text("Runbook", o.Runbook)
	if o.Journey != "" {
		g.line("Journey: %s.Name(),", g.journeyID(o.Journey))
	}
	if o.Promise != "" {
		g.line("Promise: %s,", g.promiseID(o.Journey, o.Promise))
	}
	if o.Touchpoint != "" {
		g.line("Touchpoint: %s.Name(),", g.names.of("Touchpoint", fmt.Sprintf("the touchpoint %q", o.Touchpoint), o.Touchpoint))
	}
	if o.Survey != "" {
		g.line("Survey: %s.Name(),", g.names.of("Survey", fmt.Sprintf("the survey %q", o.Survey), o.Survey))
	}
	if o.Queue != "" {
		g.line("Queue: %s,", g.queueID(o.Queue))
	}
	switch o.Effort {
	case "":
	case slo.AllEfforts:
		g.line("Effort: slo.AllEfforts,")
	default:
		g.line("Effort: %s,", g.names.of("Intent", fmt.Sprintf("%q of the intents", o.Effort), o.Effort))
	}
	if len(o.Of) > 0 {
		g.line("Of: []slo.Part{")
		for _, p := range o.Of {
			g.line("{Objective: %s, Weight: %s},", names[p.Objective], number(p.Weight))
		}
		g.line("},")
	}
	g.criteria(&o.Good)
	g.except(&o.Except)
	g.line("Target: %s,\nWindow: %s,", number(o.Target), window(o.Window))
	if o.MinEvents != 0 {
		g.line("MinEvents: %d,", o.MinEvents)
	}
	g.field("By", listOf("slo.Dimension", o.By, func(d slo.Dimension) string { return "slo.By" + words(d.String()) }))
	g.field("Maintenance", listOf("slo.Maintenance", o.Maintenance, g.maintenance))
	g.line("},")
}

func window(w slo.Window) string {
	if w.Period == 0 {
		return fmt.Sprintf("slo.Window{Days: %d}", w.Days)
	}
	zone := ""
	if w.Zone != "" {
		zone = ", Zone: " + strconv.Quote(w.Zone)
	}
	return "slo.Window{Period: slo." + words(w.Period.String()) + zone + "}"
}

// field writes a field, if it has a value, and imports what that names.
func (g *generator) field(name, value string) { g.texts(name, g.expr(value)) }

// texts writes a field, if it has a value, which names no package.
func (g *generator) texts(name, value string) {
	if value != "" {
		g.line("%s: %s,", name, value)
	}
}

func (g *generator) criteria(c *slo.Criteria) {
	outcomes := listOf("event.Outcome", c.Outcomes, outcome)
	zones := listOf("event.Zone", c.Zones, func(z event.Zone) string { return "event." + words(z.String()) })
	verdicts := listOf("event.Verdict", c.Verdicts, func(v event.Verdict) string { return "event." + words(v.String()) })
	if outcomes+zones+verdicts == "" && c.Within == 0 && c.ScoreAtLeast == nil && c.ScoreAtMost == nil && c.WaitWithin == 0 && c.FirstReplyWithin == 0 &&
		c.ServiceLevel == (assist.Level{}) {
		return
	}
	g.line("Good: slo.Criteria{")
	g.field("Outcomes", outcomes)
	if c.Within != 0 {
		g.field("Within", duration(c.Within))
	}
	g.field("Zones", zones)
	if c.ScoreAtLeast != nil {
		g.field("ScoreAtLeast", "score("+number(*c.ScoreAtLeast)+")")
	}
	if c.ScoreAtMost != nil {
		g.field("ScoreAtMost", "score("+number(*c.ScoreAtMost)+")")
	}
	g.field("Verdicts", verdicts)
	if c.ServiceLevel != (assist.Level{}) {
		g.line("ServiceLevel: %s,", g.level(c.ServiceLevel))
	}
	if c.WaitWithin != 0 {
		g.field("WaitWithin", duration(c.WaitWithin))
	}
	if c.FirstReplyWithin != 0 {
		g.field("FirstReplyWithin", duration(c.FirstReplyWithin))
	}
	if c.OpenHours {
		g.line("OpenHours: true,")
	}
	g.line("},")
}

func (g *generator) except(e *slo.Except) {
	actors := listOf("event.Actor", e.Actors, func(a event.Actor) string { return "event.Actor" + words(a.String()) })
	channels := listOf("event.Channel", e.Channels, channel)
	segments := listOf("string", e.Segments, strconv.Quote)
	outcomes := listOf("event.Outcome", e.Outcomes, outcome)
	causes := listOf("string", e.Causes, strconv.Quote)
	if actors+channels+segments+outcomes+causes == "" {
		return
	}
	g.line("Except: slo.Except{")
	g.field("Actors", actors)
	g.field("Channels", channels)
	g.texts("Segments", segments)
	g.field("Outcomes", outcomes)
	g.texts("Causes", causes)
	g.line("},")
}
