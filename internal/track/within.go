package track

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

var errPanic = errors.New("a panic was contained")

// contained calls code of the application or of a store: a panic in it is an error.
func contained[T any](call func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %T", errPanic, p)
		}
	}()
	return call()
}

// yields is how often within gives the processor to a call that heeds its context, so that it can return when ctx is done.
const yields = 64

// within returns what the call returns, or the cause of ctx when that is done first, whatever the call does: then the call
// goes on in a goroutine of its own. Every call takes a turn before it asks a store, and gives it when the store has
// answered, so that at most one such goroutine is left behind.
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
