package track

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"cairncx.dev/cairn/cx/ledger"
)

var errPanic = errors.New("journey: a panic was contained")

// contained makes a call of code that is not ours: a panic in it is an error.
func contained[T any](call func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %T", errPanic, p)
		}
	}()
	return call()
}

// yields is how often a goroutine that heeds its context is given the processor to return, when that is
// done.
const yields = 64

// within returns what the call returns, or the cause of ctx when that is done first, whatever the call does:
// then it goes on in a goroutine of its own. The call takes a token before it asks a store, and keeps it
// until the store has answered: so no more than one such goroutine is left.
func within[T any](ctx context.Context, call func() (T, error)) (v T, err error) {
	if ctx.Done() == nil {
		return contained(call)
	}
	type answer struct {
		v   T
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		v, err := contained(call)
		answers <- answer{v, err}
	}()
	select {
	case a := <-answers:
		return a.v, a.err
	case <-ctx.Done():
	}
	for range yields {
		select {
		case a := <-answers:
			return a.v, a.err
		default:
			runtime.Gosched()
		}
	}
	return v, context.Cause(ctx) //nolint:wrapcheck // the caller says what it waited for
}

// forget lets the store forget the customer, one at a time, and forgets what is at hand of the customer's
// runs. They are not ended here: the store knows which of them it has forgotten, and answers so. One that
// began meanwhile goes on.
func (r *remote) forget(ctx context.Context, f ledger.Eraser, hash string) (runs int, err error) {
	if err := take(ctx, r.forgets); err != nil {
		return 0, fmt.Errorf("the store still forgets another customer: %w", err)
	}
	runs, err = within(ctx, func() (int, error) {
		defer func() { <-r.forgets }()
		return f.Forget(ctx, hash, r.cfg.Remember)
	})
	if err != nil {
		return runs, err
	}
	// An answer that the store gave before may still be on its way into the memory.
	err = take(ctx, r.turn)
	r.t.memory.drop(hash)
	if err != nil {
		return runs, fmt.Errorf("the store has forgotten, yet this process may know the customer until their next event: %w", err)
	}
	<-r.turn
	return runs, nil
}
