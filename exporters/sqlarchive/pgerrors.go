package sqlarchive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"cairncx.dev/cairn/internal/pgcode"
)

// retry calls do again while the database rolls transactions back with a code that asks for a repetition. It explains the error.
func (p *postgres) retry(ctx context.Context, do func() error) error {
	return pgcode.Retry(ctx, p.pool.Config().MaxConns, pgCode, func() error { return p.explain(do()) })
}

// closeTime bounds the time to close a connection that is of no use any more.
const closeTime = time.Second

// use calls do with a connection of the pool. It closes the connection if its server is no longer a primary or is stopping, or
// if a pooler has changed the server behind it, so that the next connection finds the new primary.
func (p *postgres) use(ctx context.Context, do func(*pgx.Conn) error) error {
	return p.pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { //nolint:wrapcheck // explain adds the operation
		err := do(conn.Conn())
		if pgcode.Stale(pgCode(err)) {
			goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
			defer cancel()
			_ = conn.Conn().Close(goodbye) // the pool drops a closed connection
		}
		return err
	})
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

// explain adds a remedy to the error, which may be nil.
func (p *postgres) explain(err error) error {
	if err == nil {
		return nil
	}
	err = withoutRow(err)
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return explainConnect(err)
	}
	if hint := pgcode.Remedy(pgCode(err), err); hint != "" {
		return fmt.Errorf("%s: %w", hint, err)
	}
	switch pgCode(err) {
	case pgcode.UndefinedTable, pgcode.UndefinedColumn, pgcode.InvalidSchemaName:
		return fmt.Errorf("the tables of the schema %q are missing or are not this version's: restore them, or ping the archive once as a role that may create them: %w", p.schema, err)
	case pgcode.InsufficientRights:
		return fmt.Errorf("grant USAGE on the schema %q and its sequence, SELECT, INSERT, UPDATE and DELETE on its tables, and TEMPORARY on the database: %w", p.schema, err)
	case pgcode.DiskFull:
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	switch code := pgCode(err); code[:min(2, len(code))] {
	case pgcode.ClassData, pgcode.ClassConstraint, pgcode.ClassLimits:
		_, rows := errors.AsType[*rowsError](err)
		return &refusedError{code: "PostgreSQL's code " + code, poison: rows}
	}
	return err
}

// explainConnect is explain for a connection that was not made. No event was sent on it.
func explainConnect(err error) error {
	const ask = "PostgreSQL does not let us in: "
	if hint := pgcode.Remedy(pgCode(err), err); hint != "" {
		return fmt.Errorf("%s: %w", hint, err)
	}
	switch code := pgCode(err); {
	case strings.HasPrefix(code, pgcode.ClassAuthorization):
		return fmt.Errorf(ask+"correct the user, the password or pg_hba.conf: %w", err)
	case code == pgcode.InvalidCatalogName:
		return fmt.Errorf(ask+"make the database, or correct its name: %w", err)
	case code != "":
		return fmt.Errorf(ask+"%w", err)
	}
	return fmt.Errorf("PostgreSQL is away: is it running, and at this address? %w", err)
}
