package console

import (
	"context"
	"errors"
	"slices"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// record returns the contact record of a customer, without employees, and for a reader with a scope of journeys without the matters that may be of others; nil without a client or a policy, and for a customer of whom nothing is remembered.
func (v *visit) record(ctx context.Context, hash string) (*touchpoint.ContactRecord, error) {
	if v.c.cfg.client == nil || v.c.does.policy == nil {
		return nil, nil
	}
	r, err := v.c.does.policy.Record(cx.NewContext(ctx, v.c.cfg.client), event.Customer{Hash: hash})
	if err != nil {
		if errors.Is(err, touchpoint.ErrNoRecord) {
			err = nil
		}
		return nil, err
	}
	r.Representative = ""
	r.Holds = slices.DeleteFunc(r.Holds, func(h touchpoint.RecordedHold) bool { return !v.view.Sees(h.Name) })
	if len(v.viewer.Journeys)+len(v.viewer.Owners) > 0 {
		r.Efforts, r.Steps = nil, nil // they do not say of which journey they are
	}
	for i := range r.Suppressions {
		r.Suppressions[i].LiftedBy = ""
	}
	return r, nil
}

// permitRow says whether the company may contact the customer for a purpose on a channel.
type permitRow struct {
	Purpose, Channel, Says, Tone, Why, When string
}

// usualChannels are those of a purpose without channels of its own.
var usualChannels = []event.Channel{event.Email, event.Phone, event.Mobile, event.Post}

// maxPermits bounds the questions that a page asks of the customer's record.
const maxPermits = 64

func (v *visit) permits(ctx context.Context, hash string) (list []permitRow, err error) {
	record, err := v.record(ctx, hash)
	if err != nil {
		return nil, err
	}
	policy, customer := v.c.does.policy, event.Customer{Hash: hash}
	ctx = cx.NewContext(ctx, v.c.cfg.client)
	for _, terms := range policy.Terms() {
		channels := terms.Channels
		if len(channels) == 0 {
			channels = usualChannels
		}
		for _, channel := range channels {
			if len(list) == maxPermits {
				return list, nil
			}
			ok, rule := policy.May(ctx, customer, terms.Name, channel)
			remember(ctx, rule)
			row := permitRow{Purpose: terms.Name, Channel: channel.String(), Says: "No", Tone: "bad", Why: ruleWords(rule), When: v.whenOf(rule, &terms, channel, record)}
			if ok {
				row.Says, row.Tone = "Yes", "good"
			}
			list = append(list, row)
		}
	}
	return list, nil
}

// ruleWords says in words why a contact is granted or refused.
func ruleWords(rule string) string {
	words := map[string]string{
		event.RuleGranted: "", event.RuleUnchecked: "The record does not answer, and this purpose is granted all the same.",
		event.RuleSuppressed: "The customer is on a suppression list.", event.RuleHold: "A matter of the customer is open.",
		event.RuleConsent: "The customer has not consented, or has withdrawn the consent.", event.RuleCap: "There were enough contacts for now.",
		event.RuleUndeclared: "The policy does not have this channel.", event.RuleUnknown: "The record of the customer does not answer: ask again later.",
		event.RuleQuietHours: "These are quiet hours.",
	}
	if said, ok := words[rule]; ok {
		return said
	}
	return "The rule is “" + rule + "”."
}

// whenOf says since when the rule refuses, or until when at most.
func (v *visit) whenOf(rule string, terms *touchpoint.ContactTerms, channel event.Channel, r *touchpoint.ContactRecord) string {
	var since, until time.Time
	switch {
	case rule == event.RuleQuietHours && terms.Quiet != nil:
		if end, quiet := terms.Quiet.Closes(v.at); quiet {
			return "until " + v.clock(end)
		}
	case r == nil:
	case rule == event.RuleSuppressed:
		since = suppressedSince(r, terms.Name, channel)
	case rule == event.RuleHold:
		since = heldSince(r, terms.Stops)
	case rule == event.RuleConsent:
		since = withdrawnSince(r, terms.Name, channel)
	case rule == event.RuleCap:
		for _, c := range r.Contacts { // caps may count the contacts of several purposes
			if c.Until.After(until) {
				until = c.Until
			}
		}
	}
	switch {
	case !since.IsZero():
		return "since " + v.clock(since)
	case !until.IsZero():
		return "until " + v.clock(until) + " at most"
	}
	return ""
}

// suppressedSince is when the first suppression in force was entered that is for the purpose and the channel.
func suppressedSince(r *touchpoint.ContactRecord, purpose string, channel event.Channel) time.Time {
	for _, s := range r.Suppressions {
		if s.LiftedAt.IsZero() && (s.Purpose == "" || s.Purpose == purpose) && (s.Channel == 0 || s.Channel == channel) {
			return s.At
		}
	}
	return time.Time{}
}

// heldSince is when the first matter was opened that stops the purpose.
func heldSince(r *touchpoint.ContactRecord, stops []string) time.Time {
	for _, h := range r.Holds {
		if slices.Contains(stops, h.Name) {
			return h.At
		}
	}
	return time.Time{}
}

// withdrawnSince is when the consent for the purpose on the channel was withdrawn; zero if there was none.
func withdrawnSince(r *touchpoint.ContactRecord, purpose string, channel event.Channel) time.Time {
	for _, p := range r.Permits {
		if !p.Given && p.Purpose == purpose && (p.Channel == 0 || p.Channel == channel) {
			return p.At
		}
	}
	return time.Time{}
}
