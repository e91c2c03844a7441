package gogen

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/feedback"
)

// action writes the definition of actions.
func (g *generator) action(a *blueprint.Action) {
	d := g.blueprint.Action(a.Name)
	id := g.names.of("Action", fmt.Sprintf("the action %q", a.Name), a.Name)
	var options []string
	for p := range d.Journey().Promises() {
		option := "MakeWithin"
		if p.Name == feedback.PromiseVerified {
			option = "VerifyWithin"
		}
		options = append(options, "feedback."+option+"("+strings.Join(append([]string{g.expr(duration(p.Within))}, g.clock(&p)...), ", ")+")")
	}
	g.about(id, "action", a.Name, a.Description, a.Owner)
	g.define(id, g.uses("feedback", "DefineAction"), a.Name, options)
}
