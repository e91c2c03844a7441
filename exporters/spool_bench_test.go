package exporters_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// BenchmarkSpool compares the spool with the bare store, a file to which the same batch of 1,000 events is
// written as JSON lines and synced, in turns, so that what the machine does besides meets both. "away"
// is a sink that takes nothing, so that the spool only writes; "delivering" one that takes everything at
// once, so that reading and parsing are in it. The spool's rate is to be 0.8 of the bare store's.
func BenchmarkSpool(b *testing.B) {
	away := exportFunc(func(ctx context.Context, _ []event.Event) error { <-ctx.Done(); return ctx.Err() })
	takes := exportFunc(func(context.Context, []event.Event) error { return nil })
	for name, next := range map[string]event.Exporter{"away": away, "delivering": takes} {
		b.Run(name, func(b *testing.B) {
			const batch = 1000
			events := spooled(0, batch, 0)
			for i := range events {
				events[i].Journey = event.Journey{Namespace: "production", Name: "checkout", ID: fmt.Sprintf("cart-%09d", i), Started: time.Unix(1, 0)}
				events[i].Stage, events[i].Visit, events[i].Channel, events[i].Outcome = "payment", 1, event.Web, event.OK
				events[i].Duration, events[i].Customer.Hash = 123*time.Millisecond, "0123456789abcdef0123456789abcdef"
			}
			f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
			must(b, err)
			defer f.Close()
			s, err := exporters.NewSpool(b.TempDir(), next, exporters.WithKeepNewest(), exporters.WithMaxBytes(256<<20))
			must(b, err)
			var buf []byte
			var bare, spool time.Duration
			for b.Loop() {
				start := time.Now()
				buf = buf[:0]
				for i := range events {
					buf = append(events[i].AppendJSON(buf), '\n')
				}
				_, err := f.Write(buf)
				must(b, err)
				must(b, f.Sync())
				mid := time.Now()
				must(b, s.Export(context.Background(), events))
				bare += mid.Sub(start)
				spool += time.Since(mid)
			}
			n := float64(b.N * batch)
			b.ReportMetric(n/bare.Seconds(), "bare-events/s")
			b.ReportMetric(n/spool.Seconds(), "spool-events/s")
			b.ReportMetric(bare.Seconds()/spool.Seconds(), "ratio")
			b.ReportMetric(float64(len(buf))/batch, "B/event")
			done, cancel := context.WithCancel(context.Background())
			cancel()
			_ = s.Shutdown(done) // cancels the call that is under way
			must(b, s.Shutdown(context.Background()))
		})
	}
}
