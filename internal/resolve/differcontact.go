package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/nearest"
	"cairncx.dev/cairn/touchpoint"
)

// policies notes what differs in two contact policies, purpose by purpose.
func (d *differ) policies(known, given *touchpoint.ContactPolicy) {
	d.time("its wait (ContactWait) is", known.Wait(), given.Wait())
	of := func(p *touchpoint.ContactPolicy) map[string]string {
		all := map[string]string{}
		for _, t := range p.Terms() {
			all[t.Name] = terms(&t)
		}
		return all
	}
	a, b := of(known), of(given)
	names := maps.Clone(a)
	maps.Copy(names, b)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d.text(fmt.Sprintf("the purpose %q is", name), a[name], b[name])
	}
	d.text("the caps together (CapTogether) are", caps(known.Together()), caps(given.Together()))
}

// terms returns what a policy says of a purpose.
func terms(t *touchpoint.ContactTerms) string {
	said := []string{"on every channel"}
	if len(t.Channels) > 0 {
		said[0] = "on " + channelList(t.Channels)
	}
	if t.Consent {
		said = append(said, "with consent")
	}
	if len(t.Caps) > 0 {
		said = append(said, caps(t.Caps))
	}
	if t.Quiet != nil {
		said = append(said, "not in "+t.Quiet.Name()+" "+hours(t.Quiet))
	}
	if len(t.Stops) > 0 {
		said = append(said, "stopped by "+list(t.Stops))
	}
	said = append(said, fmt.Sprintf("for %v", t.Life))
	if t.Unchecked {
		said = append(said, "granted if unknown")
	}
	return strings.Join(said, ", ")
}

func caps(all []touchpoint.ContactCap) string {
	said := make([]string, len(all))
	for i, c := range all {
		said[i] = fmt.Sprintf("at most %d in %v", c.Most, c.Within)
		if len(c.Channels) > 0 {
			said[i] += " on " + channelList(c.Channels)
		}
		if len(c.Purposes) > 0 {
			said[i] += " of " + list(c.Purposes)
		}
	}
	return strings.Join(said, ", ")
}

func channelList(all []event.Channel) string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.String()
	}
	return list(names)
}

// withoutPurpose returns a fault for each touchpoint whose purpose the contact policy does not have, if there is a policy. A process
// without the policy cannot know.
func withoutPurpose(defs []event.Definition) (faults []error) {
	var known []string
	for _, d := range defs {
		if p, ok := d.(*touchpoint.ContactPolicy); ok {
			known = append(known, p.Purposes()...)
		}
	}
	for _, d := range defs {
		t, ok := d.(*touchpoint.Definition)
		if !ok || t.Purpose() == "" || known == nil || slices.Contains(known, t.Purpose()) {
			continue
		}
		faults = append(faults, fmt.Errorf("%w: touchpoint %.80q: For names the purpose %.80q, which the contact policy does not have: it has %q%s",
			ErrDefinition, t.Name(), t.Purpose(), known, nearest.Meant(t.Purpose(), known)))
	}
	return faults
}
