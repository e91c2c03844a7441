package cx_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/feedback"
)

// TestHandOver: what a process that ends at once has moved on is told, counted and followed by the service that shares its store, once.
func TestHandOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, f := newTable(), complaints()
		var told seen
		hooks := make(chan string, 10)
		service := open(t, store, cx.WithDefinitions(f), cx.WithProcessors(&told), cx.WithOnFollowUp(func(_ context.Context, e event.Event) { hooks <- e.Stage }))
		began := time.Now()
		f.Open(service.ctx(), "1", event.Customer{ID: "ann"})
		time.Sleep(2 * hour)
		move := func(do func(ctx context.Context)) {
			var own seen
			command := open(t, store, cx.WithDefinitions(f), cx.WithProcessors(&own), cx.WithHandOver())
			do(f.Resume(command.ctx(), "1"))
			time.Sleep(time.Minute) // a claim of this client would take the step over
			command.close(t)
			if len(own.all) > 0 || command.counts.of(semconv.JourneyStartedName)+command.counts.of(semconv.PromiseSettledName) > 0 {
				t.Errorf("the command has told %v", stepsOf(own.all, began))
			}
			time.Sleep(2 * time.Minute)
		}
		move(func(ctx context.Context) { f.Acknowledge(ctx, feedback.Note("a letter"), feedback.Owner("care")) })
		move(func(ctx context.Context) { f.Tell(ctx) })
		move(func(ctx context.Context) { f.Confirm(ctx) })
		move(func(ctx context.Context) { f.Open(ctx, "2", event.Customer{ID: "bob"}) })
		service.close(t)
		told.all = slices.DeleteFunc(told.all, func(e event.Event) bool { return e.Journey.ID != "1" })
		want := []string{
			"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started",
			"2h0m0s acknowledged 1", "2h0m0s kept acknowledged", "2h0m0s kept updated", "2h0m0s made updated until 74h0m0s",
			"5h0m0s kept answered", "5h0m0s kept updated", "5h0m0s told 1", "8h0m0s completed ", "8h0m0s confirmed 1",
		}
		if got := stepsOf(told.all, began); !slices.Equal(got, want) {
			t.Errorf("the service has told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, e := range told.all {
			if e.Kind == event.JourneyStageEntered && e.Stage == feedback.Acknowledged && (e.FollowUp == nil || e.FollowUp.Owner != "care" || e.Actor != event.ActorEmployee) {
				t.Errorf("the step of the command is %+v", e)
			}
		}
		close(hooks)
		var called []string
		for stage := range hooks {
			called = append(called, stage)
		}
		if want := []string{"received", "acknowledged", "told", "confirmed", "received"}; !slices.Equal(called, want) {
			t.Errorf("the hook was called for %q, want %q", called, want)
		}
		for name, want := range map[string]int64{semconv.JourneyStartedName: 2, semconv.PromiseSettledName: 4, semconv.JourneyEndedName: 1} {
			if n := service.counts.of(name); n != want {
				t.Errorf("the service has counted %s %d times, want %d", name, n, want)
			}
		}
	})
}

// TestHandOverNeedsAStore: nothing could take over.
func TestHandOverNeedsAStore(t *testing.T) {
	t.Parallel()
	if _, err := cx.New(cx.WithHandOver()); !errors.Is(err, cx.ErrConfig) || !strings.Contains(err.Error(), "give WithStore") {
		t.Errorf("New: %v", err)
	}
}
