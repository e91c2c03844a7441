package exporters_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/exporters"
)

// TestPanicsOutsideExport: an exporter's Flush and Shutdown are somebody else's code as much as
// its Export is.
func TestPanicsOutsideExport(t *testing.T) {
	for name, call := range map[string]func(*exporters.Batch) error{
		"Flush":    func(b *exporters.Batch) error { return b.Flush(background) },
		"Shutdown": func(b *exporters.Batch) error { return b.Shutdown(background) },
	} {
		t.Run(name, func(t *testing.T) {
			angry := true
			panics := func(context.Context) error {
				if angry {
					panic("no")
				}
				return nil
			}
			b := exporters.NewBatch(&fake{flush: panics, shutdown: panics})
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("it panics: %v", r)
					}
				}()
				if err := call(b); err == nil {
					t.Error("it says that all is well")
				}
			}()
			angry = false
			if err := b.Shutdown(background); err != nil {
				t.Errorf("afterwards, Shutdown: %v", err)
			}
		})
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	t.Run("delivers what is left", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := &fake{}
			b := exporters.NewBatch(s, exporters.WithBatchSize(4), exporters.WithInterval(time.Hour))
			for i := range 10 {
				b.Process(background, touch(fmt.Sprint(i)))
			}
			if err := b.Shutdown(background); err != nil {
				t.Error(err)
			}
			if got := s.got(); !slices.Equal(got, numbered(0, 10)) || s.downs != 1 {
				t.Errorf("delivered were %q, the exporter was shut down %d times", got, s.downs)
			}
		})
	})
	t.Run("again", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			s := &fake{}
			b := exporters.NewBatch(s)
			for range 3 {
				if err := b.Shutdown(background); err != nil {
					t.Error(err)
				}
			}
			if s.downs != 1 {
				t.Errorf("the exporter was shut down %d times", s.downs)
			}
		})
	})
	t.Run("again with a context that is done", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			b := exporters.NewBatch(&fake{})
			if err := b.Shutdown(background); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(background)
			cancel()
			for range 50 {
				if err := b.Shutdown(ctx); err != nil {
					t.Fatalf("it is done, and says by chance: %v", err)
				}
			}
		})
	})
	t.Run("after a timeout", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			gate := make(chan struct{})
			s := &fake{export: func(context.Context, []event.Event) error { <-gate; return nil }}
			b := exporters.NewBatch(s, exporters.WithBatchSize(1), exporters.WithTimeout(time.Hour))
			b.Process(background, touch("0"))
			b.Process(background, touch("1"))
			began := time.Now()
			if err := b.Shutdown(within(3 * time.Second)); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
				t.Errorf("%v after %v, want a timeout after 3 s", err, time.Since(began))
			}
			b.Process(background, touch("too late"))
			close(gate) // delivery goes on
			if err := b.Shutdown(background); err != nil {
				t.Errorf("the second time: %v", err)
			}
			if got := s.got(); !slices.Equal(got, []string{"0", "1"}) || s.downs != 1 {
				t.Errorf("delivered were %q, the exporter was shut down %d times", got, s.downs)
			}
		})
	})
	t.Run("of an exporter that fails to", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			tries := 0
			s := &fake{shutdown: func(context.Context) error {
				if tries++; tries == 1 {
					return errSink
				}
				return nil
			}}
			b := exporters.NewBatch(s)
			if err := b.Shutdown(background); !errors.Is(err, errSink) {
				t.Errorf("%v, want the exporter's error", err)
			}
			if err := b.Shutdown(background); err != nil || s.downs != 2 {
				t.Errorf("the second time: %v, after %d tries", err, s.downs)
			}
		})
	})
	t.Run("two at a time", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			// One waits for a slow exporter; the other's context is its own all the same.
			gate := make(chan struct{})
			b := exporters.NewBatch(&fake{shutdown: func(context.Context) error { <-gate; return nil }})
			var first error
			var wg sync.WaitGroup
			wg.Go(func() { first = b.Shutdown(background) })
			synctest.Wait()
			began := time.Now()
			if err := b.Shutdown(within(time.Second)); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
				t.Errorf("the second one says %v after %v, want a timeout after 1 s", err, time.Since(began))
			}
			close(gate)
			wg.Wait()
			if first != nil {
				t.Errorf("the first one says %v", first)
			}
		})
	})
	t.Run("while events come", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			m := newMeters()
			s := &fake{}
			b := exporters.NewBatch(s, exporters.WithMeterProvider(m))
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for range 100 {
						b.Process(background, touch("x"))
					}
				})
			}
			if err := b.Shutdown(background); err != nil {
				t.Error(err)
			}
			wg.Wait()
			lost := m.all()[semconv.SDKProcessorDroppedName+" already_shutdown"]
			if sum := int64(len(s.got())) + lost; sum != 800 {
				t.Errorf("%d were delivered and %d counted as lost, together %d of 800", len(s.got()), lost, sum)
			}
		})
	})
}
