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

// RetryAfter marks err as a failure for now after which the sink asks the caller to wait, as HTTP's Retry-After does. It
// returns nil for a nil err.
//
// The time is a lower bound: a Retry and a Spool wait for it or for their own backoff, whichever is longer. A zero time asks
// for no wait, so that the backoff alone applies. A negative time is no request: RetryAfter returns err without a mark. The
// mark does not change what [Permanent] says: a permanent error stays permanent, and is not tried again.
func RetryAfter(err error, after time.Duration) error {
	if err == nil || after < 0 {
		return err
	}
	return &retryAfterError{err, after}
}

type retryAfterError struct {
	err   error
	after time.Duration
}

func (e *retryAfterError) Error() string { return e.err.Error() }
func (e *retryAfterError) Unwrap() error { return e.err }

// RetryDelay returns how long the sink asks the caller to wait before the next try, and whether it asks at all: see
// [RetryAfter]. If one error wraps another, the outer mark applies. If err joins several errors, as a [PartialError] does,
// RetryDelay returns the longest time among them, because an earlier try would come too soon for at least one of them. It
// ignores the permanent failures of a PartialError, which are not tried again.
func RetryDelay(err error) (after time.Duration, ok bool) {
	for err != nil {
		switch e := err.(type) { //nolint:errorlint // the loop unwraps by itself, to reach every branch of a joined error
		case *retryAfterError:
			return e.after, true
		case *PartialError:
			for i := range e.count() {
				if d, asks := RetryDelay(e.Failed[i].Err); asks && !IsPermanent(e.Failed[i].Err) {
					after, ok = max(after, d), true
				}
			}
			return after, ok
		case interface{ Unwrap() []error }:
			for _, branch := range e.Unwrap() {
				if d, asks := RetryDelay(branch); asks {
					after, ok = max(after, d), true
				}
			}
			return after, ok
		default:
			err = errors.Unwrap(err)
		}
	}
	return 0, false
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

// count returns how many events failed.
func (e *PartialError) count() int {
	if e == nil {
		return 0
	}
	return len(e.Failed)
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

// BatchError returns what an Export of the events returns. The keys of failed are the indexes in events of those that the sink
// did not take, and its values are the reasons, marked [Permanent] or [RetryAfter] where that applies. The sink has taken all
// others. BatchError returns
//
//   - nil if failed is empty;
//   - one error about the whole batch if every event failed and no reason is permanent. It wraps the reason that asks for the
//     longest wait ([RetryDelay]), or the one of the first event if none asks, because the caller tries the batch again as a
//     whole;
//   - else a *[PartialError] with the failed events in the order of the batch.
//
// Each reason gets the prefix, such as "kafka: topic orders". The reasons have no prefix of their own.
//
// BatchError adds no event to failed. If an event failed for now, the sink must not take the later events of its journey in
// the batch, and the caller puts these into failed as well.
//
// An index outside the batch, or a nil reason, is a mistake in the sink. BatchError then returns an error that names the index
// and has no mark, so that the whole batch is tried again and no event is lost.
func BatchError(prefix string, events []event.Event, failed map[int]error) error {
	if len(failed) == 0 {
		return nil
	}
	p := &PartialError{Failed: make([]Failure, 0, len(failed))}
	for _, i := range slices.Sorted(maps.Keys(failed)) {
		err := failed[i]
		switch {
		case i < 0 || i >= len(events):
			return fmt.Errorf("%s: sink.BatchError got the index %d for a batch of %d events: %w", prefix, i, len(events), errIndex)
		case err == nil:
			return fmt.Errorf("%s: sink.BatchError got a nil error for event %d of the batch: %w", prefix, i, errReason)
		}
		p.Failed = append(p.Failed, Failure{Index: i, ID: events[i].ID, Err: fmt.Errorf("%s: %w", prefix, err)})
	}
	if len(failed) == len(events) && !slices.ContainsFunc(p.Failed, func(f Failure) bool { return IsPermanent(f.Err) }) {
		return fmt.Errorf("%s: none of %d events was taken: %w", prefix, len(events), longest(failed))
	}
	return p
}

var (
	errIndex  = errors.New("correct the sink: a key of failed is the index of an event in the batch")
	errReason = errors.New("correct the sink: failed has only the events that were not taken, each with its reason")
)

// longest returns the reason that asks for the longest wait. If several ask for it, or none asks, it returns the one of the
// first event among them.
func longest(failed map[int]error) (reason error) {
	most := time.Duration(-1)
	for _, i := range slices.Sorted(maps.Keys(failed)) {
		after, asks := RetryDelay(failed[i])
		if !asks {
			after = -1
		}
		if reason == nil || after > most {
			reason, most = failed[i], after
		}
	}
	return reason
}
