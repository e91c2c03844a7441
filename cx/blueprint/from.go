package blueprint

import (
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// From returns the blueprint of definitions that were made in Go, in their order, so that you can write it to a
// file. It adds the journey of a touchpoint if the journey itself is not among defs, and the hours of promises. It
// ignores a definition that is given again.
//
// From fails if the blueprint would not pass [Blueprint.Validate], if two definitions give one name different
// meanings, or if a definition is not a journey, touchpoint or survey. It also fails where a blueprint cannot say the
// same: a promise that names a touchpoint with the name of a stage of the journey, a touchpoint that keeps a promise of
// a journey that it is not in, and a promise with a maintenance of its own. Objectives are no definitions: add them to the
// result.
func From(defs ...event.Definition) (*Blueprint, error) {
	var p problems
	b := &Blueprint{Version: Version}
	for i, d := range defs {
		path := at("definitions", i)
		switch d := d.(type) {
		case *journey.Definition:
			b.addJourney(&p, path, d)
		case *touchpoint.Definition:
			b.addTouchpoint(&p, path, d)
		case *feedback.Survey:
			b.addSurvey(&p, path, d)
		default:
			p.add(path, "has the type %s: pass journeys, touchpoints and surveys only", fmt.Sprintf("%T", d))
		}
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	if err := b.Validate(); err != nil {
		return nil, err
	}
	return b, nil
}

func (b *Blueprint) addJourney(p *problems, path string, d *journey.Definition) {
	if d == nil {
		p.add(path, "the journey is nil: pass a definition, or leave it out")
		return
	}
	if known := b.Journey(d.Name()); known != nil {
		p.same(path, d.Name(), known.Equal(d))
		return
	}
	j := Journey{Name: d.Name(), AbandonAfter: Duration(d.AbandonAfter())}
	for _, s := range d.Stages() {
		j.Stages = append(j.Stages, Stage{Name: s, Expect: Duration(d.Expect(s))})
	}
	if channels := d.Channels(); !slices.Equal(channels, []event.Channel{event.Web}) { // web alone is the default, which needs no key
		for _, c := range channels {
			j.Channels = append(j.Channels, c.String())
		}
	}
	for promised := range d.Promises() {
		b.addPromise(p, path, &j, promised)
	}
	if err := d.Validate(); err != nil {
		p.add(path, "%s", err)
	}
	b.Journeys = append(b.Journeys, j)
}

// addPromise adds a promise to the journey, whose stages are known, and its hours to the blueprint.
func (b *Blueprint) addPromise(p *problems, path string, j *Journey, d journey.Promised) {
	moment := func(stage, touchpoint, usual string) string {
		switch {
		case stage == usual:
			return ""
		case stage != "":
			return stage
		case j.hasStage(touchpoint):
			p.add(path, "the promise %.80q names the touchpoint %.80q, and a blueprint takes that for the stage of this name: rename one of the two", d.Name, touchpoint)
		case touchpoint == journey.AtStart || touchpoint == journey.AtEnd:
			p.add(path, "the promise %.80q names the touchpoint %q, which is the %[2]s of the journey in a blueprint: rename the touchpoint", d.Name, touchpoint)
		}
		return touchpoint
	}
	if len(d.Maintenance) > 0 {
		p.add(path, "the promise %.80q has a maintenance, and a blueprint has those of all journeys in one list: leave it out here, and add it to Maintenance of the result", d.Name)
	}
	promise := Promise{
		Name: d.Name, Hours: d.Hours.Name(), Pause: slices.Clone(d.Pauses), Target: Share(d.Target),
		From: moment(d.Since, d.SinceTouchpoint, journey.AtStart), Until: moment(d.Until, d.UntilTouchpoint, journey.AtEnd),
	}
	if promise.Within.Days = d.Days; d.Days == 0 {
		promise.Within.Duration = Duration(d.Within)
	}
	j.Promises = append(j.Promises, promise)
	if d.Hours == nil {
		return
	}
	if known, ok := b.Calendar(promise.Hours); ok {
		if !known.Equal(d.Hours) {
			p.add(path, "the hours %.80q of the promise %.80q differ from hours of this name in an earlier definition: rename one of the two", promise.Hours, d.Name)
		}
		return
	}
	if b.Hours == nil {
		b.Hours = map[string]Hours{}
	}
	b.Hours[promise.Hours] = hoursOf(d.Hours)
}

func hoursOf(d *calendar.Hours) Hours {
	h := Hours{Zone: d.Zone(), Open: map[string]Openings{}}
	for _, e := range d.Week() {
		h.Open[e.On] = e.Openings
	}
	for _, e := range d.Holidays() {
		h.Holidays = append(h.Holidays, Holiday{Date: e.On, Open: e.Openings})
	}
	return h
}

func (b *Blueprint) addTouchpoint(p *problems, path string, d *touchpoint.Definition) {
	if d == nil {
		p.add(path, "the touchpoint is nil: pass a definition, or leave it out")
		return
	}
	if known := b.Touchpoint(d.Name()); known != nil {
		p.same(path, d.Name(), known.Equal(d))
		return
	}
	if err := d.Validate(); err != nil {
		p.add(path, "%s", err)
	}
	j, stage := d.Journey()
	if j != nil {
		b.addJourney(p, path, j)
	}
	keeps := d.Keeps(j.Name())
	if all := d.Promises(); len(keeps) < len(all) {
		p.add(path, "the touchpoint %.80q keeps promises of a journey that it is not in, and a blueprint cannot say that: it keeps %q", d.Name(), all)
	}
	b.Touchpoints = append(b.Touchpoints, Touchpoint{
		Name: d.Name(), Journey: j.Name(), Stage: stage, Satisfied: Duration(d.Satisfied()), Ends: d.Ends().String(), Keeps: keeps,
	})
}

func (b *Blueprint) addSurvey(p *problems, path string, d *feedback.Survey) {
	if d == nil {
		p.add(path, "the survey is nil: pass a definition, or leave it out")
		return
	}
	if known := b.Survey(d.Name()); known != nil {
		p.same(path, d.Name(), known.Equal(d))
		return
	}
	b.Surveys = append(b.Surveys, Survey{Name: d.Name(), Scale: d.Scale().String()})
}

func (p *problems) same(path, name string, equal bool) {
	if !equal {
		p.add(path, "%.80q has another meaning in an earlier definition: rename one of the two", name)
	}
}
