package httpsink

import (
	"errors"
	"fmt"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// maxSplits bounds the requests that one delivery spends on finding the events that a receiver refuses:
// enough for eight of them among 512.
const maxSplits = 256

var errSplits = errors.New("it refuses too many events to find them all at once")

// Deliver delivers a batch in requests, one after the other, and returns what a sink's Export does. Each call
// of send makes one request of the events from lo on: of all up to hi, or of as many as may be in one. It
// returns where its request ends, more than lo and not more than hi, and the error:
//
//   - nil: they were taken;
//   - an [sink.Permanent] one: it is about this request alone, which is tried again in halves, down to
//     the event that is refused, a failure with that error; the others are sent. At most 256 requests are
//     spent on it; what is left then is to be tried again;
//   - an [sink.PartialError] with indexes of the batch: all but those were taken, and it goes on;
//   - every other error is about all events from lo on: it ends the delivery, so nothing overtakes, and
//     all of them are to be tried again.
//
// The error is that of send where it is about all events, and else a PartialError. It runs in the caller's
// goroutine.
func Deliver(events []event.Event, send func(lo, hi int) (end int, err error)) error {
	d := delivery{events: events, send: send, splits: maxSplits}
	done, err := d.deliver(0, len(events))
	if err != nil && done == 0 && len(d.failed) == 0 {
		return err // about all of them
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
	splits int            // requests that may still be spent on splitting
}

func (d *delivery) fail(index int, err error) {
	d.failed = append(d.failed, sink.Failure{Index: index, ID: d.events[index].ID, Err: err})
}

// deliver sends the events from lo up to hi. It returns how far it came: an error is about everything from
// there on.
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

// halve finds out which of the events from lo up to hi it was that were refused.
func (d *delivery) halve(lo, hi int, refused error) (int, error) {
	if hi-lo == 1 {
		d.fail(lo, refused)
		return hi, nil
	}
	mid := lo + (hi-lo)/2
	for _, half := range [...][2]int{{lo, mid}, {mid, hi}} {
		if d.splits == 0 {
			return half[0], fmt.Errorf("%w: %v", errSplits, refused) //nolint:errorlint // these are not refused for good
		}
		d.splits--
		if done, err := d.deliver(half[0], half[1]); err != nil {
			return done, err
		}
	}
	return hi, nil
}
