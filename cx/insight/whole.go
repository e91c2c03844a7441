package insight

import (
	"context"
	"errors"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// events calls each with the whole events that q asks for, in the order of time, from the source of the table's last Load. It leaves out what the viewer
// may not see: another journey, another segment, what is later than the moment of the view, and probes. Without the right [Words] it removes what customers and
// employees have written. The caller checks its other rights. An event without a run is outside of a scope of journeys. A viewer with a scope of segments sees
// the runs that the table knows to be of one of them, and events without a run that say so themselves.
//
// It returns [ErrLoading] as a question does, also if the table was emptied while it read. The event belongs to each, whose error it returns unchanged.
func (v *View) events(ctx context.Context, q event.Query, each func(*event.Event) error) error {
	source := v.table.lastSource()
	if source == nil {
		return ErrLoading
	}
	if err := v.current(); err != nil {
		return err
	}
	if v.at != 0 {
		if end := time.UnixMicro(v.at + 1); q.Until.IsZero() || end.Before(q.Until) {
			q.Until = end
		}
	}
	if !q.Until.IsZero() && !q.From.Before(q.Until) {
		return nil
	}
	limit, given := q.Limit, 0
	q.Limit = 0 // the source would count what the viewer does not see
	err := source.Events(ctx, q, func(e *event.Event) error {
		visible, err := v.lets(e)
		if err != nil || !visible {
			return err
		}
		if v.viewer.Rights&Words == 0 {
			silence(e)
		}
		if err := each(e); err != nil {
			return err
		}
		if given++; given == limit {
			return errEnough
		}
		return nil
	})
	if err != nil && (!errors.Is(err, errEnough) || given != limit) {
		return err
	}
	return v.current()
}

// errEnough ends a query with a limit.
var errEnough = errors.New("insight: the limit is reached")

// lets reports whether the viewer may see the event.
func (v *View) lets(e *event.Event) (visible bool, err error) {
	if e.Actor == event.ActorSynthetic {
		return false, nil
	}
	if e.Journey.IsZero() {
		return v.unbound() && v.segment(e.Customer.Segment), nil
	}
	if !v.sees(e.Journey.Name) {
		return false, nil
	}
	return v.letsRun(e.Journey.Ref())
}

// letsRun reports whether the viewer may see the run, whose journey is in the scope.
func (v *View) letsRun(run event.RunRef) (visible bool, err error) {
	if err := v.current(); err != nil {
		return false, err
	}
	c, row, ok := v.snapshot.Find(run)
	switch {
	case !ok:
		visible = len(v.viewer.Segments) == 0
	case c.Flags[row]&cases.Synthetic == 0:
		visible = v.segment(v.snapshot.FirstText(cases.Segment, c, row))
	}
	return visible, nil
}

// unbound reports whether the viewer sees all journeys.
func (v *View) unbound() bool { return len(v.viewer.Journeys)+len(v.viewer.Owners) == 0 }

// segment reports whether the segment is in the viewer's scope.
func (v *View) segment(name string) bool {
	return len(v.viewer.Segments) == 0 || slices.Contains(v.viewer.Segments, name)
}

// silence removes what people have written, and where it is.
func silence(e *event.Event) {
	if f := e.Feedback; f != nil {
		f.Comment = ""
	}
	if m := e.Mention; m != nil {
		m.Address, m.ReplyTo = "", ""
	}
	if f := e.FollowUp; f != nil {
		f.Note = ""
	}
	if a := e.Action; a != nil {
		a.Note = ""
	}
	if d := e.Breakdown; d != nil {
		d.Note = ""
	}
}
