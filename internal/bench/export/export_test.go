//go:build unix

package export

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// sample is an event of about 330 bytes of JSON.
func sample(i int) event.Event {
	return event.Event{
		Kind: event.TouchpointEnded, Time: now.Add(time.Duration(i) * time.Millisecond), ID: event.NewID(now),
		Duration: 1200 * time.Millisecond,
		Journey:  event.Run{Namespace: "prod", Name: "checkout", ID: "cart-" + strconv.Itoa(i%1000), Started: now},
		Stage:    "payment", Visit: 1, Touchpoint: "submit-payment", Channel: event.Web,
		Outcome: event.OK, Zone: event.Tolerating,
	}
}

// samples returns n of them.
func samples(n int) []event.Event {
	events := make([]event.Event, n)
	for i := range events {
		events[i] = sample(i)
	}
	return events
}

// exportFunc is an exporter that is a function.
type exportFunc func(context.Context, []event.Event) error

func (f exportFunc) Export(ctx context.Context, events []event.Event) error { return f(ctx, events) }
func (exportFunc) Shutdown(context.Context) error                           { return nil }

// taken takes everything at once.
func taken(context.Context, []event.Event) error { return nil }

// BenchmarkExporters measures every part once, however long it is told to run, and prints the tables.
func BenchmarkExporters(b *testing.B) {
	var t table
	for _, part := range []struct {
		name    string
		measure func(b *testing.B, t *table)
	}{
		{"http", overHTTP},
		{"spool", spooled},
		{"sqlite", inSQLite},
		{"postgres", inPostgres},
		{"kafka", toKafka},
		{"callsite", atTheCallSite},
	} {
		b.Run(part.name, func(b *testing.B) {
			part.measure(b, &t)
			for b.Loop() { // it is done: what the framework times means nothing
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	e := sample(1)
	fmt.Printf("\nevents of %d bytes of JSON; the median of the rounds, lowest to highest\n%s\n", len(e.AppendJSON(nil)), &t)
}
