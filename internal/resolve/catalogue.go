package resolve

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// maxNames bounds the names of each kind that a client keeps. People write definitions by hand; code that makes them in a
// loop must not make endless series.
const maxNames = 1000

// ErrDefinition marks a definition that the catalogue refuses. Every error about a definition wraps it.
var ErrDefinition = errors.New("invalid definition")

// catalogue holds the definitions that a client knows, by name. Reading takes no lock.
type catalogue struct {
	mu          sync.Mutex
	learned     func(*journey.Definition) // called with each journey that becomes known
	asked       func(*feedback.Survey)    // called with each survey that becomes known
	journeys    names[*journey.Definition]
	touchpoints names[*touchpoint.Definition]
	surveys     names[*feedback.Survey]
	followUps   names[*feedback.FollowUp]
	policies    names[*touchpoint.ContactPolicy]
	heard       names[heard]
	complete    bool // the client was given journeys: feedback names no others
	// blueprint has the definitions of the blueprint. It does not change once the catalogue is in use.
	blueprint map[event.Definition]struct{}
}

// fromBlueprint records which definitions are the blueprint's.
func (c *catalogue) fromBlueprint(defs []event.Definition) {
	c.blueprint = make(map[event.Definition]struct{}, len(defs))
	for _, d := range defs {
		c.blueprint[d] = struct{}{}
		if t, ok := d.(*touchpoint.Definition); ok {
			if j, _ := t.Journey(); j != nil {
				c.blueprint[j] = struct{}{}
			}
		}
	}
}

// sides returns where two definitions of one name, both pointers, come from.
func (c *catalogue) sides(known, given event.Definition) sides {
	_, first := c.blueprint[known]
	_, second := c.blueprint[given]
	switch {
	case first && !second:
		return sides{inBlueprint, inCode}
	case second && !first:
		return sides{inCode, inBlueprint}
	default:
		return sides{inFirst, inSecond}
	}
}

// Survey returns the survey that the client knows by the name of the given one, which it adopts, else the given one. It returns nil for a
// faulty one, and for one that has another scale than the one it knows.
func (c *catalogue) Survey(given *feedback.Survey) (known *feedback.Survey, found Findings) {
	switch known, ok := c.adoptSurvey(given, &found); {
	case ok && known.Scale() == given.Scale():
		return known, found
	case ok || given.Validate() != nil:
		return nil, found
	default:
		return given, found
	}
}

// SurveyNamed returns the survey with this name, or nil.
func (c *catalogue) SurveyNamed(name string) *feedback.Survey {
	known, _ := c.surveys.get(name)
	return known
}

// TouchpointNamed returns the touchpoint with this name, or nil.
func (c *catalogue) TouchpointNamed(name string) *touchpoint.Definition {
	known, _ := c.touchpoints.get(name)
	return known
}

// Asks reports whether the client knows a survey that has options, as those have that ask customers.
func (c *catalogue) Asks() bool {
	for s := range c.surveys.all {
		if !s.Plain() {
			return true
		}
	}
	return false
}

// Policy returns the contact policy that has the purpose; of several, the first one by name. It is nil where there is none.
func (c *catalogue) Policy(purpose string) *touchpoint.ContactPolicy {
	for p := range c.policies.all {
		if slices.Contains(p.Purposes(), purpose) {
			return p
		}
	}
	return nil
}

// refusal is the reason for which the catalogue refuses a definition.
type refusal struct {
	fault        fault.Fault
	name         string           // of the refused definition: a touchpoint may be refused for its journey
	what         string           // what is wrong, with the name
	known, given event.Definition // the two definitions that differ
	sides        sides
}

// Error implements error.
func (r *refusal) Error() string {
	if r.known != nil {
		return fmt.Sprintf("%s is defined twice, and not the same: %s: use one definition for both", r.what, differences(r.known, r.given, r.sides))
	}
	return r.what
}

// heard is the name of a journey without a definition in this process: a trusted peer's position names it, or feedback is
// about it.
type heard string

// Name implements [event.Definition].
func (h heard) Name() string { return string(h) }

// Equal is the comparison that [names] needs.
func (h heard) Equal(o heard) bool { return h == o }

// Validate implements [event.Definition].
func (h heard) Validate() error {
	if !event.ValidName(string(h)) {
		return errors.New("not a name")
	}
	return nil
}

type definition[D any] interface {
	event.Definition
	Equal(o D) bool
}

// names is a map that is copied on each write. A write happens when a definition is met for the first time.
type names[D definition[D]] struct{ m atomic.Pointer[map[string]D] }

func (n *names[D]) get(name string) (D, bool) {
	m := n.m.Load()
	if m == nil {
		var none D
		return none, false
	}
	d, ok := (*m)[name]
	return d, ok
}

