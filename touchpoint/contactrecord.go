package touchpoint

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// ContactRecord is what the company remembers of contacting one person: a customer, or an addressee as in [To]. It is what a person
// gets who asks what is stored (the right of access). The caller owns it. Its lists are in the order of the record, and times in UTC.
type ContactRecord struct {
	// Customer is the person's pseudonym, as in events.
	Customer     string                `json:"customer"`
	Permits      []RecordedPermit      `json:"permits"`
	Suppressions []RecordedSuppression `json:"suppressions"`
	// Contacts has the contacts that a cap still counts, at most [MaxCap].
	Contacts []RecordedContact `json:"contacts"`
	Holds    []RecordedHold    `json:"holds"`
	// Efforts are the customer's open matters ([event.Effort]), at most 16, and Steps are touchpoints of self-service that failed, at
	// most 16.
	Efforts []RecordedEffort `json:"efforts,omitempty"`
	Steps   []RecordedStep   `json:"steps,omitempty"`
	// Representative is the pseudonym of the employee who is responsible for the customer ([ContactPolicy.Represent]), or "".
	Representative string `json:"representative,omitempty"`
	// RepresentedSince is zero without a representative.
	RepresentedSince time.Time `json:"represented_since,omitzero"`
}

// RecordedPermit is consent that was given or withdrawn. Channel 0 is every channel.
type RecordedPermit struct {
	Purpose string        `json:"purpose"`
	Channel event.Channel `json:"channel,omitempty"`
	Given   bool          `json:"given"` // false: withdrawn
	At      time.Time     `json:"at"`
	Source  string        `json:"source,omitempty"`
}

// RecordedSuppression is a suppression, in force or lifted. Purpose "" is every purpose, and Channel 0 every channel.
type RecordedSuppression struct {
	Reason  SuppressionReason `json:"reason"`
	Purpose string            `json:"purpose,omitempty"`
	Channel event.Channel     `json:"channel,omitempty"`
	At      time.Time         `json:"at"`
	Source  string            `json:"source,omitempty"`
	// LiftedAt is zero while the suppression is in force.
	LiftedAt time.Time `json:"lifted_at,omitzero"`
	// LiftedBy is the employee who lifted it, as given to [ContactPolicy.Lift].
	LiftedBy string `json:"lifted_by,omitempty"`
}

// RecordedContact is a contact that was made, or a grant that may still be used.
type RecordedContact struct {
	Grant   event.ID      `json:"grant"`
	Purpose string        `json:"purpose"`
	Channel event.Channel `json:"channel"`
	// At is when the grant was used, or asked for if it is not used.
	At   time.Time `json:"at"`
	Used bool      `json:"used"`
	// Until is when the contact leaves the longest window of its caps, or when the grant lapses.
	Until time.Time `json:"until"`
	// Topic is what the contact is about ([Once]), such as the name of the survey that the customer was asked to answer, or "".
	Topic string `json:"topic,omitempty"`
}

// RecordedHold is an open matter. Ref is the pseudonym of its ID, made as that of a customer.
type RecordedHold struct {
	Name string    `json:"name"`
	Ref  string    `json:"ref"`
	At   time.Time `json:"at"`
}

// RecordedEffort is an open matter: contacts with one intent.
type RecordedEffort struct {
	Intent string `json:"intent"`
	// Began is when the first contact began, and Ended when the contacts were over.
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Contacts int       `json:"contacts"`
	Answered int       `json:"answered"`
	Switches int       `json:"switches"`
	// Until is when the effort is told and removed, if no further contact comes.
	Until time.Time `json:"until"`
}

// RecordedStep is a touchpoint of self-service that failed.
type RecordedStep struct {
	Intent     string    `json:"intent"`
	Touchpoint string    `json:"touchpoint"`
	At         time.Time `json:"at"`
}

// ErrNoRecord is the error of [ContactPolicy.Record] for a person without a record.
var ErrNoRecord = errors.New("there is no record of this person")

// ErrOtherKey is the error of [ContactPolicy.Record] and [ContactPolicy.Import] where the records of the store were written with
// another customer key than the client's.
var ErrOtherKey = errors.New("the records of this store and namespace were written with another customer key: use the key of the services")

// Record returns the record of the customer, or of an addressee as in [To]. A person of whom nothing is remembered has none, which is
// [ErrNoRecord]. A wrong ID and another namespace look the same. Another customer key than that of the records is [ErrOtherKey]. It writes
// nothing, and waits and fails as [ContactPolicy.Consent] does.
func (p *ContactPolicy) Record(ctx context.Context, subject event.Customer) (*ContactRecord, error) {
	const what = "read a record"
	ctx, cancel, registry, err := p.registry(ctx)
	if err != nil {
		return nil, fail(what, err)
	}
	defer cancel()
	r, ok, err := registry.Look(ctx, subject)
	if err != nil {
		return nil, fail(what, err)
	}
	if !ok {
		return nil, fail(what, absent(ctx, registry))
	}
	return newContactRecord(&r), nil
}

// absent returns the error of a record that is not there.
func absent(ctx context.Context, registry flight.Registry) error {
	switch _, key, err := registry.Ready(ctx); {
	case err != nil:
		return err
	case key == flight.KeyOther:
		return ErrOtherKey
	case key == flight.KeyNew:
		return fmt.Errorf("%w, nor of any other: check the store and the namespace", ErrNoRecord)
	default:
		return fmt.Errorf("%w: nothing was ever recorded, or the ID is written in another way", ErrNoRecord)
	}
}

// registry returns the registry of the context, and the context of a call.
func (p *ContactPolicy) registry(ctx context.Context) (context.Context, context.CancelFunc, flight.Registry, error) {
	if p == nil {
		return nil, nil, nil, errNoPolicy
	}
	if ctx == nil {
		ctx = context.Background()
	}
	registry := flight.RegistryFrom(ctx)
	if registry == nil {
		return nil, nil, nil, errNoClient
	}
	ctx, cancel := context.WithTimeout(ctx, amendTime)
	return ctx, cancel, registry, nil
}

func newContactRecord(from *flight.CustomerRecord) *ContactRecord {
	r := &ContactRecord{
		Customer: from.Pseudonym, Representative: from.Representative, RepresentedSince: from.Represented,
		Permits: []RecordedPermit{}, Suppressions: []RecordedSuppression{}, Contacts: []RecordedContact{}, Holds: []RecordedHold{},
	}
	for _, p := range from.Permits {
		r.Permits = append(r.Permits, RecordedPermit(p))
	}
	for _, s := range from.Suppressions {
		r.Suppressions = append(r.Suppressions, RecordedSuppression{
			Reason: SuppressionReason(s.Reason), Purpose: s.Purpose, Channel: s.Channel, At: s.At, Source: s.Source, LiftedAt: s.LiftedAt, LiftedBy: s.LiftedBy,
		})
	}
	for _, c := range from.Contacts {
		c.Topic = strings.TrimPrefix(c.Topic, topicMark)
		r.Contacts = append(r.Contacts, RecordedContact(c))
	}
	for _, e := range from.Efforts {
		r.Efforts = append(r.Efforts, RecordedEffort(e))
	}
	for _, s := range from.Steps {
		r.Steps = append(r.Steps, RecordedStep(s))
	}
	for _, h := range from.Holds {
		r.Holds = append(r.Holds, RecordedHold(h))
	}
	return r
}
