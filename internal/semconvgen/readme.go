package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const readmeIntro = `# Cairn's telemetry names

This page lists the telemetry that Cairn sends to OpenTelemetry: metrics to count and
alert on, spans that show one customer's journey as one trace, and log events to look up
single cases. The [model](model) is the source of this page and of the Go constants
beside it. [OpenTelemetry Weaver](https://github.com/open-telemetry/weaver) reads the
model, too.

Where OpenTelemetry has a name, Cairn uses it. The names come from release 1.43 of the
semantic conventions, the newest for which OpenTelemetry for Go has constants. A test
compares the constants with the registry. Release 1.44 renames none of the names that
Cairn uses. It clarifies the meaning of some, and Cairn follows it.

Everything here is in development: a name may change until Cairn 1.0, and the changelog
lists each change.

## What you can ask

Each question leads to the metric that answers it, with a query that you can copy.

The queries are short. ` + "`increase`" + ` does not see the first value of a series that did not
begin at zero: after the start of a process a query misses the first event of each new
series. The panels of the dashboards add it.

`

const readmeHow = `
## How to read this

- **A journey** is a customer's goal, from the first step to the last. It has
  **stages**. **A touchpoint** is one interaction on the way. Your blueprint defines
  their names and their targets.
- **` + "`_other`" + `** replaces a name from outside that the blueprint does not have. Cairn
  counts it, and it creates no new series.
- **A count of customers is a count of runs**: a customer who checks out twice makes two
  journeys.
- **In Prometheus** dots become underscores, and the unit and ` + "`_total`" + ` are added. Each
  metric below has its name there. The queries are PromQL.
- **When** says when an attribute is set: *always*; *usually*, if the application gives
  it; under a condition; or only *if turned on*.

`

// readmeFile makes the reference page.
func readmeFile(r *registry) ([]byte, error) {
	var b strings.Builder
	b.WriteString("<!-- " + generated + " -->\n\n" + readmeIntro)
	b.WriteString("| question | metric |\n| --- | --- |\n")
	for _, g := range r.signals(metricGroup) {
		row(&b, g.extra.question, "["+code(g.metric)+"](#"+anchor(g.metric)+")")
	}
	b.WriteString(readmeHow)
	b.WriteString("## Metrics\n")
	domain := ""
	for _, g := range r.signals(metricGroup) {
		if d := strings.Split(g.metric, ".")[1]; d != domain {
			domain = d
			b.WriteString("\n### " + domainTitle(d) + "\n")
		}
		writeMetric(&b, g)
	}
	b.WriteString("\n## Spans\n\nA journey is a trace of its own. Requests stay in their traces, and links connect the two.\n")
	for _, g := range r.signals(spanGroup) {
		writeSpan(&b, g)
	}
	b.WriteString("\n## Log events\n\nOpenTelemetry events: log records with an event name.\n")
	for _, g := range r.signals(eventGroup) {
		writeEvent(&b, g)
	}
	b.WriteString("\n## Attributes\n")
	for _, g := range r.definitions() {
		r.writeDefinitions(&b, g.display, g.brief, g.attrs)
	}
	r.writeDefinitions(&b, "Standard attributes",
		"The attributes of OpenTelemetry that Cairn sets.", r.standard())
	r.writePrivacy(&b)
	return []byte(b.String()), nil
}

