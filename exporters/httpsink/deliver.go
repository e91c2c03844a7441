package httpsink

import (
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// maxSplits bounds the requests that one delivery spends on finding refused events. 256 requests find eight refused events in
// a batch of 512.
const maxSplits = 256

var errSplits = errors.New("it refuses too many events to find them all at once")

// Deliver delivers a batch in requests, one after the other, and returns the error that a sink's Export returns. It runs in
// the caller's goroutine.
//
// Each call of send makes one request with the events from index lo on: all events up to hi, or as many as fit. send returns
// the end of its request, which is more than lo and not more than hi, and an error:
//
//   - nil: the receiver has taken the events.
//   - A [sink.Permanent] error concerns this request alone. Deliver sends the two halves of the request, then their halves,
//     down to the single event that the receiver refuses. That event becomes a failure with this error, and the others are
//     delivered. A delivery spends at most 256 requests on this. If they do not suffice, the rest of the batch has to be tried
//     again.
//   - A [sink.PartialError] with indexes of the batch: the receiver has taken all events but those, and Deliver continues.
//   - Every other error concerns all events from lo on. It ends the delivery, so that no event overtakes another, and all
//     these events have to be tried again.
//
// Deliver returns the error of send itself if that error concerns the whole batch, and a [sink.PartialError] otherwise.
func Deliver(events []event.Event, send func(lo, hi int) (end int, err error)) error {
	d := delivery{events: events, send: send, splits: maxSplits}
	done, err := d.deliver(0, len(events))
	if err != nil && done == 0 && len(d.failed) == 0 {
		return err // it concerns all events
	}
	for i := done; err != nil && i < len(events); i++ {
		d.fail(i, err)
	}
	if len(d.failed) == 0 {
		return nil
	}
	return &sink.PartialError{Failed: d.failed}
}

type delivery struct {
	events []event.Event
	send   func(lo, hi int) (int, error)
	failed []sink.Failure // in the order of the batch
	splits int            // the number of requests that are left for splitting
}

func (d *delivery) fail(index int, err error) {
	d.failed = append(d.failed, sink.Failure{Index: index, ID: d.events[index].ID, Err: err})
}

// deliver sends the events from lo up to hi and returns how far it came. An error concerns all events from there on.
func (d *delivery) deliver(lo, hi int) (int, error) {
	for lo < hi {
		end, err := d.send(lo, hi)
		var part *sink.PartialError
		switch isPart := errors.As(err, &part); {
		case err != nil && !isPart && !sink.IsPermanent(err):
			return lo, err
		case end <= lo || end > hi:
			return lo, fmt.Errorf("httpsink: a request of the events %d up to %d cannot end at %d: send is wrong", lo, hi, end)
		case isPart:
			d.failed = append(d.failed, part.Failed...)
		case err != nil:
			if done, err := d.halve(lo, end, err); err != nil {
				return done, err
			}
		}
		lo = end
	}
	return hi, nil
}

// halve finds the refused events from lo up to hi, which were one request.
func (d *delivery) halve(lo, hi int, refused error) (int, error) {
	if hi-lo == 1 {
		d.fail(lo, refused)
		return hi, nil
	}
	mid := lo + (hi-lo)/2
	for _, half := range [...][2]int{{lo, mid}, {mid, hi}} {
		if d.splits == 0 {
			return half[0], fmt.Errorf("%w: %v", errSplits, refused) //nolint:errorlint // the error must not be permanent
		}
		d.splits--
		if done, err := d.deliver(half[0], half[1]); err != nil {
			return done, err
		}
	}
	return hi, nil
}
