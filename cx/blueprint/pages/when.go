package pages

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/internal/text"
)

// hours writes the hours in which the promises of the journey count.
func (g *generator) hours(b *strings.Builder, j *blueprint.Journey) {
	named := map[string]bool{}
	for i := range j.Promises {
		named[j.Promises[i].Hours] = true
	}
	delete(named, "")
	if len(named) == 0 {
		return
	}
	b.WriteString("## When we are open\n\n")
	for _, name := range slices.Sorted(maps.Keys(named)) {
		h, _ := g.blueprint.Calendar(name)
		fmt.Fprintf(b, "- %s: %s, in the time of %s.", bold(name), week(h), plain(h.Zone()))
		b.WriteString(otherDates(h))
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// otherDates says which dates differ from their weekdays, as a sentence after a blank, or "".
func otherDates(h *calendar.Hours) string {
	const shown = 20
	var other []string
	for i, e := range h.Holidays() {
		if i == shown {
			other = append(other, fmt.Sprintf("%d further dates", len(h.Holidays())-shown))
			break
		}
		if len(e.Openings) == 0 {
			other = append(other, plain(e.On)+" (closed)")
		} else {
			other = append(other, plain(e.On)+" ("+openings(e.Openings)+")")
		}
	}
	if len(other) == 0 {
		return ""
	}
	return " Other hours on " + text.List(other, "and") + "."
}

// week says when hours are open.
func week(h *calendar.Hours) string {
	all := make([]string, 0, len(h.Week()))
	for _, e := range h.Week() {
		all = append(all, days(e.On)+" "+openings(e.Openings))
	}
	return strings.Join(all, "; ")
}

// maintenance writes the maintenances in which the journey's promises are not due and its objectives count nothing.
func (g *generator) maintenance(b *strings.Builder, j *blueprint.Journey, objectives []slo.Objective) {
	var lines []string
	for i := range g.blueprint.Maintenance {
		m := &g.blueprint.Maintenance[i]
		applies := len(m.Journeys)+len(m.Objectives) == 0 || slices.Contains(m.Journeys, j.Name) ||
			slices.ContainsFunc(objectives, func(o slo.Objective) bool { return slices.Contains(m.Objectives, o.Name) })
		if applies {
			lines = append(lines, "- "+bold(m.Name)+": "+g.planned(m)+"\n")
		}
	}
	if len(lines) > 0 {
		b.WriteString("## Planned maintenance\n\nWhat happens in these times is in no objective, and no promise is due in them.\n\n" + strings.Join(lines, "") + "\n")
	}
}

// planned says when a maintenance is.
func (g *generator) planned(m *blueprint.Maintenance) string {
	order := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun", "daily"}
	keys := slices.SortedFunc(maps.Keys(m.Open), func(a, b string) int {
		first := func(s string) int { day, _, _ := strings.Cut(strings.ToLower(s), "-"); return slices.Index(order, day) }
		return cmp.Or(cmp.Compare(first(a), first(b)), cmp.Compare(a, b))
	})
	when := make([]string, 0, len(keys))
	for _, on := range keys {
		when = append(when, days(on)+" "+openings(m.Open[on]))
	}
	said := strings.Join(when, "; ")
	if m.From != "" {
		said += " from " + plain(m.From)
	}
	if m.Until != "" {
		said += " until " + plain(m.Until)
	}
	said = strings.TrimSpace(said) + ", in the time of " + plain(cmp.Or(m.Zone, g.blueprint.Zone)) + "."
	if m.Description != "" {
		said += " " + paragraph(m.Description)
	}
	return said
}
