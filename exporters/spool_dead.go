package exporters

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
)

// errSideFull is why a dead letter is lost.
var errSideFull = errors.New("it is full: move it away")

// sideFile is a file of lines beside the segments, with a bound. A line is durable when it is written.
// Safe for concurrent use; other processes may move the file away.
type sideFile struct {
	root  *os.Root
	name  string
	limit int64

	mu sync.Mutex
}

// write appends the lines, each of which ends with LF.
func (s *sideFile) write(lines []byte) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.root.OpenFile(s.name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if size+int64(len(lines)) > s.limit {
		return fmt.Errorf("%s: %w", s.name, errSideFull)
	}
	if last := []byte{'\n'}; size > 0 {
		if _, err := f.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...) // behind a line that was torn
		}
	}
	if _, err := f.WriteAt(lines, size); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", s.name, err), f.Truncate(size))
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if size == 0 {
		return syncDir(s.root)
	}
	return nil
}

// keep sets a damaged piece of a segment aside, a megabyte of it at most.
func (s *sideFile) keep(f *os.File, segment string, from, to int64) error {
	b := make([]byte, min(to-from, 1<<20))
	n, _ := f.ReadAt(b, from)
	line, err := json.Marshal(struct {
		Segment string `json:"segment"`
		Offset  int64  `json:"offset"`
		Length  int64  `json:"length"`
		Bytes   []byte `json:"bytes"`
	}{segment, from, to - from, b[:n]})
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return s.write(append(line, '\n'))
}

// deadLetter is an event that nobody will take, or the JSON of one that is none.
type deadLetter struct {
	event event.Event
	json  []byte
	err   error
}

// bury keeps dead letters: it gives them to the exporter that is there for them, and writes down those
// that it does not take.
func (s *Spool) bury(ctx context.Context, letters []deadLetter) {
	if len(letters) == 0 {
		return
	}
	s.deadLetters.Add(uint64(len(letters)))
	s.metrics.refused(len(letters))
	otel.Handle(fmt.Errorf("cairn: spool: %d events are dead letters: %w", len(letters), letters[0].err))
	var lines []byte
	var events []event.Event
	for i := range letters {
		if l := &letters[i]; l.json != nil {
			lines = append(append(lines, l.json...), '\n')
		} else {
			events = append(events, l.event)
		}
	}
	if s.cfg.dead != nil && len(events) > 0 {
		err := contained(func() error { return s.cfg.dead.Export(ctx, events) })
		if err == nil {
			events = nil
		} else {
			otel.Handle(fmt.Errorf("cairn: spool: %d dead letters go into the file: %w", len(events), err))
		}
	}
	for i := range events {
		lines = append(events[i].AppendJSON(lines), '\n')
	}
	if len(lines) == 0 {
		return
	}
	if err := s.dead.write(lines); err != nil {
		s.lost("dead_letters", uint64(bytes.Count(lines, []byte{'\n'}))) //nolint:gosec // a count
		otel.Handle(fmt.Errorf("cairn: spool: dead letters are lost: %w", err))
	}
}
