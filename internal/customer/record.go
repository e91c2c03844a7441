package customer

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// The bounds of a record.
const (
	maxContacts     = 64
	maxPermits      = 128
	maxSuppressions = 128
	maxHolds        = 32
)

// provisional is how long an ask counts that is neither used nor kept.
const provisional = 10 * time.Minute

// record is the state of a customer's log. Times are Unix nanoseconds.
type record struct {
	floor        int64 // the time of the last entry: no later entry is before it
	permits      []permit
	suppressions []suppression
	contacts     []contact
	holds        []hold

	representative string // a pseudonym
	represented    int64  // since when

	customer string // the pseudonym, where there are efforts
	efforts  []effort
	steps    []step
}

// permit is consent, given or withdrawn. Channel 0 is every channel.
type permit struct {
	purpose string
	channel event.Channel
	given   bool
	at      int64 // when the customer said so
	source  string
}

// suppression is a reason not to contact the subject. Purpose "" is every purpose, channel 0 every channel.
type suppression struct {
	reason  string
	purpose string
	channel event.Channel
	at      int64
	source  string

	lifted bool
	end    int64  // when it was lifted
	by     string // who lifted it
}

// contact is one contact that a cap counts.
type contact struct {
	id      event.ID
	purpose string
	topic   string // what it is about, or ""
	channel event.Channel
	at      int64 // of the ask, and of the use once it is used
	until   int64 // when it lapses; 0 once it is used
	keep    int64 // how long it counts once it is used, in nanoseconds
}

// hold is an open matter.
type hold struct {
	name, ref string
	at        int64
}

// empty reports whether nothing is left to remember.
func (r *record) empty() bool {
	return len(r.permits)+len(r.suppressions)+len(r.contacts)+len(r.holds)+len(r.efforts)+len(r.steps) == 0 && r.representative == ""
}

// pass moves the record's time on to at, and drops the contacts that count no more.
func (r *record) pass(at int64) {
	r.floor = max(r.floor, at)
	r.contacts = slices.DeleteFunc(r.contacts, func(c contact) bool { return c.end() <= r.floor })
	r.passSteps()
}

// end returns when the contact counts no more.
func (c *contact) end() int64 {
	if c.until != 0 {
		return c.until
	}
	return c.at + c.keep
}

// rests returns when the record has nothing of contacts any more, or an effort is to be told, whichever is first; 0 says that it has
// neither.
func (r *record) rests() (at int64) {
	for i := range r.contacts {
		at = max(at, r.contacts[i].end())
	}
	if t := r.restsEfforts(); t != 0 && (at == 0 || t < at) {
		at = t
	}
	return at
}

// find returns the index of the contact with the ID, or -1.
func (r *record) find(id event.ID) int {
	return slices.IndexFunc(r.contacts, func(c contact) bool { return c.id == id })
}

// decide returns the answer for a contact now, at the record's floor. Capped says that the caps count too.
func (r *record) decide(purpose string, channel event.Channel, t *flight.Terms, capped bool) flight.Answer {
	if reason, ok := r.suppressed(purpose, channel); ok {
		return flight.Answer{Rule: event.RuleSuppressed, Cause: reason}
	}
	for _, h := range r.holds {
		if slices.Contains(t.Stops, h.name) {
			return flight.Answer{Rule: event.RuleHold, Cause: h.name}
		}
	}
	if given, known := r.consent(purpose, channel); known && !given || !known && t.Consent {
		return flight.Answer{Rule: event.RuleConsent}
	}
	if capped && (r.capped(t.Caps, channel) || t.Keep > 0 && len(r.contacts) >= maxContacts) {
		return flight.Answer{Rule: event.RuleCap}
	}
	return flight.Answer{Rule: event.RuleGranted}
}

// suppressed returns the reason of the first suppression in force.
func (r *record) suppressed(purpose string, channel event.Channel) (reason string, ok bool) {
	for i := range r.suppressions {
		s := &r.suppressions[i]
		if !s.lifted && (s.purpose == "" || s.purpose == purpose) && (s.channel == 0 || s.channel == channel) {
			return s.reason, true
		}
	}
	return "", false
}

// consent returns what the customer said last of the purpose on the channel.
func (r *record) consent(purpose string, channel event.Channel) (given, known bool) {
	last := -1
	for i, p := range r.permits {
		if p.purpose == purpose && (p.channel == 0 || p.channel == channel) && (last < 0 || p.at >= r.permits[last].at) {
			last = i
		}
	}
	if last < 0 {
		return false, false
	}
	return r.permits[last].given, true
}

// capped reports whether one of the caps that count the channel is reached.
func (r *record) capped(caps []flight.Cap, channel event.Channel) bool {
	for i := range caps {
		c := &caps[i]
		if c.Channels != 0 && c.Channels&(1<<channel) == 0 {
			continue
		}
		n := 0
		for k := range r.contacts {
			if r.counts(c, &r.contacts[k]) {
				n++
			}
		}
		if n >= c.Most {
			return true
		}
	}
	return false
}

// counts reports whether the cap counts the contact now. A grant that may still be used counts in every window.
func (r *record) counts(c *flight.Cap, k *contact) bool {
	named := slices.Contains(c.Purposes, k.purpose) || k.topic != "" && slices.Contains(c.Purposes, k.topic)
	return named && (c.Channels == 0 || c.Channels&(1<<k.channel) != 0) &&
		(k.until != 0 || r.floor-k.at < int64(c.Within))
}

// forgotten returns what a forgotten customer's record keeps: what says no.
func (r *record) forgotten() *record {
	kept := &record{floor: r.floor}
	for _, s := range r.suppressions {
		if !s.lifted {
			s.source = ""
			kept.suppressions = append(kept.suppressions, s)
		}
	}
	for _, p := range r.permits {
		if !p.given {
			p.source = ""
			kept.permits = append(kept.permits, p)
		}
	}
	return kept
}
