package cx

import (
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/text"
)

// allQueues returns the queues of the blueprint and, after them, those of [WithQueues].
func (c *config) allQueues() []assist.Queue {
	return append(c.blueprint.AllQueues(), c.queues...)
}

// allIntents returns the intents of the blueprint and, after them, those of [WithIntents]. If there are none, every name is one.
func (c *config) allIntents() []string {
	if c.blueprint == nil {
		return c.intents
	}
	return append(slices.Clone(c.blueprint.Intents), c.intents...)
}

// checkContacts notes what is wrong with queues, intents and causes.
func (c *config) checkContacts(e *optionErrors) {
	all := c.allQueues()
	e.add(len(all) <= assist.MaxQueues, "WithQueues: there are %d queues, those of the blueprint included: give at most %d", len(all), assist.MaxQueues)
	for i := range c.queues {
		q := &c.queues[i]
		if err := q.Validate(); err != nil {
			e.add(false, "WithQueues: %s", strings.TrimPrefix(err.Error(), "assist: "))
			continue
		}
		before := all[:len(all)-len(c.queues)+i]
		e.add(!slices.ContainsFunc(before, func(o assist.Queue) bool { return o.Name == q.Name }),
			"WithQueues: the queue %.80q occurs twice: leave one out, also where the blueprint has it", q.Name)
	}
	for _, list := range []struct {
		option string
		names  []string
	}{{"WithIntents", c.intents}, {"WithCauses", c.causes}} {
		for _, name := range list.names {
			e.add(event.ValidName(name), "%s: %.80q is not a valid name: a name has 1 to %d bytes of printable UTF-8 and does not begin with _%s",
				list.option, name, event.MaxName, text.NameHint(name))
		}
	}
}
