package nats

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

var (
	errSlow = fmt.Errorf("the server has not answered within the time of WithTimeout: %w", context.DeadlineExceeded)
	errAway = fmt.Errorf("%w: the connection is tried again by itself", natsgo.ErrDisconnected)
)

const (
	// headerTooLarge is the server's JSStreamHeaderExceedsMaximumErr.
	headerTooLarge jetstream.ErrorCode = 10097
	// tooMany is the code of an API error that asks to slow down; it does not say for how long.
	tooMany  = 429
	slowDown = time.Second
)

// classified says what kind of error it is. What is too large will never be taken. All else goes away: a
// stream that is full or not there yet, a leader that is elected, a server that restarts.
func classified(err error) error {
	var api *jetstream.APIError
	isAPI := errors.As(err, &api)
	switch {
	case errors.Is(err, natsgo.ErrMaxPayload),
		errors.Is(err, jetstream.ErrMaxBytesExceeded),
		isAPI && (api.ErrorCode == jetstream.JSErrCodeStreamMessageExceedsMaximum || api.ErrorCode == headerTooLarge):
		return exporters.Permanent(short(err))
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		return fmt.Errorf("no stream listens to its subject: make one, or use WithCreateStream: %w", err)
	case isAPI && api.Code == tooMany:
		return exporters.RetryAfter(short(err), slowDown)
	default:
		return short(err)
	}
}

// shortened is an error whose text is the server's, cut.
type shortened struct{ error }

const longest = 300

func (s *shortened) Error() string { return fmt.Sprintf("%.*q (cut)", longest, s.error.Error()) }
func (s *shortened) Unwrap() error { return s.error }

func short(err error) error {
	if len(err.Error()) <= longest {
		return err
	}
	return &shortened{err}
}

// outcome returns the error of a call of Export.
func outcome(events []event.Event, failed map[int]error) error {
	if len(failed) == 0 {
		return nil
	}
	places := slices.Sorted(maps.Keys(failed))
	p := &exporters.PartialError{Failed: make([]exporters.Failure, len(places))}
	lasting := false
	var first error // of those that go away
	for i, k := range places {
		err := failed[k]
		p.Failed[i] = exporters.Failure{Index: k, ID: events[k].ID, Err: fmt.Errorf("nats: %w", err)}
		if exporters.IsPermanent(err) {
			lasting = true
		} else if first == nil {
			first = err
		}
	}
	if len(places) == len(events) && !lasting {
		return fmt.Errorf("nats: none of %d events was taken: %w", len(events), first)
	}
	return fmt.Errorf("nats: %d of %d events were not taken: %w", len(places), len(events), p)
}
