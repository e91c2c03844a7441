package gogen

import (
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/journey"
)

// breakdowns writes the journey of breakdowns.
func (g *generator) breakdowns(v *blueprint.Breakdowns) {
	if v == nil {
		return
	}
	name := g.blueprint.BreakdownsName()
	id := g.names.of("Breakdowns", "the breakdowns")
	options := g.breakdownTimes(g.blueprint.BreakdownJourney(""))
	for i := range v.Severities {
		s := &v.Severities[i]
		its := append([]string{strconv.Quote(s.Name) + ", " + strconv.FormatFloat(s.CustomersADay, 'g', -1, 64)}, g.breakdownTimes(g.blueprint.BreakdownJourney(s.Name))...)
		options = append(options, g.uses("cx/insight/watch", "ForSeverity")+"("+strings.Join(its, ",\n")+")")
	}
	g.about(id, "journey of breakdowns", name, v.Description, v.Owner)
	g.define(id, g.uses("cx/insight/watch", "Define"), name, options)
	g.all[len(g.all)-1] += ".Journey()" // which is the definition
}

// breakdownTimes returns the options of the promises of the journey.
func (g *generator) breakdownTimes(d *journey.Definition) (options []string) {
	for _, p := range slices.Collect(d.Promises()) {
		option := map[string]string{"confirmed": "ConfirmWithin", "planned": "PlanWithin", "mended": "MendWithin"}[p.Name]
		its := append([]string{g.expr(duration(p.Within))}, g.clock(&p)...)
		options = append(options, g.uses("cx/insight/watch", option)+"("+strings.Join(its, ", ")+")")
	}
	return options
}
