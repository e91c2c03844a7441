package sqlarchive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The codes of appendix A of PostgreSQL's manual.
const (
	codeSerializationFailure = "40001"
	codeDeadlockDetected     = "40P01"
	codeUndefinedTable       = "42P01"
	codeUndefinedColumn      = "42703"
	codeInvalidSchemaName    = "3F000"
	codeInvalidCatalogName   = "3D000"
	codeInsufficientRights   = "42501"
	codeReadOnly             = "25006"
	codeDiskFull             = "53100"
	codeUniqueViolation      = "23505"
	codeTooManyConnections   = "53300"
	codeAdminShutdown        = "57P01"
	codeCrashShutdown        = "57P02"
	codeCannotConnectNow     = "57P03"
	codeNoStatement          = "26000"
	codeStatementExists      = "42P05"
	classConnection          = "08"
	classData                = "22"
	classConstraint          = "23"
	classLimits              = "54"
	classAuthorization       = "28"
)

const (
	retryFirst = 2 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// retry calls do again while the database rolls transactions back with a code that asks for a repetition. It waits before each
// call, up to 250 milliseconds. If the server takes no writes, the transaction has changed nothing, so retry calls do again at
// once, as often as the pool may have more connections to that server.
func (p *postgres) retry(ctx context.Context, do func() error) error {
	closed := int32(0)
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := do()
		if err == nil {
			return nil
		}
		if pgCode(err) == codeReadOnly && closed <= p.pool.Config().MaxConns && ctx.Err() == nil {
			closed++
			continue
		}
		if c := pgCode(err); c != codeSerializationFailure && c != codeDeadlockDetected {
			return p.explain(err)
		}
		if e := pause(ctx, wait/2+rand.N(wait/2)); e != nil { //nolint:gosec // it spreads waits and keeps no secret
			return errors.Join(e, err)
		}
	}
}

// closeTime bounds the time to close a connection that is of no use any more.
const closeTime = time.Second

// use calls do with a connection of the pool. It closes the connection if its server is no longer a primary or is stopping, or
// if a pooler has changed the server behind it, so that the next connection finds the new primary.
func (p *postgres) use(ctx context.Context, do func(*pgx.Conn) error) error {
	return p.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { //nolint:wrapcheck // explain adds the operation
		err := do(conn.Conn())
		if stale(pgCode(err)) {
			goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
			defer cancel()
			_ = conn.Conn().Close(goodbye) // the pool drops a closed connection
		}
		return err
	})
}

// stale reports whether a connection is of no use any more after an error with this code.
func stale(code string) bool {
	switch code {
	case codeReadOnly, codeAdminShutdown, codeCrashShutdown, codeCannotConnectNow, codeNoStatement, codeStatementExists:
		return true
	}
	return strings.HasPrefix(code, classConnection)
}

func pgCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// codeError is an error of the server without its text: see [withoutRow].
type codeError struct {
	code string
	err  error
}

// Error implements error.
func (e *codeError) Error() string { return "PostgreSQL answers with the code " + e.code }

// Unwrap returns the error with the server's text, for [errors.As].
func (e *codeError) Unwrap() error { return e.err }

// withoutRow returns err without the server's text if the server raised it while it handled a row or ran a function, such as
// a trigger of the application. That text may quote what is in an event. The server reports such a place as the error's
// context.
func withoutRow(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Where != "" {
		return &codeError{e.Code, err}
	}
	return err
}

// explain adds a remedy to the error.
func (p *postgres) explain(err error) error {
	err = withoutRow(err)
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return explainConnect(err)
	}
	if hint := remedy(err); hint != "" {
		return fmt.Errorf("%s: %w", hint, err)
	}
	switch pgCode(err) {
	case codeUndefinedTable, codeUndefinedColumn, codeInvalidSchemaName:
		return fmt.Errorf("the tables of the schema %q are missing or are not this version's: restore them, or ping the archive once as a role that may create them: %w", p.schema, err)
	case codeInsufficientRights:
		return fmt.Errorf("grant USAGE on the schema %q and its sequence, SELECT, INSERT, UPDATE and DELETE on its tables, and TEMPORARY on the database: %w", p.schema, err)
	case codeDiskFull:
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	switch code := pgCode(err); code[:min(2, len(code))] {
	case classData, classConstraint, classLimits:
		_, rows := errors.AsType[*rowsError](err)
		return &refusedError{code: "PostgreSQL's code " + code, poison: rows}
	}
	return err
}

// remedy returns the remedy for a fault of the server or the connection, or "".
func remedy(err error) string {
	switch c := pgCode(err); {
	case c == codeReadOnly, c == "" && noPrimary(err):
		return "this is a standby or a read-only transaction: name all servers in the connection string, with target_session_attrs=read-write, and the primary is found"
	case c == codeTooManyConnections:
		return "the server has no connection left: raise its max_connections, or lower the size of the pools (pool_max_conns in a connection string), or put a pooler before it"
	case c == codeAdminShutdown, c == codeCrashShutdown, c == codeCannotConnectNow:
		return "the server is stopping or starting: the next call connects again"
	case c == codeNoStatement, c == codeStatementExists:
		return "something between gives each transaction another connection, as PgBouncer does with pool_mode=transaction: set default_query_exec_mode=exec in the connection string, or max_prepared_statements in PgBouncer 1.21 or later"
	case strings.HasPrefix(c, classConnection) && strings.Contains(err.Error(), "startup parameter"):
		return "PgBouncer does not take a parameter of the connection string: leave it out, or name it in PgBouncer's ignore_startup_parameters"
	case strings.HasPrefix(c, classConnection):
		return "the connection, or one behind a pooler, is broken: the next call connects again"
	}
	return ""
}

// noPrimary reports whether pgx has found no server that takes writes. pgx reports that without a code.
func noPrimary(err error) bool {
	text := err.Error()
	return strings.Contains(text, "read only connection") || strings.Contains(text, "server is in hot standby mode")
}

// explainConnect is explain for a connection that was not made. No event was sent on it.
func explainConnect(err error) error {
	const ask = "PostgreSQL does not let us in: "
	if hint := remedy(err); hint != "" {
		return fmt.Errorf("%s: %w", hint, err)
	}
	switch code := pgCode(err); {
	case strings.HasPrefix(code, classAuthorization):
		return fmt.Errorf(ask+"correct the user, the password or pg_hba.conf: %w", err)
	case code == codeInvalidCatalogName:
		return fmt.Errorf(ask+"make the database, or correct its name: %w", err)
	case code != "":
		return fmt.Errorf(ask+"%w", err)
	}
	return fmt.Errorf("PostgreSQL is away: is it running, and at this address? %w", err)
}
