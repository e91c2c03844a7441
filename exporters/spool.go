package exporters

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/internal/lifecycle"
)

var (
	// ErrSpoolLocked is wrapped by the error of [NewSpool] for a directory that another spool uses.
	ErrSpoolLocked = errors.New("the directory is used by another spool: give each process a directory of its own")
	// ErrSpoolFull is wrapped by the error of an Export for which a spool with [DropNewest] has no room.
	ErrSpoolFull = errors.New("the spool is full")
)

// Spool is a queue on disk between a [Batch] and a sink. Neither an outage of the sink nor the end of the process loses an
// event that Export has acknowledged. Export returns when the batch is on the disk. A goroutine delivers what is there, in the
// order of Export, for as long as it takes. An event that is still in the Batch in front, for up to [WithInterval] (one second
// by default), is lost if the process is killed.
//
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink)
//	…
//	cx.WithExporters(spool)
//
// Guarantees:
//
//	ordering    Events reach the sink in the order of Export, also after a restart. A batch that the sink refuses for now is
//	            tried again before anything else.
//	duplicates  At least once. After a crash the Spool delivers the batch again that was under way, and after a power cut
//	            also what it delivered in about the last second. The sink removes duplicates by the event's ID.
//	loss        What Export or Flush acknowledged survives kill -9 and power loss, if the disk keeps what it has synced.
//	            An event is lost, and counted, only if the disk damages it, if [DropOldest] drops it, or if it is a dead
//	            letter whose file is full or whose disk fails. The Spool counts a loss before its cursor passes it. A killed
//	            process therefore leaves no loss uncounted: the next one counts what is open, and may count some of it
//	            twice. A counter that was not read is gone with its process, but OpenTelemetry's error handler was told by
//	            then. A torn end was never acknowledged: the Spool cuts it off, and keeps a copy in damaged.jsonl, because
//	            damage by the disk at the very end looks the same.
//	poison      An event that the sink refuses for good (sink.Permanent) becomes a dead letter: a line of JSON in the file
//	            dead.jsonl, or for [WithDeadLetters]. If the sink refuses a batch as a whole, the Spool halves it until it
//	            finds the events. A sink that refuses every one of 16 or more events is probably set up wrong: the Spool asks
//	            it five more times before they are dead letters. It does the same for a sink that panics. What the sink
//	            refuses for now is tried for ever, so a sink has to say which failures are permanent.
//	damage      The Spool sets a record with a wrong checksum aside in damaged.jsonl, counts it, and goes on. It counts the
//	            records of a segment that another program has removed or cut off, and of a block that the disk cannot read,
//	            without a copy. A segment that cannot be opened for now is tried again for as long as it takes. A cursor
//	            beyond the records is not believed: they are delivered again.
//	strangers   A link, a pipe or a folder that has the name of one of the files is renamed to NAME.aside1, reported, and not
//	            written to. So is another user's file in a directory to which every user may write. All files are 0600. The
//	            directory is 0700 if the Spool makes it.
//
// The directory holds segments of records (each line has a checksum, a number and the event's JSON), the cursor, and the files
// dead.jsonl and damaged.jsonl. The Spool never removes the last two: move them away. One process uses a directory at a time. A
// lock of the directory ensures that, except on Solaris, AIX, Plan 9 and WebAssembly.
//
// The cursor has three numbers: the first record that is not delivered; the one after the last that was acknowledged, so that
// a missing last segment is noticed; and how many events were dropped while the sink had them and are not counted yet. If the
// disk cannot read the end of the last segment and the cursor does not say how many records are there, the Spool estimates the
// number from the size. Events come back as their JSON form has them. The sink does not get what that leaves out, such as the
// customer's own ID.
//
// The segments are plain files. ARCHITECTURE.md has the logs and embedded stores that were measured beside them.
//
// Safe for concurrent use. A nil Spool does nothing.
type Spool struct {
	next    event.Exporter
	cfg     settings
	store   *spoolStore
	dead    *sideFile
	metrics *selfMetrics

	dropped, damaged, deadLetters, untaken atomic.Uint64

	writing lifecycle.Turn // guards the next three
	buf     []byte
	closed  bool
	refused refusals

	wake   lifecycle.Signal // there are records to deliver
	worker *lifecycle.Worker

	mu      sync.Mutex
	waiters []waiter

	closing lifecycle.Closing
	freed   bool // the directory is given back; closing guards it
}

var (
	_ event.Exporter = (*Spool)(nil)
	_ event.Flusher  = (*Spool)(nil)
)

