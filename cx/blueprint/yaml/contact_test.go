package yaml_test

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
)

// shopContact is that of testdata/shop.yaml, which uses every field.
func shopContact() *blueprint.Contact {
	const day = blueprint.Duration(24 * time.Hour)
	return &blueprint.Contact{
		Name: "rules", Description: "How we contact our customers", Owner: "team-care", Wait: blueprint.Duration(100 * time.Millisecond),
		Purposes: []blueprint.Purpose{
			{
				Name: "survey", Description: "How was it?", Owner: "team-insight", Channels: []string{"email", "phone"},
				Caps:       []blueprint.Cap{{Most: 1, Within: 30 * day}, {Most: 2, Within: 52 * 7 * day, Channels: []string{"phone"}}},
				QuietHours: "always", GrantLife: 2 * day,
			},
			{Name: "marketing", NeedsConsent: true, StoppedBy: []string{"complaint", "dispute"}},
			{Name: "fraud", GrantedIfUnknown: true},
		},
		Caps: []blueprint.SharedCap{{Most: 3, Within: 30 * day, Purposes: []string{"survey", "marketing"}}},
	}
}

// largestContact has as many names as there may be.
func largestContact() *blueprint.Contact {
	c := &blueprint.Contact{Purposes: []blueprint.Purpose{{Name: "name-0", QuietHours: "name-0"}}}
	for i := 1; i < blueprint.MaxNames; i++ {
		name := fmt.Sprint("name-", i)
		c.Purposes = append(c.Purposes, blueprint.Purpose{Name: name, QuietHours: name, StoppedBy: []string{name}})
		c.Purposes[0].StoppedBy = append(c.Purposes[0].StoppedBy, name)
		if i <= 32 { // the record has room for 64 contacts
			c.Caps = append(c.Caps, blueprint.SharedCap{Most: 1, Within: 1, Purposes: []string{"name-0", name}})
			c.Purposes[0].Caps = append(c.Purposes[0].Caps, blueprint.Cap{Most: 1, Within: 1, Channels: blueprint.Channels()})
		}
	}
	return c
}

// contactFile returns a file with the contact policy on its fifth line, which begins at column 3.
func contactFile(purposes string) string {
	return "version: 1\nhours: {night: {zone: UTC, open: {daily: 21:00-08:00}}}\ncontact:\n  purposes:\n" + purposes
}

