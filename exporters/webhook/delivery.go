package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// maxSplits bounds the requests that one Export spends on finding the events that a receiver refuses:
// enough for eight of them among 512.
const maxSplits = 256

// delivery is one Export: the events in their order, and what has become of them.
type delivery struct {
	e      *Exporter
	events []event.Event
	msgs   []message // what can be sent
	place  []int     // where each message is in the batch
	failed []exporters.Failure
	splits int // requests that may still be spent on splitting
}

var (
	// errRefused is what every answer means that is about what was sent.
	errRefused = errors.New("the receiver refuses what was sent")
	errSplits  = errors.New("it refuses too many events to find them all at once")
)

// run sends everything, and returns what Export returns.
func (d *delivery) run(ctx context.Context) error {
	d.encode()
	done := 0
	var err error
	for done < len(d.msgs) && err == nil {
		done, err = d.send(ctx, done, d.upTo(done), false)
	}
	if err != nil && done == 0 && len(d.failed) == 0 {
		return err // about all of them
	}
	for ; done < len(d.msgs); done++ {
		d.fail(d.place[done], err)
	}
	if len(d.failed) == 0 {
		return nil
	}
	slices.SortFunc(d.failed, func(x, y exporters.Failure) int { return x.Index - y.Index })
	return fmt.Errorf("webhook: %w", &exporters.PartialError{Failed: d.failed})
}

func (d *delivery) fail(index int, err error) {
	d.failed = append(d.failed, exporters.Failure{Index: index, ID: d.events[index].ID, Err: err})
}

// encode makes the messages.
func (d *delivery) encode() {
	d.msgs, d.place = make([]message, len(d.events)), make([]int, len(d.events))
	buf := make([]byte, 0, typicalSize*len(d.events))
	ends := make([]int, len(d.events))
	for i := range d.events {
		buf, d.msgs[i].id = d.e.encode(buf, &d.events[i])
		d.place[i], ends[i] = i, len(buf)
	}
	start := 0
	for i, end := range ends { // buf does not grow any more
		d.msgs[i].json = buf[start:end:end]
		start = end
	}
}

// typicalSize is about how large a CloudEvent is, in bytes.
const typicalSize = 768

// upTo returns the end of the request that begins with message from.
func (d *delivery) upTo(from int) int {
	to := from + 1
	if d.e.cfg.single {
		return to
	}
	for size := len(d.msgs[from].json) + 2; to < len(d.msgs); to++ {
		if size += len(d.msgs[to].json) + 1; size > d.e.cfg.maxBytes {
			break
		}
	}
	return to
}

// send sends the messages from lo up to hi, in halves where the receiver refuses what was sent. It returns
// how far it came: an error is about everything from there on.
func (d *delivery) send(ctx context.Context, lo, hi int, split bool) (int, error) {
	if split {
		if d.splits == 0 {
			return lo, fmt.Errorf("webhook: %s: %w", d.e.name, errSplits)
		}
		d.splits--
	}
	err := d.e.post(ctx, d.msgs[lo:hi])
	switch {
	case err == nil:
		return hi, nil
	case !errors.Is(err, errRefused):
		return lo, err
	case hi-lo == 1:
		d.fail(d.place[lo], exporters.Permanent(err))
		return hi, nil
	}
	mid := lo + (hi-lo)/2
	done, err := d.send(ctx, lo, mid, true)
	if err != nil {
		return done, err
	}
	return d.send(ctx, mid, hi, true)
}
