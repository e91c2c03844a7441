package cx_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/journey"
)

// TestPromiseThatTheStoreDoesNotTake: a promise that is made or kept by hand is exported though the store's queue is full, or though the
// store is given up at Shutdown. Its events say what the code said, and not what only the store knows. No metric counts them.
func TestPromiseThatTheStoreDoesNotTake(t *testing.T) {
	t.Parallel()
	claim := journey.Define("claim")
	check := func(t *testing.T, i *instance, sink *archive, made, due time.Time) {
		t.Helper()
		for _, want := range []struct {
			kind event.Kind
			at   time.Time
			p    event.Promise
		}{
			{event.PromiseMade, made, event.Promise{Name: "call back", Due: due, ByHand: true}},
			{event.PromiseKept, made.Add(time.Minute), event.Promise{Name: "call back", ByHand: true}},
		} {
			list := sink.of(want.kind)
			if len(list) != 1 {
				t.Errorf("%d events are %s, want one", len(list), want.kind)
				continue
			}
			e := list[0]
			if got := *e.Promise; !got.Due.Equal(want.p.Due) || !got.Made.IsZero() || got.Number != 0 || got.Name != want.p.Name || !got.ByHand {
				t.Errorf("%s has %+v, want %+v", want.kind, got, want.p)
			}
			if !e.Time.Equal(want.at) || e.ID.IsZero() || e.Late || e.Duration != 0 || e.Journey.ID != "1" || e.Customer.Hash == "" {
				t.Errorf("%s is %+v", want.kind, e)
			}
		}
		if n := i.counts.of(semconv.PromiseSettledName); n != 0 {
			t.Errorf("%d settled promises are counted, and the store has none", n)
		}
	}
	t.Run("the queue is full", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			store := &gated{newTable(), make(chan struct{})}
			var sink archive
			i := open(t, store, cx.WithStoreQueue(1), cx.WithDefinitions(claim), roomy(&sink))
			ctx := claim.Start(i.ctx(), "1", event.Customer{ID: "alice"})
			synctest.Wait() // it is on its way to the store
			claim.Start(i.ctx(), "2", event.Customer{})
			made := time.Now()
			due := made.Add(time.Hour)
			claim.Promise(ctx, "call back", due)
			time.Sleep(time.Minute)
			claim.Keep(ctx, "call back")
			close(store.gate)
			if err := i.Flush(t.Context()); !errors.Is(err, cx.ErrLost) {
				t.Errorf("Flush says %v", err)
			}
			check(t, i, &sink, made, due)
			i.close(t)
		})
	})
	t.Run("the store is given up", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			store := &failing{table: newTable(), err: errBad}
			var sink archive
			i := open(t, store, cx.WithDefinitions(claim), roomy(&sink))
			ctx := claim.Start(i.ctx(), "1", event.Customer{ID: "alice"})
			made := time.Now()
			due := made.Add(time.Hour)
			claim.Promise(ctx, "call back", due)
			time.Sleep(time.Minute)
			claim.Keep(ctx, "call back")
			if err := bounded(t, "Shutdown", i.Shutdown); err == nil {
				t.Error("Shutdown has lost nothing")
			}
			check(t, i, &sink, made, due)
			time.Sleep(time.Hour)
			_ = bounded(t, "Shutdown", i.Shutdown)
		})
	})
}
