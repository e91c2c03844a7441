package exporters

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sink"
)

// DeadLetters is an exporter for events that no sink takes. It appends them to a file of JSON lines, each in the form that
// [event.ParseJSON] and "cairn replay" read. They do not read a line longer than [event.MaxJSON], which is there for a person.
// Each batch is on the disk when Export returns. The file may be moved away at any time: the next letter begins a new one. Safe
// for concurrent use, by one process.
type DeadLetters struct {
	file  *sideFile
	calls sink.Calls
}

var _ event.Exporter = (*DeadLetters)(nil)

// DeadLettersOption is an option of [NewDeadLetters].
type DeadLettersOption interface{ deadLetters(*settings) }

func (o option) deadLetters(s *settings) { o(s) }

// NewDeadLetters returns a DeadLetters that writes to the file at path. The first letter makes the file, readable by this user
// only; its folder must exist. The error says what is wrong with the options or the folder. Shutdown closes the folder.
func NewDeadLetters(path string, opts ...DeadLettersOption) (*DeadLetters, error) {
	var cfg settings
	apply(opts, func(o DeadLettersOption) { o.deadLetters(&cfg) })
	err := cfg.defaults()
	dir, name := filepath.Split(path)
	if name == "" {
		err = errors.Join(err, errNoFile)
	}
	if err != nil {
		return nil, outward(fmt.Errorf("dead letters: %q: %w", path, err))
	}
	d, err := openFolder(filepath.Clean(dir))
	if err != nil {
		return nil, outward(fmt.Errorf("dead letters: %q: opening the folder of the file, which must exist: %w", path, err))
	}
	file := &sideFile{disk: d, name: name, limit: cfg.bytes}
	if err := file.try(); err != nil {
		return nil, outward(fmt.Errorf("dead letters: %w", errors.Join(err, d.Close())))
	}
	return &DeadLetters{file: file}, nil
}

var errNoFile = errors.New("that is not the name of a file: give one in a folder that exists, such as dead.jsonl")

// Export implements [event.Exporter]. If only a part of a batch can be written, as on a full disk, it removes that part again.
func (d *DeadLetters) Export(ctx context.Context, events []event.Event) error {
	if d == nil || d.file == nil || len(events) == 0 {
		return nil
	}
	if ctx == nil {
		ctx = context.Background()
	}
	end, err := d.calls.Begin()
	if err != nil {
		return outward(fmt.Errorf("dead letters: %s: %w", d.file.path(), err))
	}
	defer end()
	if ctx.Err() != nil {
		return outward(fmt.Errorf("dead letters: %s: %w", d.file.path(), context.Cause(ctx)))
	}
	var lines []byte
	for i := range events {
		lines = append(events[i].AppendJSON(lines), '\n')
	}
	if err := d.file.write(lines); err != nil {
		return outward(fmt.Errorf("dead letters: %w", err))
	}
	return nil
}

// Shutdown implements [event.Exporter].
func (d *DeadLetters) Shutdown(ctx context.Context) error {
	if d == nil || d.file == nil {
		return nil
	}
	if err := d.calls.Shutdown(ctx, d.file.disk.Close); err != nil {
		return outward(fmt.Errorf("dead letters: %s: shutdown: %w", d.file.path(), err))
	}
	return nil
}
