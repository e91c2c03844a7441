package journey

import "cairncx.dev/cairn/cx/event"

// Knows reports whether the event's run is known here to have begun, and to be live.
func (t *Tracker) Knows(e *event.Event) bool {
	v := t.memory.where(RunID(e.TraceID()), nil)
	return !v.absent && !v.over && (v.begun || v.synced)
}
