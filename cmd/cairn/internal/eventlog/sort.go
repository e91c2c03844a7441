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

// source gives rows in the order of their times. It returns io.EOF behind the last one.
type source interface{ next(row *Row) error }

// Sizes of the sorter, in bytes.
const (
	blockSize = 1 << 20
	keySize   = 16
	// The buffer of one sorted part of the file, while the parts are merged.
	minPartBuffer, maxPartBuffer = 4 << 10, 256 << 10
)

// key is where a row is in the sorter's memory.
type key struct {
	time       int64
	block, off uint32
}

func compareKeys(a, b key) int {
	if c := cmp.Compare(a.time, b.time); c != 0 {
		return c
	}
	if c := cmp.Compare(a.block, b.block); c != 0 {
		return c
	}
	return cmp.Compare(a.off, b.off)
}

// sorter brings rows into the order of their times; those of one time stay in the order in which
// they came. It holds as many rows as fit into memory; then it writes them, sorted, to a
// temporary file as one part, and merges the parts in the end.
type sorter struct {
	memory int64
	dir    string

	keys   []key
	blocks [][]byte
	free   [][]byte // blocks to be used again
	used   int64
	rows   int64

	file  *os.File
	end   int64
	parts []part
}

// part is a stretch of the temporary file.
type part struct{ off, size int64 }

// add takes the row.
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
	k := key{row.Time, uint32(last), uint32(len(b))} //nolint:gosec // far below 1<<32: bounded by memory
	b = binary.AppendUvarint(b, uint64(sizeOf(row))) //nolint:gosec // a length
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

// sizeOf is how many bytes appendTo appends.
func sizeOf(r *Row) int {
	rest := len(r.Customer)
	if r.JSON != nil {
		rest = len(r.JSON)
	}
	return 3 + uvarintLen(r.Activity) + uvarintLen(len(r.Case)) + len(r.Case) + rest
}

func uvarintLen(n int) int {
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

// spill writes what is in memory to the file.
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
	var head [8]byte
	for _, k := range s.keys {
		binary.LittleEndian.PutUint64(head[:], uint64(k.time)) //nolint:gosec // the bits
		b := s.blocks[k.block][k.off:]
		size, n := binary.Uvarint(b)
		b = b[:n+int(size)]       //nolint:gosec // came from an int
		_, _ = out.Write(head[:]) // an error stays until Flush
		_, _ = out.Write(b)
		p.size += int64(len(head) + len(b))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("sorting on disk: %w: --tmp names a folder with more room", err)
	}
	s.end += p.size
	s.parts = append(s.parts, p)
	s.free = append(s.free[:0], s.blocks...)
	s.keys, s.blocks, s.used = s.keys[:0], s.blocks[:0], 0
	return nil
}

// sorted returns the rows in order. Nothing can be added any more.
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
	return newMerge(append(sources, mem)) // what is in memory came last
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

// memory gives the rows that are in memory.
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
	b := m.blocks[k.block][k.off:]
	size, n := binary.Uvarint(b)
	row.read(k.time, b[n:n+int(size)]) //nolint:gosec // came from an int
	return nil
}

// stored gives the rows of one part of the file.
type stored struct {
	in  *bufio.Reader
	buf []byte
}

func (s *stored) next(row *Row) error {
	var head [8]byte
	if _, err := io.ReadFull(s.in, head[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return s.fault(err)
	}
	size, err := binary.ReadUvarint(s.in)
	if err != nil {
		return s.fault(err)
	}
	s.buf = slices.Grow(s.buf[:0], int(size))[:size] //nolint:gosec // came from an int
	if _, err := io.ReadFull(s.in, s.buf); err != nil {
		return s.fault(err)
	}
	row.read(int64(binary.LittleEndian.Uint64(head[:])), s.buf) //nolint:gosec // the bits
	return nil
}

// fault is the error of a row that cannot be read back: an end inside of it is not that of the rows.
func (s *stored) fault(err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("sorting on disk: %w", err)
}
