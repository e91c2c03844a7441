package exporters_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// TestBatchConcurrency: calls go side by side, and the events of one journey stay in order.
func TestBatchConcurrency(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		calls := make(chan int, 100)
		s := &fake{export: func(_ context.Context, es []event.Event) error {
			calls <- len(es)
			<-gate
			return nil
		}}
		b := exporters.NewBatch(s, exporters.WithConcurrency(4), exporters.WithBatchSize(50), exporters.WithInterval(time.Hour))
		for i := range 1000 {
			e := touch(strconv.Itoa(i))
			e.Journey = event.Run{Name: "checkout", ID: strconv.Itoa(i % 17)}
			b.Process(t.Context(), e)
		}
		for range 4 {
			<-calls // all of them before one has returned
		}
		close(gate)
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		last := map[string]int{}
		for _, e := range s.events {
			n, err := strconv.Atoi(e.Touchpoint)
			if err != nil {
				t.Fatal(err)
			}
			if was, ok := last[e.Journey.ID]; ok && was > n {
				t.Fatalf("of journey %s event %d came after event %d", e.Journey.ID, n, was)
			}
			last[e.Journey.ID] = n
		}
		if len(s.events) != 1000 {
			t.Errorf("%d events arrived, want 1000", len(s.events))
		}
		for _, n := range s.sizes() {
			if n > 50 {
				t.Errorf("a call had %d events, at most 50 are asked for", n)
			}
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestBlock: "overflow policy Block is there for those who ask".
func TestBlock(t *testing.T) {
	for _, c := range []struct {
		name, reason string
		free         func(b *exporters.Batch, gate chan struct{}, cancel context.CancelFunc)
		arrived      int
		dropped      string
	}{
		{"room", "it goes on when there is room", func(_ *exporters.Batch, gate chan struct{}, _ context.CancelFunc) { close(gate) }, 4, ""},
		{"the caller gives up", "with its context", func(_ *exporters.Batch, _ chan struct{}, cancel context.CancelFunc) { cancel() }, 3, "cx.sdk.processor.dropped queue_full"},
		{"shutdown", "nobody waits for ever", func(b *exporters.Batch, _ chan struct{}, _ context.CancelFunc) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_ = b.Shutdown(ctx)
		}, 3, "cx.sdk.processor.dropped already_shutdown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				gate := make(chan struct{})
				began := make(chan struct{}, 10)
				s := &fake{export: func(context.Context, []event.Event) error {
					began <- struct{}{}
					<-gate
					return nil
				}}
				m := newMeters()
				b := exporters.NewBatch(s, exporters.WithQueueSize(2), exporters.WithBatchSize(1),
					exporters.WithOverflow(exporters.Block), exporters.WithMeterProvider(m))
				b.Process(t.Context(), touch("0"))
				<-began // it is with the sink
				b.Process(t.Context(), touch("1"))
				b.Process(t.Context(), touch("2"))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				waited := make(chan struct{})
				go func() {
					defer close(waited)
					b.Process(ctx, touch("3"))
				}()
				synctest.Wait()
				select {
				case <-waited:
					t.Fatal("there is no room, and it did not wait")
				default:
				}
				c.free(b, gate, cancel)
				<-waited
				if c.arrived < 4 {
					close(gate)
				}
				if err := b.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
				if n := len(s.got()); n != c.arrived || c.dropped != "" && m.all()[c.dropped] != 1 {
					t.Errorf("%d events arrived, want %d; counted are %v: %s", n, c.arrived, m.all(), c.reason)
				}
			})
		})
	}
}
