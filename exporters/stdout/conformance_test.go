package stdout_test

import (
	"bytes"
	"io"
	"sync"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/stdout"
)

// terminal is a writer that can be full, tear a batch, and not take one, and can be read meanwhile.
type terminal struct {
	mu      sync.Mutex
	text    bytes.Buffer
	fault   exporterstest.Fault
	reached chan struct{}
	mended  chan struct{}
}

func (w *terminal) Write(b []byte) (int, error) {
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
	}
	return w.text.Write(b)
}

func (w *terminal) breaks(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
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

// events returns the events of the lines that are whole: what was torn is a line by itself.
func (w *terminal) events(t *testing.T) (events []event.Event) {
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

func TestContract(t *testing.T) {
	t.Parallel()
	exporterstest.Run(t, func(*testing.T) exporterstest.Sink {
		w := &terminal{}
		return exporterstest.Sink{
			Exporter: stdout.New(stdout.WithWriter(w)),
			Received: w.events,
			Break:    w.breaks,
		}
	})
}
