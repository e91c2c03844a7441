package otlplog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// maxSplits bounds the requests that one Export spends on finding the records that a receiver refuses:
// enough for eight of them among 512.
const maxSplits = 256

// delivery is one Export: the events in their order, and what has become of them.
type delivery struct {
	e        *Exporter
	events   []event.Event
	failed   []exporters.Failure
	splits   int // requests that may still be spent on splitting
	observed time.Time
}

var errSplits = errors.New("it refuses too many records to find them all at once")

// run sends everything, and returns what Export returns.
func (d *delivery) run(ctx context.Context) error {
	done := 0
	var err error
	for done < len(d.events) && err == nil {
		done, err = d.send(ctx, done, len(d.events), false)
	}
	if err != nil && done == 0 && len(d.failed) == 0 {
		return err // about all of them
	}
	d.fail(done, len(d.events), err)
	if len(d.failed) == 0 {
		return nil
	}
	return fmt.Errorf("otlplog: %w", &exporters.PartialError{Failed: d.failed})
}

func (d *delivery) fail(lo, hi int, err error) {
	for i := lo; i < hi; i++ {
		d.failed = append(d.failed, exporters.Failure{Index: i, ID: d.events[i].ID, Err: err})
	}
}

// encode makes a request of the events from lo on, up to hi or as many as may be in one. It returns where
// it ended.
func (d *delivery) encode(lo, hi int) (*body, int) {
	e := d.e
	c := e.encoders.Get().(*encoder) //nolint:forcetypeassert // the pool holds nothing else
	defer e.encoders.Put(c)
	b := e.bodies.get()
	for room := e.frame.room(); len(b.buf) < room; {
		b.buf = append(b.buf, 0)
	}
	c.buf = b.buf
	at := lo
	for ; at < hi; at++ {
		before := len(c.buf)
		c.record(&d.events[at], d.observed)
		if len(c.buf)+len(e.frame.tail) > e.cfg.maxBytes && at > lo {
			c.buf = c.buf[:before]
			break
		}
	}
	b.data = e.frame.wrap(c.buf)
	b.buf, c.buf = c.buf, nil
	return b, at
}

// send sends the events from lo on, up to hi or as many as may be in one request, in halves where the
// receiver refuses what was sent. It returns how far it came: an error is about everything from there on.
func (d *delivery) send(ctx context.Context, lo, hi int, split bool) (int, error) {
	if split {
		if d.splits == 0 {
			return lo, fmt.Errorf("otlplog: %s: %w", d.e.name, errSplits)
		}
		d.splits--
	}
	plain, hi := d.encode(lo, hi)
	rejected, err := d.e.post(ctx, plain)
	switch {
	case err == nil:
		d.lost(lo, hi, rejected)
		return hi, nil
	case !errors.Is(err, errRefused):
		return lo, err
	case hi-lo == 1:
		d.fail(lo, hi, exporters.Permanent(err))
		return hi, nil
	}
	mid := lo + (hi-lo)/2
	for lo < mid {
		if lo, err = d.send(ctx, lo, mid, true); err != nil {
			return lo, err
		}
	}
	for lo < hi {
		if lo, err = d.send(ctx, lo, hi, true); err != nil {
			return lo, err
		}
	}
	return hi, nil
}

// lost notes that the receiver has thrown away that many of the records.
func (d *delivery) lost(lo, hi int, rejected int64) {
	switch {
	case rejected <= 0:
	case rejected >= int64(hi-lo):
		d.fail(lo, hi, exporters.Permanent(fmt.Errorf("otlplog: %s: %w", d.e.name, errRejected)))
	default:
		d.e.reject(rejected, hi-lo)
	}
}
