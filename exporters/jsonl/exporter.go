package jsonl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

var (
	// ErrOption is in the errors of [New] and [NewWriter] about their arguments and options.
	ErrOption = errors.New("wrong option")
	// ErrLocked is in the error of [New] for a file that another exporter writes to.
	ErrLocked = errors.New("another exporter writes to the file")
	// ErrForeign is in the error of [New] for a file that does not hold lines of JSON. New does not change such a file.
	ErrForeign = errors.New("not a file of JSON lines")

	errTooLong = fmt.Errorf("its JSON is longer than %d bytes, and readers refuse it: shorten its attributes", event.MaxJSON)
	errPanic   = errors.New("the writer panicked")
)

// Exporter writes each event as one line of JSON, and a batch in one Write. It is safe for concurrent use; calls wait for each
// other. A nil or zero Exporter does nothing. A nil context is context.Background().
//
// No call outlasts its context. A write that the operating system does not finish continues in one goroutine. The next call
// waits for it until its own context is done. A Shutdown whose context is done first continues in another goroutine: it closes
// the file and releases the lock as soon as the operating system has finished the write.
type Exporter struct {
	out     output
	turn    sink.Turn // guards the next two fields; a write that outlasts its call keeps the turn
	buf     []byte
	unheard error // lost lines that no caller got an error for; the next Flush returns it
	closing atomic.Bool

	mu     sync.Mutex
	ending *ending // the last attempt of Shutdown; nil before the first one
	closed bool    // the output is closed; only the attempt that is under way uses it
}

// ending is one attempt to close the output. It does not end with the context of the Shutdown that began it.
type ending struct {
	over chan struct{}
	err  error // valid when over is closed
}

// output is the target of the lines. It has one call at a time.
type output interface {
	// write writes whole lines: all of them, or none if the output allows it.
	write(lines []byte) error
	sync() error
	// close may be called again after an error.
	close() error
	// release waits until the output's goroutine has ended, and releases the lock. It may be called again after an error.
	release() error
	// hurry makes the output's goroutine end early.
	hurry()
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
)

// keep bounds the buffer that is kept from one batch to the next, in bytes.
const keep = 1 << 20

// New opens the file, or makes it if it does not exist, and repairs its end after a crash. The folder must exist. The error
// wraps [ErrOption], [ErrLocked], [ErrForeign] or the error of the operating system. A goroutine gzips and removes closed
// files. It ends by itself, and Shutdown waits for it.
func New(path string, opts ...Option) (*Exporter, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("jsonl: New: %w", err)
	}
	f, err := newFile(path, c)
	if err != nil {
		return nil, fmt.Errorf("jsonl: New: %w", err)
	}
	return newExporter(f), nil
}

// NewWriter returns an exporter to w, which it does not close. If w has a method Sync, as an [os.File] has, Flush and Shutdown
// call it. If w is nil, the error wraps [ErrOption].
func NewWriter(w io.Writer) (*Exporter, error) {
	if w == nil {
		return nil, fmt.Errorf("jsonl: NewWriter: %w: the writer is nil: give one, such as os.Stdout", ErrOption)
	}
	return newExporter(&writer{w: w}), nil
}

func newExporter(out output) *Exporter {
	return &Exporter{out: out}
}

// Export implements [event.Exporter]. Its errors are transient, except for events that are too long, which are permanent
// failures of a [sink.PartialError].
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil || e.out == nil || len(events) == 0 {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := e.take(ctx, "export"); err != nil {
		return err
	}
	if e.closing.Load() {
		e.turn.Give()
		return fmt.Errorf("jsonl: export: %w", sink.ErrClosed)
	}
	failed := e.encode(events)
	if err := e.run(ctx, "export", func() error { return e.out.write(e.buf) }); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("jsonl: export: %w", &sink.PartialError{Failed: failed})
	}
	return nil
}

