package sqlarchive

import (
	"encoding/binary"
	"math"
	"strconv"

	"cairncx.dev/cairn/cx/event"
)

// buffer is the reusable memory of a write to PostgreSQL.
type buffer struct {
	row  row
	copy [numTables][]byte // the rows of each table, in the binary format of COPY; empty for no rows, and for merged ones
	// The columns of journeys and of promises, each a []*string; nil for no rows.
	runs, promises []any
}

// keep bounds a buffer that is kept from one batch to the next, in bytes.
const keep = 4 << 20

// The binary format of COPY, as PostgreSQL's manual defines it for that command. The text format was measured and is slower,
// mostly in the server.
const (
	copyHeader  = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00" // no flags, no extension
	copyTrailer = "\xff\xff"
	copyNull    = "\xff\xff\xff\xff"
	copyEpoch   = 946684800000000 // 2000-01-01, PostgreSQL's epoch, in microseconds since 1970
)

// fill fills copy with the rows of the events. It returns the error of the first one that cannot have a row.
func (b *buffer) fill(p *postgres, events []event.Event, begun *begun) error {
	for t := range b.copy {
		b.copy[t] = b.copy[t][:0]
	}
	for i := range events {
		if err := b.row.fill(&events[i]); err != nil {
			return err
		}
		begun.customers.fill(&b.row)
		arrival := begun.blocks[i/block] + int64(i%block)
		id := b.row.cells[colID].s
		b.append(p, arrival)
		for t := legs; t < numTables; t++ {
			for n := range listed(t, &events[i]) {
				b.row.fillListed(t, &events[i], id, n)
				b.append(p, arrival)
			}
		}
	}
	for t := range b.copy {
		if len(b.copy[t]) > 0 {
			b.copy[t] = append(b.copy[t], copyTrailer...)
		}
	}
	b.row.cells = [numColumns]cell{} // the buffer keeps nothing of an event
	return nil
}

// fillMerged fills runs and promises with what the batch says.
func (b *buffer) fillMerged(p *postgres, t *told) {
	b.runs = fillMerged(b, p.columns[journeys], t.runs.sorted(), b.row.fillRun)
	b.promises = fillMerged(b, p.columns[promises], t.promises.sorted(), b.row.fillPromise)
}

// fillMerged returns the columns of the rows that fill makes in the buffer's row.
func fillMerged[S any](b *buffer, of []column, all []S, fill func(S)) (out []any) {
	if len(all) == 0 {
		return nil
	}
	columns := make([][]*string, len(of))
	for i := range columns {
		columns[i] = make([]*string, len(all))
		out = append(out, columns[i])
	}
	for n, s := range all {
		fill(s)
		for i, c := range of {
			cell := &b.row.cells[c]
			if cell.typ == null {
				continue
			}
			text := cell.s
			if cell.typ != textCell {
				text = string(cell.append(nil))
			}
			columns[i][n] = &text
		}
		b.row.cells = [numColumns]cell{}
	}
	return out
}

// append appends the row to the data of its table.
func (b *buffer) append(p *postgres, arrival int64) {
	out, columns := b.copy[b.row.table], p.columns[b.row.table]
	if len(out) == 0 {
		out = append(out, copyHeader...)
	}
	out = binary.BigEndian.AppendUint16(out, uint16(len(columns)+1))
	for _, column := range columns {
		switch c := &b.row.cells[column]; c.typ {
		case null:
			out = append(out, copyNull...)
		case textCell:
			switch column {
			case colID, colRequestID, colFeedbackID, colGrantID, colTouchpointID, colAmendsID, colCausedByID:
				out = appendUUID(out, c.s)
			default:
				out = append(binary.BigEndian.AppendUint32(out, uint32(len(c.s))), c.s...)
			}
		case boolCell:
			out = append(out, 0, 0, 0, 1, byte(c.n))
		case realCell:
			out = appendEight(out, math.Float64bits(c.f))
		case timeCell:
			out = appendEight(out, uint64(c.n-copyEpoch))
		default:
			out = appendEight(out, uint64(c.n))
		}
	}
	b.copy[b.row.table] = appendEight(out, uint64(arrival))
}

// appendEight appends a value of eight bytes.
func appendEight(b []byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), n)
}

// appendUUID appends an ID that row.id has written as a text.
func appendUUID(b []byte, s string) []byte {
	var id event.ID
	_ = id.UnmarshalText([]byte(s)) // it is valid
	return append(append(b, 0, 0, 0, byte(len(id))), id[:]...)
}

// append appends a value other than a text in the text form that PostgreSQL reads.
func (c *cell) append(b []byte) []byte {
	switch c.typ {
	case realCell:
		return strconv.AppendFloat(b, c.f, 'g', -1, 64)
	case timeCell:
		return append(appendTime(b, c.n), "+00"...)
	default:
		return strconv.AppendInt(b, c.n, 10)
	}
}
