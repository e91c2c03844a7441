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
	maxName            = 63 // PostgreSQL's bound for names, in bytes
)

// WithRetention deletes events that are older than d by the machine's clock, and runs whose last transition is. d is at least
// one hour. An Export then deletes at most 1,000 rows of each table. If no row is left to delete, the next deletion is at
// least one minute later. A deletion that fails does not fail the Export; the error goes to OpenTelemetry's error handler.
// Default: the archive keeps everything, and [Archive.Prune] deletes on demand.
func WithRetention(d time.Duration) Option {
	return bothFunc(func(c *config) { c.retention, c.hasRetention = d, true })
}

// WithoutFsync commits without an fsync. When Export returns, the operating system has the batch. The batch survives the end
// of the process, also by kill -9. A power loss or a crash of the machine may lose the last batches. Default: a batch is on
// the disk when Export returns.
func WithoutFsync() SQLiteOption {
	return sqliteFunc(func(c *config) { c.synchronous = "NORMAL" })
}

// WithOpenTimeout bounds the time that [OpenSQLite] waits for another process that is using the file. After that time
// OpenSQLite returns the archive all the same, and the archive's calls wait. It has to be positive. Default: 10 seconds.
func WithOpenTimeout(d time.Duration) SQLiteOption {
	return sqliteFunc(func(c *config) { c.openTimeout = d })
}

// WithMaxBytes bounds the file in bytes, without its -wal and -shm. It is at least 1 MiB, and is rounded down to a multiple of
// 4 KiB. A batch that does not fit fails with [ErrFull]. The bound applies to this Archive; other processes set their own.
// Default, and for 0: the size of the disk.
func WithMaxBytes(n int64) SQLiteOption {
	return sqliteFunc(func(c *config) { c.maxBytes = n })
}

// WithSchema sets the schema of the tables. The name has 1 to 63 letters, digits and underscores, does not begin with a digit,
// and is case-sensitive. The archive makes a missing schema, unless [WithoutMigration] is set. Default: "cairn".
func WithSchema(name string) PostgresOption {
	return postgresFunc(func(c *config) { c.schema = name })
}

// WithoutMigration forbids the archive to make tables. If tables of this version are missing, calls fail until another archive
// has made them. Use it for a service whose role may not create tables, and call [Archive.Ping] of an archive without this
// option in the deployment. Default: the first call that reaches the database makes missing tables.
func WithoutMigration() PostgresOption {
	return postgresFunc(func(c *config) { c.leaveTables = true })
}

func defaults() config {
	return config{synchronous: "FULL", openTimeout: defaultOpenTimeout, schema: defaultSchema}
}

// check returns all faults of the options, joined.
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
