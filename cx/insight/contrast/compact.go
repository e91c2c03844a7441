package contrast

import "fmt"

// Codes of a compact column. The values that enough runs hold follow.
const (
	unknown = iota // the value is not known
	rare           // a value that too few runs hold, and no group of its own
	firstOften
)

// column is a column of the rows that take part, with codes of a byte.
type column struct {
	at     int // in Input.Columns
	codes  []uint8
	size   int      // number of codes
	values []uint32 // the caller's code of each code from firstOften on
}

// rows are the rows that take part, without those that were taken.
type rows struct {
	n       int
	indexes []uint32 // of the caller's rows; nil if all take part
	class   []uint8  // bit 0: bad, bit 1: of the period now
	columns []column
	taken   []bool
	// small is how many values were left out because too few runs hold them.
	small int
}

// index returns the caller's row.
func (r *rows) index(i int) int {
	if r.indexes == nil {
		return i
	}
	return int(r.indexes[i])
}

// newRows returns the rows that take part, in compact form. Least returns the lowest number of runs that a value holds, of
// so many runs.
func newRows(in *Input, least func(n int) int) (*rows, error) {
	r := &rows{n: in.Runs}
	if in.Rows != nil {
		r.indexes = []uint32{}
		for i := range in.Runs {
			if in.Rows.Has(i) {
				r.indexes = append(r.indexes, uint32(i))
			}
		}
		r.n = len(r.indexes)
	}
	r.taken = make([]bool, r.n)
	r.class = make([]uint8, r.n)
	for i := range r.n {
		row := r.index(i)
		if in.Bad.Has(row) {
			r.class[i] = bad
		}
		if in.Now == nil || in.Now.Has(row) {
			r.class[i] |= now
		}
	}
	room := make([]uint32, r.n)
	for at := range in.Columns {
		c, err := r.compact(&in.Columns[at], at, least(r.n), room)
		if err != nil {
			return nil, err
		}
		if c.size > firstOften {
			r.columns = append(r.columns, c)
		}
	}
	return r, nil
}

// compact returns the column with codes of a byte. It uses the room, which has a place for each row, for the caller's codes.
func (r *rows) compact(source *Column, at, least int, room []uint32) (column, error) {
	r.read(source, room)
	counts := make([]int, len(source.Values))
	for _, code := range room {
		if int(code) >= len(counts) {
			return column{}, fmt.Errorf("contrast: column %q has the code %d, and %d values", source.Name, code, len(counts))
		}
		counts[code]++
	}
	c := column{at: at, size: firstOften}
	translated := make([]uint8, len(counts))
	for code, n := range counts {
		switch {
		case source.unknown(uint32(code)):
			translated[code] = unknown
		case n < least:
			translated[code] = rare
			if n > 0 {
				r.small++
			}
		default:
			translated[code] = uint8(c.size) //nolint:gosec // leastShare bounds it
			c.size++
			c.values = append(c.values, uint32(code))
		}
	}
	if c.size > firstOften {
		c.codes = make([]uint8, r.n)
		for i, code := range room {
			c.codes[i] = translated[code]
		}
	}
	return c, nil
}

// read fills in the caller's code of each row.
func (r *rows) read(source *Column, codes []uint32) {
	if r.indexes == nil {
		for from := 0; from < r.n; from += block {
			source.read(from, codes[from:min(from+block, r.n)])
		}
		return
	}
	var buffer [block]uint32
	start, end := 0, 0 // of the caller's rows in the buffer
	for i := range codes {
		row := int(r.indexes[i])
		if row >= end {
			start, end = row, min(row+block, int(r.indexes[r.n-1])+1)
			source.read(start, buffer[:end-start])
		}
		codes[i] = buffer[row-start]
	}
}
