package sink

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// ErrClosed is wrapped by the error of an Export after Shutdown.
var ErrClosed = errors.New("it is shut down")

// Permanent marks err as one that trying again does not help. A Retry then gives the events up or keeps them as dead letters,
// and so does a Spool. Permanent returns nil for nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// IsPermanent reports whether err, or an error that it wraps, was marked by [Permanent].
func IsPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}

// RetryAfter marks err as one that goes away, and says for how long the sink asks to wait, as HTTP's Retry-After does. A
// negative time is none. RetryAfter returns nil for nil.
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

// RetryDelay returns for how long the sink asks to wait before the next try, and whether it asks at all: see [RetryAfter].
func RetryDelay(err error) (after time.Duration, ok bool) {
	var r *retryAfterError
	if !errors.As(err, &r) {
		return 0, false
	}
	return r.after, true
}

// PartialError says that a sink took a batch except for the events in Failed. A Retry or a Spool tries those again whose error
// is not [Permanent].
type PartialError struct {
	// Failed events, in the order of the batch, each once. At least one.
	Failed []Failure
}

// Failure is one event that a sink did not take.
type Failure struct {
	// Index of the event in the batch.
	Index int
	// ID of the event, zero if it has none.
	ID event.ID
	// Err is the reason, marked [Permanent] if trying again does not help. Not nil.
	Err error
}

// Error implements error.
func (e *PartialError) Error() string {
	if e == nil || len(e.Failed) == 0 {
		return "some events were not taken"
	}
	first := e.Failed[0]
	if len(e.Failed) == 1 {
		return fmt.Sprintf("event %d of the batch was not taken: %v", first.Index, first.Err)
	}
	return fmt.Sprintf("%d events were not taken, the first of them event %d of the batch: %v", len(e.Failed), first.Index, first.Err)
}

// Unwrap returns the errors of the events. With one permanent failure among them [IsPermanent] holds for the whole
// PartialError: ask it of each [Failure] instead.
func (e *PartialError) Unwrap() []error {
	if e == nil {
		return nil
	}
	errs := make([]error, len(e.Failed))
	for i := range e.Failed {
		errs[i] = e.Failed[i].Err
	}
	return errs
}

// Outcome returns the error of an Export of the events, of which those in failed were not taken, each by its index in the
// batch and with its reason. The error is nil if failed is empty, one error about the whole batch if every event failed for
// now, and else a *[PartialError]. Each reason gets the prefix, such as "kafka: topic orders".
func Outcome(prefix string, events []event.Event, failed map[int]error) error {
	if len(failed) == 0 {
		return nil
	}
	p := &PartialError{Failed: make([]Failure, 0, len(failed))}
	lasting := false
	var first error // of those that go away
	for _, i := range slices.Sorted(maps.Keys(failed)) {
		err := failed[i]
		p.Failed = append(p.Failed, Failure{Index: i, ID: events[i].ID, Err: fmt.Errorf("%s: %w", prefix, err)})
		if IsPermanent(err) {
			lasting = true
		} else if first == nil {
			first = err
		}
	}
	if len(failed) == len(events) && !lasting {
		return fmt.Errorf("%s: none of %d events was taken: %w", prefix, len(events), first)
	}
	return p
}
