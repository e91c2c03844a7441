package exporters

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/internal/lifecycle"
)

const (
	syncEvery = time.Second // how long a change of the cursor may wait for a sync
	maxAsked  = time.Hour   // the longest wait that a sink may ask for
)

// delivery is the state of the goroutine that reads the spool and delivers to the exporter.
type delivery struct {
	s        *Spool
	stopping <-chan struct{} // closed when the goroutine has to stop
	reader   spoolReader
	pause    *backoff.ExponentialBackOff
	synced   time.Time
	stale    bool // the cursor has changed since its last sync
	// refusals is the number of batches in a row in which the sink refused every event.
	refusals int
	patience patience
}

// maxRefusals is how often the sink may refuse every event of a batch before the events become dead letters. A sink that
// refuses every event is probably configured wrongly.
const maxRefusals = 5

// run delivers until the spool is shut down.
func (s *Spool) run(ctx context.Context, stopping <-chan struct{}) {
	d := &delivery{
		s: s, stopping: stopping, reader: spoolReader{st: s.store}, synced: time.Now(),
		pause: backoff.NewExponentialBackOff(
			backoff.WithInitialInterval(s.cfg.initialPause), backoff.WithMaxInterval(s.cfg.maxPause),
			backoff.WithMultiplier(2), backoff.WithMaxElapsedTime(0)),
	}
	defer d.reader.close()
	var b spoolBatch
	for !d.over() {
		err := d.reader.read(&b, s.cfg.size)
		if err != nil {
			reportAs(s.cfg.name, fmt.Errorf("reading: %w", err))
			if b.upTo == 0 {
				d.wait(d.pause.NextBackOff())
				continue
			}
		}
		if b.upTo == 0 {
			d.idle()
			continue
		}
		s.bury(ctx, b.dead)
		if d.deliver(ctx, b.events, b.upTo) {
			d.ack(b.upTo, time.Since(d.synced) >= syncEvery)
		}
	}
	d.ack(0, true)
}

func (d *delivery) over() bool {
	return lifecycle.Ended(d.stopping)
}

// wait returns after the pause, or when the spool is shut down.
func (d *delivery) wait(pause time.Duration) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-d.stopping:
	case <-t.C:
	}
}

// idle returns when there may be events to read, or when the spool is shut down. It syncs a changed cursor after syncEvery.
func (d *delivery) idle() {
	var tick <-chan time.Time
	if d.stale {
		t := time.NewTimer(syncEvery)
		defer t.Stop()
		tick = t.C
	}
	select {
	case <-d.stopping:
	case <-d.s.wake:
	case <-tick:
		d.ack(0, true)
	}
}

// ack moves the cursor to upTo, and ends each Drain whose events are done.
func (d *delivery) ack(upTo uint64, sync bool) {
	if err := d.s.store.ack(upTo, sync); err != nil {
		// The events are delivered. If the process ends before the cursor is written, they are delivered again.
		reportAs(d.s.cfg.name, err)
	}
	d.stale = !sync
	if sync {
		d.synced = time.Now()
	}
	d.s.release()
}

// deliver exports the events, again and again, until each is delivered or a dead letter. It returns false if the spool is shut
// down before that. While deliver waits between two tries, the writer may drop the events to make room: deliver does not try
// these again.
func (d *delivery) deliver(ctx context.Context, events []event.Event, upTo uint64) bool {
	for len(events) > 0 {
		start := time.Now()
		refused, left, err := d.patience.search(func(part []event.Event) error { return d.call(ctx, part) }, events, true)
		took := time.Since(start)
		if len(events) >= suspicious && len(refused) == len(events) && d.refusals < maxRefusals {
			// A wrong address or a damaged table is more likely than a batch in which every event is poison.
			d.refusals++
			left, err, refused = count(0, len(events)), refused[0].Err, nil
		}
		if len(left) > 0 {
			d.s.metrics.attempted(len(left), took, err)
		}
		if taken := len(events) - len(left) - len(refused); taken > 0 {
			d.s.metrics.exported(taken, took, nil)
			d.pause.Reset()
			d.refusals = 0
		}
		if len(refused) > 0 {
			d.s.metrics.exported(len(refused), took, refused[0].Err)
		}
		letters := make([]deadLetter, len(refused))
		for i, f := range refused {
			letters[i] = deadLetter{event: events[f.Index], err: f.Err}
		}
		d.s.bury(ctx, letters)
		if events = pick(events, left); len(events) == 0 {
			break
		}
		if !d.s.store.hold(upTo, len(events)) {
			d.s.lost("queue_full", uint64(len(events)))
			break
		}
		if !d.over() {
			d.backOff(err, len(events))
		}
		if d.over() {
			return false
		}
		if !d.s.store.resume(upTo, len(events)) {
			break
		}
	}
	return true
}

func (d *delivery) call(ctx context.Context, events []event.Event) error {
	ctx, cancel := context.WithTimeout(ctx, d.s.cfg.timeout)
	defer cancel()
	return d.s.next.Export(delivering(ctx, d.s), events)
}

// backOff reports the error and waits until the next try is due.
func (d *delivery) backOff(err error, events int) {
	pause := d.pause.NextBackOff()
	if asked, ok := sink.RetryDelay(err); ok {
		pause = max(pause, min(asked, maxAsked))
	}
	reportAs(d.s.cfg.name, fmt.Errorf("%d events and those behind them wait on the disk, and are tried again in %v: %w",
		events, pause.Round(time.Millisecond), err))
	d.wait(pause)
}
