package postgres

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

const (
	// version is the version of the tables. It is in the comment on the record table.
	version    = 1
	versionTag = "Cairn store, version "
	// minServer is PostgreSQL 13.
	minServer = 130000
)

// Migrate makes the missing parts of the schema, tables and indexes in one transaction. If nothing is missing, it changes and
// locks nothing, so every instance may call it when it starts, also at the same time. It needs the right to create in the
// schema, and in the database if the schema is missing. The store itself does not need these rights, so a deployment may call
// Migrate with another role. Migrate returns an error for tables of the same names that belong to another program or to a later
// version of Cairn.
func (s *Store) Migrate(ctx context.Context) error {
	err := s.retry(ctx, func() error {
		return s.use(ctx, func(conn *pgx.Conn) error {
			return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return s.migrate(ctx, tx) })
		})
	})
	if err == nil {
		return nil
	}
	if c := code(err); c != codeInsufficientRights && c != codeUndefinedTable && c != codeInvalidSchemaName && c != codeUndefinedColumn { // the remedy for these is a Migrate that succeeds
		return s.explain("migrate "+s.config.table("*"), err)
	}
	return fmt.Errorf("postgres: migrate %s: %w", s.config.table("*"), err)
}

func (s *Store) migrate(ctx context.Context, tx pgx.Tx) error {
	// Only one Migrate of the same tables runs at a time, until its transaction ends.
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
	have, err := s.version(ctx, tx)
	switch {
	case err != nil:
		return err
	case have == version:
		return nil
	case have > version:
		return fmt.Errorf("its version is %d, and this Cairn knows %d: use a later Cairn", have, version)
	}
	if err := s.createSchema(ctx, tx); err != nil {
		return err
	}
	for _, sql := range s.config.tables() {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create the tables: %w", err)
		}
	}
	return nil
}

// version returns the version of the existing tables, or 0 for none.
func (s *Store) version(ctx context.Context, tx pgx.Tx) (int, error) {
	var exists bool
	var comment string
	err := tx.QueryRow(ctx, `SELECT t IS NOT NULL, coalesce(obj_description(t, 'pg_class'), '') FROM to_regclass($1) AS t`,
		s.config.table("record")).Scan(&exists, &comment)
	if err != nil {
		return 0, fmt.Errorf("look for the tables: %w", err)
	}
	if !exists {
		return 0, nil
	}
	tag, found := strings.CutPrefix(comment, versionTag)
	have, err := strconv.Atoi(tag)
	if !found || err != nil || have < 1 {
		return 0, fmt.Errorf("there is a table %s that is not a store's, or has lost its comment %q: give the store another prefix",
			s.config.table("record"), versionTag+strconv.Itoa(version))
	}
	return have, nil
}

// createSchema makes the schema if it is missing.
func (s *Store) createSchema(ctx context.Context, tx pgx.Tx) error {
	if s.config.schema == "" {
		return nil
	}
	name := `"` + s.config.schema + `"`
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
		`CREATE TABLE ` + c.table("lease") + ` (
			name text PRIMARY KEY,
			holder bytea NOT NULL,
			until timestamptz NOT NULL
		)`,
		`COMMENT ON TABLE ` + c.table("record") + ` IS '` + versionTag + strconv.Itoa(version) + `'`,
	}
}
