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

// maxNames bounds the names of each kind that a client knows: definitions are written by
// hand, and one that makes them in a loop must not make endless series.
const maxNames = 1000

// ErrDefinition is what every error about a definition wraps.
var ErrDefinition = errors.New("invalid definition")

// catalogue is the definitions that a client knows, by name. Reading takes no lock.
type catalogue struct {
	mu          sync.Mutex
	learned     func(*journey.Definition) // is told of each journey that becomes known
	journeys    names[*journey.Definition]
	touchpoints names[*touchpoint.Definition]
	surveys     names[*feedback.Survey]
	heard       names[heard]
	complete    bool // journeys were given: feedback names no others
	// blueprint are the definitions that come from there. It is not changed once the catalogue is in use.
	blueprint map[event.Definition]struct{}
}

// fromBlueprint remembers which definitions are the blueprint's.
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

// sides says where two definitions of one name come from, which are pointers.
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

// refusal is why a definition is not taken.
type refusal struct {
	fault        fault.Fault
	name         string           // of what is refused: a touchpoint may be because of its journey
	what         string           // for people, with the name
	known, given event.Definition // that differ
	sides        sides
}

// Error implements error.
func (r *refusal) Error() string {
	if r.known != nil {
		return fmt.Sprintf("%s is defined twice, and not the same: %s: use one definition for both", r.what, differences(r.known, r.given, r.sides))
	}
	return r.what
}

// heard is the name of a journey that code here speaks of without defining it: one that
// a trusted peer's position names, or that feedback is about.
type heard string

// Name implements [event.Definition].
func (h heard) Name() string { return string(h) }

// Equal is what [names] asks.
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

// names is a map that is copied when it is written to, which is when a definition is met
// for the first time.
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

// add makes d known, unless another definition has its name, or the names are too many.
func (n *names[D]) add(d D) (known D, ok bool) {
	if known, ok = n.get(d.Name()); ok {
		return known, true
	}
	next := map[string]D{}
	if m := n.m.Load(); m != nil {
		if len(*m) >= maxNames {
			return known, false // before anything is copied: whoever is too many comes often
		}
		next = maps.Clone(*m)
	}
	next[d.Name()] = d
	n.m.Store(&next)
	return d, true
}

func (c *catalogue) lookJourney(name string) *journey.Definition {
	d, _ := c.journeys.get(name)
	return d
}

func (c *catalogue) lookTouchpoint(name string) *touchpoint.Definition {
	d, _ := c.touchpoints.get(name)
	return d
}

// Journey returns the known journey of the name, or nil.
func (c *catalogue) Journey(name string) *journey.Definition { return c.lookJourney(name) }

// define makes definitions known, all or with every fault named.
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
	return errors.Join(faults...)
}

func (c *catalogue) take(d event.Definition) error {
	if r := c.refuse(d); r != nil {
		return r
	}
	return nil
}

// refuse makes d known, or says why not.
func (c *catalogue) refuse(d event.Definition) *refusal {
	switch d := d.(type) {
	case *journey.Definition:
		return c.takeJourney(d)
	case *touchpoint.Definition:
		if j, _ := d.Journey(); j != nil {
			if err := j.Validate(); err != nil {
				return &refusal{fault: fault.InvalidName, name: j.Name(), what: fmt.Sprintf("touchpoint %q is in a faulty journey: %v", d.Name(), err)}
			}
			if r := c.takeJourney(j); r != nil {
				return r
			}
		}
		return take(c, &c.touchpoints, d, "touchpoint")
	case *feedback.Survey:
		return take(c, &c.surveys, d, "survey")
	case heard:
		return take(c, &c.heard, d, "journey")
	default:
		return &refusal{fault: fault.InvalidName, name: d.Name(), what: fmt.Sprintf("%q is a %T: want a journey, touchpoint or survey", d.Name(), d)}
	}
}

// takeJourney makes d known, and tells of it where it was not.
func (c *catalogue) takeJourney(d *journey.Definition) *refusal {
	_, was := c.journeys.get(d.Name())
	r := take(c, &c.journeys, d, "journey")
	if r == nil && !was && c.learned != nil {
		c.learned(d)
	}
	return r
}

// OnJourney makes f called once or more with each journey that is known, now and whenever a definition is met in
// use, by the goroutine that meets it. It is called once, before the Resolver is used.
func (c *catalogue) OnJourney(f func(*journey.Definition)) {
	c.learned = f
	if m := c.journeys.m.Load(); m != nil {
		for _, name := range slices.Sorted(maps.Keys(*m)) {
			f((*m)[name])
		}
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

// adopt makes d, met in use, known. It reports whether d is what its name means now.
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
	return n.get(d.Name()) // of two that are met at once the first one holds
}

// journeyName returns the name under which the event's journey is known.
func (c *catalogue) journeyName(e *flight.Event, f *Findings) string {
	name := e.Journey.Name
	if d, ok := e.Definition().(*journey.Definition); ok && d.Name() == name {
		if _, ok := adopt(c, &c.journeys, d, f); ok {
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

// touchpointFor returns the definition of the event's touchpoint, if it is known, and the
// name under which it is.
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

// survey folds the name of the event's survey, and gives it its scale.
func (c *catalogue) survey(e *flight.Event, f *Findings) {
	a := *e.Feedback
	if d, ok := e.Definition().(*feedback.Survey); ok && d.Name() == a.Survey {
		if _, ok := adopt(c, &c.surveys, d, f); !ok {
			a.Survey = event.Other
		}
	} else if known, ok := c.surveys.get(a.Survey); ok {
		a.Scale = known.Scale()
	} else if a.Survey != a.Scale.String() || a.Survey == "" {
		a.Survey = f.fold("survey", a.Survey)
	}
	e.Feedback = &a
}
