package insight

import (
	"context"

	"cairncx.dev/cairn/cx/event"
)

// Source has events: an archive, files, a log. The tables of exporters/sqlarchive and the files of package lines are sources, and
// package sourcetest tests any other.
//
// Both methods may be called concurrently, and one inside the function that another calls. They return the error of each unchanged and stop
// there. They stop when the context is done.
type Source interface {
	// Scan calls each with every event that arrived since s.Since, and returns the cursor for the next scan. The scans of one
	// epoch give each event exactly once, in any order, however many there are and whatever is written meanwhile. An event that
	// is not yet certain to be in its place, because an earlier one may still arrive, is left to a later scan; Cursor.Held says
	// so. If s.Since is of another epoch, Scan gives every event, and the epoch of the returned cursor is the new one. With an error the
	// cursor is s.Since: the next scan gives the events again, so that the caller drops those of the scan that failed.
	//
	// The events have what [Reduce] leaves in them. The event and the data behind its pointers belong to the source, which changes them after
	// each returns: each copies what it keeps. Strings, and lists of strings, do not change.
	Scan(ctx context.Context, s event.Scan, each func(*event.Event) error) (event.Cursor, error)
	// Events calls each with the whole events that q asks for, in the order of their time to the microsecond, each event once. They belong to
	// each, which may keep them.
	Events(ctx context.Context, q event.Query, each func(*event.Event) error) error
}
