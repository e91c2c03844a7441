package exporters

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/lifecycle"
)

// Batch is a bounded queue in front of an exporter, with one goroutine that delivers. It delivers events in the order in which
// they were processed; with [WithConcurrency] it delivers those of several journeys side by side, and keeps the order within
// each. Process never waits, unless [WithOverflow] says so, and allocates only when the queue grows longer than it ever was.
// Every event is exported, or it is counted in cx.sdk.processor.dropped and in the error of the next Flush.
type Batch struct {
	exporter event.Exporter
	cfg      settings
	metrics  *selfMetrics

	mu      sync.Mutex
	ring    []event.Event
	head, n int
	closed  bool
	queued  uint64 // events ever taken into the queue
	done    uint64 // events of queued that are delivered or given up
	waiters []waiter
	dropped uint64        // since the last report to the error handler
	open    int           // events that wait or are being exported: they are not counted as exported or dropped yet
	sending int           // events of open that are in a call of the exporter
	inHand  int           // events that the worker has taken out of the queue and that are not done
	skipped uint64        // events that were dropped to make room while others were in hand, and are not in done yet
	gaveUp  bool          // a Shutdown has run out of time, and has counted the open events as dropped
	left    int           // events that Shutdown has given up and whose export has not ended
	losses  losses        // what the next Flush reports
	inside  *goroutines   // in which the exporter is called
	room    chan struct{} // closed when there is room again; nil while no caller waits for it

	wake    lifecycle.Signal // tells the worker that a batch is full, a Flush waits, or the Batch is closed
	worker  *lifecycle.Worker
	closing lifecycle.Closing // shuts the exporter down
}

type waiter struct {
	until uint64
	ready chan struct{}
}

var (
	_ event.Processor = (*Batch)(nil)
	_ event.Flusher   = (*Batch)(nil)
)

// NewBatch returns a Batch in front of e, which it owns. It owns one goroutine until Shutdown. A bound that is zero is the
// default. NewBatch returns no error: it reports a bound that is out of range, such as a negative one, to the error handler
// ([WithErrorHandler]), and uses the default.
func NewBatch(e event.Exporter, opts ...BatchOption) *Batch {
	var cfg settings
	apply(opts, func(o BatchOption) { o.batch(&cfg) })
	report(cfg.tell, "NewBatch", cfg.defaults())
	cfg.size = min(cfg.size, cfg.queue)
	e = somewhere(cfg.tell, "NewBatch", e)
	b := &Batch{
		exporter: e, cfg: cfg,
		ring: make([]event.Event, min(cfg.queue, firstRing)),
		wake: lifecycle.NewSignal(), inside: cfg.inside,
	}
	if cfg.overflow == Block && b.inside == nil {
		b.inside = &goroutines{}
	}
	if cfg.name == "" {
		b.cfg.name = fmt.Sprintf("batch/%T", e)
	}
	names := classes()
	b.metrics = newSelfMetrics(measured{
		tell: cfg.tell, provider: cfg.meter, component: "batch", name: b.cfg.name, exporter: e,
		load: b.load, capacity: cfg.queue, drops: names[:],
	})
	b.worker = lifecycle.Go(func(ctx context.Context, _ <-chan struct{}) { b.run(ctx) }) // the worker ends when the queue is closed and empty
	return b
}

// load returns the number of events that wait, and the number of events that are being exported. Neither includes events that
// Shutdown has given up, because these count as dropped.
func (b *Batch) load() (waiting, sending int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open - b.sending, b.sending
}

