package cases

import "slices"

// own returns the chunk for a change: a copy of it, if the chunk is published. A copy shares the arrays behind pointers until they change, and the texts of IDs, to
// which rows are added beyond those of the published chunk. Words are always made anew.
func (t *Table) own(n int) *Chunk {
	c := t.chunks[n]
	if c.published {
		c = c.copy()
		t.chunks[n] = c
	}
	return c
}

func (c *Chunk) copy() *Chunk {
	n := *c
	n.published, n.was, n.firsts = false, n.arrays, slices.Clone(c.firsts)
	for i := range n.firsts {
		n.firsts[i].was = n.firsts[i].firstArrays
	}
	return &n
}

// publish ends the changes of the chunk.
func (c *Chunk) publish() {
	c.published, c.was = true, arrays{}
	for i := range c.firsts {
		c.firsts[i].was = firstArrays{}
	}
}

// own makes a copy of an array for a change, if a published chunk has the array, too.
func own[T any](array **[Rows]T, published *[Rows]T) {
	if *array != nil && *array == published {
		n := **array
		*array = &n
	}
}

// set sets a value of an array that the chunk may not have yet. It makes no array for 0.
func set[T comparable](array **[Rows]T, published *[Rows]T, row int, value T) {
	if get(*array, row) == value {
		return
	}
	own(array, published)
	if *array == nil {
		*array = new([Rows]T)
	}
	(*array)[row] = value
}

// get returns a value of an array that the chunk may not have.
func get[T any](array *[Rows]T, row int) (value T) {
	if array != nil {
		value = array[row]
	}
	return value
}
