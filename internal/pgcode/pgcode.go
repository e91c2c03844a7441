// Package pgcode has what follows from the codes of PostgreSQL's errors: which transaction to repeat, which connection to close,
// and what to do. It needs no driver. The modules that have one, the journey store and the archive, share it.
package pgcode

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"
)

// Codes from appendix A of PostgreSQL's manual. Class constants are the first two characters of their codes.
const (
	SerializationFailure = "40001"
	DeadlockDetected     = "40P01"
	UndefinedTable       = "42P01"
	UndefinedColumn      = "42703"
	InvalidSchemaName    = "3F000"
	InvalidCatalogName   = "3D000"
	InsufficientRights   = "42501"
	ReadOnly             = "25006"
	DiskFull             = "53100"
	UniqueViolation      = "23505"
	TooManyConnections   = "53300"
	AdminShutdown        = "57P01"
	CrashShutdown        = "57P02"
	CannotConnectNow     = "57P03"
	NoStatement          = "26000"
	StatementExists      = "42P05"
	ClassConnection      = "08"
	ClassData            = "22"
	ClassConstraint      = "23"
	ClassLimits          = "54"
	ClassAuthorization   = "28"
)

const (
	retryFirst = 2 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// Retry calls do again while PostgreSQL rolls the transaction back with a code that allows a repetition. It waits before each
// call, at first about 2 and at most 250 milliseconds. A server that takes no writes has changed nothing: Retry then repeats do at
// once, as often as the pool has connections, because each may lead to that server. Code returns the code of an error, or "".
// The error is the last one of do, joined with the cause of ctx if ctx ended a wait.
func Retry(ctx context.Context, connections int32, code func(error) string, do func() error) error {
	closed := int32(0)
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := do()
		c := code(err)
		if c == ReadOnly && closed <= connections && ctx.Err() == nil {
			closed++
			continue
		}
		if c != SerializationFailure && c != DeadlockDetected {
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

// Stale reports whether a connection that has answered with this code has to be closed: its server is no longer the primary or is
// stopping, or a pooler has changed the server behind it. The next connection finds the new primary.
func Stale(code string) bool {
	switch code {
	case ReadOnly, AdminShutdown, CrashShutdown, CannotConnectNow, NoStatement, StatementExists:
		return true
	}
	return strings.HasPrefix(code, ClassConnection)
}

// Remedy returns what to do about an error of the server or of the connection, or "". The code is that of the error, or "".
func Remedy(code string, err error) string {
	switch {
	case code == ReadOnly, code == "" && noPrimary(err):
		return "this is a standby or a read-only transaction: name all servers in the connection string, with target_session_attrs=read-write, and the primary is found"
	case code == TooManyConnections:
		return "the server has no connection left: raise its max_connections, or lower the MaxConns of the pools (pool_max_conns in a connection string), or put a pooler before it"
	case code == AdminShutdown, code == CrashShutdown, code == CannotConnectNow:
		return "the server is stopping or starting: the next call connects again"
	case code == NoStatement, code == StatementExists:
		return "something between gives each transaction another connection, as PgBouncer does with pool_mode=transaction: set default_query_exec_mode=exec in the connection string, or max_prepared_statements in PgBouncer 1.21 or later"
	case strings.HasPrefix(code, ClassConnection) && strings.Contains(err.Error(), "startup parameter"):
		return "PgBouncer does not take a parameter of the connection string: leave it out, or name it in PgBouncer's ignore_startup_parameters"
	case strings.HasPrefix(code, ClassConnection):
		return "the connection, or one behind a pooler, is broken: the next call connects again"
	}
	return ""
}

// noPrimary reports whether pgx found no server that takes writes. That error of pgx has no code.
func noPrimary(err error) bool {
	if err == nil {
		return false
	}
	text := err.Error()
	return strings.Contains(text, "read only connection") || strings.Contains(text, "server is in hot standby mode")
}
