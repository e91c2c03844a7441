package lines

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// Source reads events from files. [New] makes one. It holds no file open between calls. Safe for concurrent use.
//
// Each path is a log. The closed files of the log, such as events-20260417T120000.000000000Z.jsonl or .jsonl.gz beside events.jsonl, are
// read before it, in the order of their names, and once if they are given, too. Every file may be gzipped, whatever its name is.
//
// A line that is not an event is skipped and counted ([Source.Skipped]). The last line of a file waits until it is a whole event. An
// event that a log has again within 65,536 events is given once, because an exporter may write a batch again; events without an ID get the one that an archive
// derives. A file is known by its first line.
type Source struct {
	paths   []string // absolute
	names   []string // as they were given, for errors
	epoch   string
	skipped atomic.Int64
	onSkip  func(Skip) error

	mu      sync.Mutex
	windows map[string]*window // what was read last, by path; a scan takes the one of its log
}

var _ insight.Source = (*Source)(nil)

// ErrNoFile is in the error for a path at which there is no file, nor a closed file of that name.
var ErrNoFile = errors.New("there is no such file: name a file of JSON lines")

// New returns a source of the files at the paths. The error is [ErrNoFile], or that of a path that is no regular file, all joined.
func New(paths ...string) (*Source, error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("lines: no path is given: %w", ErrNoFile)
	}
	s := &Source{windows: map[string]*window{}}
	var faults []error
	for _, name := range paths {
		path, err := filepath.Abs(name)
		if err == nil {
			err = exists(path)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("lines: %s: %w", name, err))
			continue
		}
		if !slices.Contains(s.paths, path) {
			s.paths, s.names = append(s.paths, path), append(s.names, name)
		}
	}
	s.dropClosed()
	sum := sha256.Sum256([]byte(strings.Join(s.paths, "\x00")))
	s.epoch = hex.EncodeToString(sum[:8])
	return s, errors.Join(faults...)
}

// dropClosed drops the paths that are closed files of another one, with which they are read.
func (s *Source) dropClosed() {
	closed := map[string]bool{}
	for _, path := range s.paths {
		names, _ := closedFiles(path) // Scan returns the error
		for _, name := range names {
			closed[strings.TrimSuffix(name, ".gz")] = true
		}
	}
	paths, names := s.paths, s.names
	s.paths, s.names = nil, nil
	for i, path := range paths {
		if !closed[strings.TrimSuffix(path, ".gz")] {
			s.paths, s.names = append(s.paths, path), append(s.names, names[i])
		}
	}
}

func exists(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if closed, _ := closedFiles(path); len(closed) > 0 {
			return nil
		}
		return ErrNoFile
	}
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("it is no regular file: %w", ErrNoFile)
	}
	return err //nolint:wrapcheck // New adds the path
}

// Skipped returns how many lines were no events since the source was made. A line that is read again counts again.
func (s *Source) Skipped() int64 { return s.skipped.Load() }

// Skip is a line that is no event.
type Skip struct {
	// Path is the file. Line is the number of the line in it, from 1, and 0 in a file of which the beginning was read earlier.
	Path string
	Line int64
	Err  error
}

// OnSkip sets a function that hears of every line that is skipped. If it returns an error, reading stops with that error. Calls may be
// concurrent, as those of Scan and Events are. OnSkip is to be called before the source is read.
func (s *Source) OnSkip(f func(Skip) error) { s.onSkip = f }

func (s *Source) skip(name string, line int64, err error) error {
	s.skipped.Add(1)
	if s.onSkip == nil {
		return nil
	}
	if err := s.onSkip(Skip{name, line, err}); err != nil {
		return &stopError{err}
	}
	return nil
}

// place is how far a log was read.
type place struct {
	File   string `json:"file"` // the mark of its first line
	Offset int64  `json:"offset"`
}

// Scan implements [insight.Source]. Cursor.Held is always zero. The epoch changes when the file in which the cursor is has gone, or is
// shorter than it was.
func (s *Source) Scan(ctx context.Context, scan event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	epoch := s.epoch
	places := map[string]place{}
	if since := scan.Since; since.Position != "" && (since.Epoch == s.epoch || strings.HasPrefix(since.Epoch, s.epoch+".")) {
		if err := json.Unmarshal([]byte(since.Position), &places); err != nil {
			return scan.Since, fmt.Errorf("lines: the cursor is none that Scan has returned: begin with the zero cursor: %w", err)
		}
		epoch = since.Epoch
	}
	logs := make([]*log, 0, len(s.paths))
	defer func() {
		for _, l := range logs {
			l.close()
		}
	}()
	anew := false
	for i, path := range s.paths {
		l, err := s.open(path)
		if err != nil {
			return scan.Since, fmt.Errorf("lines: %s: %w", s.names[i], err)
		}
		logs = append(logs, l)
		found, err := l.seek(places[path])
		if err != nil {
			return scan.Since, fmt.Errorf("lines: %s: %w", s.names[i], err)
		}
		anew = anew || !found
	}
	if anew {
		epoch, places = s.epoch+"."+rand.Text(), map[string]place{}
	}
	next := map[string]place{}
	for i, l := range logs {
		if anew {
			l.from, l.offset = 0, 0
		}
		to, err := s.read(ctx, l, places[l.path], scan.Attributes, each)
		if err != nil {
			var stop *stopError
			if errors.As(err, &stop) {
				return scan.Since, stop.err
			}
			return scan.Since, fmt.Errorf("lines: %s: %w", s.names[i], err)
		}
		next[l.path] = to
	}
	position, err := json.Marshal(next)
	return event.Cursor{Position: string(position), Epoch: epoch}, err //nolint:wrapcheck // texts and numbers are always JSON
}

