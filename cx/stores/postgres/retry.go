package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Codes from appendix A of PostgreSQL's manual.
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

// retry repeats do, with growing pauses, while the database rolls the transaction back with a code that allows a repetition. A
// server that takes no writes has changed nothing: retry then repeats do at once, up to the number of the pool's connections.
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

// explain adds what to do to the error of a call. The result contains no values: PostgreSQL puts them into Detail, which is not
// part of the error's text.
func (s *Store) explain(call string, err error) error {
	if s.config.shelf != "" {
		call = "shelf " + s.config.shelf + ": " + call
	}
	if hint := s.remedy(err); hint != "" {
		return fmt.Errorf("postgres: %s: %w: %s", call, err, hint)
	}
	return fmt.Errorf("postgres: %s: %w", call, err)
}
