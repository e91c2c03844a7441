package cx_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// awaySink is an exporter that takes nothing.
type awaySink struct{}

var errAway = errors.New("the sink is away")

func (awaySink) Export(context.Context, []event.Event) error { return errAway }
func (awaySink) Shutdown(context.Context) error              { return nil }

// TestFlushTellsLosses: what an exporter's queue has lost is told by Flush, once, however often the store of
// journeys has waited for the same queue in between.
func TestFlushTellsLosses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := open(t, newTable(), cx.WithExporters(awaySink{}))
		ctx := order.Start(i.ctx(), "1", event.Customer{ID: "alice"})
		_, tp := pay.Start(ctx, event.Web)
		tp.End()
		order.Complete(ctx)
		time.Sleep(time.Minute) // of the bubble: the store has been told, and has asked whether it is safe
		err := i.Flush(t.Context())
		loss, ok := errors.AsType[*exporters.LossError](err)
		if !ok || loss.Events() != 4 || !errors.Is(err, errAway) {
			t.Errorf("%v, want that 4 events were dropped, and why", err)
		}
		if err := i.Flush(t.Context()); err != nil {
			t.Errorf("a second Flush tells it again: %v", err)
		}
		i.close(t)
	})
}

// TestShutdownTellsLosses: a service that calls only Shutdown hears of what its exporters have lost, once, and is
// shut down all the same.
func TestShutdownTellsLosses(t *testing.T) {
	t.Parallel()
	for _, store := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			opts := []cx.Option{cx.WithExporters(awaySink{})}
			var i *instance
			if store {
				i = open(t, newTable(), opts...)
			} else {
				i = open(t, nil, opts...)
			}
			order.Complete(order.Start(i.ctx(), "1", event.Customer{ID: "alice"}))
			err := i.Shutdown(t.Context())
			loss, ok := errors.AsType[*exporters.LossError](err)
			if !ok || loss.Events() != 2 || !errors.Is(err, errAway) {
				t.Errorf("with a store %v: %v, want that 2 events were lost, and why", store, err)
			}
			if err := i.Shutdown(t.Context()); err != nil {
				t.Errorf("with a store %v: a second Shutdown tells it again: %v", store, err)
			}
		})
	}
}
