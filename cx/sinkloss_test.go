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
