package exporters_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// TestProcessDoesNotAllocate, whether there is room or not.
func TestProcessDoesNotAllocate(t *testing.T) {
	b := down(t, exporters.NewBatch(&fake{}, exporters.WithQueueSize(4096), exporters.WithBatchSize(4096), exporters.WithInterval(time.Hour)))
	e := touch("x")
	if n := testing.AllocsPerRun(1000, func() { b.Process(background, e) }); n != 0 {
		t.Errorf("Process allocates %v times, want 0", n)
	}
	gate := make(chan struct{})
	full := down(t, exporters.NewBatch(&fake{export: func(context.Context, []event.Event) error { <-gate; return nil }},
		exporters.WithQueueSize(1), exporters.WithInterval(time.Hour)))
	t.Cleanup(func() { close(gate) }) // before it is shut down
	full.Process(background, e)
	full.Process(background, e)
	full.Process(background, e) // one is being exported, one waits, one is dropped
	if n := testing.AllocsPerRun(1000, func() { full.Process(background, e) }); n != 0 {
		t.Errorf("dropping allocates %v times, want 0", n)
	}
}

// TestBatchKeepsCopies: the event is the caller's again when Process returns.
func TestBatchKeepsCopies(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &fake{}
		b := down(t, exporters.NewBatch(s))
		e := &event.Event{Kind: event.TouchpointEnded, Touchpoint: "pay", Journey: event.Run{Name: "checkout", ID: "1"}, Stage: "cart"}
		b.Process(background, e)
		*e = event.Event{Touchpoint: "changed"} // it is used for something else
		if err := b.Flush(background); err != nil {
			t.Fatal(err)
		}
		got := s.events[0]
		if got.Touchpoint != "pay" || got.Stage != "cart" || got.Journey.ID != "1" {
			t.Errorf("delivered was %+v", got)
		}
	})
}

// TestBatchLetsGo: what is delivered is not held on to by the queue: an exporter's slice is
// emptied when it returns, as its contract says.
func TestBatchLetsGo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var kept []event.Event
		s := &fake{export: func(_ context.Context, events []event.Event) error { kept = events; return nil }}
		b := down(t, exporters.NewBatch(s))
		e := touch("x")
		e.Feedback = &event.Feedback{Comment: "private"}
		b.Process(background, e)
		if err := b.Flush(background); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if kept[0].Feedback != nil {
			t.Error("after the export the batch still holds the event")
		}
	})
}
