package bench

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
)

// BenchmarkClients makes 1,000 clients with an exporter each and shuts them down. A service has one client; a test suite
// that runs in parallel may have thousands.
func BenchmarkClients(b *testing.B) {
	once(b, func() {
		const clients = 1000
		all := make([]*cx.Client, clients)
		p := nothing()
		before := footprint()
		start := cpu()
		for i := range all {
			c, err := cx.New(
				cx.WithTracerProvider(p.traces), cx.WithJourneyTracerProvider(p.journeys),
				cx.WithMeterProvider(p.meter), cx.WithLoggerProvider(p.logs),
				cx.WithDefinitions(checkout, submitPayment), cx.WithExporters(sink{}),
			)
			if err != nil {
				b.Fatal(err)
			}
			all[i] = c
		}
		made := cpu()
		alive := footprint()
		ended := cpu()
		for _, c := range all {
			if err := c.Shutdown(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		down := cpu()
		fmt.Fprintf(table, "| one of 1,000 clients | New | %.0f ns | |\n", float64(made-start)/clients)
		fmt.Fprintf(table, "| | Shutdown | %.0f ns | |\n", float64(down-ended)/clients)
		fmt.Fprintf(table, "| | alive | | %.1f KiB of heap, %.1f KiB of stacks, %.1f goroutines |\n",
			float64(alive.heap-before.heap)/clients/1024, float64(alive.stacks-before.stacks)/clients/1024,
			float64(alive.goroutines-before.goroutines)/clients)
		if after := settled(before.goroutines); after > before.goroutines {
			b.Errorf("%d goroutines are left of %d clients that were shut down", after-before.goroutines, clients)
		}
		b.ReportMetric(float64(made-start)/clients, "ns/New")
		b.ReportMetric(float64(down-ended)/clients, "ns/Shutdown")
		runtime.KeepAlive(all)
	})
}

// usage is what the process holds.
type usage struct {
	heap, stacks int64
	goroutines   int
}

func footprint() usage {
	runtime.GC()
	runtime.GC() // the first one may find garbage that the second one sweeps
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return usage{int64(m.HeapAlloc), int64(m.StackInuse), runtime.NumGoroutine()} //nolint:gosec // no process has 2^63 bytes
}

// settled returns the number of goroutines once it is at most want. A goroutine that has said that it is over may exist a moment longer: settled
// lets the others run a hundred thousand times before it gives up.
func settled(want int) (n int) {
	for range 100_000 {
		if n = runtime.NumGoroutine(); n <= want {
			break
		}
		runtime.Gosched()
	}
	return n
}

// sink is an exporter that takes everything at no cost.
type sink struct{}

func (sink) Export(context.Context, []event.Event) error { return nil }
func (sink) Shutdown(context.Context) error              { return nil }
