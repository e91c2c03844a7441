package touchpoint_test

import (
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// TestStageByEventTime: what is told later than it happened is in the stage that the run was in then. The run
// begins at 0 s, and is in the cart from 10 s, in payment from 20 s, in the cart again from 30 s.
func TestStageByEventTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, stage string
		at          time.Duration
		visit       int
	}{
		{"before the start", "", -5 * time.Second, 0},
		{"before any stage", "", 5 * time.Second, 0},
		{"at the very moment of a move", "cart", 10 * time.Second, 1},
		{"in the first", "cart", 15 * time.Second, 1},
		{"in the second", "payment", 25 * time.Second, 1},
		{"in the first again", "cart", 35 * time.Second, 2},
		{"now", "cart", 40 * time.Second, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, opts ...cx.Option) {
				s := newSpy(t, opts...)
				begun := time.Now()
				ctx := order.Start(s.context(), "o1", event.Customer{})
				for _, stage := range []string{"cart", "payment", "cart"} {
					time.Sleep(10 * time.Second)
					order.Enter(ctx, stage)
				}
				time.Sleep(10 * time.Second)
				feedback.CSAT.Record(ctx, 5, feedback.At(begun.Add(c.at)))
				ofNone.Record(ctx, event.Phone, touchpoint.At(begun.Add(c.at)))
				all := s.settled(t)
				for _, k := range []event.Kind{event.FeedbackReceived, event.TouchpointEnded} {
					if e := find(t, all, k, ""); e.Stage != c.stage || e.Visit != c.visit {
						t.Errorf("the %s is in %q/%d, want %q/%d", k, e.Stage, e.Visit, c.stage, c.visit)
					}
				}
			})
		})
	}
}
