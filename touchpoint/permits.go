package touchpoint

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// Permit is what a customer has said of being contacted for a purpose.
type Permit struct {
	// Purpose is one of the policy's. Required.
	Purpose string
	// Channel is the channel that it is about; 0 is every channel.
	Channel event.Channel
	// Source says where the fact comes from, such as "signup form 2026-03", at most [event.MaxName] bytes. It has no personal data.
	Source string
	// At is when the customer said so, as in a list that is imported. The latest fact holds, whatever the order in which facts
	// are recorded. Zero is now.
	At time.Time
}

// SuppressionReason is the reason for which a person is not contacted.
type SuppressionReason string

// The reasons of suppressions.
const (
	Deceased  SuppressionReason = "deceased"
	Moved     SuppressionReason = "moved"     // the address is not theirs any more
	OptedOut  SuppressionReason = "opted_out" // the person wants no contact
	Minor     SuppressionReason = "minor"
	Complaint SuppressionReason = "complaint" // the person has complained about being contacted
)

// Suppression says that a person or an address must not be contacted.
type Suppression struct {
	// Reason is one of the constants. Required.
	Reason SuppressionReason
	// Purpose is one of the policy's; "" is every purpose.
	Purpose string
	// Channel is the channel that must not be used; 0 is every channel.
	Channel event.Channel
	// Source and At are as in [Permit].
	Source string
	At     time.Time
}

// amendTime is how long a change of a record waits for the store if its context has no deadline.
const amendTime = 5 * time.Second

// Consent records that the customer consents. It returns when the store has it, or when ctx is done, which is after 5 seconds at the
// latest. After an error call it again: the same fact twice is one. A nil policy, a faulty policy, an undeclared purpose and a
// client without a store or a customer key are errors.
func (p *ContactPolicy) Consent(ctx context.Context, customer event.Customer, c Permit) error {
	return p.permit(ctx, "consent", customer, c, flight.Consented)
}

// Withdraw records that the customer withdraws consent, or objects to a purpose that needs none. It waits and fails as
// [ContactPolicy.Consent] does. A grant that is not used by then is refused by [Grant.Use].
func (p *ContactPolicy) Withdraw(ctx context.Context, customer event.Customer, c Permit) error {
	return p.permit(ctx, "withdraw", customer, c, flight.Withdrawn)
}

func (p *ContactPolicy) permit(ctx context.Context, what string, customer event.Customer, c Permit, kind flight.AmendmentKind) error {
	if c.Purpose == "" {
		return fail(what, errNoPurpose)
	}
	m := flight.Amendment{Kind: kind, Purpose: c.Purpose, Channel: c.Channel, Source: c.Source, At: c.At}
	return p.amend(ctx, what, customer, m)
}

// Suppress records that the subject must not be contacted. The subject is a customer, or an addressee as in [To]: the ID of the
// event.Customer is then the address. It waits and fails as [ContactPolicy.Consent] does.
//
// cx.Client.Forget keeps suppressions, without their sources, so that a later import does not contact the person again.
func (p *ContactPolicy) Suppress(ctx context.Context, subject event.Customer, s Suppression) error {
	return p.suppression(ctx, "suppress", subject, s, flight.Suppressed, "")
}

// Lift ends the suppression of the subject with the same reason, purpose and channel. By is the pseudonymous ID of the employee who
// decides that, 1 to [event.MaxID] bytes, which the record keeps. It is an error if no such suppression is in force. It waits and
// fails as [ContactPolicy.Consent] does.
func (p *ContactPolicy) Lift(ctx context.Context, subject event.Customer, s Suppression, by string) error {
	if !event.ValidID(by) {
		return fail("lift", errNoEmployee)
	}
	return p.suppression(ctx, "lift", subject, s, flight.Lifted, by)
}

