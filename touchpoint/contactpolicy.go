package touchpoint

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/internal/text"
)

// The bounds of a contact policy.
const (
	// MaxCap is the most contacts that a cap may allow, and that the record of a customer remembers.
	MaxCap = 64
	// MaxCapWindow is the longest window of a cap.
	MaxCapWindow = 400 * 24 * time.Hour
	// MaxGrantLife is the longest time that [GrantLife] may give.
	MaxGrantLife = 7 * 24 * time.Hour
	// MaxContactWait is the longest time that [ContactWait] may give.
	MaxContactWait = 5 * time.Second

	defaultGrantLife   = 10 * time.Minute
	defaultContactWait = 50 * time.Millisecond
)

// ContactPolicy says for which purposes the company may contact a customer, on which channels, how often and when. It is
// immutable and does nothing by itself: its methods ask the customer's record in the store of the client in the context, else of the
// default client. Safe for concurrent use. A nil ContactPolicy refuses every contact.
//
// The store is that of cx.WithContactStore or cx.WithStore, and has to be a ledger.Shelver, as those of cx/stores are. All instances that
// share it share the records. The customer's key is that of cx.WithCustomerKey.
//
//	grant := policy.Ask(ctx, customer, "survey", event.Email, touchpoint.To(address))
//	if !grant.Use(ctx) {
//		return // grant.Reason says why
//	}
//	ctx, tp := surveyMail.Start(ctx, event.Email, touchpoint.Granted(grant))
//	defer tp.End()
type ContactPolicy struct {
	name     string
	wait     time.Duration
	purposes []*purpose
	together []limit
	plan     func() (map[string]*plan, error) // what Ask needs, made once
}

var _ event.Definition = (*ContactPolicy)(nil)

// purpose is a purpose as it was defined.
type purpose struct {
	name      string
	channels  []event.Channel
	consent   bool
	caps      []limit
	quiet     *calendar.Hours
	stops     []string
	life      time.Duration
	unchecked bool
}

// limit is a cap as it was defined.
type limit struct {
	most     int
	within   time.Duration
	channels []event.Channel
	purposes []string // of CapTogether
}

// ContactOption is an option of [DefineContactPolicy]. An option value may be reused.
type ContactOption interface{ applyContact(*ContactPolicy) }

type contactOption func(*ContactPolicy)

func (f contactOption) applyContact(p *ContactPolicy) { f(p) }

// PurposeOption is an option of [Purpose]. An option value may be reused.
type PurposeOption interface{ applyPurpose(*purpose) }

type purposeOption func(*purpose)

func (f purposeOption) applyPurpose(p *purpose) { f(p) }

// Purpose declares a reason for which the company contacts customers, such as "survey" or "marketing". Default, without options:
// the purpose may be used on every channel at any time, unless the customer has withdrawn consent or is suppressed.
func Purpose(name string, opts ...PurposeOption) ContactOption {
	opts = slices.Clone(opts)
	return contactOption(func(p *ContactPolicy) {
		u := &purpose{name: name, life: defaultGrantLife}
		for _, o := range opts {
			if o != nil {
				o.applyPurpose(u)
			}
		}
		p.purposes = append(p.purposes, u)
	})
}

// CapTogether bounds the contacts of several purposes taken together, as [Cap] does for one. It refuses a contact of each of them.
// Default: none.
func CapTogether(most int, within time.Duration, purposes ...string) ContactOption {
	purposes = slices.Clone(purposes)
	return contactOption(func(p *ContactPolicy) {
		p.together = append(p.together, limit{most: most, within: within, purposes: purposes})
	})
}

// ContactWait sets how long a call of the policy waits for the store, at most [MaxContactWait]. Default: 50 ms.
func ContactWait(d time.Duration) ContactOption {
	return contactOption(func(p *ContactPolicy) { p.wait = d })
}

