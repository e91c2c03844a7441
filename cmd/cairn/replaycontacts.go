package main

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// contactLog collects the contacts of a player's rows. A nil contactLog collects nothing. It is not safe for concurrent use.
type contactLog struct {
	*report.PastContacts

	key      []byte // of customers, or nil
	customer []byte // of the current row of a CSV file
}

func (ps *players) contacts(s *replaySettings) *contactLog {
	if !s.contacts {
		return nil
	}
	return &contactLog{PastContacts: report.NewPastContacts(), key: ps.key}
}

// noted keeps the customer of the row that is recorded next, as a CSV file has it.
func (c *contactLog) noted(customer []byte) {
	if c != nil {
		c.customer = customer
	}
}

// add adds the event if it is a contact for a purpose: its own, or that of its touchpoint in the blueprint, as the client has it.
func (c *contactLog) add(e *event.Event, purpose string, counts bool) {
	if c == nil {
		return
	}
	if purpose != "" && (e.Contact == nil || e.Contact.Purpose == "") {
		of := *e
		of.Direction, of.Contact = event.Outbound, &event.Contact{Purpose: purpose}
		e = &of
	}
	if e.Contact != nil {
		c.Add(e, c.pseudonym(e), counts)
	}
}

// pseudonym returns what stands for the customer of the event, or "". Nothing of it leaves the process. With the key, the customer of a CSV
// file is the one of Cairn's own events.
func (c *contactLog) pseudonym(e *event.Event) string {
	switch {
	case len(c.customer) == 0 && e.Customer.Hash == "":
		return ""
	case len(c.customer) == 0:
		return "hash " + e.Customer.Hash
	case c.key == nil:
		return "id " + string(c.customer)
	default:
		return "hash " + pseudonymOf(c.key, string(c.customer))
	}
}

// judge returns what the policy would have decided about the contacts of all players, or nil without a policy.
func (ps *players) judge(ctx context.Context, policy *touchpoint.ContactPolicy, n *notes) (*report.Contacts, error) {
	if ps.list[0].contacts == nil {
		return nil, nil //nolint:nilnil // no contacts were collected
	}
	all := ps.list[0].contacts.PastContacts
	for _, p := range ps.list[1:] {
		all.Join(p.contacts.PastContacts)
	}
	if policy == nil {
		if made := all.Len(); made > 0 {
			n.say("the blueprint has no contact policy, so contacts for a purpose were not judged: %d; add contact: to it", made)
		}
		return nil, nil //nolint:nilnil // there is nothing to judge by
	}
	rep, err := all.Judge(ctx, policy)
	if err != nil {
		return nil, fmt.Errorf("judging the contacts: %w", err)
	}
	return rep, nil
}
