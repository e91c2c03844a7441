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

// WithoutFsync makes Write return when the operating system has the change, before it is on the disk. Changes still survive the
// end of the process, also by kill -9. A power loss may take the latest ones. A Write is several times faster without its fsync.
// Default: a change is on the disk when Write returns.
func WithoutFsync() Option {
	return optionFunc(func(c *config) { c.synchronous = "NORMAL" })
}

// WithOpenTimeout bounds how long [Open] waits for another process that has locked the file. It does not bound the opening
// itself: Open opens a file that is not locked, however slow the machine is. Default: 10 seconds.
func WithOpenTimeout(d time.Duration) Option {
	return optionFunc(func(c *config) { c.openTimeout = d })
}

// WithMaxBytes bounds the size of the file in bytes, without its -wal and -shm: at least 256 KiB, rounded down to 4 KiB. A change
// that does not fit returns [ErrFull]. The bound is that of this Store; other processes have their own. Default: the disk's size.
func WithMaxBytes(n int64) Option {
	return optionFunc(func(c *config) { c.maxBytes, c.bounded = n, true })
}

// newConfig applies the options and returns all of their errors, joined.
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
