package gogen

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

func (g *generator) journeyID(name string) string {
	return g.names.of("Journey", fmt.Sprintf("the journey %q", name), name)
}

func (g *generator) stageID(journey, stage string) string {
	return g.names.of("Stage", fmt.Sprintf("the stage %q of the journey %q", stage, journey), journey, stage)
}

func (g *generator) promiseID(journey, promise string) string {
	return g.names.of("Promise", fmt.Sprintf("the promise %q of the journey %q", promise, journey), journey, promise)
}

// journey writes the constants and the definition of a journey.
func (g *generator) journey(j *blueprint.Journey) {
	d := g.blueprint.Journey(j.Name)
	id := g.journeyID(j.Name)
	stages, promises := make([]constant, 0, len(j.Stages)), make([]constant, 0, len(j.Promises))
	var options []string
	for _, s := range j.Stages {
		stages = append(stages, constant{g.stageID(j.Name, s.Name), s.Name, s.Description})
	}
	if len(stages) > 0 {
		options = append(options, g.uses("journey", "Stages")+"("+ids(stages)+")")
	}
	for _, s := range d.Stages() {
		if e := d.Expect(s); e != 0 {
			options = append(options, fmt.Sprintf("journey.Expect(%s, %s)", g.stageID(j.Name, s), g.expr(duration(e))))
		}
	}
	if after := d.AbandonAfter(); after != 0 {
		options = append(options, "journey.AbandonAfter("+g.expr(duration(after))+")")
	}
	if c := d.Channels(); len(c) != 1 || c[0] != event.Web {
		options = append(options, "journey.Channels("+g.channelList(c)+")")
	}
	for p := range d.Promises() {
		options = append(options, g.promise(j.Name, &p))
	}
	for i := range j.Promises {
		promises = append(promises, constant{g.promiseID(j.Name, j.Promises[i].Name), j.Promises[i].Name, j.Promises[i].Description})
	}
	g.constants(fmt.Sprintf("The stages of the journey %q.", j.Name), stages)
	g.constants(fmt.Sprintf("The promises of the journey %q.", j.Name), promises)
	g.about(id, "journey", j.Name, j.Description, j.Owner)
	g.define(id, g.uses("journey", "Define"), j.Name, options)
}

// promise returns the option of a promise.
func (g *generator) promise(name string, p *journey.Promised) string {
	options := []string{g.promiseID(name, p.Name), g.expr(duration(p.Within))}
	moment := func(option, stage, touchpoint, usual string) {
		switch {
		case stage == usual:
		case stage == journey.AtStart || stage == journey.AtEnd:
			options = append(options, fmt.Sprintf("journey.%s(%q)", option, stage))
		case stage != "":
			options = append(options, fmt.Sprintf("journey.%s(%s)", option, g.stageID(name, stage)))
		default:
			options = append(options, fmt.Sprintf("journey.%sTouchpoint(%q)", option, touchpoint))
		}
	}
	moment("Since", p.Since, p.SinceTouchpoint, journey.AtStart)
	moment("Until", p.Until, p.UntilTouchpoint, journey.AtEnd)
	if p.Days > 0 {
		options = append(options, fmt.Sprintf("journey.BusinessDays(%d)", p.Days))
	}
	if p.Hours != nil {
		options = append(options, "journey.Hours("+g.hoursID(p.Hours.Name())+")")
	}
	if len(p.Pauses) > 0 {
		list := make([]string, len(p.Pauses))
		for i, s := range p.Pauses {
			list[i] = g.stageID(name, s)
		}
		options = append(options, "journey.Pauses("+strings.Join(list, ", ")+")")
	}
	if len(p.Maintenance) > 0 {
		list := make([]string, len(p.Maintenance))
		for i, m := range p.Maintenance {
			list[i] = g.maintenance(m)
		}
		options = append(options, "journey.Maintenance("+strings.Join(list, ", ")+")")
	}
	if p.Target > 0 {
		options = append(options, "journey.Target("+number(p.Target)+")")
	}
	const width = 100
	between := ", "
	if len(strings.Join(options, between)) > width {
		between = ",\n"
	}
	return g.uses("journey", "Promise") + "(" + strings.Join(options, between) + ")"
}

