package cases

import "cairncx.dev/cairn/cx/event"

// Find returns the row of a run, and false if the table has none. Call it under [Table.Read].
func (t *Table) Find(run event.RunRef) (c *Chunk, row int, ok bool) {
	journey, ok := t.journeys[Run{run.Namespace, run.Name}]
	if !ok {
		return nil, 0, false
	}
	n, _, ok := t.find(journey, run.ID)
	if !ok {
		return nil, 0, false
	}
	return t.chunks[n/Rows], int(n % Rows), true
}

// FirstText returns the first value that an event of the row has, and "" if none has one. Call it under [Table.Read].
func (t *Table) FirstText(column Column, c *Chunk, row int) string {
	return t.dicts[column].Text(c.firsts[column].at(row))
}
