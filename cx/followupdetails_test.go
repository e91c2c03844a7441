package cx_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
)

// TestFollowUpDetails: each step says when the next promise is due, and the end which steps were left out and how long the customer heard
// nothing. Expected values are worked out by hand from the terms of complaints.
func TestFollowUpDetails(t *testing.T) {
	t.Parallel()
	hours := func(n int) { time.Sleep(time.Duration(n) * hour) }
	ann := event.Customer{ID: "ann"}
	for _, c := range []struct {
		name, reason string
		live         func(f *feedback.FollowUp, ctx context.Context)
		want         []string
	}{
		{"every step", "the first of the promises that are open is due next", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", ann)
			hours(1)
			ctx = f.Assess(ctx, "low")
			hours(1)
			ctx = f.Investigate(ctx)
			hours(1)
			ctx = f.Acknowledge(ctx)
			hours(47)
			f.Update(ctx)
			hours(1)
			ctx = f.Escalate(ctx)
			hours(4)
			ctx = f.Resolve(ctx, "refund")
			hours(5)
			ctx = f.Tell(ctx)
			hours(1)
			ctx = f.Reopen(ctx)
			hours(1)
			ctx = f.Tell(ctx)
			f.Confirm(ctx)
		}, []string{
			"received due 24h0m0s", "assessed due 24h0m0s", "investigated due 24h0m0s", "acknowledged due 75h0m0s", "escalated due 120h0m0s", "resolved due 120h0m0s",
			"told due 108h0m0s", "received due 85h0m0s", "told due 110h0m0s", "confirmed", "completed skipped [] silent 47h0m0s",
		}},
		{"a severity when it is assessed", "it moves the promises", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", ann)
			hours(1)
			ctx = f.Assess(ctx, "high")
			hours(2)
			ctx = f.Acknowledge(ctx)
			ctx = f.Tell(ctx)
			f.Confirm(ctx)
		}, []string{
			"received due 24h0m0s", "assessed due 4h0m0s", "acknowledged due 24h0m0s", "told due 51h0m0s", "confirmed",
			"completed skipped [investigated resolved] silent 3h0m0s",
		}},
		{"a severity at the beginning", "", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", ann, feedback.Severity("high"))
			ctx = f.Tell(ctx)
			hours(1)
			ctx = f.Reopen(ctx, feedback.Severity("high"))
			hours(5)
			f.Withdraw(ctx)
		}, []string{"received due 4h0m0s", "told due 48h0m0s", "received due 5h0m0s", "broken acknowledged", "cancelled skipped [] silent 5h0m0s"}},
		{"answered in the moment in which it is received", "the answer keeps all promises, also where no time has passed", func(f *feedback.FollowUp, ctx context.Context) {
			f.Tell(f.Open(ctx, "1", ann))
			hours(49)
		}, []string{"received due 24h0m0s", "told due 48h0m0s", "completed skipped [assessed acknowledged investigated resolved]"}},
		{"acknowledged in the moment in which it is received", "", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Acknowledge(f.Open(ctx, "1", ann))
			hours(30)
			ctx = f.Tell(ctx)
			f.Confirm(ctx)
		}, []string{"received due 24h0m0s", "acknowledged due 72h0m0s", "told due 78h0m0s", "confirmed", "completed skipped [assessed investigated resolved] silent 30h0m0s"}},
		{"told at the time at which it was reopened", "the second answer is still to come", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", ann)
			hours(1)
			f.Reopen(f.Tell(ctx))
			hours(25)
			f.Withdraw(ctx)
		}, []string{"received due 24h0m0s", "told due 49h0m0s", "received due 25h0m0s", "broken acknowledged", "cancelled skipped [] silent 25h0m0s"}},
		{"opened again", "a cause is told again after a crash, and an application may open what is open", func(f *feedback.FollowUp, ctx context.Context) {
			cause := event.Event{ID: event.NewID(time.Now()), Kind: event.FeedbackMentioned, Time: time.Now(), Customer: ann, Feedback: &event.Feedback{}}
			own := f.Tell(f.OpenFor(ctx, &cause))
			f.OpenFor(ctx, &cause)
			hours(1)
			f.Open(ctx, f.ID(cause.ID), ann, feedback.Severity("high"))
			hours(30)
			f.OpenFor(ctx, &cause)
			f.Confirm(own)
		}, []string{"received due 24h0m0s", "told due 48h0m0s", "confirmed", "completed skipped [assessed acknowledged investigated resolved]"}},
		{"overdue", "a broken promise is due no more, and the silence goes on", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", ann)
			hours(30)
			ctx = f.Assess(ctx, "low")
			hours(70)
			ctx = f.Resolve(ctx, "none")
			hours(50)
			f.Fail(ctx)
		}, []string{
			"received due 24h0m0s", "broken acknowledged", "assessed due 72h0m0s", "broken updated", "resolved due 120h0m0s", "broken answered",
			"failed skipped [acknowledged investigated told] silent 150h0m0s",
		}},
		{"heard late", "a late update ends the silence", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", ann)
			ctx = f.Acknowledge(ctx)
			hours(80)
			f.Update(ctx)
			hours(10)
			ctx = f.Resolve(ctx, "none")
			f.Confirm(f.Tell(ctx))
		}, []string{
			"received due 24h0m0s", "acknowledged due 72h0m0s", "broken updated", "resolved due 120h0m0s", "told due 138h0m0s", "confirmed",
			"completed skipped [assessed investigated] silent 80h0m0s",
		}},
		{"a step from another clock", "no step is before the receipt", func(f *feedback.FollowUp, ctx context.Context) {
			ctx = f.Open(ctx, "1", ann)
			ctx = f.Tell(ctx, feedback.At(time.Now().Add(-time.Second)))
			hours(30)
			f.Confirm(ctx)
		}, []string{"received due 24h0m0s", "told due 48h0m0s", "confirmed", "completed skipped [assessed acknowledged investigated resolved]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				f := complaints()
				var got seen
				i := open(cx.WithProcessors(&got), cx.WithDefinitions(f), cx.WithSweepInterval(hour))
				began := time.Now()
				c.live(f, i.ctx())
				time.Sleep(hour)
				i.close(t)
				if told := detailsOf(got.all, began); !slices.Equal(told, c.want) {
					t.Errorf("%s: told\n%s\nwant\n%s", c.reason, strings.Join(told, "\n"), strings.Join(c.want, "\n"))
				}
			})
		})
	}
}

// detailsOf returns the steps, the broken promises and the ends of follow-ups, in their order.
func detailsOf(events []event.Event, began time.Time) (told []string) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b event.Event) int { return a.Time.Compare(b.Time) })
	for _, e := range events {
		switch f := e.FollowUp; e.Kind { //nolint:exhaustive // the rest says nothing of it
		case event.JourneyStageEntered:
			what := e.Stage
			if !f.Due.IsZero() {
				what += " due " + shown(f.Due.Sub(began)).String()
			}
			told = append(told, what)
			if f.Skipped != nil || f.Silence != 0 {
				told = append(told, "a step has what only the end has")
			}
		case event.PromiseBroken:
			told = append(told, "broken "+e.Promise.Name)
			if f == nil || f.ID != e.Journey.ID {
				told = append(told, "nothing says that it is the promise of a follow-up")
			}
		case event.JourneyEnded:
			what := fmt.Sprint(e.Outcome, " skipped ", f.Skipped)
			if silent := shown(time.Duration(f.Silence).Round(time.Millisecond)); silent > 0 {
				what += fmt.Sprint(" silent ", silent)
			}
			told = append(told, what)
		}
	}
	return told
}
