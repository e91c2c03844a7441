package jsonl_test

import (
	"context"
	"path/filepath"
	"testing"

	"cairncx.dev/cairn/exporters/jsonl"
)

func BenchmarkExport(b *testing.B) {
	for name, sync := range map[string]jsonl.Sync{"OnFlush": jsonl.OnFlush, "EveryBatch": jsonl.EveryBatch} {
		b.Run(name, func(b *testing.B) {
			e, err := jsonl.New(filepath.Join(b.TempDir(), "events.jsonl"), jsonl.WithSync(sync))
			if err != nil {
				b.Fatal(err)
			}
			events := touches(1, 512, "pay")
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if err := e.Export(ctx, events); err != nil {
					b.Fatal(err)
				}
				n += len(events)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			if err := e.Shutdown(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
