package jsonl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

var (
	// ErrOption is wrapped by the errors of [New] about its path and options.
	ErrOption = errors.New("wrong option")
	// ErrLocked is wrapped by the error of [New] on a file that another exporter writes to.
	ErrLocked = errors.New("another exporter writes to the file")
	// ErrForeign is wrapped by the error of [New] on a file that does not hold JSON lines; it is left
	// as it is.
	ErrForeign = errors.New("not a file of JSON lines")

	errTooLong = fmt.Errorf("its JSON is longer than %d bytes, and readers refuse it: shorten its attributes", event.MaxJSON)
	errPanic   = errors.New("the writer panicked")
)

// Exporter writes each event as one line of JSON, a batch in one Write. Safe for concurrent use; calls
// wait for each other. A nil or zero Exporter does nothing.
//
// No call outlasts its context: a write that the operating system does not finish goes on in one
// goroutine, the next call waits for it until its own context is done, and Shutdown does.
type Exporter struct {
	out     output
	turn    sink.Turn // guards what follows; a write that goes on after its caller has left still has it
	buf     []byte
	done    bool
	unheard error // what a Flush has found whose caller had gone: the next one says it
	closing atomic.Bool
}

// output is where lines go. One call at a time.
type output interface {
	// write writes whole lines, all or none as far as it can.
	write(lines []byte) error
	sync() error
	// close may be called again after an error.
	close() error
	// idle waits until nothing goes on behind it. It may be called again after an error.
	idle(ctx context.Context) error
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
)

// keep is how much of a buffer is kept from one batch to the next, in bytes.
const keep = 1 << 20

// New opens the file, makes it where there is none (its folder has to be there), and mends what a crash
// has left at its end. The error wraps [ErrOption], [ErrLocked], [ErrForeign] or what the operating
// system says. A goroutine, which ends by itself and for which Shutdown waits, gzips and removes closed files.
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

// NewWriter returns an exporter to w, which it does not close. Flush and Shutdown call its Sync method,
// if it has one, as an [os.File] does. The error wraps [ErrOption]: w is nil.
func NewWriter(w io.Writer) (*Exporter, error) {
	if w == nil {
		return nil, fmt.Errorf("jsonl: NewWriter: %w: the writer is nil: give one, such as os.Stdout", ErrOption)
	}
	return newExporter(&writer{w: w}), nil
}

func newExporter(out output) *Exporter {
	return &Exporter{out: out}
}

// Export implements [event.Exporter]. Its errors are transient, except for events that are too long, which a
// [sink.PartialError] names as permanent.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil || e.out == nil || len(events) == 0 {
		return nil
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

// encode fills the buffer with the lines, and returns the events that have none.
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

// Flush implements [event.Flusher]: what was exported before is on the disk when it returns nil. After
// an error, what came since the last Flush may be lost at a power cut.
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil || e.out == nil {
		return nil
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

// Shutdown implements [event.Exporter]: it syncs and closes the file, and waits for closed ones to be
// gzipped. When ctx is done first, the file that is being gzipped is left as it is, for the next [New].
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil || e.out == nil {
		return nil
	}
	e.closing.Store(true)
	if err := e.take(ctx, "shutdown"); err != nil {
		return err
	}
	if err := e.run(ctx, "shutdown", e.finish); err != nil {
		return err
	}
	if err := e.out.idle(ctx); err != nil {
		return fmt.Errorf("jsonl: shutdown: %w", err)
	}
	return nil
}

// finish closes the output, once.
func (e *Exporter) finish() error {
	if e.done {
		return nil
	}
	if err := e.out.close(); err != nil {
		return err
	}
	e.done = true
	return nil
}

// take waits for the turn.
func (e *Exporter) take(ctx context.Context, what string) error {
	if ctx.Err() != nil || e.turn.Take(ctx) != nil {
		return gaveUp(ctx, what)
	}
	return nil
}

// run does what has the turn, and gives that back. When ctx is done first it goes on alone; lines that it finds to
// be lost then are for the next Flush to say.
func (e *Exporter) run(ctx context.Context, what string, f func() error) error {
	done := make(chan error, 1)
	var state atomic.Int32 // left by the caller, or over
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
