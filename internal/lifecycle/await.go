package lifecycle

import (
	"context"
	"runtime"
)

// Await returns nil when done is closed, or the cause of ctx when that is done first. A nil ctx waits without a bound.
func Await(ctx context.Context, done <-chan struct{}) error {
	if Ended(done) {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-over(ctx):
		return context.Cause(ctx) //nolint:wrapcheck // the caller says what it waited for
	}
}

// yields bounds how often AwaitCall yields the processor.
const yields = 64

// AwaitCall waits for a call in another goroutine that closes done and has been given ctx. It reports whether the call has
// returned. If ctx is done first, AwaitCall yields the processor a bounded number of times, because a call that heeds its
// context returns at once.
func AwaitCall(ctx context.Context, done <-chan struct{}) bool {
	if Await(ctx, done) == nil {
		return true
	}
	for range yields {
		if Ended(done) {
			return true
		}
		runtime.Gosched()
	}
	return Ended(done)
}

// Ended reports whether done is closed.
func Ended(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// over returns the channel of a context, which may be nil.
func over(ctx context.Context) <-chan struct{} {
	if ctx == nil {
		return nil
	}
	return ctx.Done()
}
