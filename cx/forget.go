package cx

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"cairncx.dev/cairn/internal/lifecycle"
)

// Forget erases the customer with the application's own ID from the store of journeys. It also calls Forget of every processor
// and exporter that is an [event.Eraser], such as the archive. It returns the number of journeys erased from the store. After
// an error, call it again.
//
// It empties the customer's record, which contact policies ask (touchpoint.ContactPolicy), except for what says no: suppressions
// that are in force, and consent that is withdrawn, with their times. Otherwise the next import would contact the customer again.
//
// It removes what is known of the customer's requests for feedback. No request of the customer expires afterwards, and a link that was sent
// leads to none.
//
// Live runs that began before the call end without an event. A run that begins during the call is erased as a whole, or
// continues. With a store, Forget first waits until the ends that this process has recorded take effect ([WithEndGrace]).
//
// It returns an error without [WithCustomerKey], and for an ID that no event can have. It returns when ctx is done, whatever a
// store or an exporter does. It does not reach other sinks or OpenTelemetry's backends, which have the hash.
func (c *Client) Forget(ctx context.Context, customerID string) (journeys int, err error) {
	if c == nil {
		return 0, nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := c.enter(ctx, "forget"); err != nil {
		return 0, err
	}
	hash, err := c.resolver.CustomerHash(customerID)
	if err != nil {
		return 0, fmt.Errorf("cx: forget: %w", err)
	}
	if err := c.sweeping.Take(ctx); err != nil { // a sweep may have one of the customer's journeys in hand
		return 0, fmt.Errorf("cx: forget: %s: %w", sweepHangs, err)
	}
	defer c.sweeping.Give()
	journeys, err = c.tracker.Forget(ctx, hash)
	if c.book != nil {
		if holdErr := c.hooks.holds.wait(ctx); holdErr != nil { // that of a run which is forgotten would never be closed
			err = errors.Join(err, holdErr)
		}
		if bookErr := c.book.Forget(ctx, hash); bookErr != nil {
			err = errors.Join(err, fmt.Errorf("the customer's record: %w", bookErr))
		}
	}
	if askErr := c.requests.forget(ctx, hash); askErr != nil {
		err = errors.Join(err, fmt.Errorf("the customer's requests for feedback: %w", askErr))
	}
	if err := errors.Join(err, forgetAll(ctx, c.forgetters, hash)); err != nil {
		return journeys, fmt.Errorf("cx: forget: %w", err)
	}
	return journeys, nil
}

// ForgetEmployee removes the employee with the application's own ID from the contacts that processors and exporters keep. It calls
// ForgetEmployee of every one that is an [event.EmployeeEraser], such as the archive. The contacts themselves stay, without the employee.
// After an error, call it again. Safe for concurrent use.
//
// No customer's record has the employee as the dedicated representative afterwards (touchpoint.ContactPolicy.Represent), and the store has
// the employee's hash no more. A store of your own has to be a [ledger.Forgetter] on its shelves; for another one the error says so.
//
// It returns an error without [WithCustomerKey], and for an ID that no event can have. It returns when ctx is done, whatever an exporter
// does. It does not reach other sinks or OpenTelemetry's backends, which have the hash. The store of journeys does not have employees.
func (c *Client) ForgetEmployee(ctx context.Context, employeeID string) error {
	if c == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := c.enter(ctx, "forget an employee"); err != nil {
		return err
	}
	hash, err := c.resolver.EmployeeToForget(employeeID)
	if err == nil {
		err = forgetAll(ctx, c.employeeForgetters, hash)
		if c.book != nil {
			if bookErr := c.book.ForgetEmployee(ctx, hash); bookErr != nil {
				err = errors.Join(err, fmt.Errorf("the customers' records: %w", bookErr))
			}
		}
	}
	if err != nil {
		return fmt.Errorf("cx: forget an employee: %w", err)
	}
	return nil
}

// forgetAll returns when all have forgotten, or ctx is done. Its error joins theirs.
func forgetAll(ctx context.Context, list []*forgetter, hash string) error {
	faults := make([]error, len(list))
	var all sync.WaitGroup
	for i, f := range list {
		all.Go(func() { faults[i] = f.do(ctx, hash) })
	}
	all.Wait()
	return errors.Join(faults...)
}

// A forgetter is a processor that can forget customers, or employees, one at a time.
type forgetter struct {
	c      *Client
	what   string
	forget func(ctx context.Context, hash string) (records int64, err error)
	turn   lifecycle.Turn // to call forget
}

// do returns when the processor has forgotten, or ctx is done.
func (x *forgetter) do(ctx context.Context, hash string) error {
	if err := x.turn.Take(ctx); err != nil {
		return fmt.Errorf("%s still works on another ID: %w", x.what, err)
	}
	done := make(chan struct{})
	var failed error // once done: the goroutine may go on when do has returned
	go func() {
		defer close(done)
		defer x.turn.Give()
		failed = x.c.contained(ctx, x.what, func() error {
			_, err := x.forget(x.c.marked(ctx, nil), hash)
			return err
		})
	}()
	if !lifecycle.AwaitCall(ctx, done) {
		x.c.leftBehind(x.what, done)
		return fmt.Errorf("%s has not returned: %w", x.what, context.Cause(ctx))
	}
	return failed
}
