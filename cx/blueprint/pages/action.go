package pages

import (
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
)

// actions writes what the company changes because of what customers said.
func (g *generator) actions(b *strings.Builder) {
	if len(g.blueprint.Actions) == 0 {
		return
	}
	b.WriteString("## What we change because of what customers said\n\n")
	rows := make([][]string, len(g.blueprint.Actions))
	for i := range g.blueprint.Actions {
		a := &g.blueprint.Actions[i]
		rows[i] = []string{plain(a.Name), plain(a.Description), timeOf(a.Make, a.Hours), timeOf(a.Verify, a.Hours), plain(a.Owner)}
	}
	table(b, []string{"Action", "What it is", "Customers have the change after it was planned", "We know whether it helps after it was made", "Owner"}, rows)
}

// timeOf names a time that counts in the hours.
func timeOf(w blueprint.Within, hours string) string {
	if w == (blueprint.Within{}) {
		return ""
	}
	return within(&blueprint.Promise{Within: w, Hours: hours})
}