// Process implements [event.Processor].
func (b *Batch) Process(ctx context.Context, e *event.Event) {
	if b == nil {
		return
	}
	b.mu.Lock()
	lost := false
	b.grow()
	switch full := b.n == len(b.ring) && !b.closed; {
	case full && b.cfg.overflow == Block:
		b.waitForRoom(ctx)
	case full && b.cfg.overflow == DropOldest:
		b.dropOldest()
		lost = true
	}
	if b.closed || b.n == len(b.ring) {
		b.dropped++
		closed := b.closed
		b.losses.drop(closed)
		b.mu.Unlock()
		b.metrics.drop(closed)
		return
	}
	slot := &b.ring[(b.head+b.n)%len(b.ring)]
	*slot = *e
	b.n++
	b.open++
	b.queued++
	full := b.n == b.cfg.size || lost
	b.mu.Unlock()
	if lost {
		b.metrics.drop(false)
	}
	if full {
		b.wake.Set()
	}
}

// firstRing is the number of events that a new ring has room for.
const firstRing = 64

// grow doubles a full ring, up to the bound of the queue. A queue that stays short therefore stays small. The caller holds the
// lock.
func (b *Batch) grow() {
	if b.n < len(b.ring) || len(b.ring) >= b.cfg.queue || b.closed {
		return
	}
	next := make([]event.Event, min(2*len(b.ring), b.cfg.queue))
	n := copy(next, b.ring[b.head:])
	copy(next[n:], b.ring[:b.head])
	b.ring, b.head = next, 0
}

// dropOldest drops the oldest event of the ring to make room for one event. The caller holds the lock.
func (b *Batch) dropOldest() {
	b.ring[b.head] = event.Event{}
	b.head = (b.head + 1) % len(b.ring)
	b.n--
	b.open--
	b.dropped++
	b.losses.drop(false)
	b.skipped++
	if b.inHand == 0 {
		b.release()
	}
}

// waitForRoom returns when there is room, the Batch is closed, or ctx is done. It returns at once in a call that the delivery
// waits for. The caller holds the lock, which waitForRoom releases while it waits.
func (b *Batch) waitForRoom(ctx context.Context) {
	if ctx == nil {
		ctx = context.Background()
	}
	b.mu.Unlock()
	inside := ctx.Value(deliveringKey{}) == any(b) || b.inside.running() || recordedInside(ctx)
	b.mu.Lock()
	if inside {
		return
	}
	for b.n == len(b.ring) && !b.closed && ctx.Err() == nil {
		if b.room == nil {
			b.room = make(chan struct{})
		}
		room := b.room
		b.mu.Unlock()
		b.wake.Set()
		select {
		case <-room:
		case <-ctx.Done():
		}
		b.mu.Lock()
	}
}

// makeRoom wakes the callers that wait for room. The caller holds the lock.
func (b *Batch) makeRoom() {
	if b.room != nil {
		close(b.room)
		b.room = nil
	}
}

func (b *Batch) run(ctx context.Context) {
	defer b.inside.enter()()
	var batch []event.Event
	parts := make([][]event.Event, b.cfg.concurrency)
	tick := time.NewTicker(b.cfg.interval)
	defer tick.Stop()
	for {
		select {
		case <-b.wake:
		case <-tick.C:
			b.report()
		}
		for {
			var closed bool
			batch, closed = b.take(batch[:0])
			if len(batch) == 0 {
				if closed {
					b.report()
					return
				}
				break
			}
			b.exportAll(ctx, batch, parts)
			clear(batch)
			select {
			case <-tick.C: // a slow sink may keep the queue from running empty, and a report is due all the same
				b.report()
			default:
			}
		}
	}
}

// take moves the next events out of the queue.
func (b *Batch) take(batch []event.Event) (taken []event.Event, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for most := min(b.cfg.size*b.cfg.concurrency, b.cfg.queue); len(batch) < most && b.n > 0; {
		slot := &b.ring[b.head]
		batch = append(batch, *slot)
		*slot = event.Event{}
		b.head = (b.head + 1) % len(b.ring)
		b.n--
	}
	if b.inHand = len(batch); !b.gaveUp {
		b.sending = len(batch)
	}
	if len(batch) > 0 || b.closed {
		b.makeRoom()
	}
	return batch, b.closed
}

