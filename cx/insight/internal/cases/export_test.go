package cases

// SetWindow makes the table know the IDs of so many of the latest events, instead of [Window].
func (t *Table) SetWindow(n int) { t.window.size = n }

// BatchSize is the number of events that are applied under one lock.
const BatchSize = batchSize
