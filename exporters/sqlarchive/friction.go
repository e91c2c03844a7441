package sqlarchive

import "cairncx.dev/cairn/cx/event"

// friction fills the columns of what made a run harder for the customer. A count of 0 is known; without counts the columns are NULL.
func (r *row) friction(f *event.Friction) {
	if f == nil {
		return
	}
	r.int(colFrictionRepeats, int64(f.Repeats))
	r.int(colFrictionFailuresBeforeSuccess, int64(f.FailuresBeforeSuccess))
	r.int(colFrictionLoops, int64(f.Loops))
	r.int(colFrictionChannelSwitches, int64(f.ChannelSwitches))
	r.int(colFrictionOverdue, int64(f.Overdue))
}
