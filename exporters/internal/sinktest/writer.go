package sinktest

import (
	"bytes"
	"io"
	"sync"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
)

// Writer is a writer of lines that can be full, tear a batch and not return, and can be read meanwhile. The zero value works.
type Writer struct {
	mu      sync.Mutex
	text    bytes.Buffer
	fault   exporterstest.Fault
	reached chan struct{}
	mended  chan struct{}
}

// Write implements [io.Writer].
func (w *Writer) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch w.fault {
	case exporterstest.Away:
		return 0, syscall.ENOSPC
	case exporterstest.Cut:
		n, _ := w.text.Write(b[:len(b)/2])
		return n, io.ErrClosedPipe
	case exporterstest.Stalled:
		select {
		case w.reached <- struct{}{}:
		default:
		}
		mended := w.mended
		w.mu.Unlock()
		<-mended
		w.mu.Lock()
	default: // Break has no other fault
	}
	return w.text.Write(b) //nolint:wrapcheck // a buffer takes everything
}

// Break is the Break of an [exporterstest.Sink].
func (w *Writer) Break(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	if f != exporterstest.Away && f != exporterstest.Cut && f != exporterstest.Stalled {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault, w.reached, w.mended = f, make(chan struct{}, 1), make(chan struct{})
	return &exporterstest.Broken{Reached: w.reached, Mend: func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.fault = 0
		close(w.mended)
	}}
}

// Events returns the events of the whole lines. At most one line may be torn: the one of the write that failed.
func (w *Writer) Events(t *testing.T) (events []event.Event) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	torn := 0
	for line := range bytes.Lines(w.text.Bytes()) {
		e, err := event.ParseJSON(line)
		if err != nil {
			torn++
			continue
		}
		events = append(events, e)
	}
	if torn > 1 {
		t.Errorf("%d lines are torn, where one write was", torn)
	}
	return events
}