// keepBuffer is how much of a buffer is kept from one batch to the next, in bytes.
const keepBuffer = 4 << 20

var errBlock = errors.New("WithOverflow(Block): a spool does not wait for room: give DropNewest or DropOldest")

// NewSpool returns a Spool in the directory dir, in front of next, which it owns. It makes the directory if it is missing, and
// locks it until Shutdown. What an earlier process left there is delivered first. The Spool owns one goroutine until Shutdown.
// The error has everything that is wrong with the options, or what is wrong with the directory; it wraps [ErrSpoolLocked] if
// another spool uses that. After an error next is still the caller's.
func NewSpool(dir string, next event.Exporter, opts ...SpoolOption) (*Spool, error) {
	var cfg settings
	apply(opts, func(o SpoolOption) { o.spool(&cfg) })
	err := cfg.defaults()
	if next == nil {
		err = errors.Join(err, errNoSink)
	}
	if dir == "" {
		err = errors.Join(err, errNoDir)
	}
	if cfg.overflow == Block {
		err = errors.Join(err, errBlock)
	}
	if cfg.name == "" {
		cfg.name = "spool"
		if next != nil {
			cfg.name = fmt.Sprintf("spool/%T", next)
		}
	}
	if err != nil {
		return nil, outward(fmt.Errorf("%s: %w", cfg.name, err))
	}
	s := &Spool{
		next: next, cfg: cfg, wake: lifecycle.NewSignal(),
	}
	// Opening may find damage. countLosses counts it when the metrics are there.
	if s.store, err = openStore(dir, &cfg, s.lost); err != nil {
		return nil, outward(fmt.Errorf("%s: %s: %w", cfg.name, dir, err))
	}
	s.dead = &sideFile{disk: s.store.disk, name: deadName, limit: cfg.bytes}
	s.metrics = newSelfMetrics(measured{
		tell: otel.Handle, provider: cfg.meter, component: "spool", name: cfg.name, exporter: next, load: s.load,
		drops: []string{classes()[classFull], classes()[classPermanent], "dead_letters", "damaged"},
	})
	s.metrics.observeDisk(func() (used, limit int64) { _, _, _, used = s.store.load(); return used, cfg.bytes })
	s.store.countLosses()
	s.worker = lifecycle.Go(s.run)
	return s, nil
}

var errNoDir = errors.New("the directory's name is empty: name one that outlives the process, on a disk of its own machine")

func (s *Spool) load() (waiting, sending int) {
	w, f, _, _ := s.store.load()
	return int(w), int(f)
}

// lost counts events that will not be delivered, and tells of them.
func (s *Spool) lost(why string, events uint64) {
	if events == 0 {
		return
	}
	s.dropped.Add(events)
	if why == "damaged" {
		s.damaged.Add(events)
	}
	s.metrics.dropped.Add(context.Background(), int64(events),
		s.metrics.because(why))
	reportAs(s.cfg.name, fmt.Errorf("%d events are lost: %s", events, why)) //nolint:err113 // a report, no caller branches on it
}

// reportAs reports an error of the queue with that name to OpenTelemetry's error handler.
func reportAs(queue string, err error) { otel.Handle(fmt.Errorf("cairn: %s: %w", queue, err)) }

// SpoolStats are a spool's numbers at one moment.
type SpoolStats struct {
	// Waiting events are on the disk and not delivered, including those that the sink is taking.
	Waiting uint64
	// Bytes of the segments on the disk, and their bound.
	Bytes, Capacity int64
	// Refused events since NewSpool are those that Export did not take, because there was no room or the disk failed. A
	// [Batch] in front drops and counts them.
	Refused uint64
	// Dropped events since NewSpool were damaged, dropped to make room ([DropOldest]), or dead letters that could not be kept.
	Dropped uint64
	// Damaged events among the dropped ones.
	Damaged uint64
	// DeadLetters since NewSpool, kept or not.
	DeadLetters uint64
}

// Stats returns the spool's numbers. Safe for concurrent use.
func (s *Spool) Stats() SpoolStats {
	if s == nil || s.store == nil {
		return SpoolStats{}
	}
	w, f, _, used := s.store.load()
	return SpoolStats{
		Waiting: w + f, Bytes: used, Capacity: s.cfg.bytes,
		Refused: s.untaken.Load(), Dropped: s.dropped.Load(), Damaged: s.damaged.Load(), DeadLetters: s.deadLetters.Load(),
	}
}

