package touchpoint

import (
	"slices"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
)

// ContactTerms is what a [ContactPolicy] says of one purpose, as its options gave it.
type ContactTerms struct {
	// Name is the purpose's name.
	Name string
	// Channels are those of [OnlyOn]. Empty is every channel.
	Channels []event.Channel
	// Consent is [NeedsConsent].
	Consent bool
	// Caps are those of [Cap]. Their Purposes are empty.
	Caps []ContactCap
	// Quiet are the hours of [QuietHours], or nil.
	Quiet *calendar.Hours
	// Stops are the names of the holds of [StoppedBy].
	Stops []string
	// Life is the time of [GrantLife], or its default.
	Life time.Duration
	// Unchecked is [GrantedIfUnknown].
	Unchecked bool
}

// ContactCap is a [Cap] or a [CapTogether]: at most Most contacts within any window of the length Within.
type ContactCap struct {
	Most     int
	Within   time.Duration
	Channels []event.Channel // that it counts; empty is every channel
	Purposes []string        // that a CapTogether counts
}

// Terms returns what the policy says of each purpose, in the order of its options. The caller owns it.
func (p *ContactPolicy) Terms() []ContactTerms {
	if p == nil {
		return nil
	}
	list := make([]ContactTerms, len(p.purposes))
	for i, u := range p.purposes {
		list[i] = ContactTerms{
			Name: u.name, Channels: slices.Clone(u.channels), Consent: u.consent, Caps: exported(u.caps), Quiet: u.quiet,
			Stops: slices.Clone(u.stops), Life: u.life, Unchecked: u.unchecked,
		}
	}
	return list
}

// Together returns the caps of [CapTogether], in the order of the options. The caller owns them.
func (p *ContactPolicy) Together() []ContactCap {
	if p == nil {
		return nil
	}
	return exported(p.together)
}

// Wait returns how long a call of the policy waits for the store: the time of [ContactWait], or its default.
func (p *ContactPolicy) Wait() time.Duration {
	if p == nil {
		return 0
	}
	return p.wait
}

func exported(caps []limit) (list []ContactCap) {
	for _, c := range caps {
		list = append(list, ContactCap{Most: c.most, Within: c.within, Channels: slices.Clone(c.channels), Purposes: slices.Clone(c.purposes)})
	}
	return list
}