func (p *ContactPolicy) suppression(ctx context.Context, what string, subject event.Customer, s Suppression, kind flight.AmendmentKind, by string) error {
	switch s.Reason {
	case Deceased, Moved, OptedOut, Minor, Complaint:
	default:
		return fail(what, fmt.Errorf("the reason is %.80q: use a constant of this package, such as Deceased", s.Reason))
	}
	m := flight.Amendment{
		Kind: kind, Purpose: s.Purpose, Channel: s.Channel, Reason: string(s.Reason), Source: s.Source, By: by, At: s.At,
	}
	return p.amend(ctx, what, subject, m)
}

// OpenHold records that a matter of the customer is open, such as a complaint, which stops every purpose with [StoppedBy] of that
// name. Ref is the application's own ID of the matter, 1 to [event.MaxID] bytes: several complaints are several holds. To open a hold
// twice does nothing. It is an error if no purpose of the policy is stopped by the name. It waits and fails as
// [ContactPolicy.Consent] does.
func (p *ContactPolicy) OpenHold(ctx context.Context, customer event.Customer, name, ref string) error {
	return p.hold(ctx, "open a hold", customer, name, ref, flight.HoldOpened)
}

// CloseHold records that the matter is closed. It is an error if no such hold is open. It waits and fails as
// [ContactPolicy.Consent] does.
func (p *ContactPolicy) CloseHold(ctx context.Context, customer event.Customer, name, ref string) error {
	return p.hold(ctx, "close a hold", customer, name, ref, flight.HoldClosed)
}

func (p *ContactPolicy) hold(ctx context.Context, what string, customer event.Customer, name, ref string, kind flight.AmendmentKind) error {
	switch {
	case p == nil:
		return fail(what, errNoPolicy)
	case !event.ValidID(ref):
		return fail(what, errNoRef)
	case !slices.Contains(p.holds(), name):
		return fail(what, fmt.Errorf("no purpose is StoppedBy(%.80q): the policy has %q", name, p.holds()))
	}
	return p.amend(ctx, what, customer, flight.Amendment{Kind: kind, Name: name, Ref: ref})
}

// amend checks what is common to amendments, and makes one.
func (p *ContactPolicy) amend(ctx context.Context, what string, subject event.Customer, m flight.Amendment) error {
	if p == nil {
		return fail(what, errNoPolicy)
	}
	plans, err := p.plan()
	switch {
	case err != nil:
		return fail(what, err)
	case m.Purpose != "" && plans[m.Purpose] == nil:
		return fail(what, fmt.Errorf("the contact policy has no purpose %.80q: it has %q", m.Purpose, p.Purposes()))
	case m.Channel != 0 && m.Channel.String() == "":
		return fail(what, fmt.Errorf("there is no channel %d: use a constant of package event", m.Channel))
	case m.Source != "" && !event.ValidName(m.Source):
		return fail(what, fmt.Errorf("the source %.80q is not 1 to %d bytes of printable UTF-8", m.Source, event.MaxName))
	case !m.At.IsZero() && !event.ValidTime(m.At):
		return fail(what, errTime)
	}
	if ctx == nil {
		ctx = context.Background()
	}
	desk := flight.DeskFrom(ctx)
	if desk == nil {
		return fail(what, errNoClient)
	}
	ctx, cancel := context.WithTimeout(ctx, amendTime)
	defer cancel()
	if err := desk.Amend(ctx, subject, m); err != nil {
		return fail(what, err)
	}
	return nil
}

func fail(what string, err error) error { return fmt.Errorf("touchpoint: %s: %w", what, err) }

// The errors of the functions that change a customer's record.
var (
	errNoPolicy   = errors.New("the contact policy is nil")
	errNoClient   = errors.New("the context has no client that keeps customers' records: make one with cx.New, cx.WithStore and cx.WithCustomerKey")
	errNoPurpose  = errors.New("it names no purpose: give one of the policy's")
	errNoEmployee = fmt.Errorf("name who lifts it: a pseudonymous ID of 1 to %d bytes of printable UTF-8", event.MaxID)
	errNoRef      = fmt.Errorf("name the matter: its ID has 1 to %d bytes of printable UTF-8", event.MaxID)
	errTime       = errors.New("its time is out of range: give an instant since 1970")
)
