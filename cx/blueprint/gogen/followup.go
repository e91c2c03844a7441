package gogen

import (
	"fmt"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
)

// followUp writes the definition of a follow-up.
func (g *generator) followUp(f *blueprint.FollowUp) {
	d := g.blueprint.FollowUp(f.Name)
	id := g.names.of("FollowUp", fmt.Sprintf("the follow-up %q", f.Name), f.Name)
	options := g.times(d.Promises(""), nil)
	if c := d.ConfirmWithin(); c != 0 {
		options = append(options, "feedback.ConfirmWithin("+g.expr(duration(c))+")")
	}
	if h := d.Hold(); h != f.Name {
		options = append(options, "feedback.Holding("+strconv.Quote(h)+")")
	}
	for i := range f.Severities {
		s := &f.Severities[i]
		its := append([]string{strconv.Quote(s.Name)}, g.times(d.Promises(s.Name), s)...)
		options = append(options, "feedback.ForSeverity("+strings.Join(its, ",\n")+")")
	}
	for _, r := range d.Rules() {
		options = append(options, "feedback.OpenOn("+rule(&r)+")")
	}
	g.about(id, "follow-up", f.Name, f.Description, f.Owner)
	g.define(id, g.uses("feedback", "DefineFollowUp"), f.Name, options)
}

// times returns the options of the promises, for a severity only those that it has of its own.
func (g *generator) times(promises []journey.Promised, s *blueprint.Severity) (options []string) {
	for i := range promises {
		p := &promises[i]
		option, own := "AcknowledgeWithin", s == nil || s.Acknowledge != blueprint.Within{}
		switch p.Name {
		case feedback.PromiseAnswered:
			option, own = "AnswerWithin", s == nil || s.Answer != blueprint.Within{}
		case feedback.PromiseUpdated:
			option, own = "UpdateEvery", s == nil || s.Update != blueprint.Within{}
		}
		if own {
			options = append(options, "feedback."+option+"("+strings.Join(append([]string{g.expr(duration(p.Within))}, g.clock(p)...), ", ")+")")
		}
	}
	return options
}

// clock returns the options of a promise that say how its time counts.
func (g *generator) clock(p *journey.Promised) (options []string) {
	if p.Days > 0 {
		options = append(options, fmt.Sprintf("%s(%d)", g.uses("journey", "BusinessDays"), p.Days))
	}
	if p.Hours != nil {
		options = append(options, g.uses("journey", "Hours")+"("+g.hoursID(p.Hours.Name())+")")
	}
	if len(p.Maintenance) > 0 {
		list := make([]string, len(p.Maintenance))
		for i, m := range p.Maintenance {
			list[i] = g.maintenance(m)
		}
		options = append(options, g.uses("journey", "Maintenance")+"("+strings.Join(list, ", ")+")")
	}
	return options
}

// rule returns the literal of a rule.
func rule(r *feedback.Rule) string {
	on := map[feedback.Trigger]string{
		feedback.OnDetractor: "OnDetractor", feedback.OnDissatisfied: "OnDissatisfied", feedback.OnLowEase: "OnLowEase", feedback.OnComplaint: "OnComplaint",
		feedback.OnFailedJourney: "OnFailedJourney", feedback.OnBrokenPromise: "OnBrokenPromise", feedback.OnContactViolation: "OnContactViolation",
	}[r.On]
	fields := []string{"On: feedback." + on}
	for _, x := range [...]struct{ field, value string }{
		{"Name", r.Name}, {"Survey", r.Survey}, {"Journey", r.Journey}, {"Promise", r.Promise}, {"Purpose", r.Purpose},
	} {
		if x.value != "" {
			fields = append(fields, x.field+": "+strconv.Quote(x.value))
		}
	}
	for _, x := range [...]struct {
		field string
		list  []string
	}{{"Segments", r.Segments}, {"Causes", r.Causes}} {
		if len(x.list) > 0 {
			quoted := make([]string, len(x.list))
			for i, v := range x.list {
				quoted[i] = strconv.Quote(v)
			}
			fields = append(fields, x.field+": []string{"+strings.Join(quoted, ", ")+"}")
		}
	}
	for _, x := range [...]struct{ field, value string }{{"Severity", r.Severity}, {"Owner", r.Owner}} {
		if x.value != "" {
			fields = append(fields, x.field+": "+strconv.Quote(x.value))
		}
	}
	return "feedback.Rule{" + strings.Join(fields, ", ") + "}"
}
