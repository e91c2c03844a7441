package sqlite

import (
	"errors"
	"fmt"
	"time"
)

// Option is an option of [Open].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	synchronous string
	openTimeout time.Duration
	maxBytes    int64
	bounded     bool
}

const (
	defaultOpenTimeout = 10 * time.Second
	pageSize           = 4096
	minPages           = 64
)

// WithoutFsync says that the machine does not lose power: a change is then in the hands of the
// operating system when Write returns, and survives the end of the process, kill -9 included, but
// the last ones not that of the machine. A Write is several times faster without its fsync.
// Default: a change is on the disk when Write returns.
func WithoutFsync() Option {
	return optionFunc(func(c *config) { c.synchronous = "NORMAL" })
}

// WithOpenTimeout bounds how long [Open] waits for another process that is at work on the file. It does not bound
// the work itself: a file that no other process has locked is opened, however slow the machine is.
// Default: 10 seconds.
func WithOpenTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) { c.openTimeout = d })
}

// WithMaxBytes bounds the file, not counting its -wal and -shm, in bytes, at least 256 KiB, rounded
// down to 4 KiB. A change that does not fit is refused with [ErrFull]. It holds for this Store; other
// processes have their own. Default: what the disk has.
func WithMaxBytes(n int64) Option {
	return optionFunc(func(c *config) { c.maxBytes, c.bounded = n, true })
}

// newConfig applies the options and returns every fault of them, joined.
func newConfig(opts []Option) (config, error) {
	c := config{synchronous: "FULL", openTimeout: defaultOpenTimeout}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var faults []error
	if c.openTimeout <= 0 {
		faults = append(faults, fmt.Errorf("sqlite: WithOpenTimeout(%v): the time has to be positive", c.openTimeout))
	}
	if c.bounded && c.maxBytes < minPages*pageSize {
		faults = append(faults, fmt.Errorf("sqlite: WithMaxBytes(%d): give at least %d", c.maxBytes, minPages*pageSize))
	}
	return c, errors.Join(faults...)
}
