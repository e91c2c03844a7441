package jsonl_test

import (
	"path/filepath"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/jsonl"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	sinktest.OnePrefix(t, "jsonl", func(t *testing.T) (event.Exporter, error) {
		return jsonl.New(filepath.Join(t.TempDir(), "events.jsonl"))
	}, map[string]func(t *testing.T) error{
		"a bad option": func(t *testing.T) error {
			_, err := jsonl.New(filepath.Join(t.TempDir(), "events.jsonl"), jsonl.WithMaxSize(-1), jsonl.WithMaxAge(-1))
			return err
		},
		"no path": func(*testing.T) error {
			_, err := jsonl.New("")
			return err
		},
		"a folder": func(t *testing.T) error {
			_, err := jsonl.New(t.TempDir())
			return err
		},
		"no folder": func(t *testing.T) error {
			_, err := jsonl.New(filepath.Join(t.TempDir(), "none", "events.jsonl"))
			return err
		},
		"no writer": func(*testing.T) error {
			_, err := jsonl.NewWriter(nil)
			return err
		},
		"locked": func(t *testing.T) error {
			path := filepath.Join(t.TempDir(), "events.jsonl")
			open(t, path)
			_, err := jsonl.New(path)
			return err
		},
	})
}
