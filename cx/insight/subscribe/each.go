package subscribe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
	"cairncx.dev/cairn/cx/insight/schedule"
)

// Each says how a report is made and sent for each subscriber.
type Each struct {
	// Viewer returns the rights that the address has now. [ErrNoRights] says that it has none any more: it gets no report, and stays on the list. Any other error
	// is a failed attempt for this address, which is made again.
	Viewer func(ctx context.Context, address string) (insight.Viewer, error)
	// Make makes the report of the period for these rights, as [report.Make] does.
	Make func(ctx context.Context, viewer insight.Viewer, p report.Period) (schedule.Report, error)
	// Send returns what delivers to this address alone, such as a Sender of cx/insight/mail.
	Send func(address string) (schedule.Deliverer, error)
}

// ErrNoRights is the error of [Each.Viewer] for an address without rights. Wrap it.
var ErrNoRights = errors.New("subscribe: the address has no rights")

// Plan returns the plan of the report of each period of the kind, in the zone, for the subscribers of that name. Its other fields have their defaults, and can be
// set.
func Plan(list *List, name string, every report.Kind, zone *time.Location, each Each) schedule.Plan {
	return schedule.Plan{
		Name: name, Every: every, Zone: zone, Deliver: &deliverer{list, each},
		Make: func(context.Context, report.Period) (schedule.Report, error) { return nothing{}, nil }, // each subscriber has an own one
	}
}

// deliverer makes and delivers the report of each subscriber.
type deliverer struct {
	list *List
	each Each
}

// Deliver implements [schedule.Deliverer]. A report that fails for one address keeps no other one from its own.
func (d *deliverer) Deliver(ctx context.Context, of *schedule.Delivery) error {
	if d.list == nil || d.each.Viewer == nil || d.each.Make == nil || d.each.Send == nil {
		return fmt.Errorf("subscribe: the plan %q: it needs a list and the functions Viewer, Make and Send: %w", of.Name, schedule.ErrGivenUp)
	}
	addresses, err := d.list.Addresses(ctx, of.Name)
	if err != nil {
		return err
	}
	var failed int
	var first error
	for _, address := range addresses {
		if ctx.Err() != nil {
			return fmt.Errorf("subscribe: the plan %q: not all subscribers have the report: %w", of.Name, context.Cause(ctx))
		}
		if err := of.Once(ctx, address, func(ctx context.Context) error { return d.one(ctx, of, address) }); err != nil {
			failed++
			if first == nil {
				first = err
			}
		}
	}
	if failed == 0 {
		return nil
	}
	return fmt.Errorf("subscribe: the plan %q: %d of %d subscribers do not have the report: %w", of.Name, failed, len(addresses), first)
}

// one makes and delivers the report of one address. No error has the address.
func (d *deliverer) one(ctx context.Context, of *schedule.Delivery, address string) error {
	viewer, err := d.each.Viewer(ctx, address)
	switch {
	case errors.Is(err, ErrNoRights):
		return nil
	case err != nil:
		return fmt.Errorf("the rights of a subscriber: %w", err)
	}
	r, err := d.each.Make(ctx, viewer, of.Period)
	if err != nil {
		return fmt.Errorf("the report of a subscriber: %w", err)
	}
	to, err := d.each.Send(address)
	if err != nil {
		return fmt.Errorf("what delivers to a subscriber: %w", err)
	}
	sum := sha256.Sum256([]byte("cairn.subscribe.message.1\x00" + of.MessageID + "\x00" + address))
	err = to.Deliver(ctx, &schedule.Delivery{
		Name: of.Name, Every: of.Every, Period: of.Period, Report: r, MessageID: hex.EncodeToString(sum[:16]), Missed: of.Missed, MissedSince: of.MissedSince, Attempt: of.Attempt,
	})
	if errors.Is(err, schedule.ErrGivenUp) {
		return nil // no further attempt can deliver to this address: its deliverer has told
	}
	return err
}

// nothing is the report that a schedule passes on, and that no subscriber gets.
type nothing struct{}

// Subject implements [schedule.Report].
func (nothing) Subject() string { return "" }

// MailHTML implements [schedule.Report].
func (nothing) MailHTML(io.Writer) error { return nil }

// Text implements [schedule.Report].
func (nothing) Text(io.Writer, int) error { return nil }
