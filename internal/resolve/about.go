package resolve

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// aboutName returns the name under which the journey is known that feedback is about. A definition that is not known
// is adopted. A name alone that is not known is heard, unless the client was given journeys: then it knows which ones
// there are, but for those that a position of a trusted peer has named.
func (c *catalogue) aboutName(d event.Definition, f *Findings) string {
	name := d.Name()
	if j, ok := d.(*journey.Definition); ok {
		if _, ok := adopt(c, &c.journeys, j, f); ok {
			return name
		}
		return event.Other
	}
	if c.lookJourney(name) != nil {
		return name
	}
	if _, known := c.heard.get(name); c.complete && !known {
		return f.fold("journey", name)
	}
	if _, ok := adopt(c, &c.heard, heard(name), f); ok {
		return name
	}
	return event.Other
}
