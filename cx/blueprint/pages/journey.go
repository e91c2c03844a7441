package pages

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/internal/text"
)

// journey writes the page of a journey.
func (g *generator) journey(j *blueprint.Journey) []byte {
	b := new(strings.Builder)
	fmt.Fprintf(b, "# %s\n\n", plain(j.Name))
	if j.Description != "" {
		b.WriteString(paragraph(j.Description) + "\n\n")
	}
	if j.Owner != "" {
		fmt.Fprintf(b, "Owner: %s\n\n", bold(j.Owner))
	}
	g.customers(b, j)
	g.promises(b, j)
	objectives := g.objectivesOf(j)
	g.measured(b, objectives)
	g.stages(b, j)
	g.touchpoints(b, "## Touchpoints\n\n", j.Name)
	g.surveys(b, "## What we ask\n\n", j.Name)
	g.hours(b, j)
	g.maintenance(b, j, objectives)
	fmt.Fprintf(b, "[All journeys and objectives](../%s)\n\n", Index)
	g.foot(b)
	return []byte(b.String())
}

// customers says to whom the journey is promised, and when it is over.
func (g *generator) customers(b *strings.Builder, j *blueprint.Journey) {
	by := channels(j.Channels)
	if len(by) == 0 {
		by = []string{"web"}
	}
	b.WriteString("## Who it is for\n\n")
	fmt.Fprintf(b, "Each customer who begins this journey, by %s. Probes do not count.\n", text.List(by, "or"))
	if after := time.Duration(j.AbandonAfter); after > 0 {
		fmt.Fprintf(b, "A customer of whom nothing is heard for %s has left, and the journey ends as abandoned.\n", text.Spell(after))
	} else {
		b.WriteString("A customer who leaves is not noticed: the journey has no time after which it counts as abandoned.\n")
	}
	b.WriteString("\n")
}