// all calls yield with each definition, in the order of their names, until it returns false.
func (n *names[D]) all(yield func(D) bool) {
	m := n.m.Load()
	if m == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(*m)) {
		if !yield((*m)[name]) {
			return
		}
	}
}

// add adds d, unless another definition has its name, or there are too many names.
func (n *names[D]) add(d D) (known D, ok bool) {
	if known, ok = n.get(d.Name()); ok {
		return known, true
	}
	next := map[string]D{}
	if m := n.m.Load(); m != nil {
		if len(*m) >= maxNames {
			return known, false // before anything is copied: a name beyond the bound comes often
		}
		next = maps.Clone(*m)
	}
	next[d.Name()] = d
	n.m.Store(&next)
	return d, true
}

// replace puts d in the place of the definition of its name.
func (n *names[D]) replace(d D) {
	next := maps.Clone(*n.m.Load())
	next[d.Name()] = d
	n.m.Store(&next)
}

func (c *catalogue) lookJourney(name string) *journey.Definition {
	d, _ := c.journeys.get(name)
	return d
}

func (c *catalogue) lookTouchpoint(name string) *touchpoint.Definition {
	d, _ := c.touchpoints.get(name)
	return d
}

// FollowUp returns the follow-up of this name, or nil.
func (c *catalogue) FollowUp(name string) *feedback.FollowUp {
	d, _ := c.followUps.get(name)
	return d
}

// FollowUps calls yield with each follow-up, in the order of their names, until it returns false.
func (c *catalogue) FollowUps(yield func(*feedback.FollowUp) bool) { c.followUps.all(yield) }

// Follows reports whether the client knows a follow-up.
func (c *catalogue) Follows() bool { return c.followUps.m.Load() != nil }

// Stops reports whether the hold stops a purpose of a contact policy.
func (c *catalogue) Stops(hold string) bool {
	if hold == "" {
		return false
	}
	for p := range c.policies.all {
		for _, terms := range p.Terms() {
			if slices.Contains(terms.Stops, hold) {
				return true
			}
		}
	}
	return false
}

// Journey returns the journey of this name, or nil.
func (c *catalogue) Journey(name string) *journey.Definition { return c.lookJourney(name) }

// define adds the definitions. Its error names every fault of every definition.
func (c *catalogue) define(defs []event.Definition) error {
	var faults []error
	for i, d := range defs {
		if d == nil {
			faults = append(faults, fmt.Errorf("%w: definition %d is nil", ErrDefinition, i+1))
			continue
		}
		if err := d.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("%w: %w", ErrDefinition, err))
			continue
		}
		if err := c.take(d); err != nil {
			faults = append(faults, fmt.Errorf("%w: %w", ErrDefinition, err))
		}
	}
	return errors.Join(append(faults, withoutPurpose(defs)...)...)
}

func (c *catalogue) take(d event.Definition) error {
	if r := c.refuse(d); r != nil {
		return r
	}
	return nil
}

// refuse adds d, or returns why it is refused.
func (c *catalogue) refuse(d event.Definition) *refusal {
	switch d := d.(type) {
	case *journey.Definition:
		return c.takeJourney(d)
	case *touchpoint.Definition:
		j, _ := d.Journey()
		if r := c.takeHome(j, "touchpoint", d.Name()); r != nil {
			return r
		}
		return take(c, &c.touchpoints, d, "touchpoint")
	case *feedback.Survey:
		return c.takeSurvey(d)
	case *feedback.FollowUp:
		if r := c.takeHome(d.Journey(), "follow-up", d.Name()); r != nil {
			return r
		}
		return take(c, &c.followUps, d, "follow-up")
	case *feedback.Action:
		return c.takeHome(d.Journey(), "action", d.Name())
	case *touchpoint.ContactPolicy:
		return take(c, &c.policies, d, "contact policy")
	case heard:
		return take(c, &c.heard, d, "journey")
	default:
		return &refusal{fault: fault.InvalidName, name: d.Name(), what: fmt.Sprintf("%q is a %T: want a journey, touchpoint, survey, follow-up, action or contact policy", d.Name(), d)}
	}
}

// takeHome adds the journey that a touchpoint or a survey declares, or that a follow-up or an action is, or nil.
func (c *catalogue) takeHome(j *journey.Definition, what, name string) *refusal {
	if j == nil {
		return nil
	}
	if err := j.Validate(); err != nil {
		return &refusal{fault: fault.InvalidName, name: j.Name(), what: fmt.Sprintf("%s %q is in a faulty journey: %v", what, name, err)}
	}
	return c.takeJourney(j)
}