// encode fills the buffer with the lines, and returns the events that are too long.
func (e *Exporter) encode(events []event.Event) (failed []sink.Failure) {
	if cap(e.buf) > keep {
		e.buf = nil
	}
	e.buf = e.buf[:0]
	for i := range events {
		start := len(e.buf)
		e.buf = events[i].AppendJSON(e.buf)
		if len(e.buf)-start > event.MaxJSON {
			e.buf = e.buf[:start]
			failed = append(failed, sink.Failure{Index: i, ID: events[i].ID, Err: sink.Permanent(errTooLong)})
			continue
		}
		e.buf = append(e.buf, '\n')
	}
	return failed
}

// Flush implements [event.Flusher]. When it returns nil, all events of earlier calls are on the disk. After an error, a power
// cut may lose the events since the last successful Flush.
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil || e.out == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := e.take(ctx, "flush"); err != nil {
		return err
	}
	return e.run(ctx, "flush", e.flush)
}

// flush syncs the output.
func (e *Exporter) flush() error {
	err := errors.Join(e.unheard, e.out.sync())
	e.unheard = nil
	return err
}

// Shutdown implements [event.Exporter]. Export fails from then on. Shutdown syncs and closes the file, waits until closed files
// are gzipped, and releases the lock. If ctx is done first, Shutdown returns an error and may be called again to wait for the
// rest. The rest goes on without a caller, and leaves the closed files that are not gzipped yet to the next [New]. After any
// other error, such as that of a full disk, the exporter keeps the file and the lock until another Shutdown succeeds.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil || e.out == nil {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	e.closing.Store(true)
	attempt := e.end()
	if sink.Await(ctx, attempt.over) != nil {
		e.out.hurry()
		return gaveUp(ctx, "shutdown")
	}
	return failed("shutdown", attempt.err)
}

// end returns the attempt that is under way, or the one that has succeeded, or a new one.
func (e *Exporter) end() *ending {
	e.mu.Lock()
	defer e.mu.Unlock()
	if a := e.ending; a != nil && (!sink.Ended(a.over) || a.err == nil) {
		return a
	}
	a := &ending{over: make(chan struct{})}
	e.ending = a
	go func() {
		defer close(a.over)
		a.err = e.finish()
	}()
	return a
}

// finish closes the output, once, and then releases it.
func (e *Exporter) finish() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w with a value of type %T", errPanic, r)
		}
	}()
	if !e.closed {
		if err := e.close(); err != nil {
			return err
		}
		e.closed = true
	}
	return e.out.release()
}

// close closes the output after the calls that have the turn.
func (e *Exporter) close() error {
	if err := e.turn.Take(context.Background()); err != nil {
		return err
	}
	defer e.turn.Give()
	return e.out.close()
}

// take waits for the turn.
func (e *Exporter) take(ctx context.Context, what string) error {
	if ctx.Err() != nil || e.turn.Take(ctx) != nil {
		return gaveUp(ctx, what)
	}
	return nil
}

// run calls f, for which the caller has taken the turn, and returns the turn after it. If ctx is done first, run returns an
// error and f continues in its goroutine. If f then finds that lines are lost, the next Flush returns that.
func (e *Exporter) run(ctx context.Context, what string, f func() error) error {
	done := make(chan error, 1)
	var state atomic.Int32 // 0, left (the caller has returned) or over (f has returned)
	const left, over = 1, 2
	work := func() {
		var err error
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("%w with a value of type %T", errPanic, r)
			}
			if !state.CompareAndSwap(0, over) && errors.Is(err, errRemoved) {
				e.unheard = errors.Join(e.unheard, err)
			}
			e.turn.Give()
			done <- err
		}()
		err = f()
	}
	if ctx.Done() == nil {
		work()
	} else {
		go work()
	}
	select {
	case err := <-done:
		return failed(what, err)
	case <-ctx.Done():
		if state.CompareAndSwap(0, left) {
			return gaveUp(ctx, what)
		}
		return failed(what, <-done)
	}
}

func failed(what string, err error) error {
	if err != nil {
		return fmt.Errorf("jsonl: %s: %w", what, err)
	}
	return nil
}

func gaveUp(ctx context.Context, what string) error {
	return fmt.Errorf("jsonl: %s: %w", what, context.Cause(ctx))
}
