package jsonl_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/jsonl"
)

func TestContract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []jsonl.Option
	}{
		{"defaults", "what most will use", nil},
		{"every batch", "fsync changes when Export returns, and nothing else", []jsonl.Option{jsonl.WithSync(jsonl.EveryBatch)}},
		{"a file for each batch", "rotation loses nothing and keeps the order", []jsonl.Option{jsonl.WithMaxSize(1)}},
		{"small files, not gzipped", "as above", []jsonl.Option{jsonl.WithMaxSize(5000), jsonl.WithoutGzip()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
				folder := filepath.Join(t.TempDir(), "events")
				if err := os.Mkdir(folder, 0o700); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(folder, "events.jsonl")
				e, err := jsonl.New(path, c.opts...)
				if err != nil {
					t.Fatal(err)
				}
				return exporterstest.Sink{
					Exporter: e,
					Received: func(t *testing.T) []event.Event { return read(t, path) },
					Break:    func(t *testing.T, f exporterstest.Fault) *exporterstest.Broken { return moveAway(t, f, folder) },
				}
			})
		})
	}
}

// moveAway makes the file's folder go, as an unmounted disk does.
func moveAway(t *testing.T, f exporterstest.Fault, folder string) *exporterstest.Broken {
	t.Helper()
	if f != exporterstest.Away {
		return nil
	}
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Error(err)
		}
	}
	move(folder, folder+".away")
	return &exporterstest.Broken{Mend: func() { move(folder+".away", folder) }}
}

// pipe is a writer that can fail, tear a batch, and wait.
type pipe struct {
	mu      sync.Mutex
	text    []byte
	fault   exporterstest.Fault
	reached chan struct{}
	mended  chan struct{}
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	fault, mended := p.fault, p.mended
	switch fault {
	case exporterstest.Away:
		p.mu.Unlock()
		return 0, syscall.ENOSPC
	case exporterstest.Cut:
		p.text = append(p.text, b[:len(b)/2]...)
		p.mu.Unlock()
		return len(b) / 2, io.ErrClosedPipe
	case exporterstest.Stalled:
		select {
		case p.reached <- struct{}{}:
		default:
		}
		p.mu.Unlock()
		<-mended
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	p.text = append(p.text, b...)
	return len(b), nil
}

func (p *pipe) breaks(_ *testing.T, f exporterstest.Fault) *exporterstest.Broken {
	if f != exporterstest.Away && f != exporterstest.Cut && f != exporterstest.Stalled {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.reached, p.mended = f, make(chan struct{}, 1), make(chan struct{})
	return &exporterstest.Broken{Reached: p.reached, Mend: func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.fault = 0
		close(p.mended)
	}}
}

// received returns the events of the lines that are whole: what was torn is a line by itself.
func (p *pipe) received(t *testing.T) (events []event.Event) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	torn := 0
	for line := range bytes.Lines(p.text) {
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

func TestWriterContract(t *testing.T) {
	t.Parallel()
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		p := &pipe{}
		e, err := jsonl.NewWriter(p)
		if err != nil {
			t.Fatal(err)
		}
		return exporterstest.Sink{Exporter: e, Received: p.received, Break: p.breaks}
	})
}

// TestZeroExporter: "nil receivers and zero values are safe" (STYLE, rule 7).
func TestZeroExporter(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*jsonl.Exporter{"nil": nil, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			if err := e.Export(ctx, touches(1, 1, "pay")); err != nil {
				t.Error(err)
			}
			if err := e.Flush(ctx); err != nil {
				t.Error(err)
			}
			if err := e.Shutdown(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}
