package flight

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Desk answers from customers' records. The recorder of a client is one; [DeskFrom] finds it.
//
// The methods may wait for a store, until their ctx is done at most. They never panic, and are safe for concurrent use.
type Desk interface {
	// Ask reserves the contact. The answer's rule is [event.RuleGranted] or [event.RuleUnchecked], or that of the refusal.
	Ask(ctx context.Context, a *Asking) Answer
	// May answers as Ask would, and reserves nothing.
	May(ctx context.Context, a *Asking) Answer
	// Use commits that the contact is about to be made. An answer that is no grant frees it.
	Use(ctx context.Context, a *Asking) Answer
	// Release frees what Ask or Use has reserved. What the store does not take at once is tried again later.
	Release(ctx context.Context, a *Asking)
	// Amend changes the record of the subject, a customer or an addressee.
	Amend(ctx context.Context, subject event.Customer, m Amendment) error
}

// DeskFrom returns the desk of the recorder in ctx, or nil.
func DeskFrom(ctx context.Context) Desk {
	d, _ := RecorderFrom(ctx).(Desk)
	return d
}

// Asking is one contact that a policy is asked about.
type Asking struct {
	ID        event.ID // of the grant
	Customer  event.Customer
	Addressee string // the application's own ID of the person contacted, or the address; "" is the customer
	Purpose   string
	Channel   event.Channel
	Terms     *Terms
	// Topic is what the contact is about, beside its purpose. Caps may count it by this name, which no purpose has. "" is nothing.
	Topic string
	// AtOnce says that the ask is the use.
	AtOnce bool
	// Quiet reports whether t is in the quiet hours of the purpose; nil is never.
	Quiet func(t time.Time) bool
}

// Terms are what a policy says of a purpose. They are immutable.
type Terms struct {
	Consent bool     // the record has to have consent
	Stops   []string // names of holds that stop the purpose
	Caps    []Cap    // caps that count the purpose
	// Keep is the longest window of the caps; 0 says that nothing counts the contacts of the purpose.
	Keep time.Duration
	// Life is how long a grant lives that is not used.
	Life time.Duration
	// Wait bounds one call of the store.
	Wait time.Duration
	// Unchecked says that the contact may be made when the record does not answer.
	Unchecked bool
}

// Cap bounds the contacts within a rolling window.
type Cap struct {
	Most     int
	Within   time.Duration
	Purposes []string // which it counts; a name may be that of a topic
	Channels uint32   // which it counts, a bit for each; 0 is all
}

// Answer is a decision about a contact.
type Answer struct {
	Rule  string // an event.Rule…
	Cause string // what the rule is about: the reason of a suppression, the name of a hold
	// Customer is the customer's pseudonym, where it is known.
	Customer string
}

// OK reports whether the contact may be made.
func (a Answer) OK() bool { return a.Rule == event.RuleGranted || a.Rule == event.RuleUnchecked }

// AmendmentKind says what an Amendment changes.
type AmendmentKind uint8

// The kinds of amendments.
const (
	Consented    AmendmentKind = iota + 1 // to Purpose on Channel
	Withdrawn                             // the consent to Purpose on Channel
	Suppressed                            // for Reason
	Lifted                                // the suppression for Reason, by By
	HoldOpened                            // Name for Ref
	HoldClosed                            // Name for Ref
	Representing                          // Ref, an employee, is the customer's dedicated representative
)

// Amendment is a change of a customer's record. The fields that its kind does not name are ignored.
type Amendment struct {
	Kind    AmendmentKind
	Purpose string        // "" is every purpose; not for consent
	Channel event.Channel // 0 is every channel
	Reason  string
	Source  string    // where the fact comes from
	By      string    // who lifts
	Name    string    // of a hold
	Ref     string    // the application's own ID of what the hold is about, or of the representative
	At      time.Time // when it became so; zero is now
}

// Carried is the grant that an outbound touchpoint carries.
type Carried interface {
	// Begin commits that the contact is about to be made, and returns which one that is.
	Begin(ctx context.Context) Contact
}

// Contact is the contact that a grant is for.
type Contact struct {
	Customer string // the pseudonym, where it is known
	Purpose  string
	Channel  event.Channel
	Against  string // the rule of the policy that the contact breaks, or ""
}

// Carry makes the touchpoint one that carries the grant.
func (e *Event) Carry(c Carried) { e.contact = &carried{of: c} }

// Begin commits the grant that the touchpoint carries, if it carries one. It may wait, as [Desk.Use] does.
func (e *Event) Begin(ctx context.Context) {
	if c := e.contact; c != nil {
		c.Contact = c.of.Begin(ctx)
	}
}

// carried is what a touchpoint knows of the grant that it carries.
type carried struct {
	Contact

	of Carried
}

// Violates returns the rule of the contact policy that a touchpoint breaks which is over, or "". A contact that was cancelled or
// abandoned was not made, and a probe reaches no customer.
func (e *Event) Violates() string {
	c := e.Contact
	if e.Kind != event.TouchpointEnded || e.Direction != event.Outbound || c == nil || c.Purpose == "" ||
		e.Outcome == event.Cancelled || e.Outcome == event.Abandoned || e.Actor == event.ActorSynthetic {
		return ""
	}
	g := e.contact
	switch {
	case g == nil && c.Grant.IsZero():
		return event.RuleNoGrant
	case g == nil:
		return "" // another process has asked
	case g.Against != "":
		return g.Against
	case g.Channel != e.Channel, g.Purpose != c.Purpose, g.Customer != "" && e.Customer.Hash != "" && g.Customer != e.Customer.Hash:
		return event.RuleMismatch
	default:
		return ""
	}
}
