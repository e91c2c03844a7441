package contrast

import (
	"fmt"
	"math"
	"runtime"
)

// Bits is a set of rows: bit i%64 of word i/64 is row i. Rows beyond its end are not in it.
type Bits []uint64

// NewBits returns an empty set of n rows.
func NewBits(n int) Bits { return make(Bits, (n+63)/64) }

// Set adds row i.
func (b Bits) Set(i int) { b[i/64] |= 1 << (i % 64) }

// Has reports whether row i is in the set.
func (b Bits) Has(i int) bool {
	word := i / 64
	return word < len(b) && b[word]>>(i%64)&1 == 1
}

// Column is a property of runs: a code a row, into a dictionary of values.
type Column struct {
	Name string
	// Phrase stands before a value in a sentence, such as "of team". Default: "with", and the name.
	Phrase string
	// Codes has the code of each row. Read, which is used where Codes is nil, fills the codes of the rows from the given one
	// on. Find calls it from the goroutine of its caller.
	Codes []uint32
	Read  func(from int, codes []uint32)
	// Values has the text of each code.
	Values []string
	// Unknown says by code which values stand for "not known". A run with such a value is in no group of the column. Codes beyond
	// its end are known.
	Unknown []bool
}

// read fills the codes of the rows from the given one on.
func (c *Column) read(from int, codes []uint32) {
	if c.Codes != nil {
		copy(codes, c.Codes[from:])
		return
	}
	c.Read(from, codes)
}

// unknown reports whether the code stands for a value that is not known.
func (c *Column) unknown(code uint32) bool { return int(code) < len(c.Unknown) && c.Unknown[code] }

// Input is what Find reads. Find changes nothing of it, and keeps nothing.
type Input struct {
	// Runs is the number of rows.
	Runs    int
	Columns []Column
	// Bad has the runs that ended badly. Rows has those that take part; nil is all.
	Bad, Rows Bits
	// Now has the runs of this period, where the others are of the one before. With nil, bad runs are compared with good ones.
	Now Bits
	// Customers has a digest of the customer of each row. A row with 0 is a customer of its own. With nil, each is.
	Customers []uint64
	// Randomized is the name of the column whose values were assigned by chance, such as the arms of an experiment. Default:
	// none.
	Randomized string
}

// Options say how strict Find is. The zero value has the defaults.
type Options struct {
	// MinShare is the lowest share of the runs that a value or a pair holds, 0.005 to 1, and MinRuns the lowest number.
	// Default: 0.01 and 30.
	MinShare float64
	MinRuns  int
	// Level is the highest adjusted probability of a finding, in (0, 1). Default: 0.05.
	Level float64
	// Most is the highest number of findings. Default: 10.
	Most int
	// Workers is the number of goroutines that count. Default: GOMAXPROCS.
	Workers int
}

const (
	leastShare = 0.005 // at most 200 values of a column hold so much, so that a code is a byte
	atWorst    = 0.001 // the probability below which a pair differs from its values
	confidence = 0.95
	fewest     = 5 // customers of a group that is shown
)

// withDefaults returns the options with their defaults, or an error that names the one that is out of its bounds.
func (o Options) withDefaults() (Options, error) {
	setDefault(&o.MinShare, 0.01)
	setDefault(&o.MinRuns, 30)
	setDefault(&o.Level, 0.05)
	setDefault(&o.Most, 10)
	setDefault(&o.Workers, runtime.GOMAXPROCS(0))
	switch {
	case !(o.MinShare >= leastShare && o.MinShare <= 1):
		return o, fmt.Errorf("contrast: MinShare is %v, want a share from %v to 1", o.MinShare, leastShare)
	case o.MinRuns < fewest:
		return o, fmt.Errorf("contrast: MinRuns is %d, want %d or more", o.MinRuns, fewest)
	case !(o.Level > 0 && o.Level < 1):
		return o, fmt.Errorf("contrast: Level is %v, want a probability above 0 and below 1", o.Level)
	case o.Most < 0 || o.Workers < 0:
		return o, fmt.Errorf("contrast: Most is %d and Workers is %d, want numbers that are not negative", o.Most, o.Workers)
	}
	return o, nil
}

func setDefault[T int | float64](option *T, value T) {
	if *option == 0 {
		*option = value
	}
}

// check returns an error that says what of the input does not fit together.
func (in *Input) check() error {
	if in.Runs < 0 || in.Runs > math.MaxInt32 {
		return fmt.Errorf("contrast: Runs is %d, want 0 to %d", in.Runs, math.MaxInt32)
	}
	if in.Customers != nil && len(in.Customers) != in.Runs {
		return fmt.Errorf("contrast: there are %d customers for %d runs; give each run one, or none", len(in.Customers), in.Runs)
	}
	randomized := in.Randomized == ""
	for i := range in.Columns {
		c := &in.Columns[i]
		randomized = randomized || c.Name == in.Randomized
		if c.Codes == nil && c.Read == nil && in.Runs > 0 {
			return fmt.Errorf("contrast: column %q has neither Codes nor Read", c.Name)
		}
		if c.Codes != nil && len(c.Codes) != in.Runs {
			return fmt.Errorf("contrast: column %q has %d codes for %d runs", c.Name, len(c.Codes), in.Runs)
		}
	}
	if !randomized {
		return fmt.Errorf("contrast: no column is named %q, which Randomized names", in.Randomized)
	}
	return nil
}
