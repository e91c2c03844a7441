package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
	codeInsufficientRights   = "42501"
	codeReadOnly             = "25006"
	codeInvalidCatalogName   = "3D000"
	codeTooManyConnections   = "53300"
	codeAdminShutdown        = "57P01"
	codeCrashShutdown        = "57P02"
	codeCannotConnectNow     = "57P03"
	codeNoStatement          = "26000"
	codeStatementExists      = "42P05"
	classConnection          = "08"
	classAuthorization       = "28"
)

const (
	retryFirst = 2 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// retry calls do again, after a moment that becomes longer, while the database has rolled a
// transaction back and says that it may well succeed when it is made again. Where a server takes no writes,
// nothing was made: it calls do again at once, as often as the pool can have further connections to it.
func (s *Store) retry(ctx context.Context, do func() error) error {
	closed := int32(0)
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := do()
		if code(err) == codeReadOnly && closed <= s.pool.Config().MaxConns && ctx.Err() == nil {
			closed++
			continue
		}
		if c := code(err); c != codeSerializationFailure && c != codeDeadlockDetected {
			return err
		}
		timer := time.NewTimer(wait/2 + rand.N(wait/2)) //nolint:gosec // it spreads waits and keeps no secret
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// explain returns the error of a call with what to do about it. Values are not in it: of what
// PostgreSQL says, its Detail has them, and that is not a part of its error's text.
func (s *Store) explain(call string, err error) error {
	if hint := s.remedy(err); hint != "" {
		return fmt.Errorf("postgres: %s: %w: %s", call, err, hint)
	}
	return fmt.Errorf("postgres: %s: %w", call, err)
}
