package insight

import (
	"context"

	"cairncx.dev/cairn/cx/event"
)

// Distinct is an ability that a [Source] may have. A source whose Distinct returns true never gives one event twice within an epoch, and has no two
// rows of one event: an archive, or a log in which each row is an event. A table then takes every event that the source gives.
//
// Of any other source, such as files to which an exporter delivers at least once, a table drops an event whose ID it has seen among the latest
// 524,288 touchpoints and answers, and one that repeats the microsecond, the name and the outcome of an older one of its run and is at no whole
// millisecond. A row that a log has twice is two events, with two IDs, and counts twice from each source.
type Distinct interface {
	Distinct() bool
}

// Sequential is an ability that a [Source] may have. A source whose Sequential returns true reads everything that it has for each call of Events, such as a log.
// A question about many runs asks it once for all of them: see [event.Query.Asker]. It asks any other source for some runs at a time.
type Sequential interface {
	Sequential() bool
}

// Resumer is an ability that a [Source] may have: it can say whether a scan goes on from a cursor. [Table.Load] asks it while a scan has given much, inside the function that Scan calls: the
// table then serves what it has until the load has ended. Without it, or with an error, or after five seconds, questions return [ErrLoading] meanwhile.
type Resumer interface {
	// Resumes reports whether Scan would now go on from the cursor, rather than give every event in a new epoch.
	Resumes(ctx context.Context, since event.Cursor) (bool, error)
}
