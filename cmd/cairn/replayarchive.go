package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// replayArchived is replayLog, and keeps the events in the file of --archive if it is set.
func replayArchived(ctx context.Context, s *replaySettings, bp *blueprint.Blueprint, stdin io.Reader, n *notes) (*report.Report, error) {
	if s.archive == "" {
		return replayLog(ctx, s, bp, stdin, n)
	}
	sink, err := newArchiveSink(s.archive, len(s.files) == 0)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sink.fail = cancel
	s.also = append(s.also, sink)
	rep, err := replayLog(ctx, s, bp, stdin, n)
	failed := sink.close(context.WithoutCancel(ctx))
	if failed != nil {
		return nil, failed // the reason why the replay stopped
	}
	return rep, err
}

// archiveSink keeps the events of all players in an archive. It is safe for concurrent use.
type archiveSink struct {
	name    string
	archive *sqlarchive.Archive
	adds    bool                    // keeps what customers said only: the replay does not know when their runs began
	fail    context.CancelCauseFunc // stops the replay

	mu     sync.Mutex
	batch  []event.Event
	failed error
}

// archiveBatch is the number of events of a transaction.
const archiveBatch = 2000

// newArchiveSink makes the file, which must not exist: rows of a CSV file have no IDs, so that a second replay into one archive would
// count them twice. The rows of --feedback have some, so that they alone may be added to an archive.
func newArchiveSink(name string, adds bool) (*archiveSink, error) {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) && (!adds || err != nil || !isArchive(name)) {
		if err == nil {
			err = errors.New("it exists, and a second replay would count its events twice: name a new file")
		}
		return nil, fmt.Errorf("--archive: %s: %w", name, err)
	}
	a, err := sqlarchive.OpenSQLite(name, sqlarchive.WithoutFsync())
	if err != nil {
		return nil, fmt.Errorf("--archive: %w", err)
	}
	return &archiveSink{name: name, archive: a, adds: adds}, nil
}

// Process implements [event.Processor].
func (a *archiveSink) Process(ctx context.Context, e *event.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed != nil || a.adds && e.Feedback == nil {
		return
	}
	if a.batch = append(a.batch, *e); len(a.batch) == archiveBatch {
		a.write(ctx)
	}
}

// write writes the batch. The caller has the lock.
func (a *archiveSink) write(ctx context.Context) {
	if err := a.archive.Export(context.WithoutCancel(ctx), a.batch); err != nil {
		a.failed = fmt.Errorf("--archive: %s: %w", a.name, err)
		a.fail(a.failed)
	}
	clear(a.batch)
	a.batch = a.batch[:0]
}

// Shutdown implements [event.Processor]. Each player's client calls it, so it does not close the archive.
func (*archiveSink) Shutdown(context.Context) error { return nil }

// close writes the rest and closes the archive.
func (a *archiveSink) close(ctx context.Context) error {
	const patience = time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed == nil && len(a.batch) > 0 {
		a.write(ctx)
	}
	return errors.Join(a.failed, a.archive.Shutdown(ctx))
}
