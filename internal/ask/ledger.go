package ask

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/internal/flight"
)

// Shelf is the name of the shelf that has the requests.
const Shelf = "requests"

// keepOver is how long a store knows that a request is over.
const keepOver = 30 * 24 * time.Hour

// Config is what the requests of a client need.
type Config struct {
	// Store is the shelf with the requests; for a [Shared] only.
	Store ledger.Store
	// Now is the clock of this process. Required.
	Now func() time.Time
	// Namespace is a part of each key.
	Namespace string
	// Tell tells an event: it goes on where Take has stopped it. A retold one may have been told before. Required.
	Tell func(*flight.Event)
	// Uncommitted delivers an event that is not in the store, outside metrics. For a [Shared] only, and required there.
	Uncommitted func(*flight.Event)
	// Safe returns when what was told cannot get lost with this process any more. Default: it is so at once.
	Safe func(context.Context) error
	// Fault counts and reports a fault. It must not wait. Required.
	Fault func(fault.Report)
	// QueueSize and Linger are those of the engine.
	QueueSize int
	Linger    time.Duration
}

// Requests keeps what becomes of requests. [Shared] and [Local] are the two. Safe for concurrent use.
type Requests interface {
	// Take takes an event that changes a request, and reports whether it did: the event is told by [Config.Tell] once it is known what it
	// is, or not at all where it says nothing new. Life is how long a customer can answer a request of the event's survey. It never waits.
	Take(e *flight.Event, life time.Duration) bool
	// Look returns what has become of the request.
	Look(ctx context.Context, request event.ID) (flight.Requested, error)
	// Sweep tells the requests that have expired by now.
	Sweep(ctx context.Context)
	// Due reports whether Sweep may have something to do.
	Due(now time.Time) bool
	// Drain returns when everything that was taken before the call is told, and in the store: another instance tells it again if this
	// one is killed.
	Drain(ctx context.Context) error
	// Flush returns when everything that was taken before the call is told and safe.
	Flush(ctx context.Context) error
	// Forget removes the requests of the customer with this pseudonym. No event tells that.
	Forget(ctx context.Context, customer string) error
	// Shutdown flushes and stops. It may be called again after a timeout.
	Shutdown(ctx context.Context) error
	// Stopped returns a channel that is closed when no goroutine runs any more.
	Stopped() <-chan struct{}
}

var errNoForgetter = errors.New("the store of requests is no ledger.Forgetter")

// Forget removes the requests of the customer from a shelf for which this process has no [Shared].
func Forget(ctx context.Context, store ledger.Store, customer string) error {
	f, ok := store.(ledger.Forgetter)
	if !ok {
		return errNoForgetter
	}
	if _, err := f.Forget(ctx, customer, keepOver); err != nil {
		return fmt.Errorf("forget requests: %w", err)
	}
	return nil
}

// requested returns what the state says.
func (r *request) requested() flight.Requested {
	s := flight.Requested{Known: r.asked != nil || r.end != 0 || r.shown, Shown: r.shown, Ended: r.end, Amended: r.amended}
	s.Over = r.over || r.amended >= maxAmendments
	if r.expires != 0 {
		s.Expires = time.Unix(0, r.expires).UTC()
	}
	if r.end == event.SurveyAnswered {
		s.Score = int(r.score)
	}
	return s
}
