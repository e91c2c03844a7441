package sqlarchive_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(t *testing.T) error{
		"bad options": func(t *testing.T) error {
			_, err := sqlarchive.OpenSQLite(filepath.Join(t.TempDir(), "a.db"), sqlarchive.WithRetention(-1), sqlarchive.WithMaxBytes(1))
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
		"a context that is done": func(t *testing.T) error {
			e, err := sqlarchive.OpenSQLite(filepath.Join(t.TempDir(), "a.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Shutdown(context.Background()) }()
			return e.Export(done(), []event.Event{{Kind: event.ActionTaken}})
		},
		"after Shutdown": func(t *testing.T) error {
			e, err := sqlarchive.OpenSQLite(filepath.Join(t.TempDir(), "a.db"))
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			return e.Export(t.Context(), []event.Event{{Kind: event.ActionTaken}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := fails(t)
			if err == nil {
				t.Fatal("there is no error")
			}
			const prefix = "sqlarchive: "
			if text := err.Error(); !strings.HasPrefix(text, prefix) || strings.Contains(text[1:], " "+prefix) || strings.Contains(text, "\n"+prefix) {
				t.Errorf("want the prefix %q once, at the beginning: %s", prefix, text)
			}
		})
	}
}

func done() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