// touchpoint writes the definition of a touchpoint.
func (g *generator) touchpoint(t *blueprint.Touchpoint) {
	id := g.names.of("Touchpoint", fmt.Sprintf("the touchpoint %q", t.Name), t.Name)
	var options []string
	if t.Journey != "" {
		stage := `""`
		if t.Stage != "" {
			stage = g.stageID(t.Journey, t.Stage)
		}
		options = append(options, fmt.Sprintf("touchpoint.In(%s, %s)", g.journeyID(t.Journey), stage))
	}
	if t.Satisfied != 0 {
		options = append(options, "touchpoint.Satisfied("+g.expr(duration(time.Duration(t.Satisfied)))+")")
	}
	var ends event.Outcome
	if t.Ends != "" && ends.UnmarshalText([]byte(t.Ends)) == nil { // the blueprint is valid
		options = append(options, "touchpoint.Ends("+g.expr(outcome(ends))+")")
	}
	for _, p := range t.Keeps {
		options = append(options, fmt.Sprintf("touchpoint.Keeps(%s, %s)", g.journeyID(t.Journey), g.promiseID(t.Journey, p)))
	}
	if t.Purpose != "" {
		options = append(options, "touchpoint.For("+g.purposeID(t.Purpose)+".name)")
	}
	g.about(id, "touchpoint", t.Name, t.Description, t.Owner)
	g.define(id, g.uses("touchpoint", "Define"), t.Name, options)
}

// survey writes the constants and the definition of a survey.
func (g *generator) survey(s *blueprint.Survey) {
	id := g.names.of("Survey", fmt.Sprintf("the survey %q", s.Name), s.Name)
	causes := make([]constant, 0, len(s.Causes))
	for _, c := range s.Causes {
		causes = append(causes, constant{g.names.of("Cause", fmt.Sprintf("the cause %q of the survey %q", c, s.Name), s.Name, c), c, ""})
	}
	g.constants(fmt.Sprintf("The causes of the survey %q.", s.Name), causes)
	g.about(id, "survey", s.Name, s.Description, s.Owner)
	scale := map[string]string{"nps": "NPS", "csat": "CSAT", "ces": "CES", "stars": "Stars", "thumbs": "Thumbs"}[s.Scale]
	g.all = append(g.all, id)
	head := fmt.Sprintf("%s(%s, feedback.%s", g.uses("feedback", "Define"), strconv.Quote(s.Name), scale)
	options := g.surveyOptions(s, causes)
	if len(options) == 0 {
		g.line("var %s = %s)\n", id, head)
		return
	}
	g.line("var %s = %s,\n%s)\n", id, head, strings.Join(options, ",\n"))
}

// surveyOptions returns the options of the survey.
func (g *generator) surveyOptions(s *blueprint.Survey, causes []constant) (options []string) {
	d := g.blueprint.Survey(s.Name)
	for _, t := range d.Texts() {
		options = append(options, fmt.Sprintf("feedback.Ask(%q, %s)", t.Language, strconv.Quote(t.Text)))
	}
	if v := d.VersionByHand(); v != "" {
		options = append(options, "feedback.Version("+strconv.Quote(v)+")")
	}
	if s.Journey != "" {
		stage := `""`
		if s.Stage != "" {
			stage = g.stageID(s.Journey, s.Stage)
		}
		options = append(options, fmt.Sprintf("feedback.In(%s, %s)", g.journeyID(s.Journey), stage))
	}
	if d.HasChannels() {
		options = append(options, "feedback.Channels("+g.channelList(d.Channels())+")")
	}
	if len(causes) > 0 {
		options = append(options, "feedback.Choices("+ids(causes)+")")
	}
	if s.Sample != 0 {
		options = append(options, "feedback.Sample("+number(d.Sample())+")")
	}
	if s.Every != 0 {
		options = append(options, "feedback.Every("+g.expr(duration(d.Every()))+")")
	}
	if s.Expires != 0 {
		options = append(options, "feedback.Expires("+g.expr(duration(d.Expires()))+")")
	}
	if s.Purpose != "" {
		options = append(options, "feedback.For("+g.purposeID(s.Purpose)+".name)")
	}
	texts, version := d.Consents()
	for _, t := range texts {
		options = append(options, fmt.Sprintf("feedback.TestimonialConsent(%q, %q, %s)", version, t.Language, strconv.Quote(t.Text)))
	}
	return options
}

// channelList returns the constants of the channels.
func (g *generator) channelList(channels []event.Channel) string {
	list := make([]string, len(channels))
	for i, c := range channels {
		list[i] = g.expr(channel(c))
	}
	return strings.Join(list, ", ")
}

// about writes the comment of a definition.
func (g *generator) about(id, kind, name, description, owner string) {
	first := fmt.Sprintf("%s is the %s %q.", id, kind, name)
	if description != "" {
		first = fmt.Sprintf("%s is the %s %q: %s", id, kind, name, sentence(description))
	}
	if owner != "" {
		owner = "Owner: " + sentence(owner)
	}
	comment(&g.body, "", first, owner)
}

// define writes the variable of a definition.
func (g *generator) define(id, function, name string, options []string) {
	g.all = append(g.all, id)
	if len(options) == 0 {
		g.line("var %s = %s(%s)\n", id, function, strconv.Quote(name))
		return
	}
	g.line("var %s = %s(%s,\n%s)\n", id, function, strconv.Quote(name), strings.Join(options, ",\n"))
}

func ids(list []constant) string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].id
	}
	return strings.Join(out, ", ")
}
