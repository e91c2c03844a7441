package pages

import (
	"cmp"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
)

// breakdowns writes what the company does about what has become worse for customers.
func (g *generator) breakdowns(b *strings.Builder) {
	v := g.blueprint.Breakdowns
	if v == nil {
		return
	}
	b.WriteString("## What we do about breakdowns\n\nA breakdown is something that goes wrong for customers more often than before, and does not go away on its own.\n\n")
	if v.Description != "" {
		b.WriteString(paragraph(v.Description) + "\n\n")
	}
	if v.Owner != "" {
		b.WriteString("Owner until a breakdown has its own: " + bold(v.Owner) + "\n\n")
	}
	row := func(name string, confirm, plan, mend blueprint.Within) []string {
		return []string{name, timeOf(confirm, v.Hours), timeOf(plan, v.Hours), timeOf(mend, v.Hours)}
	}
	rows := [][]string{row("Every breakdown", v.Confirm, v.Plan, v.Mend)}
	for i := range v.Severities {
		s := &v.Severities[i]
		rows = append(rows, row(plain(s.Name)+", which costs "+strconv.FormatFloat(s.CustomersADay, 'f', -1, 64)+" or more customers a day", cmp.Or(s.Confirm, v.Confirm), cmp.Or(s.Plan, v.Plan), cmp.Or(s.Mend, v.Mend)))
	}
	table(b, []string{"Breakdown", "A person confirms it after it was found", "It has a plan and an owner after it was found", "Customers have the change after it was found"}, rows)
}
