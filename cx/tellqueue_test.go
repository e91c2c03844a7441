package cx_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
)

// refusing is a sink that takes nothing.
type refusing struct{ why error }

func (r refusing) Export(context.Context, []event.Event) error { return r.why }
func (refusing) Shutdown(context.Context) error                { return nil }

// TestQueuesTellTheLog: what a queue of the client cannot deliver is in the log, with a bound that leaves faults room.
func TestQueuesTellTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l lines
		client, ctx := told(t, cx.WithLogger(l.logger()), cx.WithExporters(refusing{errors.New("the sink is full")}))
		record := func(n int) {
			t.Helper()
			for range n {
				client.Record(ctx, event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Channel: event.Web})
				var lost *exporters.LossError
				if err := client.Flush(ctx); !errors.As(err, &lost) {
					t.Fatalf("Flush says %v, want the loss", err)
				}
			}
		}
		const line = `"msg":"cairn: batch/cx_test.refusing/0: 1 events were not exported: the sink is full"`
		record(150)
		if n := strings.Count(l.String(), line); n != 100 {
			t.Errorf("%d lines say that the sink is full within a minute, want 100:\n%.2000s", n, &l)
		}
		if n := strings.Count(l.String(), "the last of 100"); n != 1 {
			t.Errorf("%d lines say that they are the last, want 1", n)
		}
		flight.Fault(ctx, fault.Report{Fault: fault.Conflict, Name: "beside it"})
		flushed := client.Flush(ctx)
		if !strings.Contains(l.String(), `"name":"beside it"`) {
			t.Errorf("a fault beside it is not told (Flush: %v)", flushed)
		}
		time.Sleep(time.Minute)
		record(1)
		if n := strings.Count(l.String(), line); n != 101 {
			t.Errorf("a minute later %d lines say that the sink is full, want 101", n)
		}
	})
}

// TestManyJourneysTellTheLog: so does what telemetry has no room for.
func TestManyJourneysTellTheLog(t *testing.T) {
	t.Parallel()
	var defs []event.Definition
	for i := range 900 {
		defs = append(defs, journey.Define(fmt.Sprintf("j%d", i), journey.Stages("a", "b", "c")))
	}
	var l lines
	client, _ := told(t, cx.WithLogger(l.logger()), cx.WithDefinitions(defs...))
	flush(t, client)
	if n := strings.Count(l.String(), "more series than a metric can start at zero"); n != 1 {
		t.Errorf("%d lines say that there are too many journeys, want 1:\n%s", n, &l)
	}
}
