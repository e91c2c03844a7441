package memory

import (
	"errors"
	"fmt"
	"math"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct{ maxRecords int }

const (
	defaultMaxRecords = 1_000_000
	// mostRecords is the largest bound, because a record knows its place in a queue as 32 bits.
	mostRecords = math.MaxInt32
)

// WithMaxRecords bounds the records of the store itself, and those of each of its shelves, live and closed: 1 to 2,147,483,647. A
// Write that would make more returns [ErrFull]. Default: 1,000,000.
func WithMaxRecords(n int) Option {
	return optionFunc(func(c *config) { c.maxRecords = n })
}

// newConfig applies the options and returns all of their errors, joined.
func newConfig(opts []Option) (config, error) {
	c := config{maxRecords: defaultMaxRecords}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var faults []error
	if c.maxRecords < 1 || c.maxRecords > mostRecords {
		faults = append(faults, fmt.Errorf("memory: WithMaxRecords(%d): give 1 to %d", c.maxRecords, mostRecords))
	}
	return c, errors.Join(faults...)
}
