package touchpoint

import (
	"context"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

// Represent records that the employee is the customer's dedicated representative from now on. Employee is the application's own ID of
// 1 to [event.MaxID] bytes. The record keeps its HMAC under the customer key, which differs from that of a customer with the same ID.
// "" says that the customer has no representative. It waits and fails as [ContactPolicy.Consent] does.
func (p *ContactPolicy) Represent(ctx context.Context, customer event.Customer, employee string) error {
	const what = "set a representative"
	if employee != "" && !event.ValidID(employee) {
		return fail(what, errRepresentative)
	}
	return p.amend(ctx, what, customer, flight.Amendment{Kind: flight.Representing, Ref: employee})
}

// RepresentedBy reports whether the employee is the customer's dedicated representative. It is false for a customer without one. It
// writes nothing, and waits and fails as [ContactPolicy.Consent] does. The pseudonym itself is in [ContactPolicy.Record].
func (p *ContactPolicy) RepresentedBy(ctx context.Context, customer event.Customer, employee string) (bool, error) {
	const what = "read the representative"
	if !event.ValidID(employee) {
		return false, fail(what, errRepresentative)
	}
	ctx, cancel, registry, err := p.registry(ctx)
	if err != nil {
		return false, fail(what, err)
	}
	defer cancel()
	r, _, err := registry.Look(ctx, customer)
	if err != nil {
		return false, fail(what, err)
	}
	pseudonym, err := registry.Employee(employee)
	if err != nil {
		return false, fail(what, err)
	}
	return r.Representative == pseudonym, nil
}

var errRepresentative = fmt.Errorf("the employee's ID is not 1 to %d bytes of printable UTF-8", event.MaxID)
