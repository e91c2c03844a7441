package stdout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// Option is an option of [New].
type Option interface{ apply(*Exporter) }

type optionFunc func(*Exporter)

func (f optionFunc) apply(e *Exporter) { f(e) }

// WithWriter sets the writer of the lines. The exporter makes one call of w at a time and does not close w. Default, and for
// nil: [os.Stdout].
func WithWriter(w io.Writer) Option { return optionFunc(func(e *Exporter) { e.w = w }) }

// Exporter writes each event as one line of JSON, and a batch in one Write. It is safe for concurrent use; calls wait for each
// other. A nil Exporter does nothing. The zero value writes to the standard output. A nil context is context.Background().
type Exporter struct {
	closed atomic.Bool
	turn   sink.Turn // guards the fields below; a write that outlasts its call keeps the turn
	w      io.Writer
	buf    []byte
	torn   bool // the last line has no line break
}

var (
	_ event.Exporter = (*Exporter)(nil)
	_ event.Flusher  = (*Exporter)(nil)
)

// keep bounds the buffer that is kept from one batch to the next, in bytes.
const keep = 1 << 20

var errPanic = errors.New("the writer panicked")

// New returns an exporter that writes to the standard output, or to the writer of [WithWriter].
func New(opts ...Option) *Exporter {
	e := &Exporter{}
	for _, o := range opts {
		if o != nil {
			o.apply(e)
		}
	}
	return e
}

// Export implements [event.Exporter]. If ctx is done before the writer has taken the lines, Export returns an error, and the
// writer may still take them.
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if e == nil || len(events) == 0 {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() != nil {
		return fmt.Errorf("stdout: %w", context.Cause(ctx))
	}
	if err := e.take(ctx); err != nil {
		return fmt.Errorf("stdout: %d events are not written: %w", len(events), err)
	}
	if e.closed.Load() {
		e.turn.Give()
		return fmt.Errorf("stdout: %w", sink.ErrClosed)
	}
	if cap(e.buf) > keep {
		e.buf = nil
	}
	e.buf = e.buf[:0]
	for i := range events {
		e.buf = append(events[i].AppendJSON(e.buf), '\n')
	}
	done := make(chan error, 1)
	if ctx.Done() == nil {
		e.write(done)
	} else {
		go e.write(done)
	}
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("stdout: writing %d events: %w", len(events), err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stdout: writing %d events: the writer does not take them: %w", len(events), context.Cause(ctx))
	}
}

// write writes the buffer, returns the turn, and sends the result to done.
func (e *Exporter) write(done chan<- error) {
	var err error
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w with a value of type %T", errPanic, r)
		}
		e.turn.Give()
		done <- err
	}()
	if e.torn {
		if _, err = e.w.Write([]byte{'\n'}); err != nil {
			return
		}
		e.torn = false
	}
	n, err := e.w.Write(e.buf)
	if err == nil && n < len(e.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		n = min(max(n, 0), len(e.buf))
		e.torn = n > 0 && e.buf[n-1] != '\n'
	}
}

// take waits for the turn.
func (e *Exporter) take(ctx context.Context) error {
	if err := e.turn.Take(ctx); err != nil {
		return fmt.Errorf("the writer has not yet taken what came before: %w", err)
	}
	if e.w == nil {
		e.w = os.Stdout
	}
	return nil
}

// Flush implements [event.Flusher]. It waits until the writer has taken or refused the lines of all earlier calls.
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil {
		return nil
	}
	return e.settle(ctx, "flush")
}

func (e *Exporter) settle(ctx context.Context, what string) error {
	if err := e.take(ctx); err != nil {
		return fmt.Errorf("stdout: %s: %w", what, err)
	}
	e.turn.Give()
	return nil
}

// Shutdown implements [event.Exporter]. Export fails from then on. Shutdown waits as Flush does. If ctx is done first,
// Shutdown returns an error and may be called again.
func (e *Exporter) Shutdown(ctx context.Context) error {
	if e == nil {
		return nil
	}
	e.closed.Store(true)
	return e.settle(ctx, "shutdown")
}