// promises writes what is promised to each customer.
func (g *generator) promises(b *strings.Builder, j *blueprint.Journey) {
	if len(j.Promises) == 0 {
		return
	}
	stages := map[string]bool{}
	for i := range j.Stages {
		stages[j.Stages[i].Name] = true
	}
	b.WriteString("## What we promise each customer\n\n")
	for i := range j.Promises {
		p := &j.Promises[i]
		fmt.Fprintf(b, "- %s: ", bold(p.Name))
		if p.Description != "" {
			b.WriteString(paragraph(p.Description) + " ")
		}
		b.WriteString(promise(p, stages))
		if p.Target > 0 {
			fmt.Fprintf(b, " We want to keep %s of these promises.", plain(p.Target.String()))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// objectivesOf returns the objectives that are about the journey: its runs, its promises, its touchpoints, its surveys, and what is
// composed of these.
func (g *generator) objectivesOf(j *blueprint.Journey) (list []slo.Objective) {
	b := g.blueprint
	own := map[string]bool{}
	about := func(o *slo.Objective) bool {
		switch {
		case o.Journey == j.Name:
			return true
		case o.Touchpoint != "":
			return slices.ContainsFunc(b.Touchpoints, func(t blueprint.Touchpoint) bool { return t.Name == o.Touchpoint && t.Journey == j.Name })
		case o.Survey != "":
			return slices.ContainsFunc(b.Surveys, func(s blueprint.Survey) bool { return s.Name == o.Survey && s.Journey == j.Name })
		default:
			return false
		}
	}
	for i := range g.objectives {
		own[g.objectives[i].Name] = about(&g.objectives[i])
	}
	for i := range g.objectives {
		o := g.objectives[i]
		if own[o.Name] || slices.ContainsFunc(o.Of, func(p slo.Part) bool { return own[p.Objective] }) {
			list = append(list, o)
		}
	}
	return list
}

// measured writes the objectives.
func (g *generator) measured(b *strings.Builder, list []slo.Objective) {
	if len(list) == 0 {
		return
	}
	b.WriteString("## How we know whether we keep it\n\n")
	for i := range list {
		o := &list[i]
		fmt.Fprintf(b, "### %s\n\n", plain(o.Name))
		if o.Description != "" {
			b.WriteString(paragraph(o.Description) + "\n\n")
		}
		fmt.Fprintf(b, "> %s\n\n", paragraph(claim(o)))
		var facts []string
		if said := budget(o); said != "" {
			facts = append(facts, said)
		}
		if len(o.By) > 0 {
			by := make([]string, len(o.By))
			for i, d := range o.By {
				by[i] = d.String()
			}
			facts = append(facts, "The numbers are also shown by "+text.List(by, "and")+".")
		}
		if o.Owner != "" {
			facts = append(facts, "Told if it is missed: "+bold(o.Owner)+".")
		}
		if o.Runbook != "" {
			facts = append(facts, "What to do then: "+link(o.Runbook))
		}
		for _, f := range facts {
			b.WriteString("- " + f + "\n")
		}
		if len(facts) > 0 {
			b.WriteString("\n")
		}
	}
}

// stages writes the stages, in the promised order.
func (g *generator) stages(b *strings.Builder, j *blueprint.Journey) {
	if len(j.Stages) == 0 {
		return
	}
	b.WriteString("## Stages\n\nCustomers may skip stages and come back to them.\n\n")
	rows := make([][]string, len(j.Stages))
	for i := range j.Stages {
		s := &j.Stages[i]
		expect := ""
		if s.Expect > 0 {
			expect = "less than " + text.Spell(time.Duration(s.Expect))
		}
		rows[i] = []string{plain(s.Name), plain(s.Description), expect}
	}
	table(b, []string{"Stage", "What happens", "How long it should take"}, rows)
}

// touchpoints writes the touchpoints of the journey, or those of none, under a heading.
func (g *generator) touchpoints(b *strings.Builder, heading, journey string) {
	var rows [][]string
	for i := range g.blueprint.Touchpoints {
		t := &g.blueprint.Touchpoints[i]
		if t.Journey != journey {
			continue
		}
		satisfied := ""
		if t.Satisfied > 0 {
			satisfied = text.Spell(time.Duration(t.Satisfied))
		}
		var effects []string
		if t.Ends != "" {
			effects = append(effects, "ends the journey as "+plain(t.Ends))
		}
		if len(t.Keeps) > 0 {
			effects = append(effects, "keeps "+text.List(plains(t.Keeps), "and"))
		}
		if t.Purpose != "" {
			effects = append(effects, "contacts the customer for "+plain(t.Purpose))
		}
		rows = append(rows, []string{plain(t.Name), plain(t.Description), plain(t.Stage), satisfied, text.List(effects, "and"), plain(t.Owner), text.List(g.activities(t.Name), "and"), spans(t)})
	}
	if len(rows) > 0 {
		b.WriteString(heading)
		table(b, []string{"Touchpoint", "What it is", "Stage", "Customers are satisfied up to", "What it does", "Owner", "In a log", "In traces"}, rows)
	}
}

// activities returns the activities that stand for the touchpoint in a log, unless it is only the one of its name.
func (g *generator) activities(touchpoint string) (list []string) {
	if g.blueprint.Log == nil {
		return nil
	}
	for _, activity := range slices.Sorted(maps.Keys(g.blueprint.Log.Activities)) {
		if slices.Contains(g.blueprint.Log.Activities[activity], touchpoint) {
			list = append(list, plain(activity))
		}
	}
	return list
}

// spans says which spans are interactions at the touchpoint.
func spans(t *blueprint.Touchpoint) string {
	list := make([]string, len(t.Match))
	for i := range t.Match {
		m := &t.Match[i]
		var said []string
		if m.Span != "" {
			said = append(said, plain(m.Span))
		}
		for _, key := range slices.Sorted(maps.Keys(m.Attributes)) {
			said = append(said, plain(key+" = "+string(m.Attributes[key])))
		}
		list[i] = text.List(said, "and")
		if m.Outcome != "" {
			list[i] += ", as " + plain(m.Outcome)
		}
	}
	return strings.Join(list, "; ")
}

// surveys writes the surveys about the journey, or those about none, under a heading.
func (g *generator) surveys(b *strings.Builder, heading, journey string) {
	scales := map[string]string{
		"nps": "0 to 10 (NPS)", "csat": "1 to 5 (CSAT)", "ces": "1 to 7 (CES)", "stars": "1 to 5 stars", "thumbs": "thumb up or down",
	}
	var rows [][]string
	for i := range g.blueprint.Surveys {
		s := &g.blueprint.Surveys[i]
		if s.Journey != journey {
			continue
		}
		causes := make([]string, len(s.Causes))
		for k, c := range s.Causes {
			causes[k] = plain(c)
		}
		question := ""
		if words, _ := g.blueprint.Survey(s.Name).Text("en"); words != "" {
			question = plain(words)
		}
		rows = append(rows, []string{plain(s.Name), plain(s.Description), question, scales[s.Scale], strings.Join(causes, ", "), asked(s), plain(s.Owner)})
	}
	if len(rows) > 0 {
		b.WriteString(heading)
		table(b, []string{"Survey", "What it is", "Question", "Answers", "Causes to choose from", "Who is asked", "Owner"}, rows)
	}
}

// asked says which customers a survey asks, and how often.
func asked(s *blueprint.Survey) string {
	var parts []string
	if s.Stage != "" {
		parts = append(parts, "in the stage "+plain(s.Stage))
	}
	if s.Sample != 0 {
		parts = append(parts, s.Sample.String()+" of the customers")
	}
	if s.Every != 0 {
		parts = append(parts, "once in "+text.Spell(time.Duration(s.Every)))
	}
	return strings.Join(parts, ", ")
}
