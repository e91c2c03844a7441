package jsonl

import (
	"errors"
	"fmt"
	"io"
	"syscall"
)

// writer is an output to a writer that the application owns.
type writer struct {
	w    io.Writer
	torn bool // the last line has no line break
}

func (w *writer) write(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	if w.torn {
		if _, err := w.w.Write([]byte{'\n'}); err != nil {
			return fmt.Errorf("ending a torn line: %w", err)
		}
		w.torn = false
	}
	n, err := w.w.Write(lines)
	if err == nil && n < len(lines) {
		err = io.ErrShortWrite
	}
	if err != nil {
		n = min(max(n, 0), len(lines))
		w.torn = n > 0 && lines[n-1] != '\n'
		return fmt.Errorf("%d of %d bytes were written: %w", n, len(lines), err)
	}
	return nil
}

// sync syncs the writer if it can. A pipe or a terminal cannot.
func (w *writer) sync() error {
	s, ok := w.w.(interface{ Sync() error })
	if !ok {
		return nil
	}
	err := s.Sync()
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return fmt.Errorf("syncing the writer: %w", err)
}

func (w *writer) close() error { return w.sync() }

func (w *writer) release() error { return nil }

func (w *writer) hurry() {}
