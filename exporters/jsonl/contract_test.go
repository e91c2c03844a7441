package jsonl_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/exporterstest"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/jsonl"
)

func TestContract(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []jsonl.Option
	}{
		{"defaults", "what most will use", nil},
		{"every batch", "fsync changes when Export returns, and nothing else", []jsonl.Option{jsonl.WithSync(jsonl.EveryBatch)}},
		{"a file for each batch", "rotation loses nothing and keeps the order", []jsonl.Option{jsonl.WithMaxSize(1)}},
		{"small files, not gzipped", "as above", []jsonl.Option{jsonl.WithMaxSize(5000), jsonl.WithoutGzip()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
				folder := filepath.Join(t.TempDir(), "events")
				if err := os.Mkdir(folder, 0o700); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(folder, "events.jsonl")
				e, err := jsonl.New(path, c.opts...)
				if err != nil {
					t.Fatal(err)
				}
				return exporterstest.Sink{
					Exporter: e,
					Received: func(t *testing.T) []event.Event { return read(t, path) },
					Break:    func(t *testing.T, f exporterstest.Fault) *exporterstest.Broken { return moveAway(t, f, folder) },
				}
			})
		})
	}
}

// moveAway makes the file's folder go, as an unmounted disk does.
func moveAway(t *testing.T, f exporterstest.Fault, folder string) *exporterstest.Broken {
	t.Helper()
	if f != exporterstest.Away {
		return nil
	}
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Error(err)
		}
	}
	move(folder, folder+".away")
	return &exporterstest.Broken{Mend: func() { move(folder+".away", folder) }}
}

func TestWriterContract(t *testing.T) {
	t.Parallel()
	exporterstest.Run(t, func(t *testing.T) exporterstest.Sink {
		p := &sinktest.Writer{}
		e, err := jsonl.NewWriter(p)
		if err != nil {
			t.Fatal(err)
		}
		return exporterstest.Sink{Exporter: e, Received: p.Events, Break: p.Break}
	})
}

// TestZeroExporter: "nil receivers and zero values are safe" (STYLE, rule 7).
func TestZeroExporter(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*jsonl.Exporter{"nil": nil, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			if err := e.Export(ctx, touches(1, 1, "pay")); err != nil {
				t.Error(err)
			}
			if err := e.Flush(ctx); err != nil {
				t.Error(err)
			}
			if err := e.Shutdown(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}
