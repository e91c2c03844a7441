package report

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Contacts says how the contacts by the company stand to its contact policy: what the policy would have decided about each, at its
// time. A contact counts against caps if the policy would have permitted it, because a policy that is in force prevents the others.
// The log does not have consent, suppressions, holds and the zones of customers, so that no contact is refused for these; quiet
// hours are those of the policy's own zone.
type Contacts struct {
	Policy string `json:"policy"`
	// Made counts the contacts for a purpose, which are Permitted or Against the policy.
	Made      int64 `json:"contacts"`
	Permitted int64 `json:"permitted"`
	Against   int64 `json:"against_policy"`
	// Customers counts the customers with a contact against the policy.
	Customers int64 `json:"customers_against_policy"`
	// NoCustomer counts contacts with a customer that the log does not name: no cap can count them. NoChannel counts contacts on an
	// unknown channel, which are judged as on the channel other.
	NoCustomer int64 `json:"without_customer"`
	NoChannel  int64 `json:"without_channel"`
	// Purposes are those of the policy, and those that it does not have, each in alphabetical order.
	Purposes []ContactPurpose `json:"purposes"`
	// Refusals are the contacts against the policy, with the most frequent first.
	Refusals []Refusal `json:"refusals"`
}

// ContactPurpose has the contacts for one purpose.
type ContactPurpose struct {
	Name      string `json:"name"`
	Made      int64  `json:"contacts"`
	Permitted int64  `json:"permitted"`
	Against   int64  `json:"against_policy"`
	// NeedConsent counts contacts, permitted or not, that need a consent of which the log says nothing.
	NeedConsent int64 `json:"need_consent"`
	// Unknown means that the policy does not have the purpose.
	Unknown bool `json:"unknown,omitempty"`
}

// Refusal counts the contacts with one purpose, touchpoint and channel that one rule would have refused.
type Refusal struct {
	Purpose    string `json:"purpose"`
	Rule       string `json:"rule"` // event.RuleCap, event.RuleQuietHours, event.RuleUndeclared
	Touchpoint string `json:"touchpoint"`
	Channel    string `json:"channel"`
	Count      int64  `json:"count"`
	// First and Last are the times of the first and of the last of them.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// PastContacts collects the contacts of a log. It takes about 40 bytes for each. It is not safe for concurrent use.
type PastContacts struct {
	list    []contact
	names   []string
	numbers map[string]uint32
}

// contact is one contact by the company.
type contact struct {
	customer   [16]byte // a digest; zero is a customer that the log does not name
	at         int64    // in Unix nanoseconds
	purpose    uint32   // a number of names
	touchpoint uint32
	channel    event.Channel
	counts     bool // in the report, and not only for caps
}

// NewPastContacts returns an empty PastContacts.
func NewPastContacts() *PastContacts { return &PastContacts{numbers: map[string]uint32{}} }

// maxContactNames bounds the names of purposes and touchpoints. Further ones count as [event.Other].
const maxContactNames = 20_000

// Add adds the event, if it is a contact by the company for a purpose that was made: an outbound touchpoint that was neither cancelled
// nor abandoned, and no probe. Customer is any text that only this customer has, or "". An event that does not count in the report
// counts against caps.
func (p *PastContacts) Add(e *event.Event, customer string, counts bool) {
	if e.Kind != event.TouchpointEnded || e.Direction != event.Outbound || e.Contact == nil || e.Contact.Purpose == "" ||
		e.Outcome == event.Cancelled || e.Outcome == event.Abandoned || e.Actor == event.ActorSynthetic {
		return
	}
	c := contact{at: e.Time.UnixNano(), purpose: p.number(e.Contact.Purpose), touchpoint: p.number(e.Touchpoint), channel: e.Channel, counts: counts}
	if customer != "" {
		sum := sha256.Sum256([]byte(customer))
		c.customer = [16]byte(sum[:16])
	}
	p.list = append(p.list, c)
}

func (p *PastContacts) number(name string) uint32 {
	if n, ok := p.numbers[name]; ok {
		return n
	}
	if len(p.names) >= maxContactNames || name != "" && !event.ValidName(name) {
		if name = event.Other; len(p.numbers) > 0 {
			if n, ok := p.numbers[name]; ok {
				return n
			}
		}
	}
	n := uint32(len(p.names)) //nolint:gosec // at most maxContactNames and one more
	p.names = append(p.names, name)
	p.numbers[name] = n
	return n
}

// Join adds the contacts of o, which must not be used again.
func (p *PastContacts) Join(o *PastContacts) {
	for _, c := range o.list {
		c.purpose, c.touchpoint = p.number(o.names[c.purpose]), p.number(o.names[c.touchpoint])
		p.list = append(p.list, c)
	}
}

// Len returns the number of contacts that count in the report.
func (p *PastContacts) Len() (n int64) {
	for i := range p.list {
		if p.list[i].counts {
			n++
		}
	}
	return n
}

// sort orders the contacts by customer and time. The rest decides about contacts of one customer at one time, so that the result does
// not depend on the order in which they were added.
func (p *PastContacts) sort() {
	slices.SortFunc(p.list, func(a, b contact) int {
		return cmp.Or(slices.Compare(a.customer[:], b.customer[:]), cmp.Compare(a.at, b.at),
			cmp.Compare(p.names[a.purpose], p.names[b.purpose]), cmp.Compare(a.channel, b.channel),
			cmp.Compare(p.names[a.touchpoint], p.names[b.touchpoint]), compareBool(a.counts, b.counts))
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}
