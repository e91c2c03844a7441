package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Option is an option of [New].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	schema, prefix string
	inSchema       bool
	shelf          string // the shelf that the records are on; "" for the store's own
}

const (
	defaultPrefix = "cairn"
	// maxName leaves room for the suffixes of a prefix within the 63 bytes of PostgreSQL's names.
	maxName = 40
	// leaseTable is the name of the table of leases after the prefix.
	leaseTable = "lease"
)

// WithSchema sets the schema of the tables: 1 to 40 letters, digits and underscores that do not begin with a digit. Case counts.
// Default: the first schema of the connection's search_path.
func WithSchema(schema string) Option {
	return optionFunc(func(c *config) { c.schema, c.inSchema = schema, true })
}

// WithPrefix sets the prefix of the tables' names: 1 to 40 letters, digits and underscores that do not begin with a digit. Case
// counts. Services that share a store need the same prefix. Default: "cairn", which makes cairn_record and cairn_lease.
func WithPrefix(prefix string) Option {
	return optionFunc(func(c *config) { c.prefix = prefix })
}

// newConfig applies the options and returns every fault of them, joined.
func newConfig(pool *pgxpool.Pool, opts []Option) (config, error) {
	c := config{prefix: defaultPrefix}
	for _, o := range opts {
		if o != nil {
			o.apply(&c)
		}
	}
	var faults []error
	if pool == nil {
		faults = append(faults, errors.New("postgres: New: the pool is nil: open one with pgxpool.New"))
	}
	if c.inSchema && !validName(c.schema) {
		faults = append(faults, nameFault("WithSchema", c.schema))
	}
	if !validName(c.prefix) {
		faults = append(faults, nameFault("WithPrefix", c.prefix))
	}
	return c, errors.Join(faults...)
}

func nameFault(option, name string) error {
	return fmt.Errorf("postgres: %s(%.80q): a name is 1 to %d letters, digits and underscores, not a digit first",
		option, name, maxName)
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

// table returns the quoted name of a table, with its schema if there is one. The table "record" of a shelf has the shelf's name.
// All shelves have the store's table "lease".
func (c *config) table(name string) string {
	if c.shelf != "" && name != leaseTable {
		name = `"` + shelfTable(c.prefix, c.shelf) + `"`
	} else {
		name = `"` + c.prefix + "_" + name + `"`
	}
	if c.schema == "" {
		return name
	}
	return `"` + c.schema + `".` + name
}

// index returns the quoted name of an index, which is in its table's schema. It is "" for a shelf: PostgreSQL then chooses a name
// that is free and short enough.
func (c *config) index(name string) string {
	if c.shelf != "" {
		return ""
	}
	return `"` + c.prefix + "_record_" + name + `"`
}
