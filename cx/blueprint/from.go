package blueprint

import (
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// From returns the blueprint of definitions that were made in Go, in their order, so that you can write it to a
// file. It adds the journey of a touchpoint if the journey itself is not among defs. It ignores a definition
// that is given again. From fails if the blueprint would not pass [Blueprint.Validate], if two definitions give
// one name different meanings, or if a definition is not a journey, touchpoint or survey.
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
	if err := d.Validate(); err != nil {
		p.add(path, "%s", err)
	}
	b.Journeys = append(b.Journeys, j)
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
	b.Touchpoints = append(b.Touchpoints, Touchpoint{
		Name: d.Name(), Journey: j.Name(), Stage: stage, Satisfied: Duration(d.Satisfied()), Ends: d.Ends().String(),
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
