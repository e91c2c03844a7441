package cx

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/customer"
	"cairncx.dev/cairn/internal/flight"
)

var _ flight.Desk = recorder{}

// The reasons for which a client knows nothing of a customer.
var (
	errNoShelf    = errors.New("the client has no store for customers' records: give cx.WithStore or cx.WithContactStore one that is a ledger.Shelver, as those of cx/stores are, or cx.WithContactsInMemory in a test")
	errNoCustomer = errors.New("the question names no customer: give an ID, or a context with a customer")
	errAddressee  = fmt.Errorf("the addressee is not 1 to %d bytes of UTF-8 without control characters", event.MaxID)
	errNoClient   = errors.New("cx: there is no client")
	errShutDown   = errors.New("the client is shut down")
)

// book has customers' records.
type book interface {
	Ask(ctx context.Context, a *customer.Asking) (flight.Answer, error)
	May(ctx context.Context, a *customer.Asking) (flight.Answer, error)
	Use(ctx context.Context, a *customer.Asking) (flight.Answer, error)
	Free(ctx context.Context, a *customer.Asking)
	Amend(ctx context.Context, subject string, m flight.Amendment) error
	Ready(ctx context.Context) (now time.Time, key flight.KeyState, err error)
	AdoptKey(ctx context.Context) error
	Enter(ctx context.Context, list []flight.Listed, dry bool) error
	Look(ctx context.Context, subject string) (r flight.CustomerRecord, ok bool, err error)
	Join(j *customer.Joining)
	SoFar(j *customer.Joining) *customer.Effort
	Flush(ctx context.Context) error
	Forget(ctx context.Context, customer string) error
	ForgetEmployee(ctx context.Context, employee string) error
	Close(ctx context.Context) error
}

// newBook returns the book of customers' records: in the store, if it has shelves, else in memory, if the application has said so,
// else nil.
func (c *Client) newBook(cfg *config) book {
	store := cfg.contacts
	if store == nil {
		store = cfg.store
	}
	shelver, ok := store.(ledger.Shelver)
	switch {
	case ok:
		b := customer.New(customer.Config{
			Store: shelver.Shelf(customer.Shelf), Now: c.clock.Now, Namespace: cfg.resolve.Namespace,
			KeyHash: c.resolver.KeyHash(),
			Failed:  func(err error) { c.unanswered(context.Background(), "", err) },
			Tell:    c.resolved, Safe: c.safe, Lost: c.effortLost, Every: min(60*cfg.sweep, time.Minute),
		})
		if cfg.efforts.given {
			b.Start()
		}
		return b
	case cfg.localContacts:
		return customer.NewLocal(c.clock.Now, c.effortLost)
	default:
		return nil
	}
}

// unanswered reports that the record of a customer has not answered.
func (c *Client) unanswered(ctx context.Context, purpose string, err error) {
	c.RecordFault(ctx, fault.Report{Fault: fault.ContactUnknown, Name: purpose, Detail: err.Error()})
}

// CustomerHash returns the pseudonym that events have in place of the application's own ID of a customer: see [event.Customer]. It returns an error without
// [WithCustomerKey], and for an ID that no event has. A nil Client has no key. Safe for concurrent use.
func (c *Client) CustomerHash(customerID string) (string, error) {
	if c == nil {
		return "", errNoClient
	}
	hash, err := c.resolver.CustomerHash(customerID)
	if err != nil {
		return "", fmt.Errorf("cx: the pseudonym of a customer: %w", err)
	}
	return hash, nil
}

// pseudonym returns the hash of the customer.
func (c *Client) pseudonym(who event.Customer) (string, error) {
	switch {
	case c.closed.Load():
		return "", errShutDown
	case c.book == nil:
		return "", errNoShelf
	case who.ID != "":
		return c.resolver.CustomerHash(who.ID)
	case !event.ValidID(who.Hash):
		return "", errNoCustomer
	}
	if _, err := c.resolver.CustomerHash(who.Hash); err != nil { // without a key there is no way to an addressee, or to a customer by ID
		return "", err
	}
	return who.Hash, nil
}

