package jsonl_test

import (
	"path/filepath"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/lines"
	"cairncx.dev/cairn/cx/insight/sourcetest"
	"cairncx.dev/cairn/exporters/jsonl"
)

// TestReadOn: a source of insight reads each event of a file once while the exporter writes, rotates and gzips it.
func TestReadOn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	sink, err := jsonl.New(path, jsonl.WithMaxSize(64<<10))
	if err != nil {
		t.Fatal(err)
	}
	source, err := lines.New(path)
	if err != nil {
		t.Fatal(err)
	}
	events := sourcetest.Events(1, 120)
	seen := map[event.ID]int{}
	var cursor event.Cursor
	scan := func() {
		next, err := source.Scan(t.Context(), event.Scan{Since: cursor}, func(e *event.Event) error { seen[e.ID]++; return nil })
		if err != nil {
			t.Fatal(err)
		}
		if cursor.Position != "" && next.Epoch != cursor.Epoch {
			t.Errorf("the epoch is %q after %q", next.Epoch, cursor.Epoch)
		}
		cursor = next
	}
	var writing sync.WaitGroup
	over := make(chan struct{})
	writing.Go(func() {
		defer close(over)
		for from := 0; from < len(events); from += 7 {
			if err := sink.Export(t.Context(), events[from:min(from+7, len(events))]); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for writes := true; writes; {
		select {
		case <-over:
			writes = false
		default:
		}
		scan()
	}
	writing.Wait()
	scan()
	if err := sink.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	scan()
	for i := range events {
		if n := seen[events[i].ID]; n != 1 {
			t.Errorf("the %d. event comes %d times", i+1, n)
		}
	}
	if closed, err := filepath.Glob(filepath.Join(filepath.Dir(path), "events-*")); err != nil || len(closed) < 5 {
		t.Errorf("there are %d closed files: %v", len(closed), err)
	}
}
