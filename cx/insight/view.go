package insight

import (
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// View is what a [Viewer] may see of a [Table] at a moment. Every question is a method of it. It has the rows as the last [Table.Load] before it has left them, so that
// all of its answers agree: make a view for each request, page or report, and do not keep it. It is safe for concurrent use.
//
// A question returns [ErrLoading] if the table was not loaded when the view was made, or was emptied since, because a customer was forgotten: no answer
// is about a forgotten customer. Make another view then.
type View struct {
	table    *Table
	snapshot *cases.Snapshot // nil if there was none
	viewer   Viewer
	at       int64 // 0 is the latest event
	// workers is the number of goroutines of a question; 0 is as many as there are processors.
	workers int
}

// View returns the table as the viewer may see it at a moment. The zero time is that of the latest event. It costs nothing, and never waits.
func (t *Table) View(viewer Viewer, at time.Time) *View {
	return &View{table: t, snapshot: t.cases.Snapshot(), viewer: viewer, at: micros(at)}
}

// At returns a view of the same viewer and the same rows at another moment. The zero time is that of the latest event.
func (v *View) At(at time.Time) *View {
	other := *v
	other.at = micros(at)
	return &other
}

// For returns a view of another viewer of the same rows at the same moment, so that what several viewers see at once agrees.
func (v *View) For(viewer Viewer) *View {
	other := *v
	other.viewer = viewer
	return &other
}

// Workers returns a view whose questions pass over the table in at most so many goroutines, so that they leave processors to what else the process does. 0 and less
// are as many as GOMAXPROCS, which is the default. Answers do not depend on it.
func (v *View) Workers(n int) *View {
	other := *v
	other.workers = max(0, n)
	return &other
}

// Edition returns the number of the view's rows: views of one table with the same number have the same rows. It is 0 for a view of a table that was not
// loaded. See [Table.Edition].
func (v *View) Edition() uint64 {
	if v.snapshot == nil {
		return 0
	}
	return v.snapshot.Edition()
}

// Moment returns the moment of the view: the one that it was made with, or the time of the latest event, which is zero if there are no events. It returns
// [ErrLoading] as a question does.
func (v *View) Moment() (time.Time, error) {
	if err := v.current(); err != nil {
		return time.Time{}, err
	}
	return instant(v.moment()), nil
}

// moment is Moment in microseconds. The caller has asked for current.
func (v *View) moment() int64 {
	if v.at != 0 {
		return v.at
	}
	return v.snapshot.Newest()
}

// current returns [ErrLoading] if the view has no rows, or the table has them no more. A question asks it before and after it reads.
func (v *View) current() error {
	if !v.table.cases.Holds(v.snapshot) {
		return ErrLoading
	}
	return nil
}

// State returns what the viewer's answers rest on. For a viewer without a scope it is that of the table. For a part of the table only Runs is known, and Held; the rest
// would tell what is outside of the scope, and is 0. It needs the right [Numbers].
func (v *View) State() (State, error) {
	if err := v.viewer.needs("State", Numbers); err != nil {
		return State{}, err
	}
	if err := v.current(); err != nil {
		return State{}, err
	}
	s, err := stateOf(v.snapshot)
	if !v.unbound() || len(v.viewer.Segments) > 0 {
		s = State{Runs: v.rows(v.snapshot.Chunks()), Held: s.Held}
	}
	return s, err
}
