package exporters

import (
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// Permanent marks err as one that trying again does not help: [Retry] gives up at once. A nil
// err stays nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// IsPermanent reports whether err was marked by [Permanent].
func IsPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}

// RetryAfter marks err as one that goes away, and says when to try again: after is what the sink
// asked for, as HTTP's Retry-After does. A nil err stays nil.
func RetryAfter(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &retryAfterError{err, max(0, after)}
}

type retryAfterError struct {
	err   error
	after time.Duration
}

func (e *retryAfterError) Error() string { return e.err.Error() }
func (e *retryAfterError) Unwrap() error { return e.err }

// RetryDelay returns how long the sink asked to wait before trying again, and whether it did.
func RetryDelay(err error) (after time.Duration, ok bool) {
	var r *retryAfterError
	if !errors.As(err, &r) {
		return 0, false
	}
	return r.after, true
}

// PartialError says that a sink took a batch but for the events in Failed. [Retry] tries those again
// whose error is not [Permanent].
type PartialError struct {
	// Failed events, in the order of the batch; at least one.
	Failed []Failure
}

// Failure is one event that a sink did not take.
type Failure struct {
	// Index of the event in the batch.
	Index int
	// ID of the event, zero where it has none.
	ID event.ID
	// Err says why, [Permanent] where trying again does not help. Not nil.
	Err error
}

// Error implements error.
func (e *PartialError) Error() string {
	if len(e.Failed) == 0 {
		return "exporters: events failed"
	}
	return fmt.Sprintf("exporters: %d events failed, the first at %d: %v", len(e.Failed), e.Failed[0].Index, e.Failed[0].Err)
}

// Unwrap returns the errors of the events. So a PartialError with one permanent failure is not to
// be asked with [IsPermanent] as a whole.
func (e *PartialError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i := range e.Failed {
		errs[i] = e.Failed[i].Err
	}
	return errs
}
