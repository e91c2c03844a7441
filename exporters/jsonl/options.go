package jsonl

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// The defaults of [New]. DefaultMaxSize is in bytes.
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
	files int // the bound, if bounded

	bounded bool
	plain   bool
	sync    Sync
	mode    fs.FileMode
	disk    disk
}

// Sync is the time at which a file is fsynced. A rotation and Shutdown always fsync the file.
type Sync int

const (
	// OnFlush fsyncs at each Flush and after each 4 MiB of lines. Lines that Export has acknowledged survive the end of the
	// process. Lines that Flush has acknowledged survive a power cut. The exporter keeps lines in memory until the fsync, and
	// writes them again if the fsync fails.
	OnFlush Sync = iota
	// EveryBatch fsyncs before Export returns. Lines that Export has acknowledged survive a power cut. An fsync takes about
	// 0.1 to 10 milliseconds, depending on the disk.
	EveryBatch
)

// WithMaxSize bounds the size of a file in bytes. The exporter closes the file before a batch that would make it longer. A
// batch that is longer than the bound has a file to itself. At least 1. Default: [DefaultMaxSize].
func WithMaxSize(bytes int64) Option { return optionFunc(func(c *config) { c.size = bytes }) }

// WithMaxAge bounds the age of a file. The exporter closes an older file when the next batch comes. The age of a new file
// begins with its opening. The age of a file that existed before begins with its last write. More than 0. Default:
// [DefaultMaxAge].
func WithMaxAge(d time.Duration) Option { return optionFunc(func(c *config) { c.age = d }) }

// WithMaxFiles bounds the number of closed files. The exporter removes the oldest ones beyond n. At least 1. Default: the
// exporter keeps all.
func WithMaxFiles(n int) Option {
	return optionFunc(func(c *config) { c.files, c.bounded = n, true })
}

// WithoutGzip leaves closed files uncompressed. Default: the exporter gzips them.
func WithoutGzip() Option { return optionFunc(func(c *config) { c.plain = true }) }

// WithSync sets the time of the fsync. Default: [OnFlush].
func WithSync(s Sync) Option { return optionFunc(func(c *config) { c.sync = s }) }

// WithMode sets the permissions of new files, whatever the umask is. An existing file keeps its permissions. The mode must let
// the owner read and write, and must let no user execute. Default: [DefaultMode].
func WithMode(m fs.FileMode) Option { return optionFunc(func(c *config) { c.mode = m }) }

func newConfig(opts []Option) (config, error) {
	c := config{size: DefaultMaxSize, age: DefaultMaxAge, mode: DefaultMode, disk: system{}}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var faults []error
	check := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("%w: "+format, append([]any{ErrOption}, args...)...))
		}
	}
	check(c.size < 1, "WithMaxSize(%d): at least 1 byte is needed", c.size)
	check(c.age <= 0, "WithMaxAge(%v): more than 0 is needed", c.age)
	check(c.bounded && c.files < 1, "WithMaxFiles(%d): at least 1 is needed; without the option all are kept", c.files)
	check(c.sync != OnFlush && c.sync != EveryBatch, "WithSync(%d): it is neither OnFlush nor EveryBatch", c.sync)
	check(c.mode&^0o666 != 0 || c.mode&0o600 != 0o600,
		"WithMode(%#o): the owner must be able to read and write, and no user to execute", uint32(c.mode))
	return c, errors.Join(faults...)
}
