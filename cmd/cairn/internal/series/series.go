// Package series stores series of durations and computes their exact quantiles. It holds the durations in
// memory up to a bound and in a temporary file beyond it.
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

// DefaultMemory is the default memory of all series of a Spool together, in bytes.
const DefaultMemory = 64 << 20

const (
	valueSize = 8
	// minSpill is the minimum number of values that a series holds in memory, even if the Spool has no memory
	// left.
	minSpill = 512
	first    = 64 // the initial capacity of a series in values
)

// Spool has the memory and the temporary file that its series share. It is not safe for concurrent use.
type Spool struct {
	dir  string
	left int64 // bytes
	file *os.File
	end  int64
	err  error
}

// NewSpool returns a Spool whose series together use at most memory bytes, or [DefaultMemory] if memory is 0 or less. Beyond
// that they use a temporary file in dir, or in os.TempDir if dir is "". The Spool owns the file until Close.
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

// write appends the values to the file and returns their place.
func (s *Spool) write(values []int64) (chunk, error) {
	if s.err != nil {
		return chunk{}, s.err
	}
	if s.file == nil {
		if s.file, s.err = scratch.New(s.dir); s.err != nil {
			return chunk{}, s.err
		}
	}
	b, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil { // cannot happen: the values have a fixed size
		return chunk{}, fmt.Errorf("writing durations to disk: %w", err)
	}
	if _, err := s.file.WriteAt(b, s.end); err != nil {
		s.err = fmt.Errorf("writing durations to disk: %w: set --tmp to a folder with more space", err)
		return chunk{}, s.err
	}
	c := chunk{s.end, len(values)}
	s.end += int64(len(b))
	return c, nil
}

// chunk is a section of the file.
type chunk struct {
	off    int64
	values int
}

// Series is a series of durations.
type Series struct {
	spool  *Spool
	values []int64
	chunks []chunk
	joined []*Series // their durations count as part of this series

	count    int64
	high, lo uint64 // the sum, 128 bits
	max      int64
}

// Series returns an empty series.
func (s *Spool) Series() *Series { return &Series{spool: s} }

// Add adds a duration. A negative duration counts as 0. If the disk fails, Summary returns the error.
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

// Join adds the durations of o, which may belong to another Spool, to s. The caller must not add durations to o
// afterwards and must keep its Spool open.
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

// grow makes room for further values: in memory if the Spool has some left, otherwise by writing the values to
// the file.
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

// Summary describes a series.
type Summary struct {
	Count               int64
	Mean, P50, P90, Max time.Duration
}

// Summary returns the summary of all durations. P50 and P90 are exact, by the nearest rank: the ⌈p·n⌉-th of n
// values in order (definition 1 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American
// Statistician 50, 1996). The mean is truncated to the nanosecond.
func (s *Series) Summary() (Summary, error) {
	if s == nil || s.count == 0 {
		return Summary{}, nil
	}
	if err := s.fault(); err != nil {
		return Summary{}, err
	}
	mean, _ := bits.Div64(s.high, s.lo, uint64(max(1, s.count)))
	var quantiles [2]time.Duration
	for i, percent := range []int64{50, 90} {
		var err error
		if quantiles[i], err = s.rank(rankOf(s.count, percent)); err != nil {
			return Summary{}, err
		}
	}
	return Summary{
		Count: s.count, Mean: time.Duration(min(mean, math.MaxInt64)),
		P50: quantiles[0], P90: quantiles[1], Max: time.Duration(s.max),
	}, nil
}

// Quantile returns the quantile of the percentage, from 1 to 100, of all durations, as [Series.Summary] does. It returns 0 for a
// series without a duration.
func (s *Series) Quantile(percent int64) (time.Duration, error) {
	if s == nil || s.count == 0 {
		return 0, nil
	}
	if err := s.fault(); err != nil {
		return 0, err
	}
	return s.rank(rankOf(s.count, percent))
}

// fault returns an error if the series lost durations, or nil.
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

// rank returns the value of the rank, counted from 1. It finds the value digit by digit to the base 65,536,
// with the highest digit first. Each digit takes one pass over the values and a constant amount of memory.
func (s *Series) rank(rank int64) (time.Duration, error) {
	const digit = 16
	counts := make([]int64, 1<<digit)
	prefix := int64(0)
	for shift := 64 - digit; shift >= 0; shift -= digit {
		clear(counts)
		mask := int64(-1) << (shift + digit) // 0 for the first digit: every value counts
		err := s.each(func(values []int64) {
			for _, v := range values {
				if v&mask == prefix { // no value is negative
					counts[v>>shift&(1<<digit-1)]++
				}
			}
		})
		if err != nil {
			return 0, err
		}
		for d, n := range counts {
			if rank <= n {
				prefix |= int64(d) << shift
				break
			}
			rank -= n
		}
	}
	return time.Duration(prefix), nil
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
				return fmt.Errorf("reading durations from disk: %w", err)
			}
			if _, err := binary.Decode(buf[:n*valueSize], binary.LittleEndian, values[:n]); err != nil {
				return fmt.Errorf("reading durations from disk: %w", err)
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
