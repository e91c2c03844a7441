package pages

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/internal/text"
)

// contact writes the page of the contact policy.
func (g *generator) contact() []byte {
	c := g.blueprint.Contact
	b := new(strings.Builder)
	b.WriteString("# When we may contact a customer\n\n")
	if c.Description != "" {
		b.WriteString(paragraph(c.Description) + "\n\n")
	}
	if c.Owner != "" {
		fmt.Fprintf(b, "Owner: %s\n\n", bold(c.Owner))
	}
	b.WriteString("Before we contact a customer for one of these purposes, the service that sends asks whether it may. A contact for any other purpose is refused.\n" +
		"A person is not contacted while a reason against it is recorded: deceased, moved, opted out, minor, or a complaint about being contacted. " +
		"This holds for the customer, and for the person or the address that the contact is for.\n\n")
	for i := range c.Purposes {
		g.purpose(b, &c.Purposes[i])
	}
	if len(c.Caps) > 0 {
		b.WriteString("## Several purposes together\n\n")
		for _, limit := range c.Caps {
			fmt.Fprintf(b, "- %s, for %s together.\n", atMost(limit.Most, limit.Within), text.List(plains(limit.Purposes), "and"))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "[All journeys and objectives](%s)\n\n", Index)
	g.foot(b)
	return []byte(b.String())
}

// purpose writes the rules of a purpose, in the order in which they are looked at.
func (g *generator) purpose(b *strings.Builder, u *blueprint.Purpose) {
	fmt.Fprintf(b, "## %s\n\n", plain(u.Name))
	if u.Description != "" {
		b.WriteString(paragraph(u.Description) + "\n\n")
	}
	if u.Owner != "" {
		fmt.Fprintf(b, "Owner: %s\n\n", bold(u.Owner))
	}
	line := func(format string, args ...any) { fmt.Fprintf(b, "- "+format+".\n", args...) }
	if len(u.Channels) > 0 {
		line("Only by %s", text.List(channels(u.Channels), "or"))
	} else {
		line("On every channel")
	}
	if len(u.StoppedBy) > 0 {
		line("Not while one of these is open: %s", strings.Join(plains(u.StoppedBy), ", "))
	}
	if u.NeedsConsent {
		line("Only customers who have consented")
	} else {
		line("Without consent, but not customers who have withdrawn it")
	}
	if u.QuietHours != "" {
		h, _ := g.blueprint.Calendar(u.QuietHours)
		line("Not in the quiet hours %s: %s.%s They apply in the customer's time zone where we know it, else in that of %s", bold(u.QuietHours), week(h), otherDates(h), plain(h.Zone()))
	}
	for _, limit := range u.Caps {
		by := ""
		if len(limit.Channels) > 0 {
			by = " by " + text.List(channels(limit.Channels), "or")
		}
		line("%s%s", atMost(limit.Most, limit.Within), by)
	}
	if life := time.Duration(u.GrantLife); life != 0 {
		line("A contact that was allowed may wait %s until it is made, and counts meanwhile", text.Spell(life))
	}
	if u.GrantedIfUnknown {
		line("If we cannot find out whether we may, we contact the customer")
	} else {
		line("If we cannot find out whether we may, we do not contact the customer")
	}
	var used []string
	for i := range g.blueprint.Touchpoints {
		if t := &g.blueprint.Touchpoints[i]; t.Purpose == u.Name {
			used = append(used, plain(t.Name))
		}
	}
	if len(used) > 0 {
		line("Used at: %s", strings.Join(used, ", "))
	}
	b.WriteString("\n")
}

func atMost(n int, within blueprint.Duration) string {
	contacts := "contacts"
	if n == 1 {
		contacts = "contact"
	}
	return fmt.Sprintf("At most %d %s in any %s", n, contacts, text.Spell(time.Duration(within)))
}

func plains(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = plain(s)
	}
	return out
}

// channels writes the names of channels as words.
func channels(list []string) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = plain(strings.ReplaceAll(c, "_", " "))
	}
	return out
}
