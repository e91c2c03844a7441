package resolve

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
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
	journeys    names[*journey.Definition]
	touchpoints names[*touchpoint.Definition]
	surveys     names[*feedback.Survey]
	heard       names[heard]
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
	switch d := d.(type) {
	case *journey.Definition:
		return take(c, &c.journeys, d, "journey")
	case *touchpoint.Definition:
		if j, _ := d.Journey(); j != nil {
			if err := j.Validate(); err != nil {
				return fmt.Errorf("touchpoint %q is in a faulty journey: %w", d.Name(), err)
			}
			if err := take(c, &c.journeys, j, "journey"); err != nil {
				return err
			}
		}
		return take(c, &c.touchpoints, d, "touchpoint")
	case *feedback.Survey:
		return take(c, &c.surveys, d, "survey")
	case heard:
		return take(c, &c.heard, d, "journey")
	default:
		return fmt.Errorf("%q is a %T: want a journey, touchpoint or survey", d.Name(), d)
	}
}

func take[D definition[D]](c *catalogue, n *names[D], d D, what string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := n.add(d)
	if !ok {
		return fmt.Errorf("%s %q: there are %d of them already, the most that a client knows", what, d.Name(), maxNames)
	}
	if !known.Equal(d) {
		return fmt.Errorf("%s %q is defined twice, and not the same: use one definition for both", what, d.Name())
	}
	return nil
}

// adopt makes d, met in use, known. It reports whether d is what its name means now.
func adopt[D definition[D]](c *catalogue, n *names[D], d D, faults *event.Faults) (known D, ok bool) {
	if known, ok = n.get(d.Name()); ok {
		if !known.Equal(d) {
			faults.Add(event.FaultConflict)
		}
		return known, true
	}
	if d.Validate() != nil {
		faults.Add(event.FaultInvalidName)
		return known, false
	}
	if c.take(d) != nil {
		faults.Add(event.FaultConflict)
	}
	return n.get(d.Name()) // of two that are met at once the first one holds
}

// journeyName returns the name under which the event's journey is known.
func (c *catalogue) journeyName(e *event.Event, faults *event.Faults) string {
	name := e.Journey.Name
	if d, ok := e.Definition().(*journey.Definition); ok && d.Name() == name {
		if _, ok := adopt(c, &c.journeys, d, faults); ok {
			return name
		}
		return event.Other
	}
	if c.lookJourney(name) != nil {
		return name
	}
	if d, ok := e.Definition().(*touchpoint.Definition); ok {
		if j, _ := d.Journey(); j.Name() == name {
			if _, ok := adopt(c, &c.journeys, j, faults); ok {
				return name
			}
			return event.Other // as without the touchpoint
		}
	}
	if e.Definition() != nil && name != event.Other {
		if _, ok := adopt(c, &c.heard, heard(name), faults); ok {
			return name
		}
		return event.Other
	}
	return fold(name, faults)
}

// touchpointFor returns the definition of the event's touchpoint, if it is known, and the
// name under which it is.
func (c *catalogue) touchpointFor(e *event.Event, faults *event.Faults) (*touchpoint.Definition, string) {
	if d, ok := e.Definition().(*touchpoint.Definition); ok && d.Name() == e.Touchpoint {
		if known, _ := c.touchpoints.get(e.Touchpoint); known == d {
			return d, e.Touchpoint
		}
		if known, ok := adopt(c, &c.touchpoints, d, faults); ok {
			return known, e.Touchpoint
		}
		return nil, event.Other
	}
	if d := c.lookTouchpoint(e.Touchpoint); d != nil {
		return d, e.Touchpoint
	}
	return nil, fold(e.Touchpoint, faults)
}

// survey folds the name of the event's survey, and gives it its scale.
func (c *catalogue) survey(e *event.Event, faults *event.Faults) {
	f := *e.Feedback
	if d, ok := e.Definition().(*feedback.Survey); ok && d.Name() == f.Survey {
		if _, ok := adopt(c, &c.surveys, d, faults); !ok {
			f.Survey = event.Other
		}
	} else if known, ok := c.surveys.get(f.Survey); ok {
		f.Scale = event.Scale(known.Scale())
	} else if f.Survey != f.Scale.String() || f.Survey == "" {
		f.Survey = fold(f.Survey, faults)
	}
	e.Feedback = &f
}
