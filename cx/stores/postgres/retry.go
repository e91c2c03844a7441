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
)

const (
	retryFirst = 2 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// retry calls do again, after a moment that becomes longer, while the database has rolled a
// transaction back and says that it may well succeed when it is made again.
func (s *Store) retry(ctx context.Context, do func() error) error {
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := do()
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
	hint := ""
	switch code(err) {
	case codeUndefinedTable, codeUndefinedColumn, codeInvalidSchemaName:
		hint = fmt.Sprintf(": the tables of the store %s are missing or are not this version's: call Migrate once, as a role that may create them",
			s.config.table("*"))
	case codeInsufficientRights:
		hint = fmt.Sprintf(": grant SELECT, INSERT, UPDATE and DELETE on %s and %s to the pool's role, and USAGE on their schema",
			s.config.table("record"), s.config.table("lease"))
	case codeReadOnly:
		hint = ": this is a standby or a read-only transaction: connect to the primary, with target_session_attrs=read-write"
	}
	return fmt.Errorf("postgres: %s: %w%s", call, err, hint)
}
