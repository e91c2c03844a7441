package blueprint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/touchpoint"
)

// validateContact notes the faults of the contact policy. It comes after the hours, which the policy names.
func (b *Blueprint) validateContact(p *problems, d *definer) {
	c := b.Contact
	if c == nil {
		return
	}
	const path = "contact"
	before := len(p.found)
	p.about(path, c.Description, c.Owner)
	if c.Name != "" {
		p.name(path+".name", c.Name)
	}
	p.atMost(path+".wait", c.Wait, touchpoint.MaxContactWait, "0s (50ms)")
	if len(c.Purposes) == 0 {
		p.add(path+".purposes", "the purposes are missing: add one at least, such as {name: survey}")
	}
	known := p.names(path+".purposes", len(c.Purposes), func(i int) string { return c.Purposes[i].Name })
	for i := range c.Purposes {
		b.validatePurpose(p, at(path+".purposes", i), &c.Purposes[i])
	}
	p.few(path+".caps", len(c.Caps))
	for i, limit := range c.Caps {
		where := at(path+".caps", i)
		p.limit(where, limit.Most, limit.Within)
		if len(limit.Purposes) < 2 {
			p.add(where+".purposes", "names %s: a cap here is for several purposes together: name two at least, or move the cap to its purpose", purposes(len(limit.Purposes)))
		}
		p.known(where+".purposes", limit.Purposes, known, func(name string) string {
			return fmt.Sprintf("the contact policy has no purpose %.80q%s", name, allOf("it has", known))
		})
	}
	if len(p.found) > before || b.faultyQuietHours() {
		return
	}
	if err := d.contact().Validate(); err != nil { // what only the whole policy shows
		for text := range strings.SplitSeq(err.Error(), "\n") {
			p.add(path+".purposes", "%s", strings.TrimPrefix(text, fmt.Sprintf("contact policy %.80q: ", c.name())))
		}
	}
}

func purposes(n int) string {
	if n == 1 {
		return "one purpose"
	}
	return "no purpose"
}

// faultyQuietHours reports whether the hours of a purpose have a fault, which is a problem of theirs.
func (b *Blueprint) faultyQuietHours() bool {
	return slices.ContainsFunc(b.Contact.Purposes, func(u Purpose) bool {
		h, ok := b.Calendar(u.QuietHours)
		return ok && h.Validate() != nil
	})
}

func (b *Blueprint) validatePurpose(p *problems, path string, u *Purpose) {
	p.about(path, u.Description, u.Owner)
	p.channels(path+".channels", u.Channels)
	p.list(path+".stopped_by", len(u.StoppedBy), func(i int) (string, string) { return at(path+".stopped_by", i), u.StoppedBy[i] })
	p.few(path+".caps", len(u.Caps))
	for i, limit := range u.Caps {
		where := at(path+".caps", i)
		p.limit(where, limit.Most, limit.Within)
		p.channels(where+".channels", limit.Channels)
		for k, name := range limit.Channels {
			if len(u.Channels) > 0 && !slices.Contains(u.Channels, name) && slices.Contains(Channels(), name) {
				p.add(at(where+".channels", k), "counts contacts by %s, and the purpose may not be used there: remove it, or add %[1]s to the channels of the purpose", name)
			}
		}
	}
	p.hours(path+".quiet_hours", u.QuietHours, b)
	p.atMost(path+".grant_life", u.GrantLife, touchpoint.MaxGrantLife, "0s (10m)")
}

// limit checks the numbers of a cap.
func (p *problems) limit(path string, most int, within Duration) {
	if most < 1 || most > touchpoint.MaxCap {
		p.add(path+".most", "is %d: write the number of contacts that are allowed, 1 to %d", most, touchpoint.MaxCap)
	}
	if within <= 0 || within > Duration(touchpoint.MaxCapWindow) {
		p.add(path+".within", "is %v: write the length of the window, more than 0s and at most %v", within, Duration(touchpoint.MaxCapWindow))
	}
}

// atMost checks a duration. Zero says what 0 means.
func (p *problems) atMost(path string, d Duration, most time.Duration, zero string) {
	if d < 0 || d > Duration(most) {
		p.add(path, "is %v: write a duration from %s to %v", d, zero, Duration(most))
	}
}

// few checks the length of a list.
func (p *problems) few(path string, n int) {
	if n > MaxNames {
		p.add(path, "has %d entries, and at most %d are allowed: remove some", n, MaxNames)
	}
}

// channels checks a list of channels.
func (p *problems) channels(path string, list []string) {
	p.known(path, list, Channels(), func(name string) string {
		return fmt.Sprintf("there is no channel %.80q: use %s", name, oneOf(Channels()))
	})
}

// known checks that each name of a list is known and occurs once. Otherwise says what is wrong with one that is not known.
func (p *problems) known(path string, list, known []string, otherwise func(name string) string) {
	if len(list) == 0 {
		return
	}
	is := make(map[string]bool, len(known)) // a list may be long
	for _, name := range known {
		is[name] = true
	}
	seen := map[string]string{}
	for i, name := range list {
		where := at(path, i)
		if !is[name] {
			p.unknown(where, name, known, "%s", otherwise(name))
			continue
		}
		if first, twice := seen[name]; twice {
			p.add(where, "%.80q occurs twice, first at %s: remove one of them", name, first)
			continue
		}
		seen[name] = where
	}
}

// purpose notes the fault of the purpose of a touchpoint or a survey.
func (p *problems) purpose(path, name string, b *Blueprint, known []string) {
	switch {
	case name == "":
	case b.Contact == nil:
		p.add(path, "needs the contact policy: add contact with the purpose %.80q, or remove the key", name)
	case !slices.Contains(known, name):
		p.unknown(path, name, known, "the contact policy has no purpose %.80q%s", name, allOf("it has", known))
	}
}
