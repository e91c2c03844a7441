package lifecycle

import "context"

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
