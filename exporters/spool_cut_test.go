package exporters_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// awaySink is away for as long as the test takes.
type awaySink struct{ called chan struct{} }

var errAwaySink = errors.New("away")

func (s awaySink) Export(context.Context, []event.Event) error {
	select {
	case s.called <- struct{}{}:
	default:
	}
	return errAwaySink
}

func (awaySink) Shutdown(context.Context) error { return nil }

// TestSpoolSegmentCut: another process has cut the segment that is added to. What is exported after that does not
// make it look whole: Flush goes on to say that events are lost.
func TestSpoolSegmentCut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink := awaySink{make(chan struct{}, 1)}
	s, err := exporters.NewSpool(dir, sink)
	if err != nil {
		t.Fatal(err)
	}
	batch := func() (events []event.Event) {
		for range 20 {
			events = append(events, event.Event{ID: event.NewID(time.Unix(0, 0)), Kind: "acme.note", Time: time.Unix(0, 0)})
		}
		return events
	}
	if err := errors.Join(s.Export(t.Context(), batch()), s.Flush(t.Context())); err != nil {
		t.Fatal(err)
	}
	<-sink.called // what is read is in memory: only Flush looks at the file from now on
	segments, err := filepath.Glob(filepath.Join(dir, "*.events1"))
	if err != nil || len(segments) != 1 {
		t.Fatal(segments, err)
	}
	if err := os.Truncate(segments[0], 100); err != nil {
		t.Fatal(err)
	}
	if err := s.Export(t.Context(), batch()); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err == nil || !strings.Contains(err.Error(), "made shorter") {
		t.Errorf("Flush says %v, want that a segment was cut", err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}
