package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"cairncx.dev/cairn/internal/pgcode"
)

// retry repeats do while the database rolls the transaction back with a code that allows a repetition.
func (s *Store) retry(ctx context.Context, do func() error) error {
	return pgcode.Retry(ctx, s.pool.Config().MaxConns, code, do)
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
	if hint := s.remedy(err); hint != "" {
		return fmt.Errorf("postgres: %s: %w: %s", call, err, hint)
	}
	return fmt.Errorf("postgres: %s: %w", call, err)
}
