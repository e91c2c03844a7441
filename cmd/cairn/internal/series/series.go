// Package series keeps durations, as many as there are, and gives their exact quantiles: in memory
// up to a bound, beyond it in a temporary file. It knows nothing of what they are durations of.
package series

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/scratch"
)

// DefaultMemory is what all series of a Spool have together in memory, in bytes.
const DefaultMemory = 64 << 20

const (
	valueSize = 8
	// minSpill is how many values a series holds in memory at least, however little there is.
	minSpill = 512
	first    = 64 // values that a series has room for in the beginning
)

// Spool is the memory and the temporary file that series share. It is not safe for concurrent
// use.
type Spool struct {
	dir  string
	left int64 // bytes
	file *os.File
	end  int64
	err  error
}

// NewSpool returns a Spool whose series have so many bytes in memory together, [DefaultMemory] for
// 0, and a file in dir, os.TempDir for "", for what goes beyond. It owns the file until Close.
func NewSpool(dir string, memory int64) *Spool {
	if memory <= 0 {
		memory = DefaultMemory
	}
	return &Spool{dir: dir, left: memory}
}

// Close removes the file. It may be called again.
func (s *Spool) Close() error {
	if s == nil || s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return scratch.Close(f)
}

// write appends the values to the file and returns where they are.
func (s *Spool) write(values []int64) (chunk, error) {
	if s.err != nil {
		return chunk{}, s.err
	}
	if s.file == nil {
		if s.file, s.err = scratch.New(s.dir); s.err != nil {
			return chunk{}, s.err
		}
	}
	b := make([]byte, 0, len(values)*valueSize)
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, uint64(v)) //nolint:gosec // not negative
	}
	if _, err := s.file.WriteAt(b, s.end); err != nil {
		s.err = fmt.Errorf("keeping durations on disk: %w: --tmp names a folder with more room", err)
		return chunk{}, s.err
	}
	c := chunk{s.end, len(values)}
	s.end += int64(len(b))
	return c, nil
}

// chunk is a stretch of the file.
type chunk struct {
	off    int64
	values int
}

// Series is a number of durations.
type Series struct {
	spool  *Spool
	values []int64
	chunks []chunk
	joined []*Series // whose durations count as this one's

	count    int64
	high, lo uint64 // the sum, 128 bits
	max      int64
}

// Series returns an empty one.
func (s *Spool) Series() *Series { return &Series{spool: s} }

// Add adds a duration; a negative one is 0. An error of the disk is what Summary returns.
func (s *Series) Add(d time.Duration) {
	v := max(0, int64(d))
	if len(s.values) == cap(s.values) {
		s.grow()
	}
	s.values = append(s.values, v)
	s.count++
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, uint64(v), 0)
	s.high += carry
	s.max = max(s.max, v)
}

// Join makes the durations of o, which may be of another Spool, count as those of s. Nothing must be
// added to o any more, and its Spool has to stay.
func (s *Series) Join(o *Series) {
	if o == nil || o.count == 0 {
		return
	}
	s.joined = append(s.joined, o)
	s.count += o.count
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.high += o.high + carry
	s.max = max(s.max, o.max)
}

// grow makes room, in memory while there is some, else by writing to the file what is there.
func (s *Series) grow() {
	more := max(first, cap(s.values))
	if cost := int64(more) * valueSize; cost <= s.spool.left || len(s.values) < minSpill {
		s.spool.left -= cost
		values := make([]int64, len(s.values), cap(s.values)+more)
		copy(values, s.values)
		s.values = values
		return
	}
	c, err := s.spool.write(s.values)
	if err == nil {
		s.chunks = append(s.chunks, c)
	}
	s.values = s.values[:0]
}

// Summary says what a series is like. Durations are in nanoseconds.
type Summary struct {
	Count               int64
	Mean, P50, P90, Max time.Duration
}

// Summary returns the summary of what has been added. P50 and P90 are exact: of n values in order
// the ⌈p·n⌉-th, the nearest rank (definition 1 of Hyndman and Fan, "Sample Quantiles in
// Statistical Packages", The American Statistician 50, 1996). The mean is cut to the nanosecond.
func (s *Series) Summary() (Summary, error) {
	if s == nil || s.count == 0 {
		return Summary{}, nil
	}
	if err := s.fault(); err != nil {
		return Summary{}, err
	}
	mean, _ := bits.Div64(s.high, s.lo, uint64(s.count)) //nolint:gosec // a count
	var quantiles [2]time.Duration
	for i, percent := range []int64{50, 90} {
		var err error
		if quantiles[i], err = s.rank(rankOf(s.count, percent)); err != nil {
			return Summary{}, err
		}
	}
	return Summary{
		Count: s.count, Mean: time.Duration(mean), //nolint:gosec // at most the largest value
		P50: quantiles[0], P90: quantiles[1], Max: time.Duration(s.max),
	}, nil
}

// fault returns why not all durations could be kept, or nil.
func (s *Series) fault() error {
	if s.spool.err != nil {
		return s.spool.err
	}
	for _, o := range s.joined {
		if err := o.fault(); err != nil {
			return err
		}
	}
	return nil
}

// rankOf returns ⌈percent·n/100⌉.
func rankOf(n, percent int64) int64 {
	return n/100*percent + (n%100*percent+99)/100
}

// rank returns the value of the rank, counted from 1: by its digits to the base 65,536, the
// highest first. Each takes one pass over the values, and no memory that grows with them.
func (s *Series) rank(rank int64) (time.Duration, error) {
	const digit = 16
	counts := make([]int64, 1<<digit)
	prefix := uint64(0)
	for shift := 64 - digit; shift >= 0; shift -= digit {
		clear(counts)
		mask := uint64(math.MaxUint64) << (shift + digit) // 0 in the beginning: all
		err := s.each(func(values []int64) {
			for _, v := range values {
				if u := uint64(v); u&mask == prefix { //nolint:gosec // not negative
					counts[u>>shift&(1<<digit-1)]++
				}
			}
		})
		if err != nil {
			return 0, err
		}
		for d, n := range counts {
			if rank <= n {
				prefix |= uint64(d) << shift
				break
			}
			rank -= n
		}
	}
	return time.Duration(prefix), nil //nolint:gosec // a value that was added
}

// each calls f with all values, in pieces.
func (s *Series) each(f func([]int64)) error {
	f(s.values)
	const most = 8192
	buf := make([]byte, most*valueSize)
	values := make([]int64, most)
	for _, c := range s.chunks {
		in := io.NewSectionReader(s.spool.file, c.off, int64(c.values)*valueSize)
		for left := c.values; left > 0; {
			n := min(left, most)
			if _, err := io.ReadFull(in, buf[:n*valueSize]); err != nil {
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				return fmt.Errorf("reading durations on disk: %w", err)
			}
			for i := range n {
				values[i] = int64(binary.LittleEndian.Uint64(buf[i*valueSize:])) //nolint:gosec // as it was written
			}
			f(values[:n])
			left -= n
		}
	}
	for _, o := range s.joined {
		if err := o.each(f); err != nil {
			return err
		}
	}
	return nil
}
