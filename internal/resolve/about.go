package resolve

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// aboutName returns the name under which the catalogue knows the journey that feedback is about. It adopts an unknown
// definition. It takes an unknown name as it is, unless the client was given journeys: such a client knows every journey,
// except those that the position of a trusted peer has named.
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