func domainTitle(name string) string {
	if title, ok := map[string]string{
		"journey": "Journeys", "touchpoint": "Touchpoints", "sdk": "Cairn's own health",
	}[name]; ok {
		return title
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func writeMetric(b *strings.Builder, g *group) {
	b.WriteString("\n#### " + g.metric + "\n\n")
	paragraph(b, g.brief+" "+g.note)
	b.WriteString("| kind | unit | in Prometheus | in Go |\n| --- | --- | --- | --- |\n")
	row(b, g.instrument, code(g.unit), code(prometheusName(g)), code("semconv."+goName(g.metric)+"Name"))
	b.WriteString("\n")
	writeUses(b, g.uses)
	for _, u := range g.uses {
		if len(u.ref.values) > 0 {
			b.WriteString("\n")
			writeMembers(b, u.id, u.ref.values)
		}
	}
	if len(g.extra.buckets) > 0 {
		b.WriteString("\n")
		paragraph(b, "Bucket boundaries"+inUnit(g.unit)+": "+numbers(g.extra.buckets)+".")
	} else {
		b.WriteString("\n")
	}
	b.WriteString("*" + g.extra.question + "*\n\n```promql\n" + g.extra.query + "\n```\n")
}

func writeSpan(b *strings.Builder, g *group) {
	b.WriteString("\n### " + strings.TrimPrefix(g.id, "span.") + "\n\n")
	paragraph(b, g.brief+" "+g.note)
	b.WriteString("| name | kind | trace of |\n| --- | --- | --- |\n")
	row(b, g.extra.spanName, g.spanKind, "the "+g.extra.trace)
	b.WriteString("\n")
	writeUses(b, g.uses)
}

func writeEvent(b *strings.Builder, g *group) {
	b.WriteString("\n### " + g.event + "\n\n")
	brief := g.brief
	if g.extra.optIn {
		brief += " Off by default."
	}
	paragraph(b, brief+" "+g.note)
	writeUses(b, g.uses)
}

// writeUses writes the attributes of a signal, those that are always set first.
func writeUses(b *strings.Builder, uses []use) {
	if len(uses) == 0 {
		b.WriteString("It has no attributes.\n")
		return
	}
	order := []string{"required", "conditionally_required", "recommended", "opt_in"}
	sorted := slices.SortedStableFunc(slices.Values(uses), func(x, y use) int {
		return slices.Index(order, x.level.name) - slices.Index(order, y.level.name)
	})
	b.WriteString("| attribute | when | meaning |\n| --- | --- | --- |\n")
	for _, u := range sorted {
		brief := u.brief
		if u.ref.brief != "" {
			brief = u.ref.brief
		}
		if len(u.ref.examples) > 0 && u.ref.brief != u.brief {
			brief += " For example " + exampleList(u.ref.examples, code) + "."
		}
		row(b, "["+code(u.id)+"](#"+anchor(u.id)+")", u.level.plain(), brief)
	}
}

// writeDefinitions writes a heading, a table of the attributes, and then the details of each.
func (r *registry) writeDefinitions(b *strings.Builder, title, brief string, attrs []*attribute) {
	if len(attrs) == 0 {
		return
	}
	b.WriteString("\n### " + title + "\n\n")
	paragraph(b, brief)
	b.WriteString("| attribute | type | meaning | on |\n| --- | --- | --- | --- |\n")
	for _, a := range attrs {
		row(b, code(a.id), a.kind, a.brief, r.where(a))
	}
	for _, a := range attrs {
		b.WriteString("\n#### " + a.id + "\n\n")
		paragraph(b, a.brief+" "+a.note)
		if a.kind == enum {
			writeMembers(b, "", a.members)
			b.WriteString("\n")
		}
		facts := []string{"In Go `semconv." + goName(a.id) + "Key`."}
		if len(a.examples) > 0 {
			facts = append(facts, "For example "+exampleList(a.examples, code)+".")
		}
		if a.bound != "" {
			facts = append(facts, "Bounded by "+a.bound+".")
		}
		if a.standard != "" {
			facts = append(facts, "Defined by [OpenTelemetry]("+a.standard+").")
		}
		b.WriteString(wrapped(strings.Join(facts, " ")))
	}
}

func writeMembers(b *strings.Builder, attr string, members []member) {
	heading := "value"
	if attr != "" {
		heading = code(attr)
	}
	b.WriteString("| " + heading + " | meaning |\n| --- | --- |\n")
	for _, m := range members {
		row(b, code(m.value), m.brief)
	}
}

// where returns the kinds of signals that have the attribute.
func (r *registry) where(a *attribute) string {
	var found []string
	for _, kind := range []struct{ group, plural string }{
		{metricGroup, "metrics"}, {spanGroup, "spans"}, {eventGroup, "events"},
	} {
		has := func(u use) bool { return u.id == a.id }
		if slices.ContainsFunc(r.signals(kind.group), func(g *group) bool { return slices.ContainsFunc(g.uses, has) }) {
			found = append(found, kind.plural)
		}
	}
	if len(found) == 0 {
		return "none yet"
	}
	return strings.Join(found, ", ")
}

func (r *registry) writePrivacy(b *strings.Builder) {
	b.WriteString("\n## What is never on a metric\n\n")
	paragraph(b, "A metric's attributes make series. Backends keep series for a long time, and one customer cannot be erased "+
		"from them. The generator refuses the following attributes on metrics, and every attribute whose values the "+
		"model does not bound:")
	never := neverOnMetrics()
	for _, name := range slices.Sorted(maps.Keys(never)) {
		if _, ok := r.attrs[name]; ok {
			fmt.Fprintf(b, "- %s: %s\n", code(name), never[name])
		}
	}
	b.WriteString("\n")
	b.WriteString(wrapped("No signal has the customer's ID, or that of the account. Cairn turns them into `user.hash` and `cx.customer.account`, " +
		"with a key that only the application has. No metric and no span has a customer's own words. Only the log event `cx.feedback.received` has them, " +
		"redacted."))
}

// row writes a line of a table.
func row(b *strings.Builder, cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(strings.Join(strings.Fields(c), " "), "|", `\|`)
	}
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// paragraph writes text, wrapped, and an empty line.
func paragraph(b *strings.Builder, text string) { b.WriteString(wrapped(text) + "\n") }

func wrapped(text string) string {
	return strings.Join(wrap(strings.TrimSpace(text), textWidth+4), "\n") + "\n"
}

func code(s string) string { return "`" + s + "`" }

// anchor returns the fragment of a heading. It drops every character that is not a letter, a digit, an underscore
// or a hyphen.
func anchor(heading string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' {
			return c
		}
		return -1
	}, strings.ToLower(heading))
}