// exportAll exports the batch, with up to WithConcurrency calls at a time. It splits the batch so that all events of a journey
// are in one part.
func (b *Batch) exportAll(ctx context.Context, batch []event.Event, parts [][]event.Event) {
	if len(parts) == 1 {
		b.export(ctx, batch)
	} else {
		for i := range batch {
			k := partition(&batch[i], len(parts))
			parts[k] = append(parts[k], batch[i])
		}
		var g errgroup.Group
		for k := range parts {
			g.Go(func() error {
				defer b.inside.enter()()
				for rest := parts[k]; len(rest) > 0; {
					n := min(len(rest), b.cfg.size)
					b.export(ctx, rest[:n])
					rest = rest[n:]
				}
				clear(parts[k])
				parts[k] = parts[k][:0]
				return nil
			})
		}
		_ = g.Wait() // the functions return no error
	}
	b.finish(len(batch))
}

// partition returns the index, below n, of the part that the events of the event's journey are in.
func partition(e *event.Event, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(e.Journey.Name)) // a hash returns no error
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(e.Journey.ID))
	return int(h.Sum32() % uint32(n))
}

func (b *Batch) export(ctx context.Context, batch []event.Event) {
	start := time.Now()
	err := b.call(ctx, batch)
	took := time.Since(start)
	lost := classify(err, batch)
	b.mu.Lock()
	counted := b.gaveUp
	if !counted {
		b.open -= len(batch)
		b.sending -= len(batch)
		b.losses.add(lost, err)
	} else {
		b.left -= len(batch)
	}
	b.mu.Unlock()
	switch {
	case !counted:
		b.metrics.called(len(batch), took, err, lost)
		b.metrics.gaveUp(lost)
	case lost.sum() < len(batch):
		//nolint:err113 // a report, no caller branches on it
		b.cfg.tell(fmt.Errorf("cairn: %s: %d events were delivered after Shutdown had run out of time: they stay counted as dropped", b.cfg.name, len(batch)-lost.sum()))
	}
	if err != nil {
		b.cfg.tell(fmt.Errorf("cairn: %s: %d events were not exported: %w", b.cfg.name, lost.sum(), err))
	}
}

// finish counts n events as done: exported or given up.
func (b *Batch) finish(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += uint64(n)
	b.inHand = 0
	b.release()
}

// release ends each wait whose events are done, and counts the skipped events as done. The caller holds the lock, and no event
// is in hand.
func (b *Batch) release() {
	b.done += b.skipped
	b.skipped = 0
	kept := b.waiters[:0]
	for _, w := range b.waiters {
		if w.until <= b.done {
			close(w.ready)
		} else {
			kept = append(kept, w)
		}
	}
	b.waiters = kept
}

var errPanic = errors.New("the exporter panicked")

func (b *Batch) call(ctx context.Context, batch []event.Event) error {
	ctx, cancel := context.WithTimeout(ctx, b.cfg.timeout)
	defer cancel()
	return contained(func() error { return b.exporter.Export(delivering(ctx, b), batch) })
}

// report reports to the error handler how many events were dropped since the last report.
func (b *Batch) report() {
	b.mu.Lock()
	n := b.dropped
	b.dropped = 0
	b.mu.Unlock()
	if n > 0 {
		b.cfg.tell(fmt.Errorf("cairn: %s: %d events were dropped: the queue of %d was full, or closed", b.cfg.name, n, b.cfg.queue)) //nolint:err113 // a report, no caller branches on it
	}
}

// contained calls f, which calls an exporter. It returns a panic of f as an error, and an error of this package without its
// prefix.
func contained(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w with a value of type %T", errPanic, r) // the value itself may be personal
			if fault, ok := r.(runtime.Error); ok {
				err = fmt.Errorf("%w: %w", errPanic, fault)
			}
		}
	}()
	return bare(f())
}
