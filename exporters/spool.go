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
	// ErrSpoolLocked is the error of [NewSpool] for a directory that another spool uses.
	ErrSpoolLocked = errors.New("the directory is used by another spool: give each process a directory of its own")
	// ErrSpoolFull is the error of Export when a spool that keeps the oldest has no room.
	ErrSpoolFull = errors.New("the spool is full")
)

// Spool is a queue on disk between [Batch] and a sink: an outage of the sink, or the end of the
// process, costs no event. Export returns when the batch is on the disk; a goroutine delivers what is
// there, in the order in which it came, for as long as it takes.
//
//	spool, err := exporters.NewSpool("/var/lib/shop/cairn", sink)
//	…
//	cx.WithExporters(spool)
//
// What it guarantees:
//
//	ordering    The events reach the sink in the order of Export, also after a restart; so they do for
//	            each journey. What a sink refuses for now is tried again before anything else.
//	duplicates  At least once. After a crash the batch that was under way is delivered again, after a
//	            power cut what was delivered in about the last second before it. The sink removes
//	            duplicates by the event's ID.
//	loss        What Export or Flush acknowledged survives kill -9 and power loss, if the disk keeps
//	            what it has synced. It is lost, and counted, only where the disk damages it, or where
//	            [DropOldest] drops it, or as a dead letter that found its file full or its disk
//	            failing. The count comes before the cursor passes what is lost, so a process that is killed
//	            never leaves a loss that is not counted: the next one counts what is open, and may count
//	            again what the killed one had counted already. A counter whose process is killed before it
//	            is read goes with it; the report to OpenTelemetry's error handler was made by then. An end that was torn was never acknowledged, and is cut; damaged.jsonl has a
//	            copy, for what the disk has damaged at the very end looks the same.
//	poison      What the sink refuses for good ([sink.Permanent]) is a dead letter: one line of JSON in the
//	            file dead.jsonl, or [WithDeadLetters]. Where the sink refuses a whole batch for good,
//	            the batch is halved until the events are found that it means. A sink that refuses 16 events
//	            and more, all of them, is taken for set up wrong, and is asked five times more before they
//	            are dead letters; so is a sink that panics. What is refused for now is tried for ever, so
//	            a sink has to say which failures are permanent.
//	damage      A record whose checksum is wrong is set aside in damaged.jsonl, is counted, and does not
//	            stop the rest. So is, but for the copy, what was in a segment that another program has removed or cut
//	            off, and in a block that the disk cannot read. A segment that cannot be opened for now is
//	            tried again for as long as it takes. A cursor beyond the records is not believed: they are
//	            delivered again.
//	strangers   Anything that has the name of one of the files and is a link, a pipe or a folder is set aside as
//	            NAME.aside1, is told, and is not written to. So is another user's file in a directory to which
//	            every user may write. All files are 0600, the directory, if it is made, 0700.
//
// The directory holds segments of records (a checksum, a number and the event's JSON in each line), the
// cursor and the two files above, which are never removed: move them away. One process uses it at a
// time, which a lock of the directory itself sees to on all systems but Solaris, AIX, Plan 9 and WebAssembly.
// The cursor says which record is the first that is not delivered, which number comes after the last that
// was acknowledged, so that a last segment that is gone is missed, too, and how many events were dropped that the
// sink had and that are not counted yet. Where the disk cannot read the end of the last segment and the cursor does
// not say how many records are there, their number is estimated from the size. Events come back
// as their JSON form has them: what that leaves out, such as the customer's own ID, the sink does not see.
//
// The segments are plain files, and no write-ahead log or embedded store, for these reasons. At 1,000
// records of 420 bytes a batch, each synced, on ext4, medians of five: a plain file takes 1,258,000
// records/s, tidwall/wal v1.2.1 328,000, hashicorp/raft-wal v0.4.0 241,000, rosedblabs/wal v1.3.8
// 193,000; on another day, medians of three: a plain file 1,551,000, pebble v2.1.7 561,000, bbolt v1.5.0
// that only appends 411,000, SQLite (modernc.org v1.60.1, WAL, synchronous=FULL) 200,000. A queue needs no
// tree, and pebble adds 24 MB to a program. tidwall/wal has no checksums, does not open a log with a torn end, and
// does not sync the directory; rosedblabs/wal stops for good at a torn end or a flipped bit; raft-wal
// is without a release since 2023, under the MPL, and brings Raft along; bbolt survives both a torn
// end and a full disk, has no checksums of its data, and panicked at a flipped bit.
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