func contactMistakes() []mistake {
	one := func(purpose string) string { return contactFile("  - {" + purpose + "}\n") }
	capped := func(limit string) string {
		return contactFile("  - {name: a}\n  - {name: b}\n  caps:\n  - {" + limit + "}\n")
	}
	return []mistake{
		{"contact as a list", "a mapping", "version: 1\ncontact: [survey]\n", []string{"2:10: contact: is a list|keys and values"}, true},
		{"contact as text", "a mapping", "version: 1\ncontact: survey\ntouchpoints: [{name: t, purpose: survey}]\n", []string{"2:10: contact: is text|keys and values"}, true},
		{"an empty policy", "it would refuse everything", "version: 1\ncontact: {}\n", []string{"2:10: contact.purposes: the purposes are missing"}, true},
		{"no value", "a policy is missing", "version: 1\ncontact:\n", []string{"2:1: contact: has no value"}, true},
		{"no purposes", "it would refuse everything", "version: 1\ncontact: {name: rules, purposes: []}\n", []string{"2:34: contact.purposes: the purposes are missing"}, true},
		{"a purpose as text", "a mapping", contactFile("  - survey\n") + "touchpoints: [{name: t, purpose: survey}]\n", []string{`5:5: contact.purposes[0]: is text|{name: "survey"}`}, true},
		{"purposes as a mapping", "a list; the touchpoint's purpose is no second problem", contactFile("    survey: {}\n") + "touchpoints: [{name: t, purpose: survey}]\n", []string{"5:5: contact.purposes: is a mapping"}, true},
		{"a purpose without a name", "a name is required", one("needs_consent: true"), []string{"5:5: contact.purposes[0].name: the name is missing"}, true},
		{"an unknown key", "the word of another system", one("name: a, consent: true"), []string{`5:15: contact.purposes[0]: there is no key "consent" here|needs_consent`}, true},
		{"consent in words", "a truth value", one("name: a, needs_consent: yes"), []string{"5:30: contact.purposes[0].needs_consent: is text: write true or false, without quotes"}, true},
		{"consent in quotes", "a truth value", one("name: a, needs_consent: 'true'"), []string{"5:30: contact.purposes[0].needs_consent: is text in quotes: write true or false, without quotes"}, true},
		{"consent as a number", "a truth value", one("name: a, granted_if_unknown: 1"), []string{"5:35: contact.purposes[0].granted_if_unknown: is a number: write true or false"}, true},
		{"an unknown channel", "a typing mistake", one("name: a, channels: [emial]"), []string{`5:26: contact.purposes[0].channels[0]: there is no channel "emial"|"email"?`}, true},
		{"a channel as text", "a list", one("name: a, channels: email"), []string{"5:25: contact.purposes[0].channels: is text: write a list"}, true},
		{"unknown hours", "a typing mistake", one("name: a, quiet_hours: nihgt"), []string{`5:28: contact.purposes[0].quiet_hours: there are no hours "nihgt"|did you mean "night"?`}, false},
		{"hours written out", "they have a name", one("name: a, quiet_hours: 21:00-08:00"), []string{`5:28: contact.purposes[0].quiet_hours: there are no hours "21:00-08:00"`}, false},
		{"hours that cannot be read", "the quiet hours are no second problem", "version: 1\nhours: night\ncontact: {purposes: [{name: a, quiet_hours: night}]}\n", []string{"2:8: hours: is text"}, true},
		{"a life without a unit", "days or hours", one("name: a, grant_life: 2"), []string{"5:27: contact.purposes[0].grant_life: is a number without a unit"}, true},
		{"a long life", "seven days", one("name: a, grant_life: 2w"), []string{"5:27: contact.purposes[0].grant_life: is 14d: write a duration from 0s (10m) to 7d"}, false},
		{"a long wait", "five seconds", "version: 1\ncontact: {wait: 1m, purposes: [{name: a}]}\n", []string{"2:17: contact.wait: is 1m"}, false},
		{"a cap as text", "a mapping", one("name: a, caps: [1 in 30d]"), []string{"5:22: contact.purposes[0].caps[0]: is text"}, true},
		{"a cap that is no list", "a list", one("name: a, caps: {most: 1, within: 30d}"), []string{"5:21: contact.purposes[0].caps: is a mapping"}, true},
		{"a cap without its number", "how many", one("name: a, caps: [{within: 30d}]"), []string{"5:22: contact.purposes[0].caps[0].most: is 0"}, true},
		{"a cap without its window", "in which time", one("name: a, caps: [{most: 1}]"), []string{"5:22: contact.purposes[0].caps[0].within: is 0s"}, true},
		{"a cap of too many", "the record has room for 64", one("name: a, caps: [{most: 65, within: 30d}]"), []string{"5:29: contact.purposes[0].caps[0].most: is 65"}, true},
		{"a cap of none", "remove the purpose", one("name: a, caps: [{most: 0, within: 30d}]"), []string{"5:29: contact.purposes[0].caps[0].most: is 0"}, true},
		{"a cap of a part", "a contact is whole", one("name: a, caps: [{most: 0.5, within: 30d}]"), []string{"5:29: contact.purposes[0].caps[0].most: is a number: write a whole number"}, true},
		{"a cap for another purpose", "caps together have a place of their own", one("name: a, caps: [{most: 1, within: 30d, purposes: [a, b]}]"), []string{`5:45: contact.purposes[0].caps[0]: there is no key "purposes"`}, true},
		{"caps beyond the record", "65 contacts", contactFile("  - {name: a, caps: [{most: 64, within: 30d}]}\n  - {name: b, caps: [{most: 1, within: 30d}]}\n"), []string{"5:3: contact.purposes: its caps allow 65 contacts"}, false},
		{"one purpose together", "it is a cap of the purpose", capped("most: 1, within: 1d, purposes: [a]"), []string{"8:37: contact.caps[0].purposes: names one purpose"}, true},
		{"an unknown purpose together", "a typing mistake", capped("most: 1, within: 1d, purposes: [a, c]"), []string{`8:41: contact.caps[0].purposes[1]: the contact policy has no purpose "c"`}, false},
		{"a purpose twice together", "it counts once", capped("most: 1, within: 1d, purposes: [a, b, a]"), []string{`8:44: contact.caps[0].purposes[2]: "a" occurs twice`}, true},
		{"channels together", "a cap together counts all of them", capped("most: 1, within: 1d, purposes: [a, b], channels: [email]"), []string{`8:45: contact.caps[0]: there is no key "channels"`}, true},
		{"a touchpoint for an unknown purpose", "a typing mistake", one("name: survey") + "touchpoints: [{name: t, purpose: survy}]\n", []string{`6:34: touchpoints[0].purpose: the contact policy has no purpose "survy"|did you mean "survey"?`}, false},
		{"a touchpoint for a purpose without a policy", "no contact would be granted", "version: 1\ntouchpoints: [{name: t, purpose: survey}]\n", []string{"2:34: touchpoints[0].purpose: needs the contact policy"}, false},
	}
}
