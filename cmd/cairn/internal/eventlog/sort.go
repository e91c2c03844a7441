package eventlog

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"cairncx.dev/cairn/cmd/cairn/internal/scratch"
)

// source returns rows in time order, and io.EOF after the last row.
type source interface{ next(row *Row) error }

// Sizes of the sorter, in bytes.
const (
	blockSize = 1 << 20
	keySize   = 16
	timeSize  = 8
	// Bounds of the buffer of one part of the file while the parts are merged.
	minPartBuffer, maxPartBuffer = 4 << 10, 256 << 10
)

// key is the time of a row and its place in the sorter's memory: the index of the block in the upper 32 bits, and the
// offset in that block in the lower 32. A block is far smaller than 4 GiB.
type key struct{ time, place int64 }

func keyOf(at int64, block, off int) key { return key{at, int64(block)<<32 | int64(off)} }

// in returns the row's bytes in the blocks, followed by all later bytes of the block.
func (k key) in(blocks [][]byte) []byte {
	const lower = 1<<32 - 1
	return blocks[k.place>>32][k.place&lower:]
}

func compareKeys(a, b key) int {
	if c := cmp.Compare(a.time, b.time); c != 0 {
		return c
	}
	return cmp.Compare(a.place, b.place)
}

// sorter sorts rows by time. Rows with the same time keep the order in which they were added. It holds as many
// rows as fit into its memory. When the memory is full, it writes them, sorted, to a temporary file as one
// part. At the end it merges the parts.
type sorter struct {
	memory int64
	dir    string

	keys   []key
	blocks [][]byte
	free   [][]byte // blocks for reuse
	used   int64
	rows   int64

	file  *os.File
	end   int64
	parts []part
}

// part is a section of the temporary file.
type part struct{ off, size int64 }

// add adds the row.
func (s *sorter) add(row *Row) error {
	need := row.size() + binary.MaxVarintLen64
	if s.used > 0 && s.used+keySize > s.memory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last])+need > cap(s.blocks[last]) {
		s.blocks = append(s.blocks, s.block(need))
		last++
		s.used += int64(cap(s.blocks[last]))
	}
	b := s.blocks[last]
	k := keyOf(row.Time, last, len(b))
	b = appendLen(b, sizeOf(row))
	s.blocks[last] = row.appendTo(b)
	s.keys = append(s.keys, k)
	s.used += keySize
	s.rows++
	return nil
}

// block returns an empty block with room for need bytes.
func (s *sorter) block(need int) []byte {
	if n := len(s.free) - 1; n >= 0 && cap(s.free[n]) >= need {
		b := s.free[n][:0]
		s.free = s.free[:n]
		return b
	}
	return make([]byte, 0, max(min(blockSize, int(s.memory/8)), need))
}

// sizeOf returns the number of bytes that appendTo appends.
func sizeOf(r *Row) int {
	rest := varintLen(len(r.Customer)) + len(r.Customer) + varintLen(len(r.Purpose)) + len(r.Purpose) + varintLen(len(r.people)) + len(r.people) + len(r.Attributes)
	if r.JSON != nil {
		rest = len(r.JSON)
	}
	return 4 + varintLen(r.File) + varintLen(r.Line) + varintLen(r.Activity) + varintLen(len(r.Case)) + len(r.Case) + rest
}

// varintLen returns the number of bytes that appendLen appends.
func varintLen(n int) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

func (s *sorter) sort() {
	if !slices.IsSortedFunc(s.keys, compareKeys) {
		slices.SortFunc(s.keys, compareKeys)
	}
}

// spill writes the rows in memory to the file as one part.
func (s *sorter) spill() error {
	if s.file == nil {
		f, err := scratch.New(s.dir)
		if err != nil {
			return err
		}
		s.file = f
	}
	s.sort()
	out := bufio.NewWriterSize(s.file, maxPartBuffer)
	p := part{off: s.end}
	var head [timeSize]byte
	var at int64
	for _, k := range s.keys {
		at = k.time
		_, _ = binary.Encode(head[:], binary.LittleEndian, &at) // cannot fail: head has the size of at
		b := k.in(s.blocks)
		size, n := readLen(b)
		b = b[:n+size]
		_, _ = out.Write(head[:]) // Flush returns the error
		_, _ = out.Write(b)
		p.size += int64(len(head) + len(b))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("sorting on disk: %w: set --tmp to a folder with more space", err)
	}
	s.end += p.size
	s.parts = append(s.parts, p)
	s.free = append(s.free[:0], s.blocks...)
	s.keys, s.blocks, s.used = s.keys[:0], s.blocks[:0], 0
	return nil
}

// sorted returns all rows in order. No row may be added afterwards.
func (s *sorter) sorted() source {
	s.sort()
	mem := &memory{keys: s.keys, blocks: s.blocks}
	s.keys, s.blocks, s.free = nil, nil, nil
	if len(s.parts) == 0 {
		return mem
	}
	size := min(max(int(s.memory)/(2*len(s.parts)), minPartBuffer), maxPartBuffer)
	sources := make([]source, 0, len(s.parts)+1)
	for _, p := range s.parts {
		in := io.NewSectionReader(s.file, p.off, p.size)
		sources = append(sources, &stored{in: bufio.NewReaderSize(in, size)})
	}
	return newMerge(append(sources, mem)) // the rows in memory were added last
}

// close removes the file.
func (s *sorter) close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return scratch.Close(f)
}

// memory returns the rows that are in memory.
type memory struct {
	keys   []key
	blocks [][]byte
}

func (m *memory) next(row *Row) error {
	if len(m.keys) == 0 {
		return io.EOF
	}
	k := m.keys[0]
	m.keys = m.keys[1:]
	b := k.in(m.blocks)
	size, n := readLen(b)
	row.read(k.time, b[n:n+size])
	return nil
}

// stored returns the rows of one part of the file.
type stored struct {
	in  *bufio.Reader
	at  int64 // the time of the current row
	buf []byte
}

func (s *stored) next(row *Row) error {
	var head [timeSize]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return s.fault(err)
	}
	_, _ = binary.Decode(head[:], binary.LittleEndian, &s.at) // cannot fail: head has the size of at
	u, err := binary.ReadUvarint(s.in)
	if err != nil {
		return s.fault(err)
	}
	size := lenOf(u)
	s.buf = slices.Grow(s.buf[:0], size)[:size]
	if _, err := io.ReadFull(s.in, s.buf); err != nil {
		return s.fault(err)
	}
	row.read(s.at, s.buf)
	return nil
}

// fault returns the error of a row that cannot be read back. An end of file inside a row is not the end of the
// rows.
func (s *stored) fault(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("sorting on disk: %w", err)
}
