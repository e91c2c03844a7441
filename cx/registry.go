package cx

import (
	"context"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

var _ flight.Registry = recorder{}

// keyed returns an error if the client has no customers' records, or no key to find them.
func (c *Client) keyed() error {
	switch {
	case c.closed.Load():
		return errShutDown
	case c.book == nil:
		return errNoShelf
	}
	_, err := c.resolver.CustomerHash("any")
	return err
}

// Ready implements [flight.Registry].
func (r recorder) Ready(ctx context.Context) (now time.Time, key flight.KeyState, err error) {
	if err := r.c.keyed(); err != nil {
		return now, key, err
	}
	err = errPanicked //nolint:wastedassign // the answer when something below panics
	defer r.c.contain(ctx, "reading the customers' records")
	return r.c.book.Ready(ctx)
}

// AdoptKey implements [flight.Registry].
func (r recorder) AdoptKey(ctx context.Context) (err error) {
	if err := r.c.keyed(); err != nil {
		return err
	}
	err = errPanicked //nolint:wastedassign // the answer when something below panics
	defer r.c.contain(ctx, "changing the record of the customer key")
	return r.c.book.AdoptKey(ctx)
}

// Enter implements [flight.Registry].
func (r recorder) Enter(ctx context.Context, list []flight.Listed, dry bool) (err error) {
	if err := r.c.keyed(); err != nil {
		return err
	}
	err = errPanicked //nolint:wastedassign // the answer when something below panics
	defer r.c.contain(ctx, "changing the records of customers")
	hashed := make([]flight.Listed, len(list))
	for i := range list {
		hashed[i] = list[i]
		hashed[i].Subject = r.c.resolver.Hash(list[i].Subject)
	}
	err = r.c.book.Enter(ctx, hashed, dry)
	for i := range list {
		list[i].Outcome = hashed[i].Outcome
	}
	return err
}

// Look implements [flight.Registry].
func (r recorder) Look(ctx context.Context, subject event.Customer) (record flight.CustomerRecord, ok bool, err error) {
	who, err := r.c.pseudonym(subject)
	if err != nil {
		return record, false, err
	}
	err = errPanicked //nolint:wastedassign // the answer when something below panics
	defer r.c.contain(ctx, "reading the record of a customer")
	return r.c.book.Look(ctx, who)
}

// Employee implements [flight.Registry].
func (r recorder) Employee(id string) (string, error) {
	if err := r.c.keyed(); err != nil {
		return "", err
	}
	return r.c.resolver.EmployeeHash(id), nil
}
