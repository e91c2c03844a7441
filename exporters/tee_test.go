package exporters_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
)

// TestTee: "one slow or failing sink does not delay the others".
func TestTee(t *testing.T) {
	bubble(t, func(t *testing.T) {
		stuck := make(chan struct{})
		slow := &fake{export: func(context.Context, []event.Event) error { <-stuck; return nil }}
		broken := &fake{export: func(context.Context, []event.Event) error { return errSink }}
		panics := &fake{export: func(context.Context, []event.Event) error { panic("sink") }}
		good := &fake{}
		tee := exporters.NewTee([]event.Exporter{slow, broken, nil, panics, good}, exporters.WithInterval(time.Second))
		for i := range 100 {
			if err := tee.Export(t.Context(), []event.Event{*touch(strconv.Itoa(i))}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second) // of the bubble: an interval
		synctest.Wait()
		if got := good.got(); !slices.Equal(got, numbered(0, 100)) {
			t.Errorf("while one is stuck the good one has %d events, want 100", len(got))
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := tee.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with one that is stuck Flush returns %v", err)
		}
		close(stuck)
		if err := tee.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if len(slow.got()) != 100 {
			t.Errorf("the slow one has %d events in the end, want 100", len(slow.got()))
		}
		for range 2 {
			if err := tee.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := tee.Export(t.Context(), events(1)); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("after Shutdown Export returns %v", err)
		}
		if good.downs != 1 {
			t.Errorf("the sink was shut down %d times", good.downs)
		}
	})
}

// TestTeeRefusesWhenDone: with a context that has ended nothing is given to any sink, and the error is its cause.
func TestTeeRefusesWhenDone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &fake{}
		tee := exporters.NewTee([]event.Exporter{s})
		ctx, cancel := context.WithCancelCause(background)
		why := errors.New("the shop is closed")
		cancel(why)
		if err := tee.Export(ctx, events(3)); !errors.Is(err, why) {
			t.Errorf("it says %v", err)
		}
		must(t, tee.Shutdown(background))
		if got := s.got(); len(got) > 0 {
			t.Errorf("it was given %v", got)
		}
		if err := tee.Export(background, events(1)); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("after Shutdown it says %v", err)
		}
	})
}
