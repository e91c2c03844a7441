package console

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/touchpoint"
)

// customerPage tells one customer, by the pseudonym: what is open, whether we may make contact, and what happened.
func customerPage(v *visit) (*page, error) {
	v.exact()
	c, err := v.customer(v.r.Context(), part(v.r, "customer"))
	if err != nil {
		return nil, err
	}
	v.looked(c.Customer, event.RunRef{}, partCustomer)
	p := &page{name: "runs", title: "Customer", eyebrow: "Customer", headline: shortHash(c.Customer), note: c.Sentence(v.zone)}
	runs := slices.Clone(c.Runs)
	slices.Reverse(runs)
	if open := slices.DeleteFunc(slices.Clone(runs), func(s insight.RunSummary) bool { return !s.Ended.IsZero() || v.c.does.followUps[s.Run.Name] == nil }); len(open) > 0 {
		p.sections = append(p.sections, ready("followups", "Open follow-ups", "customer-runs", v.summaries(open)))
	}
	p.sections = append(p.sections, ready("contacts", "Last contacts", "contacts", v.lastContacts(c.Steps)))
	if v.c.cfg.client != nil && v.c.does.policy != nil {
		p.sections = append(p.sections, section{id: "permits", title: "May we contact the customer?", template: "permits", half: true, fill: func(ctx context.Context) (any, error) { return v.permits(ctx, c.Customer) }})
	}
	of := ready("runs", "Journeys", "customer-runs", v.summaries(runs))
	of.half = v.c.cfg.client != nil && v.c.does.policy != nil
	p.sections = append(p.sections, of, v.storyPart(c.Steps, true))
	facts := []fact{{Name: "What is stored", Says: "All of it as JSON, for a customer who asks", Link: v.link("customers/" + segments(c.Customer) + "/export")}}
	if said := v.lookedAt(c.Steps); said != "" {
		facts = append(facts, fact{Name: "Looked at", Says: said})
	}
	if len(c.Segments) > 0 {
		facts = append(facts, fact{Name: map[bool]string{true: "Segment", false: "Segments"}[len(c.Segments) == 1], Says: strings.Join(c.Segments, ", ")})
	}
	p.sections = append(p.sections, ready("facts", "Details", "facts", facts))
	return p, nil
}

// customer is what happened to a customer.
func (v *visit) customer(ctx context.Context, hash string) (insight.Customer, error) {
	return direct(ctx, v, func(ctx context.Context) (insight.Customer, error) { return v.view.Customer(ctx, hash) })
}

// contactRow is a contact between the customer and the company.
type contactRow struct{ When, Stamp, Channel, Said, Link, Run string }

// mostContacts is how many of the last contacts are shown.
const mostContacts = 5

// lastContacts are the last contacts with people or with the company's bot, and those that the company made, the last one first.
func (v *visit) lastContacts(steps []insight.Step) (list []contactRow) {
	for i := len(steps) - 1; i >= 0 && len(list) < mostContacts; i-- {
		e := &steps[i].Event
		if e.Kind != event.TouchpointEnded || e.Assisted == nil && e.Direction != event.Outbound {
			continue
		}
		row := contactRow{When: v.clock(e.Time), Stamp: e.Time.UTC().Format(time.RFC3339), Said: steps[i].Sentence(v.zone), Channel: e.Channel.String()}
		if !e.Journey.IsZero() {
			row.Run = e.Journey.Name + " " + e.Journey.ID
			row.Link = v.runLink(e.Journey.Ref())
		}
		list = append(list, row)
	}
	return list
}

// exported is what is stored of a customer.
type exported struct {
	insight.Customer

	// Record is the contact record; nil without a contact policy, and for a customer of whom nothing is remembered.
	Record *touchpoint.ContactRecord `json:"contact_record,omitempty"`
}

// export answers with everything that is stored of a customer, for a person who asks. Employees are not in it. What people have written needs the right Words.
func (c *Console) export(w http.ResponseWriter, r *http.Request) {
	v, err := c.visit(r)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	v.exact()
	var all exported
	if all.Customer, err = v.customer(r.Context(), part(r, "customer")); err == nil {
		all.Record, err = v.record(r.Context(), all.Customer.Customer)
	}
	if err != nil {
		c.failed(w, r, err)
		return
	}
	v.looked(all.Customer.Customer, event.RunRef{}, partExport)
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		c.failed(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="customer.json"`)
	_, _ = w.Write(append(text, '\n')) // otherwise the reader has left
}
