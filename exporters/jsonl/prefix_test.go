package jsonl_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/jsonl"
)

// TestErrorsHaveOnePrefix: an error that is easy to make names the package first, and once.
func TestErrorsHaveOnePrefix(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(t *testing.T) error{
		"a bad option": func(t *testing.T) error {
			_, err := jsonl.New(filepath.Join(t.TempDir(), "events.jsonl"), jsonl.WithMaxSize(-1))
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
			e, err := jsonl.New(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Shutdown(context.Background()) }()
			_, err = jsonl.New(path)
			return err
		},
		"a context that is done": func(t *testing.T) error {
			e, err := jsonl.New(filepath.Join(t.TempDir(), "events.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Shutdown(context.Background()) }()
			return e.Export(done(), []event.Event{{Kind: event.ActionTaken}})
		},
		"after Shutdown": func(t *testing.T) error {
			e, err := jsonl.New(filepath.Join(t.TempDir(), "events.jsonl"))
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
			const prefix = "jsonl: "
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
