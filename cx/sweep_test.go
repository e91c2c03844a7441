package cx_test

import (
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