// stopError has the error of the caller's function.
type stopError struct{ err error }

func (e *stopError) Error() string { return e.err.Error() }

// read gives the events of a log from where it was sought, and returns how far it came.
func (s *Source) read(ctx context.Context, l *log, since place, wanted []string, each func(*event.Event) error) (place, error) {
	w, err := s.window(ctx, l, since)
	if err != nil {
		return since, err
	}
	at := since
	for i := l.from; i < len(l.files); i++ {
		f, from := l.files[i], int64(0)
		if i == l.from {
			from = l.offset
		}
		mark, err := f.mark()
		if err != nil {
			return since, err
		}
		if mark == "" {
			continue // no line is complete yet
		}
		offset, err := f.lines(ctx, from, reading{
			parse: func(line []byte, e *event.Event) (bool, error) {
				err := parse(line, e)
				if err == nil {
					insight.Reduce(e, wanted)
				}
				return err == nil, err
			},
			take: func(e *event.Event) error { return s.give(e, w, each) },
		})
		if err != nil {
			return since, err
		}
		at = place{File: mark, Offset: offset}
	}
	w.at = at
	s.mu.Lock()
	s.windows[l.path] = w
	s.mu.Unlock()
	return at, nil
}

// parse makes the event of a line.
func parse(line []byte, e *event.Event) (err error) {
	if *e, err = event.ParseJSON(line); err != nil {
		return notAnEvent(err)
	}
	name(e)
	return nil
}

// give gives the event, unless it came before.
func (s *Source) give(e *event.Event, w *window, each func(*event.Event) error) error {
	if !w.add(e.ID) {
		return nil
	}
	if err := each(e); err != nil {
		return &stopError{err}
	}
	return nil
}

// window takes the window of what was read before the place. If the source has none, it reads the beginning of that file again.
func (s *Source) window(ctx context.Context, l *log, since place) (*window, error) {
	s.mu.Lock()
	w := s.windows[l.path]
	delete(s.windows, l.path)
	s.mu.Unlock()
	if w != nil && w.at == since {
		return w, nil
	}
	w = newWindow()
	if l.offset == 0 || l.from >= len(l.files) {
		return w, nil
	}
	_, err := l.files[l.from].linesUntil(ctx, 0, l.offset, reading{
		parse: func(line []byte, e *event.Event) (bool, error) { return parse(line, e) == nil, nil },
		take: func(e *event.Event) error {
			w.add(e.ID)
			return nil
		},
	})
	return w, err
}

// name gives an event without an ID the one that an archive derives from its content: a UUID of version 8 (RFC 9562).
func name(e *event.Event) {
	if !e.ID.IsZero() {
		return
	}
	sum := sha256.Sum256(e.AppendJSON(nil))
	copy(e.ID[:], sum[:])
	e.ID[6] = e.ID[6]&0x0f | 0x80
	e.ID[8] = e.ID[8]&0x3f | 0x80
}

// Sequential implements [insight.Sequential]: Events reads all files.
func (*Source) Sequential() bool { return true }

// Events implements [insight.Source]. It reads all files, and keeps the events that it gives in memory to sort them.
func (s *Source) Events(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	list, err := s.collect(ctx, q.Asker())
	var stop *stopError
	switch {
	case errors.As(err, &stop):
		return stop.err
	case err != nil:
		return err
	}
	slices.SortStableFunc(list, func(a, b event.Event) int { return cmp.Compare(a.Time.UnixMicro(), b.Time.UnixMicro()) })
	if q.Limit > 0 && len(list) > q.Limit {
		list = list[:q.Limit]
	}
	for i := range list {
		if ctx.Err() != nil {
			return fmt.Errorf("lines: %w", context.Cause(ctx))
		}
		if err := each(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// collect returns the wanted events of all files, each once.
func (s *Source) collect(ctx context.Context, wanted func(*event.Event) bool) (list []event.Event, err error) {
	seen := map[event.ID]bool{}
	take := reading{
		parse: func(line []byte, e *event.Event) (bool, error) {
			err := parse(line, e)
			return err == nil && wanted(e), err
		},
		take: func(e *event.Event) error {
			if !seen[e.ID] {
				seen[e.ID] = true
				list = append(list, *e)
			}
			return nil
		},
	}
	for i, path := range s.paths {
		l, err := s.open(path)
		if err == nil {
			for k := 0; err == nil && k < len(l.files); k++ {
				_, err = l.files[k].lines(ctx, 0, take)
			}
			l.close()
		}
		if err != nil {
			return nil, fmt.Errorf("lines: %s: %w", s.names[i], err)
		}
	}
	return list, nil
}
