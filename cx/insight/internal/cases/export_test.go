package cases

import "cairncx.dev/cairn/cx/event"

// SetWindow makes the table know the IDs of so many of the latest events, instead of [Window].
func (t *Table) SetWindow(n int) { t.window.size = n }

// BatchSize is the number of events that are applied at once.
const BatchSize = batchSize

// Apply takes an event as the first half of a load does, before its chunk is folded. A question may be asked then.
func (t *Table) Apply(e *event.Event) {
	t.take(e)
	t.apply()
}

// Working returns the chunks that the loader works on.
func (t *Table) Working() []*Chunk { return t.chunks }