// NewSpool returns a Spool in the directory dir, which it makes if it is not there and locks until
// Shutdown, in front of next, which it owns. What an earlier process left there is delivered first. It
// owns one goroutine until Shutdown. The error says what is wrong with the options or the directory;
// [ErrSpoolLocked] is one. When there is an error, next is still the caller's.
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
	if err != nil {
		return nil, outward(fmt.Errorf("spool: %w", err))
	}
	if cfg.name == "" {
		cfg.name = fmt.Sprintf("spool/%T", next)
	}
	s := &Spool{
		next: next, cfg: cfg, wake: lifecycle.NewSignal(),
	}
	// Opening may find damage, but counts nothing: that is the reader's.
	if s.store, err = openStore(dir, &cfg, s.lost); err != nil {
		return nil, outward(fmt.Errorf("spool: %s: %w", dir, err))
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

// lost counts events that are not delivered.
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
	otel.Handle(fmt.Errorf("cairn: spool: %d events are lost: %s", events, why)) //nolint:err113 // a report, nobody branches on it
}

// SpoolStats are a spool's numbers at one moment.
type SpoolStats struct {
	// Waiting events that are on the disk and not delivered, those under way included.
	Waiting uint64
	// Bytes that the segments take on the disk, and their bound.
	Bytes, Capacity int64
	// Refused events since NewSpool, which Export did not take, for there was no room, or the disk failed: a
	// [Batch] in front drops them, and counts them as dropped.
	Refused uint64
	// Dropped events since NewSpool: damaged, dropped to make room ([DropOldest]), or dead letters that
	// could not be kept.
	Dropped uint64
	// Damaged events among those.
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

// Export implements [event.Exporter]: it returns when the events are durable on the disk, with one
// write and one sync, or more for a batch that is larger than the spool. When it fails none of them is
// taken, or the first ones ([sink.PartialError]): with [ErrSpoolFull], marked [sink.RetryAfter], when there is no room,
// or with what the disk says, or because the directory was removed or moved. An event that is too large to be read again ([event.MaxJSON]), or for
// the whole spool, is a dead letter.
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
		return fmt.Errorf("spool: %w", sink.ErrClosed)
	}
	n, err := s.appendAll(ctx, events)
	s.wake.Set() // also without room: delivering what is there makes some
	s.refused.took(events[:n])
	if err == nil {
		return nil
	}
	err = sink.RetryAfter(fmt.Errorf("spool: %d events were not taken: %w", len(events)-n, err), time.Second)
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
		return fmt.Errorf("spool: %s: %w", what, err)
	}
	return nil
}

// appendAll appends the events, in parts where the whole is more than the spool can hold, and returns how
// many it has appended. One that is more by itself is a dead letter.
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

// Flush implements [event.Flusher]: it returns when everything that was given to Export before is
// durable on the disk, which is not yet delivered: see [Spool.Drain]. It returns the error of an
// Export that failed since the last Flush, and whose events have not come again, so that nobody takes
// them for safe. It also fails while the directory, or a file with events that are not delivered, is gone,
// and once for events of this process that were damaged since the last Flush.
func (s *Spool) Flush(ctx context.Context) error {
	if s == nil || s.store == nil {
		return nil
	}
	told := s.refused.told.Load() // before a Flush beside this one tells more
	if err := s.write(ctx, "flush"); err != nil {
		return outward(err)
	}
	defer s.writing.Give()
	err := errors.Join(s.refused.since(told), s.store.whole())
	if n := s.store.harmed.Swap(0); n > 0 {
		err = errors.Join(err, fmt.Errorf("%d events that were acknowledged were damaged on the disk, or removed from it, before they were delivered", n)) //nolint:err113 // read by people
	}
	if err != nil {
		return outward(fmt.Errorf("spool: flush: %w", err))
	}
	return nil
}

// Drain returns when everything that was given to Export before is delivered, is a dead letter, or was dropped and
// counted, and the exporter, if it can, has flushed; or when ctx is done.
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
		return outward(fmt.Errorf("spool: drain: %w", err))
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

// release lets go of those who wait for what is done.
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

// Shutdown implements [event.Exporter]: it stops delivering, leaves the rest on the disk for the next
// process, gives the directory back and shuts the exporter down. Call [Spool.Drain] before to deliver
// first. A call of the exporter that is under way may end, for half the time that ctx has and five
// seconds at most; then its context is cancelled. When ctx is done first, Shutdown may be called again
// to wait for the rest.
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
		return outward(fmt.Errorf("spool: shutdown: %w", err))
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
