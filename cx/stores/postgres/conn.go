package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// closeTime bounds the closing of a connection.
const closeTime = time.Second

// use calls do with a connection of the pool. It closes the connection if its server is no longer the primary, is shutting down,
// or does not know a prepared statement. The next connection then finds the new primary by target_session_attrs or by the host
// names of the connection string.
func (s *Store) use(ctx context.Context, do func(*pgx.Conn) error) error {
	return s.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { //nolint:wrapcheck // explain says which call it was
		err := do(conn.Conn())
		if stale(code(err)) {
			goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
			defer cancel()
			_ = conn.Conn().Close(goodbye) // the pool drops a closed connection
		}
		return err
	})
}

// stale reports whether a connection that has answered with this code has to be closed.
func stale(code string) bool {
	switch code {
	case codeReadOnly, codeAdminShutdown, codeCrashShutdown, codeCannotConnectNow, codeNoStatement, codeStatementExists:
		return true
	}
	return strings.HasPrefix(code, classConnection)
}

// remedy returns what to do about a code, or "".
func (s *Store) remedy(err error) string {
	switch c := code(err); {
	case c == codeUndefinedTable, c == codeUndefinedColumn, c == codeInvalidSchemaName:
		return fmt.Sprintf("the tables of the store %s are missing or are not this version's: call Migrate once, as a role that may create them",
			s.config.table("*"))
	case c == codeInsufficientRights:
		return fmt.Sprintf("grant SELECT, INSERT, UPDATE and DELETE on %s and %s to the pool's role, and USAGE on their schema",
			s.config.table("record"), s.config.table(leaseTable))
	case c == codeReadOnly, c == "" && readOnly(err):
		return "this is a standby or a read-only transaction: name all servers in the connection string, with target_session_attrs=read-write, and the primary is found"
	case c == codeTooManyConnections:
		return "the server has no connection left: raise its max_connections, or lower the MaxConns of the pools (pool_max_conns in a connection string), or put a pooler before it"
	case c == codeAdminShutdown, c == codeCrashShutdown, c == codeCannotConnectNow:
		return "the server is stopping or starting: the next call connects again"
	case c == codeNoStatement, c == codeStatementExists:
		return "something between gives each transaction another connection, as PgBouncer does with pool_mode=transaction: set default_query_exec_mode=exec in the connection string, or max_prepared_statements in PgBouncer 1.21 or later"
	case c == codeInvalidCatalogName:
		return "make the database, or correct its name in the connection string"
	case strings.HasPrefix(c, classAuthorization):
		return "correct the user or the password of the connection string, or the server's pg_hba.conf"
	case strings.HasPrefix(c, classConnection) && strings.Contains(err.Error(), "startup parameter"):
		return "PgBouncer does not take a parameter of the connection string: leave it out, or name it in PgBouncer's ignore_startup_parameters"
	case strings.HasPrefix(c, classConnection):
		return "the connection, or one behind a pooler, is broken: the next call connects again"
	}
	return ""
}

// readOnly reports whether pgx found no server that takes writes. That error of pgx has no code.
func readOnly(err error) bool {
	text := err.Error()
	return strings.Contains(text, "read only connection") || strings.Contains(text, "server is in hot standby mode")
}
