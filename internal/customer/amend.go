package customer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// The errors of an amendment that changes nothing.
var (
	// ErrFull says that the customer's record has as many of them as it may.
	ErrFull = errors.New("the customer's record has no room for more of these: use fewer purposes, or close what is over")
	// ErrNothing says that an amendment removes what the record does not have.
	ErrNothing = errors.New("the customer's record has no such suppression or hold that is in force")
	errAhead   = fmt.Errorf("its time is more than %v ahead: correct the clock that it comes from", event.MaxAhead)
	errKind    = errors.New("there is no such amendment")
)

var kinds = [...]kind{
	flight.Consented: opConsent, flight.Withdrawn: opWithdraw, flight.Suppressed: opSuppress, flight.Lifted: opLift,
	flight.HoldOpened: opHold, flight.HoldClosed: opCloseHold, flight.Representing: opRepresented,
}

// Amend changes the record of the subject, with one call of the store's Write. After an error from the store the change may have been
// made; make it again.
func (b *Book) Amend(ctx context.Context, subject string, m flight.Amendment) error {
	at, err := b.now(ctx)
	if err != nil {
		return err
	}
	e, err := amending(m, at)
	if err != nil {
		return err
	}
	b.checkKey()
	c := b.appending(b.key(subject), e)
	if e.kind == opRepresented {
		return b.represent(ctx, c, e)
	}
	records, err := b.append(ctx, []ledger.Change{c})
	if err != nil {
		return err
	}
	_, _, did, since, err := readLog(records[0].Log)
	if since >= foldAfter {
		b.shorten(long{key: c.Key, log: records[0].Log, end: func() {}})
	}
	if err != nil {
		return err
	}
	return did.problem.err()
}

// amending returns the entry that makes the change, at that time.
func amending(m flight.Amendment, at time.Time) (*entry, error) {
	if m.Kind == 0 || int(m.Kind) >= len(kinds) {
		return nil, errKind
	}
	e := &entry{kind: kinds[m.Kind], at: at.UnixNano(), purpose: m.Purpose, channel: m.Channel, reason: m.Reason, text: m.Source, ref: m.Ref}
	switch m.Kind { //nolint:exhaustive // the rest have a source, or no text
	case flight.Lifted:
		e.text = m.By
	case flight.HoldOpened, flight.HoldClosed:
		e.text = m.Name
	}
	if !m.At.IsZero() {
		if m.At.Sub(at) > event.MaxAhead {
			return nil, errAhead
		}
		e.when = m.At.UnixNano()
	}
	return e, nil
}

// err returns what an amendment that changed nothing returns, or nil.
func (p problem) err() error {
	switch p {
	case full:
		return ErrFull
	case nothing:
		return ErrNothing
	default:
		return nil
	}
}

// Forget empties the record of the customer, except for what says no. It returns an error for a record that it cannot read, and
// when other instances keep changing it until ctx is done.
func (b *Book) Forget(ctx context.Context, customer string) error {
	key := b.key(customer)
	if err := b.turn.Take(ctx); err != nil { // an effort of the customer may have been marked, and not told yet
		return fmt.Errorf("efforts are being told: %w", err)
	}
	defer b.turn.Give()
	if err := b.joins.turn.Take(ctx); err != nil { // a contact of the customer may be on its way
		return fmt.Errorf("contacts are being written: %w", err)
	}
	defer b.joins.turn.Give()
	b.joins.drop(func(j *Joining) bool { return j.Customer == customer })
	b.recent.forget(key)
	records, err := b.write(ctx, []ledger.Change{reading(key)})
	if err != nil {
		return err
	}
	for {
		rec := &records[0]
		if rec.Log == nil || rec.Closed {
			return nil
		}
		r, _, _, _, err := readLog(rec.Log)
		if err != nil {
			return err
		}
		if err := b.unlink(ctx, r.representative); err != nil {
			return err
		}
		whole := r.forgotten().whole()
		c := ledger.Change{Key: key, If: rec.Log, Replace: whole}
		if len(whole) == 0 {
			c.Lease = tidyAfter // the record is closed then
		}
		was := rec.Log
		if records, err = b.write(ctx, []ledger.Change{c}); err != nil {
			return err
		}
		if string(records[0].Log) == string(whole) && !records[0].Closed || string(was) == string(whole) {
			return nil
		}
	}
}
