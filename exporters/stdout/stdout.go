// Package stdout writes events as JSON lines, for development: pipe them through jq to see
// what the service says about its customers.
package stdout

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// Option is an option of [New].
type Option interface{ apply(*Exporter) }

type optionFunc func(*Exporter)

func (f optionFunc) apply(e *Exporter) { f(e) }

// WithWriter writes to w instead of the standard output. The exporter does not close it.
func WithWriter(w io.Writer) Option { return optionFunc(func(e *Exporter) { e.w = w }) }

// Exporter writes each event as one line of JSON. A batch is one Write, so lines of several
// goroutines never mix. Safe for concurrent use.
type Exporter struct {
	mu     sync.Mutex
	w      io.Writer
	buf    []byte
	closed bool
}

var _ event.Exporter = (*Exporter)(nil)

// keep is how much of a buffer is kept from one batch to the next.
const keep = 1 << 20

// New returns an exporter to the standard output.
func New(opts ...Option) *Exporter {
	e := &Exporter{w: os.Stdout}
	for _, o := range opts {
		if o != nil {
			o.apply(e)
		}
	}
	if e.w == nil {
		e.w = os.Stdout
	}
	return e
}

// Export implements [event.Exporter].
func (e *Exporter) Export(ctx context.Context, events []event.Event) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("stdout: %w", context.Cause(ctx))
	}
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.w == nil {
		e.w = os.Stdout // the zero value
	}
	if e.closed {
		return fmt.Errorf("stdout: %w", exporters.ErrClosed)
	}
	e.buf = e.buf[:0]
	for i := range events {
		e.buf = append(events[i].AppendJSON(e.buf), '\n')
	}
	_, err := e.w.Write(e.buf)
	if cap(e.buf) > keep {
		e.buf = nil
	}
	if err != nil {
		return fmt.Errorf("stdout: writing %d events: %w", len(events), err)
	}
	return nil
}

// Shutdown implements [event.Exporter].
func (e *Exporter) Shutdown(context.Context) error {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}