// takeSurvey adds d and its journey, and calls asked where d is new and has options. Where one of two definitions only names the
// survey, the other one holds.
func (c *catalogue) takeSurvey(d *feedback.Survey) *refusal {
	j, _ := d.Journey()
	if r := c.takeHome(j, "survey", d.Name()); r != nil {
		return r
	}
	known, was := c.surveys.get(d.Name())
	switch {
	case was && (known == d || onlyNames(known, d)):
		return nil
	case was && onlyNames(d, known):
		c.mu.Lock()
		c.surveys.replace(d)
		c.mu.Unlock()
	default:
		if r := take(c, &c.surveys, d, "survey"); r != nil || was {
			return r
		}
	}
	if c.asked != nil && !d.Plain() {
		c.asked(d)
	}
	return nil
}

// takeJourney adds d, and calls learned where d is new.
func (c *catalogue) takeJourney(d *journey.Definition) *refusal {
	_, was := c.journeys.get(d.Name())
	r := take(c, &c.journeys, d, "journey")
	if r == nil && !was && c.learned != nil {
		c.learned(d)
	}
	return r
}

// OnJourney sets a function that is called at least once with each journey that the Resolver knows: now, and when the
// Resolver meets a definition in use, in that goroutine. Call OnJourney once, before the Resolver is in use.
func (c *catalogue) OnJourney(f func(*journey.Definition)) {
	c.learned = f
	for d := range c.journeys.all {
		f(d)
	}
}

// OnSurvey sets a function that is called at least once with each survey that the Resolver knows now, and with each one with options
// that it meets in use, in that goroutine. Call OnSurvey once, before the Resolver is in use.
func (c *catalogue) OnSurvey(f func(*feedback.Survey)) {
	c.asked = f
	for d := range c.surveys.all {
		f(d)
	}
}

func take[D definition[D]](c *catalogue, n *names[D], d D, what string) *refusal {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := n.add(d)
	if !ok {
		return &refusal{
			fault: fault.NameLimit, name: d.Name(),
			what: fmt.Sprintf("%s %q: there are %d of them already, the most that a client knows", what, d.Name(), maxNames),
		}
	}
	if !known.Equal(d) {
		return &refusal{
			fault: fault.Conflict, name: d.Name(), what: fmt.Sprintf("%s %q", what, d.Name()),
			known: known, given: d, sides: c.sides(known, d),
		}
	}
	return nil
}

// adopt adds d, which was met in use. It reports whether d is what its name means from now on.
func adopt[D definition[D]](c *catalogue, n *names[D], d D, f *Findings) (known D, ok bool) {
	if known, ok = n.get(d.Name()); ok {
		if !known.Equal(d) {
			f.refused(&refusal{fault: fault.Conflict, name: d.Name(), known: known, given: d, sides: c.sides(known, d)})
		}
		return known, true
	}
	if err := d.Validate(); err != nil {
		f.add(fault.InvalidName, d.Name(), err.Error())
		return known, false
	}
	if r := c.refuse(d); r != nil {
		f.refused(r)
	}
	return n.get(d.Name()) // of two that are met at the same time the first holds
}

// journeyName returns the name under which the catalogue knows the event's journey.
func (c *catalogue) journeyName(e *flight.Event, f *Findings) string {
	name := e.Journey.Name
	if d, ok := e.Definition().(*journey.Definition); ok && d.Name() == name {
		if _, ok := adopt(c, &c.journeys, d, f); ok {
			return name
		}
		return event.Other
	}
	if d, ok := e.Definition().(*feedback.FollowUp); ok && d.Name() == name {
		if _, ok := adopt(c, &c.followUps, d, f); ok {
			return name
		}
		return event.Other
	}
	if d := e.About(); d != nil && d.Name() == name {
		return c.aboutName(d, f)
	}
	if c.lookJourney(name) != nil {
		return name
	}
	if d, ok := e.Definition().(*touchpoint.Definition); ok {
		if j, _ := d.Journey(); j.Name() == name {
			if _, ok := adopt(c, &c.journeys, j, f); ok {
				return name
			}
			return event.Other // as without the touchpoint
		}
	}
	if e.Definition() != nil && name != event.Other {
		if _, ok := adopt(c, &c.heard, heard(name), f); ok {
			return name
		}
		return event.Other
	}
	return f.fold("journey", name)
}

// touchpointFor returns the definition of the event's touchpoint, if the catalogue knows it, and the name under which it
// does.
func (c *catalogue) touchpointFor(e *flight.Event, f *Findings) (*touchpoint.Definition, string) {
	if d, ok := e.Definition().(*touchpoint.Definition); ok && d.Name() == e.Touchpoint {
		if known, _ := c.touchpoints.get(e.Touchpoint); known == d {
			return d, e.Touchpoint
		}
		if known, ok := adopt(c, &c.touchpoints, d, f); ok {
			return known, e.Touchpoint
		}
		return nil, event.Other
	}
	if d := c.lookTouchpoint(e.Touchpoint); d != nil {
		return d, e.Touchpoint
	}
	return nil, f.fold("touchpoint", e.Touchpoint)
}