// OnlyOn declares the channels of the purpose. A contact on another one is refused as [event.RuleUndeclared]. Default: every
// channel.
func OnlyOn(channels ...event.Channel) PurposeOption {
	channels = slices.Clone(channels)
	return purposeOption(func(p *purpose) { p.channels = append(p.channels, channels...) })
}

// NeedsConsent refuses the purpose to customers of whom no consent is recorded ([ContactPolicy.Consent]). Default: consent is not
// needed, but a customer who has withdrawn it is not contacted.
func NeedsConsent() PurposeOption { return purposeOption(func(p *purpose) { p.consent = true }) }

// Cap bounds the contacts with one customer for the purpose in any rolling window of this length: at most most of them, 1 to
// [MaxCap], and the window at most [MaxCapWindow]. It counts and refuses contacts on the given channels only; without channels those on all.
// A window is a duration, not a calendar day: 24 hours, also across a change of clocks. A contact leaves the window exactly its length
// after its use. A grant that may still be used counts, however long ago it was asked for. Several caps all apply. Default: no cap.
func Cap(most int, within time.Duration, channels ...event.Channel) PurposeOption {
	channels = slices.Clone(channels)
	return purposeOption(func(p *purpose) { p.caps = append(p.caps, limit{most: most, within: within, channels: channels}) })
}

// QuietHours refuses contacts in the openings of these hours, such as calendar.Open("daily", "21:00-08:00"). They apply in the
// customer's zone where the question names it ([InZone]), else in their own. Default: none.
func QuietHours(h *calendar.Hours) PurposeOption {
	return purposeOption(func(p *purpose) { p.quiet = h })
}

// StoppedBy refuses the purpose while one of these holds is open ([ContactPolicy.OpenHold]), such as "complaint". Default: no hold
// stops it.
func StoppedBy(holds ...string) PurposeOption {
	holds = slices.Clone(holds)
	return purposeOption(func(p *purpose) { p.stops = append(p.stops, holds...) })
}

// GrantLife sets how long a grant of the purpose lives that is not used, up to [MaxGrantLife]: as long as mails wait in a queue,
// for example. It counts against the caps meanwhile. Beyond ten minutes the client confirms the grant in the background, so that
// a grant whose asker did not get the answer never counts longer than ten minutes. A grant that the store does not confirm lapses
// after ten minutes. Default: 10 minutes.
func GrantLife(d time.Duration) PurposeOption { return purposeOption(func(p *purpose) { p.life = d }) }

// GrantedIfUnknown grants the purpose where the customer's record does not answer, with [event.RuleUnchecked]: a warning of fraud
// is better sent twice than not at all. It applies without a store and without a customer key too, and not without a client.
// Default: refused.
func GrantedIfUnknown() PurposeOption { return purposeOption(func(p *purpose) { p.unchecked = true }) }

// DefineContactPolicy returns a policy with this name. It never fails: cx.New returns an error that names every fault of a policy
// in cx.WithDefinitions, and a faulty policy refuses every contact. A company has one policy, and each of its services uses the
// same one.
func DefineContactPolicy(name string, opts ...ContactOption) *ContactPolicy {
	p := &ContactPolicy{name: name, wait: defaultContactWait}
	for _, o := range opts {
		if o != nil {
			o.applyContact(p)
		}
	}
	p.plan = sync.OnceValues(p.compile)
	return p
}

// Name returns the policy's name.
func (p *ContactPolicy) Name() string {
	if p == nil {
		return ""
	}
	return p.name
}

// Purposes returns the names of the purposes, sorted.
func (p *ContactPolicy) Purposes() []string {
	if p == nil {
		return nil
	}
	names := make([]string, 0, len(p.purposes))
	for _, u := range p.purposes {
		names = append(names, u.name)
	}
	slices.Sort(names)
	return names
}

