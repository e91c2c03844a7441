package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
	"sync"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
)

// logSource is a log as a source, with what a client makes of it when it is played. Each call plays the log from the beginning. It implements
// [insight.Source].
type logSource struct {
	settings  *sourceSettings
	blueprint *blueprint.Blueprint
	in        *inputs
	env       *env

	mu    sync.Mutex
	again bool           // the notes of reading were printed
	rep   *report.Report // of the last time that the log was played
	n     int64          // the rows that were played then
}

// wholeLog is the position after a log.
const wholeLog = "end"

// Scan implements [insight.Source]. A log is read as a whole. It is of another epoch when one of its files has changed.
func (l *logSource) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	epoch, err := l.epoch()
	if err != nil {
		return event.Cursor{}, err
	}
	at := event.Cursor{Position: wholeLog, Epoch: epoch}
	if s.Since.Position == wholeLog && s.Since.Epoch == epoch {
		return at, nil
	}
	err = l.read(ctx, func(e *event.Event) error {
		insight.Reduce(e, s.Attributes)
		return each(e)
	})
	if err = firstOf(err, ctx.Err()); err != nil { // a short log may end before its reader notices that the context is done
		return event.Cursor{}, err
	}
	return at, nil
}

// Distinct implements [insight.Distinct]: each row of a log is an event of its own, also if another one is the same.
func (*logSource) Distinct() bool { return true }

// Sequential implements [insight.Sequential]: each query replays the log.
func (*logSource) Sequential() bool { return true }

// Events implements [insight.Source].
func (l *logSource) Events(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	n := 0
	count := func(e *event.Event) error {
		if err := each(e); err != nil {
			return err
		}
		if n++; n == q.Limit {
			return errEnough
		}
		return nil
	}
	err := l.ordered(ctx, &q, count)
	if errors.Is(err, errEnough) && n == q.Limit {
		return nil
	}
	return firstOf(err, ctx.Err())
}

// errEnough ends the reading of a query with a limit.
var errEnough = errors.New("the limit is reached")

// rows returns how many rows were played.
func (l *logSource) rows() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// doubt returns why the numbers are in doubt, or nil.
func (l *logSource) doubt() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rep == nil {
		return nil
	}
	return l.settings.allow.judge(l.rep)
}

// epoch returns a text that changes when a file does.
func (l *logSource) epoch() (string, error) {
	h := fnv.New128a()
	for _, name := range slices.Concat(l.in.read, l.settings.said.files) {
		info, err := os.Stat(name)
		if err != nil {
			return "", fmt.Errorf("the log: %w", l.in.named(err))
		}
		_, _ = fmt.Fprintf(h, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano()) // never fails
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// read gives every event of the log, each on its own memory, in any order. It returns the error of each as it is.
func (l *logSource) read(ctx context.Context, each func(*event.Event) error) error {
	return l.played(ctx, func(line []byte) error {
		e, err := event.ParseJSON(line)
		if err != nil {
			return fmt.Errorf("an event of the replay cannot be read: %w", err)
		}
		return each(&e)
	}, func(*event.Event) bool { return true })
}

// ordered gives the events that the query asks for in the order of time. They are sorted on the disk beyond --memory.
func (l *logSource) ordered(ctx context.Context, q *event.Query, each func(*event.Event) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := l.played(ctx, func(line []byte) error {
			_, err := w.Write(append(line, '\n'))
			return err //nolint:wrapcheck // the reader has ended
		}, q.Asker())
		_ = w.CloseWithError(err) // the reader gets io.EOF or the error
		ended <- err
	}()
	err := l.sorted(ctx, r, each)
	_ = r.Close()
	cancel()
	if played := <-ended; err == nil || played != nil && errors.Is(err, played) {
		return played
	}
	return err
}

// sorted gives the events of a stream of JSON lines in the order of time.
func (l *logSource) sorted(ctx context.Context, r io.Reader, each func(*event.Event) error) (err error) {
	const name = "the events of the replay"
	cfg := eventlog.Config{
		Bad: func(_ string, _ int, err error) error {
			return fmt.Errorf("an event of the replay cannot be read: %w", err)
		},
		Memory: l.settings.memory, Dir: l.settings.tmp, Converted: map[string]io.Reader{name: r},
	}
	log, err := eventlog.Open(ctx, cfg, []string{name}, nil)
	if err != nil {
		return l.in.named(err)
	}
	defer func() { err = firstOf(err, log.Close()) }()
	for {
		row, err := log.Next(0)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return l.in.named(err)
		}
		e, err := event.ParseJSON(row.JSON)
		if err != nil {
			return fmt.Errorf("an event was read once and cannot be read a second time: %w", err)
		}
		if err := each(&e); err != nil {
			return err
		}
	}
}

// notes returns what the user is told about the reading. It is told once, however often the log is read.
func (l *logSource) notes() *notes {
	l.mu.Lock()
	c, again := l.env, l.again
	l.again = true
	l.mu.Unlock()
	if again {
		c = silent(c)
	}
	return newNotes(c.stderr, l.blueprint, l.settings.strict)
}

// played plays the log, and gives the JSON of each event that is wanted. One goroutine at a time calls each, and its error ends the replay.
func (l *logSource) played(ctx context.Context, each func(line []byte) error, wanted func(*event.Event) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sink := &lineSink{each: each, wanted: wanted, fail: cancel}
	s := l.settings.replaySettings
	s.files, s.also, s.contacts = l.in.read, []event.Processor{sink}, false
	n := l.notes()
	rep, err := replayLog(ctx, &s, l.blueprint, nil, n)
	sink.mu.Lock()
	defer sink.mu.Unlock()
	switch {
	case sink.failed != nil:
		err = sink.failed // the reason why the replay stopped
	case err == nil:
		l.mu.Lock()
		l.rep, l.n = rep, n.rows
		l.mu.Unlock()
		err = empty(rep)
	default:
		err = l.in.named(err)
	}
	n.finish(err == nil)
	return err
}

// lineSink gives the events of all players as lines of JSON. It is safe for concurrent use.
type lineSink struct {
	each   func([]byte) error
	wanted func(*event.Event) bool
	fail   context.CancelCauseFunc

	mu     sync.Mutex
	buf    []byte
	failed error
}

// Process implements [event.Processor].
func (s *lineSink) Process(_ context.Context, e *event.Event) {
	if !s.wanted(e) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return
	}
	s.buf = e.AppendJSON(s.buf[:0])
	if err := s.each(s.buf); err != nil {
		s.failed = err
		s.fail(err)
	}
}

// Shutdown implements [event.Processor].
func (*lineSink) Shutdown(context.Context) error { return nil }
