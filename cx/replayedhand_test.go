package cx_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
)

// TestReplayedByHand: what code has made, moved and kept by hand is in the log of a client, and its replay gives the same events. Nothing
// else in the log says any of it.
func TestReplayedByHand(t *testing.T) {
	t.Parallel()
	claim := journey.Define("claim", journey.Stages("received", "replied"),
		journey.Promise("answered", 5*time.Hour, journey.Since("received"), journey.Until("replied")),
		journey.Promise("settled", 100*time.Hour))
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	client := func(opts ...cx.Option) (*cx.Client, *taped) {
		tape := &taped{}
		c, err := cx.New(append(opts, silent(), cx.WithDefinitions(claim), cx.WithProcessors(tape), cx.WithClock(func() time.Time { return now }),
			cx.WithSweepInterval(1<<62), cx.WithNamespace("test"))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Shutdown(context.Background()) })
		return c, tape
	}
	live, tape := client()
	hour := func(n int) {
		now = now.Add(time.Duration(n) * time.Hour)
		live.Sweep(context.Background())
	}
	ctx := claim.Start(cx.NewContext(context.Background(), live), "1", event.Customer{})
	claim.Promise(ctx, "call back", now.Add(2*time.Hour))
	hour(1)
	claim.Promise(ctx, "call back", now.Add(4*time.Hour)) // moved
	ctx = claim.Enter(ctx, "received")
	hour(3)
	claim.Promise(ctx, "answered", now.Add(10*time.Hour)) // a declared one, moved by hand
	claim.Keep(ctx, "call back")
	hour(9)
	claim.Keep(ctx, "answered") // and kept by hand
	claim.Promise(ctx, "call back", now.Add(time.Hour))
	hour(2)
	claim.Keep(ctx, "call back") // late
	claim.Enter(ctx, "replied")
	hour(100)

	var log []event.Event
	var got []string
	for _, line := range tape.lines {
		e, err := event.ParseJSON([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, e)
		if e.Promise != nil && e.Promise.ByHand {
			what := string(e.Kind) + " " + e.Promise.Name
			switch {
			case e.Late:
				what += " late"
			case e.Kind == event.PromiseMade && !e.Promise.Made.Equal(e.Time):
				what += " moved"
			}
			got = append(got, what)
		}
	}
	want := []string{
		"promise.made call back", "promise.made call back moved", "promise.made answered moved", "promise.kept call back",
		"promise.kept answered", "promise.made call back", "promise.kept call back late",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("by hand (-want +got):\n%s", diff)
	}
	end := now
	again, replayed := client(cx.WithImplicitStarts())
	slices.SortStableFunc(log, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	for _, e := range log {
		now = e.Time
		again.Sweep(context.Background())
		again.Record(context.Background(), e)
	}
	now = end
	again.Sweep(context.Background())
	for _, list := range []*taped{tape, replayed} {
		slices.Sort(list.lines)
	}
	if diff := cmp.Diff(tape.lines, replayed.lines); diff != "" {
		t.Errorf("(-live +replayed):\n%s", diff)
	}
}
