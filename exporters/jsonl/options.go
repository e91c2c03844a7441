package jsonl

import (
	"fmt"
	"io/fs"
	"time"
)

// The defaults of [New].
const (
	DefaultMaxSize = 128 << 20
	DefaultMaxAge  = 24 * time.Hour
	DefaultMode    = fs.FileMode(0o600)
)

// Option is an option of [New].
type Option interface{ apply(c *config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	size  int64
	age   time.Duration
	files int // 0 is all
	plain bool
	sync  Sync
	mode  fs.FileMode
	disk  disk
}

// Sync is when a file is fsynced. It is also when it is rotated and at Shutdown.
type Sync int

const (
	// OnFlush fsyncs when Flush is called, and each time that 4 MiB were written: what Export has
	// acknowledged outlives the process, what Flush has acknowledged outlives a power cut. Lines that
	// are not fsynced yet are kept in memory, to be written again where an fsync fails.
	OnFlush Sync = iota
	// EveryBatch fsyncs before Export returns: what it has acknowledged outlives a power cut. A disk
	// takes between a tenth of a millisecond and some ten for it.
	EveryBatch
)

// WithMaxSize closes a file before a batch that would make it longer than so many bytes; a batch that is
// longer by itself has a file to itself. At least 1. Default: [DefaultMaxSize].
func WithMaxSize(bytes int64) Option { return optionFunc(func(c *config) { c.size = bytes }) }

// WithMaxAge closes a file that has been written to for so long, when the next batch comes; of a file
// that was there before, its age is that of its last write. More than 0. Default: [DefaultMaxAge].
func WithMaxAge(d time.Duration) Option { return optionFunc(func(c *config) { c.age = d }) }

// WithMaxFiles removes the oldest closed files when there are more than n. At least 1. Default: all are
// kept.
func WithMaxFiles(n int) Option {
	return optionFunc(func(c *config) {
		c.files = n
		if n < 1 {
			c.files = -1
		}
	})
}

// WithoutGzip leaves closed files as they are. Default: they are gzipped.
func WithoutGzip() Option { return optionFunc(func(c *config) { c.plain = true }) }

// WithSync sets when the file is fsynced. Default: [OnFlush].
func WithSync(s Sync) Option { return optionFunc(func(c *config) { c.sync = s }) }

// WithMode sets the permissions of the files that it makes, whatever the umask is; a file that was there
// before keeps its own. It must let the owner read and write, and no user execute. Default:
// [DefaultMode].
func WithMode(m fs.FileMode) Option { return optionFunc(func(c *config) { c.mode = m }) }

func newConfig(opts []Option) (config, error) {
	c := config{size: DefaultMaxSize, age: DefaultMaxAge, mode: DefaultMode, disk: system{}}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	switch {
	case c.size < 1:
		return c, fmt.Errorf("%w: WithMaxSize(%d): at least 1 byte is needed", ErrOption, c.size)
	case c.age <= 0:
		return c, fmt.Errorf("%w: WithMaxAge(%v): more than 0 is needed", ErrOption, c.age)
	case c.files < 0:
		return c, fmt.Errorf("%w: WithMaxFiles: at least 1 is needed; without it all are kept", ErrOption)
	case c.sync != OnFlush && c.sync != EveryBatch:
		return c, fmt.Errorf("%w: WithSync(%d): it is neither OnFlush nor EveryBatch", ErrOption, c.sync)
	case c.mode&^0o666 != 0 || c.mode&0o600 != 0o600:
		return c, fmt.Errorf("%w: WithMode(%#o): the owner must be able to read and write, and no user to execute", ErrOption, uint32(c.mode))
	}
	return c, nil
}