// question returns the question that the book is asked.
func (c *Client) question(a *flight.Asking) (q customer.Asking, err error) {
	q = customer.Asking{ID: a.ID, Purpose: a.Purpose, Channel: a.Channel, Terms: a.Terms, Topic: a.Topic, AtOnce: a.AtOnce, Quiet: a.Quiet}
	if q.Customer, err = c.pseudonym(a.Customer); err != nil || a.Addressee == "" {
		return q, err
	}
	if !event.ValidID(a.Addressee) {
		return q, errAddressee
	}
	q.Addressee = c.resolver.Hash(a.Addressee)
	return q, nil
}

// asks answers a question with a method of the book. The answer of one that has failed is unknown.
func (c *Client) asks(ctx context.Context, a *flight.Asking, with func(context.Context, *customer.Asking) (flight.Answer, error)) (answer flight.Answer) {
	answer.Rule = event.RuleUnknown
	if a.Terms.Unchecked {
		answer.Rule = event.RuleUnchecked
	}
	defer c.contain(ctx, "asking the record of a customer")
	q, err := c.question(a)
	if err == nil {
		answer, err = with(ctx, &q)
	}
	if err != nil {
		c.unanswered(ctx, a.Purpose, err)
	}
	a.ID, answer.Customer = q.ID, q.Customer
	return answer
}

// Ask implements [flight.Desk].
func (r recorder) Ask(ctx context.Context, a *flight.Asking) flight.Answer {
	answer := r.c.asks(ctx, a, func(ctx context.Context, q *customer.Asking) (flight.Answer, error) { return r.c.book.Ask(ctx, q) })
	if answer.OK() {
		r.c.telemetry.ContactGranted(ctx, a.Purpose, a.Channel, answer.Rule)
	}
	return answer
}

// May implements [flight.Desk].
func (r recorder) May(ctx context.Context, a *flight.Asking) flight.Answer {
	return r.c.asks(ctx, a, func(ctx context.Context, q *customer.Asking) (flight.Answer, error) { return r.c.book.May(ctx, q) })
}

// Use implements [flight.Desk].
func (r recorder) Use(ctx context.Context, a *flight.Asking) flight.Answer {
	return r.c.asks(ctx, a, func(ctx context.Context, q *customer.Asking) (flight.Answer, error) { return r.c.book.Use(ctx, q) })
}

// Release implements [flight.Desk].
func (r recorder) Release(ctx context.Context, a *flight.Asking) {
	defer r.c.contain(ctx, "releasing a grant")
	q, err := r.c.question(a)
	if err != nil {
		r.c.unanswered(ctx, a.Purpose, err)
		return
	}
	r.c.book.Free(ctx, &q)
}

// Amend implements [flight.Desk].
func (r recorder) Amend(ctx context.Context, subject event.Customer, m flight.Amendment) (err error) {
	err = errPanicked //nolint:wastedassign // the answer when something below panics
	defer r.c.contain(ctx, "changing the record of a customer")
	who, hashErr := r.c.pseudonym(subject)
	if hashErr != nil {
		return hashErr
	}
	switch {
	case m.Ref == "":
	case m.Kind == flight.Representing:
		m.Ref = r.c.resolver.EmployeeHash(m.Ref)
	default:
		m.Ref = r.c.resolver.Hash(m.Ref)
	}
	return r.c.book.Amend(ctx, who, m)
}

var errPanicked = errors.New("it panicked: see the fault")

// violation records that the touchpoint broke the contact policy, if it did, and calls the application's hook.
func (c *Client) violation(ctx context.Context, by *flight.Event) {
	rule := by.Violates()
	if rule == "" || c.replays {
		return
	}
	e := flight.Get()
	defer e.Put()
	e.Kind, e.ID, e.Time = event.ContactViolated, event.NewID(by.Time), by.Time
	e.Touchpoint, e.Channel, e.Actor, e.Direction, e.Variant = by.Touchpoint, by.Channel, by.Actor, event.Outbound, by.Variant
	e.SpanContext = by.Request()
	e.SetPositionOf(by)
	e.Contact = &event.Contact{Purpose: by.Contact.Purpose, Rule: rule, Grant: by.Contact.Grant}
	c.record(ctx, e, false)
	c.hooks.violated(e.Event)
}
