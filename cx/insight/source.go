package insight

import (
	"context"

	"cairncx.dev/cairn/cx/event"
)

// Source has events: an archive, files, a log. The tables of exporters/sqlarchive and the files of package lines are sources, and
// package sourcetest tests any other.
//
// Both methods may be called concurrently. They return the error of each unchanged and stop there. They stop when the context is
// done. An error leaves what was read before it valid, and the caller reads again from the cursor that it had.
type Source interface {
	// Scan calls each with every event that arrived since s.Since, and returns the cursor for the next scan. The scans of one
	// epoch give each event exactly once, in any order, however many there are and whatever is written meanwhile. An event that
	// is not yet certain to be in its place, because an earlier one may still arrive, is left to a later scan; Cursor.Held says
	// so. If s.Since is of another epoch, Scan gives every event, and the epoch of the returned cursor is the new one.
	//
	// The events have what questions are made of and no more: no comment, no note, no name of an employee or of a link, no trace,
	// and of the caller's attributes those in s.Attributes. The times are in microseconds, UTC. The event and the data behind
	// its pointers belong to the source, which changes them after each returns: each copies what it keeps. Strings do not
	// change.
	Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error)
	// Events calls each with the whole events that q asks for, in the order of their time. The same conditions hold for e.
	Events(ctx context.Context, q event.Query, each func(*event.Event) error) error
}
