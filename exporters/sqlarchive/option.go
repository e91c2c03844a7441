package sqlarchive

import (
	"errors"
	"fmt"
	"time"
)

// SQLiteOption is an option of [OpenSQLite].
type SQLiteOption interface{ applySQLite(*config) }

// PostgresOption is an option of [OpenPostgres] and [UsePostgres].
type PostgresOption interface{ applyPostgres(*config) }

// Option is an option of every archive.
type Option interface {
	SQLiteOption
	PostgresOption
}

type (
	bothFunc     func(*config)
	sqliteFunc   func(*config)
	postgresFunc func(*config)
)

func (f bothFunc) applySQLite(c *config)       { f(c) }
func (f bothFunc) applyPostgres(c *config)     { f(c) }
func (f sqliteFunc) applySQLite(c *config)     { f(c) }
func (f postgresFunc) applyPostgres(c *config) { f(c) }

type config struct {
	retention    time.Duration
	hasRetention bool

	synchronous string
	openTimeout time.Duration
	maxBytes    int64

	schema      string
	leaveTables bool
}

const (
	defaultOpenTimeout = 10 * time.Second
	defaultSchema      = "cairn"
	pageSize           = 4096
	minPages           = 256
	minRetention       = time.Hour
	maxName            = 63 // of PostgreSQL's names, in bytes
)

// WithRetention deletes what happened longer ago than d, at least an hour, by the machine's clock: a
// thousand rows of each table at most after an Export, once a minute while nothing is left to delete.
// A deletion that fails is told to OpenTelemetry's error handler, and does not fail the Export.
// Default: everything is kept; [Archive.Prune] deletes when it is called.
func WithRetention(d time.Duration) Option {
	return bothFunc(func(c *config) { c.retention, c.hasRetention = d, true })
}

// WithoutFsync says that the machine does not lose power: a batch is then in the hands of the
// operating system when Export returns, and survives the end of the process, kill -9 included, but
// the last ones not that of the machine. Default: a batch is on the disk when Export returns.
func WithoutFsync() SQLiteOption {
	return sqliteFunc(func(c *config) { c.synchronous = "NORMAL" })
}

// WithOpenTimeout bounds how long [OpenSQLite] waits for another process that is at work on the file. After
// it the archive is there all the same, and its calls wait. Default: 10 seconds.
func WithOpenTimeout(d time.Duration) SQLiteOption {
	return sqliteFunc(func(c *config) { c.openTimeout = d })
}

// WithMaxBytes bounds the file, not counting its -wal and -shm, in bytes, at least 1 MiB, rounded down
// to 4 KiB. A batch that does not fit fails with [ErrFull]. It holds for this Archive; other
// processes have their own. Zero is the default: what the disk has.
func WithMaxBytes(n int64) SQLiteOption {
	return sqliteFunc(func(c *config) { c.maxBytes = n })
}

// WithSchema sets the schema that the tables are in: 1 to 63 letters, digits and underscores, not a
// digit first, case as it is. It is made where it is missing, unless [WithoutMigration]. Default: "cairn".
func WithSchema(name string) PostgresOption {
	return postgresFunc(func(c *config) { c.schema = name })
}

// WithoutMigration leaves the tables as they are: where they are missing, or not this version's, calls fail
// until they are there. It is for a role that may not create, when a deployment calls [Archive.Ping] of an
// archive without it, as one that may. Default: the first call that reaches the database makes what is missing.
func WithoutMigration() PostgresOption {
	return postgresFunc(func(c *config) { c.leaveTables = true })
}

func defaults() config {
	return config{synchronous: "FULL", openTimeout: defaultOpenTimeout, schema: defaultSchema}
}

// check returns every fault of the options, joined.
func (c *config) check() error {
	var faults []error
	if c.hasRetention && c.retention < minRetention {
		faults = append(faults, fmt.Errorf("WithRetention(%v): give at least %v", c.retention, minRetention))
	}
	if c.openTimeout <= 0 {
		faults = append(faults, fmt.Errorf("WithOpenTimeout(%v): the time has to be positive", c.openTimeout))
	}
	if c.maxBytes != 0 && c.maxBytes < minPages*pageSize {
		faults = append(faults, fmt.Errorf("WithMaxBytes(%d): give at least %d bytes, or 0 for what the disk has", c.maxBytes, minPages*pageSize))
	}
	if !validName(c.schema) {
		faults = append(faults, fmt.Errorf("WithSchema(%.80q): a name is 1 to %d letters, digits and underscores, not a digit first", c.schema, maxName))
	}
	if len(faults) > 0 {
		return fmt.Errorf("sqlarchive: %w", errors.Join(faults...))
	}
	return nil
}

func validName(name string) bool {
	if name == "" || len(name) > maxName || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_':
		default:
			return false
		}
	}
	return true
}
