package stdout_test

import (
	"bytes"
	"sync"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/stdout"
)

// terminal is a writer that can be full, and can be read meanwhile.
type terminal struct {
	mu   sync.Mutex
	text bytes.Buffer
	err  error
}

func (w *terminal) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	return w.text.Write(b)
}

func (w *terminal) fails(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

func (w *terminal) events(t *testing.T) (events []event.Event) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range bytes.Lines(w.text.Bytes()) {
		e, err := event.ParseJSON(line)
		if err != nil {
			t.Fatalf("line %d is %.100q: %v", len(events)+1, line, err)
		}
		events = append(events, e)
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
			Break: func(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
				if f != exporterstest.Away {
					return nil
				}
				w.fails(syscall.ENOSPC)
				return &exporterstest.Broken{Mend: func() { w.fails(nil) }}
			},
		}
	})
}
