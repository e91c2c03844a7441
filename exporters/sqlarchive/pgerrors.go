package sqlarchive

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// The codes are those of appendix A of PostgreSQL's manual.
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
	classData                = "22"
	classConstraint          = "23"
	classLimits              = "54"
	classAuthorization       = "28"
)

const (
	retryFirst = 2 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// retry calls do again, after a moment that becomes longer, while the database has rolled a
// transaction back and says that it may well succeed when it is made again.
func (p *postgres) retry(ctx context.Context, do func() error) error {
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := do()
		if err == nil {
			return nil
		}
		if c := pgCode(err); c != codeSerializationFailure && c != codeDeadlockDetected {
			return p.explain(err)
		}
		if e := pause(ctx, wait/2+rand.N(wait/2)); e != nil { //nolint:gosec // it spreads waits and keeps no secret
			return errors.Join(e, err)
		}
	}
}

func pgCode(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// explain returns the error with what to do about it.
func (p *postgres) explain(err error) error {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return explainConnect(err)
	}
	switch pgCode(err) {
	case codeUndefinedTable, codeUndefinedColumn, codeInvalidSchemaName:
		return fmt.Errorf("the tables of the schema %q are missing or are not this version's: restore them, or ping the archive once as a role that may create them: %w", p.schema, err)
	case codeInsufficientRights:
		return fmt.Errorf("grant USAGE on the schema %q and its sequence, SELECT, INSERT, UPDATE and DELETE on its tables, and TEMPORARY on the database: %w", p.schema, err)
	case codeReadOnly:
		return fmt.Errorf("this is a standby or a read-only transaction: connect to the primary, with target_session_attrs=read-write: %w", err)
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

// explainConnect is explain for a connection that was not made: nothing of an event was said on it.
func explainConnect(err error) error {
	const ask = "PostgreSQL does not let us in: "
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