// Export implements [event.Exporter]: it returns when the events are durable on the disk. It makes one write and one sync, or
// several for a batch that is larger than the spool. After an error it has taken none of the events, or the first ones
// ([sink.PartialError]). The error wraps [ErrSpoolFull] if there is no room, or is that of the disk, or says that the directory
// was removed or moved; it is marked by [sink.RetryAfter]. An event that is too large to be read again ([event.MaxJSON]), or
// larger than the spool, becomes a dead letter.
func (s *Spool) Export(ctx context.Context, events []event.Event) error {
	if s == nil || s.store == nil || len(events) == 0 {
		return nil
	}
	return outward(s.export(ctx, events))
}

func (s *Spool) export(ctx context.Context, events []event.Event) error {
	if err := s.write(ctx, "export"); err != nil {
		return err
	}
	defer s.writing.Give()
	if s.closed {
		return fmt.Errorf("%s: %w", s.cfg.name, sink.ErrClosed)
	}
	n, err := s.appendAll(ctx, events)
	s.wake.Set() // also without room: delivering what is there makes some
	s.refused.took(events[:n])
	if err == nil {
		return nil
	}
	err = sink.RetryAfter(fmt.Errorf("%s: %d events were not taken: %w", s.cfg.name, len(events)-n, err), time.Second)
	s.untaken.Add(uint64(len(events) - n))
	s.refused.add(events[n:], err)
	if n == 0 {
		return err
	}
	p := &sink.PartialError{}
	for i := n; i < len(events); i++ {
		p.Failed = append(p.Failed, sink.Failure{Index: i, ID: events[i].ID, Err: err})
	}
	return p
}

// write waits for the writer's turn. The caller gives it back unless there is an error.
func (s *Spool) write(ctx context.Context, what string) error {
	var err error
	if ctx != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	} else {
		err = s.writing.Take(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %s: %w", s.cfg.name, what, err)
	}
	return nil
}

// appendAll appends the events, in halves if the spool cannot hold all of them, and returns how many it has appended. A single
// event that the spool cannot hold becomes a dead letter.
func (s *Spool) appendAll(ctx context.Context, events []event.Event) (n int, err error) {
	err = s.append(ctx, events)
	switch {
	case err == nil:
		return len(events), nil
	case !errors.Is(err, errTooMuch):
		return 0, err
	case len(events) == 1:
		s.bury(ctx, []deadLetter{{event: events[0], err: err}})
		return 1, nil
	}
	half := len(events) / 2
	if n, err = s.appendAll(ctx, events[:half]); err != nil {
		return n, err
	}
	more, err := s.appendAll(ctx, events[half:])
	return n + more, err
}

func (s *Spool) append(ctx context.Context, events []event.Event) error {
	var letters []deadLetter
	_, _, number, _ := s.store.load()
	b, n := s.buf[:0], 0
	for i := range events {
		var ok bool
		if b, ok = appendRecord(b, number, &events[i]); !ok {
			letters = append(letters, deadLetter{event: events[i], err: errTooLarge})
			continue
		}
		number++
		n++
	}
	if s.buf = b; cap(b) > keepBuffer {
		s.buf = nil
	}
	if n > 0 {
		if err := s.store.append(b, n); err != nil {
			return err
		}
	}
	s.bury(ctx, letters)
	return nil
}

var (
	errTooLarge = fmt.Errorf("its JSON is longer than %d bytes", event.MaxJSON)
	errTooMuch  = errors.New("it is more than the spool may hold")
)

// Flush implements [event.Flusher]: it returns nil when everything that Export got before is durable on the disk. It does not
// wait for the delivery, see [Spool.Drain]. Flush returns the error of an Export that has failed since the last Flush, unless
// the events have come again, because they are not safe. It also fails while the directory is gone, or a file with events that
// are not delivered, and once for events of this process that were damaged since the last Flush. It also returns a [LossError]
// of each [Filter] and [Tee] behind the Spool that has lost events since the last Flush, after the Spool had delivered them. It
// finds those that are directly behind the Spool, a [Retry] or one another.
func (s *Spool) Flush(ctx context.Context) error {
	if s == nil || s.store == nil {
		return nil
	}
	told := s.refused.told.Load() // before a Flush beside this one tells more
	behind := s.behind()
	if err := s.write(ctx, "flush"); err != nil {
		return outward(err)
	}
	defer s.writing.Give()
	err := s.store.whole()
	if !leaves(ctx) {
		err = errors.Join(s.refused.since(told), err, s.damage(), behind())
	}
	if err != nil {
		return outward(fmt.Errorf("%s: flush: %w", s.cfg.name, err))
	}
	return nil
}

