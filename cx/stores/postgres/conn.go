package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/internal/pgcode"
)

// closeTime bounds the closing of a connection.
const closeTime = time.Second

// use calls do with a connection of the pool. It closes the connection if its server is no longer the primary, is shutting down,
// or does not know a prepared statement. The next connection then finds the new primary by target_session_attrs or by the host
// names of the connection string.
func (s *Store) use(ctx context.Context, do func(*pgx.Conn) error) error {
	return s.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { //nolint:wrapcheck // explain says which call it was
		err := do(conn.Conn())
		if pgcode.Stale(code(err)) {
			goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
			defer cancel()
			_ = conn.Conn().Close(goodbye) // the pool drops a closed connection
		}
		return err
	})
}

// remedy returns what to do about a code, or "".
func (s *Store) remedy(err error) string {
	switch c := code(err); {
	case c == pgcode.UndefinedTable, c == pgcode.UndefinedColumn, c == pgcode.InvalidSchemaName:
		return fmt.Sprintf("the tables of the store %s are missing or are not this version's: call Migrate once, as a role that may create them",
			s.config.table("*"))
	case c == pgcode.InsufficientRights:
		return fmt.Sprintf("grant SELECT, INSERT, UPDATE and DELETE on %s and %s to the pool's role, and USAGE on their schema",
			s.config.table("record"), s.config.table("lease"))
	case c == pgcode.InvalidCatalogName:
		return "make the database, or correct its name in the connection string"
	case strings.HasPrefix(c, pgcode.ClassAuthorization):
		return "correct the user or the password of the connection string, or the server's pg_hba.conf"
	default:
		return pgcode.Remedy(c, err)
	}
}
