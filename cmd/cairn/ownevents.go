package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/lines"
)

// ownEvents is a source of files with Cairn's own events as JSON lines, which need not be played. The user hears of the first lines that are no
// events, once.
type ownEvents struct {
	*lines.Source

	in *inputs

	given atomic.Bool // an event was given

	mu    sync.Mutex
	notes *notes // until the first scan has ended
}

var _ insight.Source = (*ownEvents)(nil)

// errAllSkipped is the doubt of a file without an event.
var errAllSkipped = errors.New("no line of the file is an event as JSON: name a file that an exporter of Cairn has written, or a CSV file with a header")

func newOwnEvents(in *inputs, n *notes) (*ownEvents, error) {
	s, err := lines.New(in.read...)
	if err != nil {
		return nil, in.named(err)
	}
	o := &ownEvents{Source: s, in: in, notes: n}
	s.OnSkip(o.skipped)
	return o, nil
}

// skipped tells of a line.
func (o *ownEvents) skipped(s lines.Skip) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.notes == nil {
		return nil
	}
	return o.notes.bad(o.in.nameOf(s.Path), int(s.Line), s.Err)
}

// Scan implements [insight.Source].
func (o *ownEvents) Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error) {
	var mine error
	cursor, err := o.Source.Scan(ctx, s, func(e *event.Event) error {
		o.given.Store(true)
		mine = each(e)
		return mine
	})
	o.mu.Lock()
	if o.notes != nil {
		o.notes.finish(err == nil)
		o.notes = nil
	}
	o.mu.Unlock()
	if mine != nil {
		return cursor, mine
	}
	return cursor, o.in.named(err)
}

// doubt returns an error if the files have lines, and none is an event.
func (o *ownEvents) doubt() error {
	if !o.given.Load() && o.Skipped() > 0 {
		return errAllSkipped
	}
	return nil
}