// damage returns an error of the acknowledged events that were damaged and that no Flush has reported.
func (s *Spool) damage() error {
	if n := s.store.harmed.Swap(0); n > 0 {
		return fmt.Errorf("%d events that were acknowledged were damaged on the disk, or removed from it, before they were delivered", n) //nolint:err113 // read by people
	}
	return nil
}

// behind returns the function of the losses of the exporters behind the spool, see [lossy].
func (s *Spool) behind() func() error { return both(untold(s.next), untold(s.cfg.dead)) }

// untold implements lossy.
func (s *Spool) untold() func() error {
	if s == nil || s.store == nil {
		return nothingLost
	}
	return s.behind()
}

// Drain returns nil when everything that Export got before is delivered, is a dead letter, or was dropped and counted, and the
// exporter behind the spool has flushed, if it can. It returns an error when ctx is done first.
func (s *Spool) Drain(ctx context.Context) error {
	if s == nil || s.store == nil {
		return nil
	}
	if err := s.write(ctx, "drain"); err != nil {
		return outward(err)
	}
	_, _, next, _ := s.store.load()
	w := waiter{until: next, ready: make(chan struct{})}
	s.mu.Lock()
	s.waiters = append(s.waiters, w)
	s.mu.Unlock()
	s.writing.Give()
	s.wake.Set()
	s.release()
	err := s.await(ctx, w)
	if err == nil {
		err = errors.Join(flush(ctx, s.next), flush(ctx, s.cfg.dead))
	}
	if err != nil {
		return outward(fmt.Errorf("%s: drain: %w", s.cfg.name, err))
	}
	return nil
}

func (s *Spool) await(ctx context.Context, w waiter) error {
	if ctx == nil {
		ctx = context.Background()
	}
	select {
	case <-w.ready:
		return nil
	case <-s.worker.Ended():
		if lifecycle.Ended(w.ready) {
			return nil
		}
		return fmt.Errorf("%w: the rest is on the disk for the next process", sink.ErrClosed)
	case <-ctx.Done():
		return context.Cause(ctx) //nolint:wrapcheck // Drain says where
	}
}

// release ends each Drain whose events are done.
func (s *Spool) release() {
	at := s.store.done()
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.waiters[:0]
	for _, w := range s.waiters {
		if w.until <= at {
			close(w.ready)
		} else {
			kept = append(kept, w)
		}
	}
	s.waiters = kept
}

// grace is how long Shutdown waits for a call that is under way before it cancels its context.
const grace = 5 * time.Second

// Shutdown implements [event.Exporter]: it stops delivering, leaves the rest on the disk for the next process, unlocks the
// directory and shuts the exporter down. Call [Spool.Drain] before it to deliver everything first. A call of the exporter that
// is under way gets half of the time that ctx has, at most five seconds. Then Shutdown cancels its context. When ctx is done
// first, Shutdown may be called again to wait for the rest.
func (s *Spool) Shutdown(ctx context.Context) error {
	if s == nil || s.store == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	s.worker.Stop()
	patience := grace
	if at, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(at)/2)
	}
	timer := time.AfterFunc(patience, func() { s.worker.Abort(sink.ErrClosed) })
	defer timer.Stop()
	err := s.worker.Wait(ctx)
	if err != nil {
		s.worker.Abort(sink.ErrClosed) // the caller waits no longer
	} else {
		err = s.closing.Do(ctx, func() error { return s.close(ctx) })
	}
	if err != nil {
		return outward(fmt.Errorf("%s: shutdown: %w", s.cfg.name, err))
	}
	return nil
}

// close gives the directory back, and shuts down the exporters behind the spool.
func (s *Spool) close(ctx context.Context) error {
	if err := s.free(ctx); err != nil {
		return err
	}
	err := contained(func() error { return s.next.Shutdown(ctx) })
	if s.cfg.dead != nil {
		err = errors.Join(err, contained(func() error { return s.cfg.dead.Shutdown(ctx) }))
	}
	return err
}

// free gives the directory back, once.
func (s *Spool) free(ctx context.Context) error {
	if s.freed {
		return nil
	}
	if err := s.writing.Take(ctx); err != nil {
		return err
	}
	s.closed = true
	s.writing.Give()
	s.freed = true
	s.worker.Abort(sink.ErrClosed)
	s.metrics.shutdown()
	if err := s.store.close(); err != nil {
		return fmt.Errorf("closing the directory: %w", err)
	}
	return nil
}
