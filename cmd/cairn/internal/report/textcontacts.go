package report

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/event"
)

// writeContacts writes how the contacts of the log stand to the contact policy.
func (r *Report) writeContacts(b *strings.Builder, width int) {
	c := r.Contacts
	if c == nil {
		return
	}
	heading(b, "Contacts by the company", width)
	if c.Made == 0 {
		sentence(b, width, fmt.Sprintf("The log has no contact for a purpose, so the contact policy \"%s\" was not tried.", clean(c.Policy)))
		b.WriteByte('\n')
		return
	}
	sentence(b, width, fmt.Sprintf("The contact policy \"%s\" would have permitted %s of %s, and refused %s, to %s.",
		clean(c.Policy), grouped(c.Permitted), plural(c.Made, "contact", "contacts"), grouped(c.Against), plural(c.Customers, "customer", "customers")))
	b.WriteByte('\n')
	c.byPurpose().write(b, width)
	r.refusals().write(b, width)
}

// byPurpose returns the table of the purposes, with what the numbers are silent about.
func (c *Contacts) byPurpose() *table {
	t := &table{columns: []column{
		{head: "Purpose", least: leastName}, {head: "contacts", right: true}, {head: "permitted", right: true}, {right: true, spare: 1}, {head: "refused", right: true}, {right: true, spare: 1},
	}}
	for i := range c.Purposes {
		p := &c.Purposes[i]
		t.add(clean(p.Name), grouped(p.Made), grouped(p.Permitted), share(p.Permitted, p.Made), grouped(p.Against), share(p.Against, p.Made))
		switch {
		case p.Unknown:
			t.notes = append(t.notes, clean(p.Name)+" is not in the policy.")
		case p.NeedConsent > 0:
			t.notes = append(t.notes, fmt.Sprintf("%s needs consent, and the log does not say who gave it: %s.", clean(p.Name), plural(p.NeedConsent, "contact", "contacts")))
		}
	}
	if c.NoCustomer > 0 {
		t.notes = append(t.notes, fmt.Sprintf("No cap counts contacts with a customer that the log does not name: %s.", grouped(c.NoCustomer)))
	}
	if c.NoChannel > 0 {
		t.notes = append(t.notes, fmt.Sprintf("Contacts without a channel are judged as on the channel other: %s.", grouped(c.NoChannel)))
	}
	t.notes = append(t.notes, "Caps count the contacts that are permitted. A log has no suppressions, no holds and no zones of customers.")
	return t
}

// refusals returns the table of the contacts against the policy.
func (r *Report) refusals() *table {
	t := &table{columns: []column{
		{head: "Refused", least: leastName}, {head: "rule"}, {head: "touchpoint", least: leastName}, {head: "channel", spare: 2}, {head: "times", right: true}, {head: "first", spare: 1}, {head: "last", spare: 1},
	}}
	var rest rest
	for i := range r.Contacts.Refusals {
		f := &r.Contacts.Refusals[i]
		if rest.has(i, f.Count) {
			continue
		}
		channel := f.Channel
		if channel == "" {
			channel = "(none)"
		}
		t.add(clean(f.Purpose), ruleText(f.Rule), clean(f.Touchpoint), channel, grouped(f.Count), r.at(f.First)[:len("2006-01-02")], r.at(f.Last)[:len("2006-01-02")])
	}
	if rest.n > 0 {
		t.add(rest.name(), "", "", "", grouped(rest.count), "", "")
	}
	return t
}

// ruleText returns a rule in words.
func ruleText(rule string) string {
	switch rule {
	case event.RuleQuietHours:
		return "quiet hours"
	case event.RuleUndeclared:
		return "not declared"
	default:
		return clean(rule)
	}
}
