package gogen

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/assist"
)

// contacts writes the queues, the intents and the causes.
func (g *generator) contacts() {
	g.queues(g.blueprint.AllQueues())
	g.vocabulary("Intent", "intents", "Intents", "cx.WithIntents", g.blueprint.Intents)
	g.vocabulary("RootCause", "causes", "RootCauses", "cx.WithCauses", g.blueprint.RootCauses)
}

func (g *generator) queueID(name string) string {
	return g.names.of("Queue", fmt.Sprintf("the queue %q", name), name)
}

func (g *generator) queues(list []assist.Queue) {
	if len(list) == 0 {
		return
	}
	known := make([]constant, len(list))
	for i, q := range list {
		known[i] = constant{g.queueID(q.Name), q.Name, sentence(g.blueprint.Queues[i].Description)}
	}
	g.constants("The names of the queues.", known)
	typ := g.uses("cx/assist", "Queue")
	comment(&g.body, "", "Queues returns the queues, for cx.WithQueues. The caller owns the slice.")
	g.line("func Queues() []%s {\nreturn []%[1]s{", typ)
	for i, q := range list {
		g.line("{\nName: %s,", known[i].id)
		if q.Level != (assist.Level{}) {
			g.line("Level: %s,", g.level(q.Level))
		}
		g.field("Channels", listOf("event.Channel", q.Channels, channel))
		if q.OpenHours {
			g.line("OpenHours: true,")
		}
		g.line("},")
	}
	g.line("}\n}\n")
}

// level returns an expression for a service level.
func (g *generator) level(l assist.Level) string {
	fields := []string{"Within: " + g.expr(duration(l.Within))}
	if l.Variant != 0 {
		fields = append(fields, "Variant: assist."+words(l.Variant.String()))
	}
	if l.ShortAbandon != 0 {
		fields = append(fields, "ShortAbandon: "+g.expr(duration(l.ShortAbandon)))
	}
	if l.FlowOuts {
		fields = append(fields, "FlowOuts: true")
	}
	return g.uses("cx/assist", "Level") + "{" + strings.Join(fields, ", ") + "}"
}

// vocabulary writes the constants of a list of names, and the function that returns them.
func (g *generator) vocabulary(prefix, what, function, option string, list []string) {
	if len(list) == 0 {
		return
	}
	known := make([]constant, len(list))
	for i, name := range list {
		known[i] = constant{g.names.of(prefix, fmt.Sprintf("%q of the %s", name, what), name), name, ""}
	}
	g.constants(fmt.Sprintf("The %s.", what), known)
	comment(&g.body, "", fmt.Sprintf("%s returns the %s, for %s. The caller owns the slice.", function, what, option))
	g.line("func %s() []string {\nreturn []string{%s}\n}\n", function, ids(known))
}
