package blueprint

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// DefaultContactPolicy is the name of a contact policy that names none.
const DefaultContactPolicy = "contacts"

// Contact is the contact policy: for which purposes the company may contact a customer, on which channels, how often and when. See
// [touchpoint.ContactPolicy].
type Contact struct {
	// Name is the name of the policy. "" is [DefaultContactPolicy].
	Name        string `json:"name,omitempty"        yaml:"name,omitempty"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Wait is how long a question waits for the store, at most [touchpoint.MaxContactWait]. 0 is 50 ms. See [touchpoint.ContactWait].
	Wait Duration `json:"wait,omitempty" yaml:"wait,omitempty"`
	// Purposes are what the company contacts customers for. There is one at least.
	Purposes []Purpose `json:"purposes" yaml:"purposes"`
	// Caps bound the contacts of several purposes taken together. See [touchpoint.CapTogether].
	Caps []SharedCap `json:"caps,omitempty" yaml:"caps,omitempty"`
}

// Purpose is one purpose of a [Contact]. See [touchpoint.Purpose].
type Purpose struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	Owner       string `json:"owner,omitempty"       yaml:"owner,omitempty"`
	// Channels are the channels on which the purpose may be used, by the names of standard channels: see [Channels]. An empty list means
	// every channel. See [touchpoint.OnlyOn].
	Channels []string `json:"channels,omitempty" yaml:"channels,omitempty"`
	// NeedsConsent refuses the purpose to customers of whom no consent is recorded. See [touchpoint.NeedsConsent].
	NeedsConsent bool `json:"needs_consent,omitempty" yaml:"needs_consent,omitempty"`
	// StoppedBy names the open matters, such as a complaint, that stop the purpose. See [touchpoint.StoppedBy].
	StoppedBy []string `json:"stopped_by,omitempty" yaml:"stopped_by,omitempty"`
	// Caps bound the contacts with one customer. All of them apply. See [touchpoint.Cap].
	Caps []Cap `json:"caps,omitempty" yaml:"caps,omitempty"`
	// QuietHours names the hours of the blueprint in whose openings no contact is made. See [touchpoint.QuietHours].
	QuietHours string `json:"quiet_hours,omitempty" yaml:"quiet_hours,omitempty"`
	// GrantLife is how long a contact that was granted may wait to be made, at most [touchpoint.MaxGrantLife]. 0 is 10 minutes. See
	// [touchpoint.GrantLife].
	GrantLife Duration `json:"grant_life,omitempty" yaml:"grant_life,omitempty"`
	// GrantedIfUnknown grants the purpose where the customer's record does not answer. See [touchpoint.GrantedIfUnknown].
	GrantedIfUnknown bool `json:"granted_if_unknown,omitempty" yaml:"granted_if_unknown,omitempty"`
}

// Cap allows at most Most contacts, 1 to [touchpoint.MaxCap], in any window of the length Within, at most [touchpoint.MaxCapWindow].
type Cap struct {
	Most   int      `json:"most"   yaml:"most"`
	Within Duration `json:"within" yaml:"within"`
	// Channels are the channels on which contacts count. An empty list means every channel.
	Channels []string `json:"channels,omitempty" yaml:"channels,omitempty"`
}

// SharedCap is a [Cap] of several purposes, two at least.
type SharedCap struct {
	Most     int      `json:"most"     yaml:"most"`
	Within   Duration `json:"within"   yaml:"within"`
	Purposes []string `json:"purposes" yaml:"purposes"`
}

// ContactPolicy returns the contact policy, or nil if the blueprint has none; a nil policy refuses every contact. Each call makes a new
// policy: call it once and keep the result.
func (b *Blueprint) ContactPolicy() *touchpoint.ContactPolicy {
	d := definer{blueprint: b}
	return d.contact()
}

func (d *definer) contact() *touchpoint.ContactPolicy {
	if d.blueprint == nil || d.blueprint.Contact == nil {
		return nil
	}
	c := d.blueprint.Contact
	opts := make([]touchpoint.ContactOption, 0, 1+len(c.Purposes)+len(c.Caps))
	if c.Wait != 0 {
		opts = append(opts, touchpoint.ContactWait(time.Duration(c.Wait)))
	}
	for i := range c.Purposes {
		opts = append(opts, d.purpose(&c.Purposes[i]))
	}
	for _, limit := range c.Caps {
		opts = append(opts, touchpoint.CapTogether(limit.Most, time.Duration(limit.Within), limit.Purposes...))
	}
	return touchpoint.DefineContactPolicy(c.name(), opts...)
}

func (c *Contact) name() string { return cmp.Or(c.Name, DefaultContactPolicy) }

func (d *definer) purpose(p *Purpose) touchpoint.ContactOption {
	opts := []touchpoint.PurposeOption{touchpoint.OnlyOn(standardChannels(p.Channels)...), touchpoint.StoppedBy(p.StoppedBy...)}
	if p.NeedsConsent {
		opts = append(opts, touchpoint.NeedsConsent())
	}
	for _, limit := range p.Caps {
		opts = append(opts, touchpoint.Cap(limit.Most, time.Duration(limit.Within), standardChannels(limit.Channels)...))
	}
	if h := d.calendar(p.QuietHours); h != nil {
		opts = append(opts, touchpoint.QuietHours(h))
	}
	if p.GrantLife != 0 {
		opts = append(opts, touchpoint.GrantLife(time.Duration(p.GrantLife)))
	}
	if p.GrantedIfUnknown {
		opts = append(opts, touchpoint.GrantedIfUnknown())
	}
	return touchpoint.Purpose(p.Name, opts...)
}

// standardChannels returns the channels of these names. Validate rejects other names.
func standardChannels(names []string) []event.Channel {
	channels := make([]event.Channel, 0, len(names))
	for _, name := range names {
		if c, ok := standardChannel(name); ok {
			channels = append(channels, c)
		}
	}
	return channels
}

// PurposeNames returns the names of the purposes of the contact policy, in their order.
func (b *Blueprint) PurposeNames() []string {
	if b == nil || b.Contact == nil {
		return nil
	}
	names := make([]string, len(b.Contact.Purposes))
	for i := range b.Contact.Purposes {
		names[i] = b.Contact.Purposes[i].Name
	}
	return names
}

// Holds returns the names of the open matters that stop a purpose of the contact policy, each once, in their order.
func (b *Blueprint) Holds() (names []string) {
	if b == nil || b.Contact == nil {
		return nil
	}
	for i := range b.Contact.Purposes {
		for _, name := range b.Contact.Purposes[i].StoppedBy {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
