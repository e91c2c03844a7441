package cx_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// TestSweepWaitsForTheOneUnderWay: what the client's own sweep has in hand is not due any more. Sweep returns when it is delivered.
func TestSweepWaitsForTheOneUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		brief := journey.Define("brief", journey.AbandonAfter(time.Minute))
		entered, release := make(chan struct{}), make(chan struct{})
		i := open(t, nil, cx.WithDefinitions(brief), cx.WithProcessors(endFunc(func() {
			close(entered)
			<-release
		})))
		brief.Start(i.ctx(), "1", event.Customer{})
		<-entered
		swept := make(chan struct{})
		go func() {
			defer close(swept)
			i.Sweep(t.Context())
		}()
		synctest.Wait()
		select {
		case <-swept:
			t.Error("Sweep has returned before the end of the run was delivered")
		default:
		}
		close(release)
		<-swept
		i.close(t)
	})
}

// TestFlushWaitsForHooks: without a store as with one, a hook that was called has returned when Flush returns. From within a hook, Flush
// waits for none.
func TestFlushWaitsForHooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		brief := journey.Define("brief", journey.Stages("asked"), journey.Expect("asked", time.Minute), journey.AbandonAfter(time.Hour))
		entered, release := make(chan struct{}, 2), make(chan struct{})
		var i *instance
		i = open(t, nil, cx.WithDefinitions(brief), cx.WithOnStall(func(ctx context.Context, _ journey.State) {
			if err := i.Flush(ctx); err != nil {
				t.Errorf("Flush in a hook: %v", err)
			}
			entered <- struct{}{}
			<-release
		}))
		for _, id := range []string{"1", "2"} {
			brief.Enter(brief.Start(i.ctx(), id, event.Customer{}), "asked")
		}
		<-entered
		<-entered
		flushed := make(chan error, 1)
		go func() { flushed <- i.Flush(t.Context()) }()
		synctest.Wait()
		select {
		case err := <-flushed:
			t.Errorf("Flush has returned before the hooks, with %v", err)
			flushed <- err
		default:
		}
		close(release)
		if err := <-flushed; err != nil {
			t.Error(err)
		}
		i.close(t)
	})
}
