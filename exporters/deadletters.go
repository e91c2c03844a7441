package exporters

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"cairncx.dev/cairn/cx/event"
)

// DeadLetters is an exporter for events that no sink takes: a file of JSON lines, each an event in the
// form that [event.ParseJSON] and "cairn replay" read, added to at its end. Each batch is on the disk
// when Export returns. Safe for concurrent use, by one process.
type DeadLetters struct {
	path string

	mu     sync.Mutex
	f      *os.File
	buf    []byte
	closed bool
}

var _ event.Exporter = (*DeadLetters)(nil)

// NewDeadLetters returns a DeadLetters that writes to the file, which is made, readable by this user
// only, when there is a first letter.
func NewDeadLetters(path string) *DeadLetters { return &DeadLetters{path: path} }

// Export implements [event.Exporter]. Where only a part of a batch could be written, as on a full disk,
// that part is taken away again.
func (d *DeadLetters) Export(ctx context.Context, events []event.Event) error {
	if d == nil || len(events) == 0 {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("exporters: dead letters: %w", context.Cause(ctx))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("exporters: dead letters: %w", ErrClosed)
	}
	if err := d.open(); err != nil {
		return err
	}
	size, err := d.f.Seek(0, 2)
	if err != nil {
		return fmt.Errorf("exporters: dead letters: %w", err)
	}
	d.buf = d.buf[:0]
	for i := range events {
		d.buf = append(events[i].AppendJSON(d.buf), '\n')
	}
	if _, err := d.f.Write(d.buf); err != nil {
		return fmt.Errorf("exporters: dead letters: %w", errors.Join(err, d.f.Truncate(size)))
	}
	if err := d.f.Sync(); err != nil {
		return fmt.Errorf("exporters: dead letters: %w", err)
	}
	return nil
}

// open opens the file, and ends a line that a crash has torn.
func (d *DeadLetters) open() error {
	if d.f != nil {
		return nil
	}
	f, err := os.OpenFile(d.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("exporters: dead letters: %w", err)
	}
	size, err := f.Seek(0, 2)
	last := []byte{'\n'}
	if err == nil && size > 0 {
		_, err = f.ReadAt(last, size-1)
	}
	if err == nil && last[0] != '\n' {
		_, err = f.WriteString("\n")
	}
	if err != nil {
		return fmt.Errorf("exporters: dead letters: %w", errors.Join(err, f.Close()))
	}
	d.f = f
	return nil
}

// Shutdown implements [event.Exporter].
func (d *DeadLetters) Shutdown(context.Context) error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.f == nil {
		return nil
	}
	err := d.f.Close()
	d.f = nil
	if err != nil {
		return fmt.Errorf("exporters: dead letters: %w", err)
	}
	return nil
}
