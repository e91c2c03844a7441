package exporters_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// TestDropOldest: a full queue keeps what happened last and counts what it drops. A Flush waits for what the sink has in its
// hands, however much is dropped behind that, and for no event that is gone.
func TestDropOldest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate, began := make(chan struct{}), make(chan struct{}, 10)
		s := &fake{export: func(context.Context, []event.Event) error {
			began <- struct{}{}
			<-gate
			return nil
		}}
		m := newMeters()
		b := exporters.NewBatch(s, exporters.WithQueueSize(2), exporters.WithBatchSize(1),
			exporters.WithOverflow(exporters.DropOldest), exporters.WithMeterProvider(m))
		b.Process(t.Context(), touch("0"))
		<-began // it is with the sink
		flushed := make(chan error, 1)
		go func() { flushed <- b.Flush(t.Context()) }()
		synctest.Wait()
		for _, name := range []string{"1", "2", "3", "4"} { // the queue has room for two
			b.Process(t.Context(), touch(name))
		}
		synctest.Wait()
		select {
		case err := <-flushed:
			t.Fatalf("Flush has returned (%v) while the sink has an event", err)
		default:
		}
		close(gate)
		if err := <-flushed; err == nil {
			t.Error("Flush says nothing of the events that were dropped")
		} else if lost, ok := errors.AsType[*exporters.LossError](err); !ok || lost.Lost["queue_full"] != 2 {
			t.Errorf("Flush says %v, want 2 lost as queue_full", err)
		}
		if err := b.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if got, want := s.got(), []string{"0", "3", "4"}; !slices.Equal(got, want) {
			t.Errorf("arrived are %q, want %q", got, want)
		}
		if n := m.all()["cx.sdk.processor.dropped queue_full"]; n != 2 {
			t.Errorf("%v events were counted as dropped, want 2", n)
		}
	})
}

// TestOverflowIsChecked: a spool cannot wait, and nothing knows a value that there is not.
func TestOverflowIsChecked(t *testing.T) {
	t.Parallel()
	for _, o := range []exporters.Overflow{exporters.Block, 99} {
		if s, err := exporters.NewSpool(t.TempDir(), &fake{}, exporters.WithOverflow(o)); err == nil {
			t.Errorf("a spool takes WithOverflow(%d)", o)
			_ = s.Shutdown(context.Background())
		}
	}
}
