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
// file. It adds the journey of a touchpoint or a survey if the journey itself is not among defs, and the hours of promises and of the contact policy.
// It ignores a definition that is given again. A journey with the stages and promises of breakdowns becomes [Blueprint.Breakdowns], without severities, which a
// definition does not have.
//
// From fails if the blueprint would not pass [Blueprint.Validate], if two definitions give one name different
// meanings, if there are two contact policies, or if a definition is not a journey, touchpoint, survey, follow-up, action or contact policy. It also fails where a blueprint cannot say the
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
			if d != nil && isBreakdowns(d) {
				b.addBreakdowns(&p, path, d)
			} else {
				b.addJourney(&p, path, d)
			}
		case *touchpoint.Definition:
			b.addTouchpoint(&p, path, d)
		case *feedback.Survey:
			b.addSurvey(&p, path, d)
		case *feedback.FollowUp:
			b.addFollowUp(&p, path, d)
		case *feedback.Action:
			b.addAction(&p, path, d)
		case *touchpoint.ContactPolicy:
			b.addContact(&p, path, d)
		default:
			p.add(path, "has the type %s: pass journeys, touchpoints, surveys, follow-ups, actions and a contact policy only", fmt.Sprintf("%T", d))
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
		j.Channels = channelNames(channels)
	}
	j.ByHand = d.ByHand()
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
	b.addHours(p, path, d.Hours, fmt.Sprintf("the promise %.80q", d.Name))
}

// addHours adds hours that what names, or nil.
func (b *Blueprint) addHours(p *problems, path string, h *calendar.Hours, what string) {
	if h == nil {
		return
	}
	if known, ok := b.Calendar(h.Name()); ok {
		if !known.Equal(h) {
			p.add(path, "the hours %.80q of %s differ from hours of this name in an earlier definition: rename one of the two", h.Name(), what)
		}
		return
	}
	if b.Hours == nil {
		b.Hours = map[string]Hours{}
	}
	b.Hours[h.Name()] = hoursOf(h)
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
		Purpose: d.Purpose(),
	})
}

func (p *problems) same(path, name string, equal bool) {
	if !equal {
		p.add(path, "%.80q has another meaning in an earlier definition: rename one of the two", name)
	}
}

func (b *Blueprint) addContact(p *problems, path string, d *touchpoint.ContactPolicy) {
	if d == nil {
		p.add(path, "the contact policy is nil: pass a policy, or leave it out")
		return
	}
	if known := b.ContactPolicy(); known != nil {
		if !known.Equal(d) {
			p.add(path, "is a second contact policy, and a company has one: join the two")
		}
		return
	}
	if err := d.Validate(); err != nil {
		p.add(path, "%s", err)
	}
	b.Contact = &Contact{Name: d.Name()}
	if d.Name() == DefaultContactPolicy {
		b.Contact.Name = ""
	}
	plain := touchpoint.DefineContactPolicy("", touchpoint.Purpose("")) // has the defaults, which need no keys
	if w := d.Wait(); w != plain.Wait() {
		b.Contact.Wait = Duration(w)
	}
	for _, t := range d.Terms() {
		u := Purpose{
			Name: t.Name, Channels: channelNames(t.Channels), NeedsConsent: t.Consent, StoppedBy: t.Stops, QuietHours: t.Quiet.Name(), GrantedIfUnknown: t.Unchecked,
		}
		for _, c := range t.Caps {
			u.Caps = append(u.Caps, Cap{Most: c.Most, Within: Duration(c.Within), Channels: channelNames(c.Channels)})
		}
		if t.Life != plain.Terms()[0].Life {
			u.GrantLife = Duration(t.Life)
		}
		b.Contact.Purposes = append(b.Contact.Purposes, u)
		b.addHours(p, path, t.Quiet, fmt.Sprintf("the purpose %.80q", t.Name))
	}
	for _, c := range d.Together() {
		b.Contact.Caps = append(b.Contact.Caps, SharedCap{Most: c.Most, Within: Duration(c.Within), Purposes: c.Purposes})
	}
}

func channelNames(list []event.Channel) (names []string) {
	for _, c := range list {
		names = append(names, c.String())
	}
	return names
}