// Validate returns every fault of the policy, joined, or nil.
func (p *ContactPolicy) Validate() error {
	if p == nil {
		return errors.New("touchpoint: the contact policy is nil")
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("contact policy %.80q: "+format, append([]any{p.name}, args...)...))
	}
	if !event.ValidName(p.name) {
		fault("a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", event.MaxName, text.NameHint(p.name))
	}
	if p.wait <= 0 || p.wait > MaxContactWait {
		fault("ContactWait is %v: it has to be more than 0 and at most %v", p.wait, MaxContactWait)
	}
	if len(p.purposes) == 0 {
		fault("it has no Purpose: declare one at least")
	}
	names := map[string]bool{}
	for _, u := range p.purposes {
		if names[u.name] {
			fault("Purpose %.80q is declared twice: remove one", u.name)
		}
		names[u.name] = true
		u.validate(func(format string, args ...any) {
			fault("Purpose %.80q: "+format, append([]any{u.name}, args...)...)
		})
	}
	for _, c := range p.together {
		c.validate("CapTogether", fault)
		if len(c.purposes) < 2 {
			fault("CapTogether(%d, %v) names %d purposes: name two at least, or use Cap", c.most, c.within, len(c.purposes))
		}
		for _, name := range c.purposes {
			if !names[name] {
				fault("CapTogether(%d, %v) names the purpose %.80q, which is not declared: it has %q", c.most, c.within, name, p.Purposes())
			}
		}
	}
	if kept := p.kept(); kept > MaxCap {
		fault("its caps allow %d contacts in their longest windows, and the record of a customer has room for %d: lower a cap, or shorten its window", kept, MaxCap)
	}
	return errors.Join(faults...)
}

// kept returns how many contacts the record may have to remember. A contact stays for the longest window of the caps that count it,
// and the cap of that window says how many of them there are.
func (p *ContactPolicy) kept() (most int) {
	longest := map[string]int{} // the caps that say so, each once
	for _, u := range p.purposes {
		caps := p.capsOf(u)
		for ch := event.Channel(1); ch.String() != ""; ch++ {
			if len(u.channels) > 0 && !slices.Contains(u.channels, ch) {
				continue
			}
			if c, ok := keeping(caps, ch); ok {
				longest[fmt.Sprint(c)] = c.Most
			}
		}
	}
	for _, n := range longest {
		most += n
	}
	return most
}

// keeping returns the cap with the longest window of those that count the channel; of two, the one that allows less.
func keeping(caps []flight.Cap, channel event.Channel) (longest flight.Cap, ok bool) {
	for _, c := range caps {
		if c.Channels != 0 && c.Channels&(1<<channel) == 0 {
			continue
		}
		if !ok || c.Within > longest.Within || c.Within == longest.Within && c.Most < longest.Most {
			longest, ok = c, true
		}
	}
	return longest, ok
}

func (p *purpose) validate(fault func(format string, args ...any)) {
	if !event.ValidName(p.name) {
		fault("a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", event.MaxName, text.NameHint(p.name))
	}
	for _, c := range p.channels {
		if c.String() == "" || c == 0 {
			fault("OnlyOn names the channel %d: use a constant of package event", c)
		}
	}
	for _, c := range p.caps {
		c.validate("Cap", fault)
	}
	if err := p.quiet.Validate(); err != nil {
		fault("QuietHours: %w", err)
	}
	for _, h := range p.stops {
		if !event.ValidName(h) {
			fault("StoppedBy names the hold %.80q: a name is 1 to %d bytes of printable UTF-8 that do not begin with _%s", h, event.MaxName, text.NameHint(h))
		}
	}
	if p.life <= 0 || p.life > MaxGrantLife {
		fault("GrantLife is %v: it has to be more than 0 and at most %v", p.life, MaxGrantLife)
	}
}

