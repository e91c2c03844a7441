package export_test

import (
	"io"
	"path/filepath"
	"testing"

	"cairncx.dev/cairn/examples/shop/export"
	"cairncx.dev/cairn/exporters/processortest"
)

// TestSinkIsAProcessor: a Sink keeps the contract of processors, in memory and on a disk.
func TestSinkIsAProcessor(t *testing.T) {
	for name, spool := range map[string]bool{"in memory": false, "on a disk": true} {
		t.Run(name, func(t *testing.T) {
			processortest.Run(t, func(t *testing.T) processortest.Subject {
				t.Helper()
				target, err := export.Parse("stdout")
				if err != nil {
					t.Fatal(err)
				}
				cfg := export.Config{Stdout: io.Discard}
				if spool {
					cfg.Spool = filepath.Join(t.TempDir(), "spool")
				}
				s, err := export.Open(t.Context(), target, cfg)
				if err != nil {
					t.Fatal(err)
				}
				return processortest.Subject{Processor: s}
			})
		})
	}
}
