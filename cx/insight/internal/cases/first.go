package cases

// first is a column that has the first value of each run.
type first struct {
	firstArrays
	was firstArrays // those that a published chunk has, too: see own
}

// firstArrays are nil as long as the chunk has no value. A column has either of the two arrays of codes.
type firstArrays struct {
	narrow *[Rows]uint16
	wide   *[Rows]uint32
	// since has the second of the value. While it is nil, each value is from the second of the event that arrived first (Chunk.lead).
	since *[Rows]uint32
}

func (f *first) at(row int) uint32 {
	switch {
	case f.narrow != nil:
		return uint32(f.narrow[row])
	case f.wide != nil:
		return f.wide[row]
	default:
		return 0
	}
}

func (f *first) set(row int, code uint32, isWide bool) {
	if isWide {
		set(&f.wide, f.was.wide, row, code)
		return
	}
	set(&f.narrow, f.was.narrow, row, uint16(code)) //nolint:gosec // the dictionary is narrow
}

// First returns the codes of a column of first values, in the array that it has; both are nil without a value in the chunk.
func (c *Chunk) First(column Column) (*[Rows]uint16, *[Rows]uint32) {
	f := &c.firsts[column]
	return f.narrow, f.wide
}
