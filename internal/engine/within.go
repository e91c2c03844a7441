package engine

import (
	"context"
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/internal/lifecycle"
)

var errPanic = errors.New("it panicked")

// panicError is a panic of the application's code or of a store. It wraps errPanic.
type panicError struct{ report fault.Report }

// Error implements error.
func (e *panicError) Error() string { return e.report.Detail }

// Unwrap returns errPanic.
func (*panicError) Unwrap() error { return errPanic }

// contained calls code of the application or of a store. It returns a panic as a [panicError].
func contained[T any](call func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{fault.PanicReport("", p)}
		}
	}()
	return call()
}

// call makes one call of the store, which has storeTimeout. A panic of the store is reported, and is the error.
func (x *Engine[S, O, D, P]) call(ctx context.Context, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	_, err := contained(func() (struct{}, error) { return struct{}{}, do(ctx) })
	if errors.Is(err, errPanic) {
		x.reportPanic(err)
		return fmt.Errorf("the store panicked: %w", err)
	}
	return err
}

// within returns what the call returns, or the cause of ctx if ctx is done first. The call then goes on in its own goroutine.
// Every call takes a turn before it asks a store, and gives it when the store has answered, so at most one such goroutine is
// left behind.
func within[T any](ctx context.Context, call func() (T, error)) (v T, err error) {
	if ctx.Done() == nil {
		return contained(call)
	}
	var answer struct {
		v   T
		err error
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer.v, answer.err = contained(call)
	}()
	if !lifecycle.AwaitCall(ctx, done) {
		return v, context.Cause(ctx) //nolint:wrapcheck // the caller says what it waited for
	}
	return answer.v, answer.err
}