func (c limit) validate(option string, fault func(format string, args ...any)) {
	if c.most < 1 || c.most > MaxCap {
		fault("%s(%d, %v): the contacts have to be 1 to %d", option, c.most, c.within, MaxCap)
	}
	if c.within <= 0 || c.within > MaxCapWindow {
		fault("%s(%d, %v): the window has to be more than 0 and at most %v", option, c.most, c.within, MaxCapWindow)
	}
	for _, ch := range c.channels {
		if ch.String() == "" || ch == 0 {
			fault("%s(%d, %v) counts the channel %d: use a constant of package event", option, c.most, c.within, ch)
		}
	}
}

// Equal reports whether both policies have the same name and decide the same. The order of purposes does not matter.
func (p *ContactPolicy) Equal(o *ContactPolicy) bool {
	if p == nil || o == nil || p == o {
		return p == o
	}
	return p.name == o.name && p.wait == o.wait && len(p.purposes) == len(o.purposes) &&
		slices.EqualFunc(p.inOrder(), o.inOrder(), (*purpose).equal) &&
		slices.EqualFunc(p.together, o.together, limit.equal)
}

func (p *ContactPolicy) inOrder() []*purpose {
	return slices.SortedFunc(slices.Values(p.purposes), func(a, b *purpose) int { return slices.Compare([]string{a.name}, []string{b.name}) })
}

func (p *purpose) equal(o *purpose) bool {
	return p.name == o.name && slices.Equal(p.channels, o.channels) && p.consent == o.consent &&
		slices.EqualFunc(p.caps, o.caps, limit.equal) && p.quiet.Equal(o.quiet) && slices.Equal(p.stops, o.stops) &&
		p.life == o.life && p.unchecked == o.unchecked
}

func (c limit) equal(o limit) bool {
	return c.most == o.most && c.within == o.within && slices.Equal(c.channels, o.channels) && slices.Equal(c.purposes, o.purposes)
}

// plan is a purpose as Ask needs it.
type plan struct {
	*purpose

	terms map[event.Channel]*flight.Terms // by the channel of the contact
	zones zones
}

// compile returns the plan of each purpose, or the faults of the policy.
func (p *ContactPolicy) compile() (map[string]*plan, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	plans := make(map[string]*plan, len(p.purposes))
	for _, u := range p.purposes {
		of := &plan{purpose: u, terms: map[event.Channel]*flight.Terms{}}
		caps := p.capsOf(u)
		for c := event.Channel(1); c.String() != ""; c++ {
			of.terms[c] = p.terms(u, caps, c)
		}
		plans[u.name] = of
	}
	return plans, nil
}

// capsOf returns the caps that count contacts for the purpose.
func (p *ContactPolicy) capsOf(u *purpose) (caps []flight.Cap) {
	for _, c := range u.caps {
		caps = append(caps, c.terms([]string{u.name}))
	}
	for _, c := range p.together {
		if slices.Contains(c.purposes, u.name) {
			caps = append(caps, c.terms(c.purposes))
		}
	}
	return caps
}

// terms returns the terms of the purpose on the channel. They have the caps that count its contacts only: one that no cap counts has no
// place in the record, which has few.
func (p *ContactPolicy) terms(u *purpose, caps []flight.Cap, channel event.Channel) *flight.Terms {
	t := &flight.Terms{Consent: u.consent, Stops: u.stops, Life: u.life, Wait: p.wait, Unchecked: u.unchecked}
	for _, c := range caps {
		if c.Channels == 0 || c.Channels&(1<<channel) != 0 {
			t.Caps, t.Keep = append(t.Caps, c), max(t.Keep, c.Within)
		}
	}
	return t
}

func (c limit) terms(purposes []string) flight.Cap {
	t := flight.Cap{Most: c.most, Within: c.within, Purposes: purposes}
	for _, ch := range c.channels {
		t.Channels |= 1 << ch
	}
	return t
}

// holds returns the names of the holds that stop a purpose, sorted.
func (p *ContactPolicy) holds() []string {
	names := map[string]bool{}
	for _, u := range p.purposes {
		for _, h := range u.stops {
			names[h] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
