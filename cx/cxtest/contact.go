package cxtest

import (
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// Contact asserts facts about the contacts of one purpose, under the application's contact policy (touchpoint.ContactPolicy). If an
// assertion does not hold, it fails the test without stopping it. Every assertion returns the Contact, so that assertions can be
// chained.
//
// A contact is made when an outbound touchpoint with the purpose is over (touchpoint.Granted, touchpoint.For), unless it was cancelled
// or abandoned. A grant without such a touchpoint is no contact.
type Contact struct {
	r     *Recorder
	what  string
	match func(*event.Event) bool
}

// Contact returns the assertions about the contacts of this purpose, with any customer. The Recorder keeps customers' records in
// memory, by the client's clock, unless cx.WithStore gives it a store with shelves.
func (r *Recorder) Contact(purpose string) *Contact {
	return &Contact{r: r, what: "contact for " + purpose, match: func(e *event.Event) bool { return e.Contact != nil && e.Contact.Purpose == purpose }}
}

// Contact returns the assertions about the contacts of this purpose that were asked for, or made, in the run.
func (j *Journey) Contact(purpose string) *Contact {
	return &Contact{
		r: j.r, what: "contact for " + purpose + " in journey " + j.name + " " + j.id,
		match: func(e *event.Event) bool {
			return e.Contact != nil && e.Contact.Purpose == purpose && e.Journey.Name == j.name && e.Journey.ID == j.id
		},
	}
}

// Events returns the contacts that were made (touchpoint.ended), and the contact.suppressed and contact.violated events, in order.
func (c *Contact) Events() []event.Event {
	return slices.DeleteFunc(c.r.Events(event.TouchpointEnded, event.ContactSuppressed, event.ContactViolated), func(e event.Event) bool {
		return !c.match(&e) || e.Kind == event.TouchpointEnded && !isContact(&e)
	})
}

// isContact reports whether the touchpoint has reached a customer.
func isContact(e *event.Event) bool {
	return e.Direction == event.Outbound && e.Outcome != event.Cancelled && e.Outcome != event.Abandoned && e.Actor != event.ActorSynthetic
}

// Times asserts how many contacts were made, with a grant or without.
func (c *Contact) Times(want int) *Contact {
	c.r.tb.Helper()
	if got := len(c.of(event.TouchpointEnded)); got != want {
		c.errorf("it was made %d times, want %d", got, want)
	}
	return c
}

// Granted asserts that there is a contact that was made, and that all of them kept to the policy.
func (c *Contact) Granted() *Contact {
	c.r.tb.Helper()
	made, against := c.of(event.TouchpointEnded), c.of(event.ContactViolated)
	switch {
	case len(made) == 0:
		c.errorf("it was not made, want it granted")
	case len(against) > 0:
		c.errorf("%d of %d were made against the policy, the first of them because of %q, want all granted", len(against), len(made), against[0].Contact.Rule)
	}
	return c
}

// Suppressed asserts that a contact was refused, and that this rule, such as [event.RuleCap], refused each that was.
func (c *Contact) Suppressed(rule string) *Contact {
	c.r.tb.Helper()
	return c.each(event.ContactSuppressed, "refused", rule)
}

// Violated asserts that a contact was made against the policy, and that this rule, such as [event.RuleNoGrant], is why for each that
// was. Granted, or Times(0), asserts that there is none.
func (c *Contact) Violated(rule string) *Contact {
	c.r.tb.Helper()
	return c.each(event.ContactViolated, "made against the policy", rule)
}

func (c *Contact) each(kind event.Kind, was, rule string) *Contact {
	c.r.tb.Helper()
	all := c.of(kind)
	if len(all) == 0 {
		c.errorf("it was not %s, want it %s because of %q", was, was, rule)
	}
	for i := range all {
		if got := all[i].Contact.Rule; got != rule {
			c.errorf("number %d of the %d that were %s is so because of %q, want %q", i+1, len(all), was, got, rule)
			break
		}
	}
	return c
}

// of returns the events of the kind.
func (c *Contact) of(kind event.Kind) []event.Event {
	return slices.DeleteFunc(c.Events(), func(e event.Event) bool { return e.Kind != kind })
}

func (c *Contact) errorf(format string, args ...any) {
	c.r.tb.Helper()
	var b strings.Builder
	for i, e := range c.Events() {
		fmt.Fprintf(&b, "\n  number %d: %s by %s at %s", i+1, did(&e), e.Channel, e.Time.Format("15:04:05.000"))
		if e.Cause != "" {
			fmt.Fprintf(&b, " (%s)", e.Cause)
		}
		if e.Journey.ID != "" {
			fmt.Fprintf(&b, ", in %s %q", e.Journey.Name, e.Journey.ID)
		}
	}
	c.r.tb.Errorf("%s: %s%s\n%s", c.what, fmt.Sprintf(format, args...), b.String(), story(c.r.Events()))
}

// did says what the event says of a contact.
func did(e *event.Event) string {
	switch e.Kind {
	case event.ContactSuppressed:
		return fmt.Sprintf("refused because of %q", e.Contact.Rule)
	case event.ContactViolated:
		return fmt.Sprintf("against the policy because of %q", e.Contact.Rule)
	default:
		return "made with " + e.Touchpoint
	}
}
