package postgres

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cairncx.dev/cairn/cx/ledger"
)

const (
	// version is the version of the tables. It is in the comment on each record table.
	version = 1
	// minServer is PostgreSQL 13.
	minServer = 130000
)

// Migrate makes the missing parts of the schema, tables and indexes in one transaction. If nothing is missing, it changes and
// locks nothing, so every instance may call it when it starts, also at the same time. It needs the right to create in the
// schema, and in the database if the schema is missing. The store itself does not need these rights, so a deployment may call
// Migrate with another role. Migrate returns an error for tables of the same names that belong to another program or to a later
// version of Cairn.
func (s *Store) Migrate(ctx context.Context) error { return s.MigrateShelves(ctx) }

// MigrateShelves is [Store.Migrate] that also makes the tables of the shelves with these names. The first call of a shelf does the
// same for it, so that only a deployment whose services have no right to create tables needs MigrateShelves. It takes no lock on
// tables that exist. A name that is not valid is an error before anything is made, which joins all such names.
func (s *Store) MigrateShelves(ctx context.Context, names ...string) error {
	tables := []*config{&s.config}
	var faults []error
	for _, name := range names {
		if !ledger.ValidShelf(name) {
			faults = append(faults, fmt.Errorf("postgres: migrate the shelf %.80q: %w", name, ledger.ErrShelfName))
			continue
		}
		tables = append(tables, s.config.on(name))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	err := s.migrateTables(ctx, tables, false)
	if err == nil {
		return nil
	}
	if c := code(err); c != codeInsufficientRights && c != codeUndefinedTable && c != codeInvalidSchemaName && c != codeUndefinedColumn { // the remedy for these is a Migrate that succeeds
		return s.explain("migrate "+s.config.table("*"), err)
	}
	return fmt.Errorf("postgres: migrate %s: %w", s.config.table("*"), err)
}

// errNoStore is the error of a shelf whose store has no tables.
var errNoStore = errors.New("the store's own tables are missing: call Migrate once, as a role that may create them")

// migrateTables makes what is missing of the tables in one transaction. With a store it needs the store's own tables to exist.
func (s *Store) migrateTables(ctx context.Context, tables []*config, store bool) error {
	// The catalogs have to be read as they are after the lock, whatever the default isolation level.
	level := pgx.TxOptions{IsoLevel: pgx.ReadCommitted}
	return s.retry(ctx, func() error {
		return s.use(ctx, func(conn *pgx.Conn) error {
			return pgx.BeginTxFunc(ctx, conn, level, func(tx pgx.Tx) error { return s.migrate(ctx, tx, tables, store) })
		})
	})
}

func (s *Store) migrate(ctx context.Context, tx pgx.Tx, tables []*config, store bool) error {
	// Only one Migrate of the same store runs at a time, until its transaction ends.
	h := fnv.New64a()
	_, _ = h.Write([]byte("cairn " + s.config.table("record")))
	key := int64(h.Sum64()) //nolint:gosec // any 64 bits are a key
	var server int
	err := tx.QueryRow(ctx, "SELECT current_setting('server_version_num')::int FROM pg_advisory_xact_lock($1)", key).Scan(&server)
	if err != nil {
		return fmt.Errorf("take the lock: %w", err)
	}
	if server < minServer {
		return fmt.Errorf("this is PostgreSQL %d: 13 or later is needed", server/10000)
	}
	if store {
		have, err := s.config.version(ctx, tx)
		if err != nil {
			return err
		}
		if have == 0 {
			return errNoStore
		}
	}
	for _, c := range tables {
		if err := c.migrate(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// migrate makes the tables of the store's own records, or that of a shelf, if they are missing.
func (c *config) migrate(ctx context.Context, tx pgx.Tx) error {
	have, err := c.version(ctx, tx)
	switch {
	case err != nil:
		return err
	case have == version:
		return nil
	case have > version:
		return fmt.Errorf("the version of %s is %d, and this Cairn knows %d: use a later Cairn", c.table("record"), have, version)
	}
	statements := c.tables()
	if c.shelf == "" {
		if err := c.createSchema(ctx, tx); err != nil {
			return err
		}
		statements = append(statements, c.leases())
	}
	for _, sql := range statements {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create %s: %w", c.table("record"), err)
		}
	}
	return nil
}

// version returns the version of the existing tables, or 0 for none. PostgreSQL remembers in each connection that a table is
// missing, and learns that another one has made it when a transaction begins or first locks a relation. The query therefore also
// reads pg_class, which the transaction does not do before it has the lock of the migrations.
func (c *config) version(ctx context.Context, tx pgx.Tx) (int, error) {
	var exists bool
	var comment string
	err := tx.QueryRow(ctx, `SELECT t IS NOT NULL, coalesce(obj_description(t, 'pg_class'), '')
		FROM (SELECT to_regclass($1) AS t FROM (SELECT FROM pg_class LIMIT 1) AS fresh) AS named`,
		c.table("record")).Scan(&exists, &comment)
	if err != nil {
		return 0, fmt.Errorf("look for the tables: %w", err)
	}
	if !exists {
		return 0, nil
	}
	tag, found := strings.CutPrefix(comment, c.versionTag())
	have, err := strconv.Atoi(tag)
	if !found || err != nil || have < 1 {
		return 0, fmt.Errorf("there is a table %s that is not a store's, or has lost its comment %q: give the store another prefix",
			c.table("record"), c.versionTag()+strconv.Itoa(version))
	}
	return have, nil
}

// createSchema makes the schema if it is missing.
func (c *config) createSchema(ctx context.Context, tx pgx.Tx) error {
	if c.schema == "" {
		return nil
	}
	name := `"` + c.schema + `"`
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT to_regnamespace($1) IS NOT NULL", name).Scan(&exists); err != nil {
		return fmt.Errorf("look for the schema: %w", err)
	}
	if exists {
		return nil
	}
	if _, err := tx.Exec(ctx, "CREATE SCHEMA "+name); err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	return nil
}

// tables returns the statements that make the tables. Columns are bytes and not text, because IDs and names need not be in the
// database's encoding. A change that keeps due, customer, place and expires touches no index and stays in the page of its row.
func (c *config) tables() []string {
	return []string{
		`CREATE TABLE ` + c.table("record") + ` (
			run uuid PRIMARY KEY,
			due timestamptz,
			expires timestamptz,
			log bytea NOT NULL,
			customer bytea,
			journey bytea,
			stage bytea
		) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)`,
		`CREATE INDEX ` + c.index("due") + ` ON ` + c.table("record") + ` (due) WHERE due IS NOT NULL`,
		`CREATE INDEX ` + c.index("expires") + ` ON ` + c.table("record") + ` (expires) WHERE expires IS NOT NULL`,
		`CREATE INDEX ` + c.index("customer") + ` ON ` + c.table("record") + ` (customer) WHERE customer IS NOT NULL`,
		`CREATE INDEX ` + c.index("place") + ` ON ` + c.table("record") + ` (journey, stage) WHERE journey IS NOT NULL`,
		`COMMENT ON TABLE ` + c.table("record") + ` IS '` + c.versionTag() + strconv.Itoa(version) + `'`,
	}
}

// leases returns the statement that makes the table of leases.
func (c *config) leases() string {
	return `CREATE TABLE ` + c.table(leaseTable) + ` (
		name text PRIMARY KEY,
		holder bytea NOT NULL,
		until timestamptz NOT NULL
	)`
}

// versionTag is what the comment on the record table has before the version. A table of another shelf is not taken for this one.
func (c *config) versionTag() string {
	if c.shelf != "" {
		return "Cairn shelf " + c.shelf + ", version "
	}
	return "Cairn store, version "
}
