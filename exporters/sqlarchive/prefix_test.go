package sqlarchive_test

import (
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	sinktest.OnePrefix(t, "sqlarchive", func(t *testing.T) (event.Exporter, error) { return sqlarchive.OpenSQLite(temp(t)) }, map[string]func(t *testing.T) error{
		"bad options": func(t *testing.T) error {
			_, err := sqlarchive.OpenSQLite(temp(t), sqlarchive.WithRetention(-1), sqlarchive.WithMaxBytes(1))
			return err
		},
		"no path": func(*testing.T) error {
			_, err := sqlarchive.OpenSQLite("")
			return err
		},
		"a folder": func(t *testing.T) error {
			_, err := sqlarchive.OpenSQLite(t.TempDir())
			return err
		},
		"no pool": func(*testing.T) error {
			_, err := sqlarchive.UsePostgres(nil)
			return err
		},
	})
}
