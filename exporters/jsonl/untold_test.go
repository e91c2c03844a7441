package jsonl_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/jsonl"
)

// held is the operating system's disk, of which one call is held up: the one that finds that a file has no name
// any more.
type held struct {
	jsonl.Disk

	armed         atomic.Bool
	reached, gate chan struct{}
}

func (d *held) Links(info fs.FileInfo) int {
	if d.armed.CompareAndSwap(true, false) {
		close(d.reached)
		<-d.gate
	}
	return d.Disk.Links(info)
}

// TestLossThatNoCallerHeard: a Flush whose caller has gone finds that lines are lost. The next one says so, once.
func TestLossThatNoCallerHeard(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	d := &held{Disk: jsonl.System(), reached: make(chan struct{}), gate: make(chan struct{})}
	e := open(t, path, jsonl.WithDisk(d))
	export(t, e, touches(1, 3, "pay")...)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d.armed.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-d.reached
		cancel()
	}()
	if err := e.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("Flush says %v, want that its context is done", err)
	}
	close(d.gate)
	if err := e.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "removed") {
		t.Errorf("Flush says %v, want that lines are lost", err)
	}
	if err := e.Flush(t.Context()); err != nil {
		t.Errorf("the next Flush says it again: %v", err)
	}
}

// TestLossFoundByAnExport: an Export that has to make earlier lines durable first finds them lost. Its own batch is
// taken, and the next Flush says what is lost.
func TestLossFoundByAnExport(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	e := open(t, path)
	big := func(n int) []event.Event {
		es := touches(n, 40, "pay")
		for i := range es {
			es[i].Cause = strings.Repeat("x", 100_000)
		}
		return es
	}
	export(t, e, big(1)...) // nearly what may wait for an fsync
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := e.Export(t.Context(), big(41)); err != nil {
		t.Errorf("Export says %v of what was written before it", err)
	}
	if err := e.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "removed") {
		t.Errorf("Flush says %v, want that lines are lost", err)
	}
	if err := e.Flush(t.Context()); err != nil {
		t.Errorf("the next Flush says it again: %v", err)
	}
}
