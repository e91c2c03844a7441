package cx_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger"
	"cairncx.dev/cairn/cx/telemetry/semconv"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	confirm = touchpoint.Define("confirm", touchpoint.In(order, "payment"), touchpoint.Ends(event.Completed))
	other   = journey.Define("other")
	look    = touchpoint.Define("look", touchpoint.In(other, ""))
)

// TestLateOnce: one press counts once, and every event that comes after the end says so, in memory as with a store.
func TestLateOnce(t *testing.T) {
	t.Parallel()
	during := func(tp *touchpoint.Definition, ctx context.Context, inside ...func(context.Context)) {
		ctx, p := tp.Start(ctx, event.Web)
		for _, do := range inside {
			time.Sleep(time.Millisecond)
			do(ctx)
		}
		time.Sleep(time.Millisecond)
		p.End()
	}
	complete := func(ctx context.Context) { order.Complete(ctx) }
	for _, c := range []struct {
		name, reason string
		// press is what happens in a run that end ends.
		press func(ctx context.Context, i *instance, end func())
		late  int64 // counted
		says  map[event.Kind]bool
		here  bool // not where another instance has made the end
	}{
		{"a touchpoint", "it began after the end", func(ctx context.Context, _ *instance, end func()) {
			end()
			during(pay, ctx)
		}, 1, map[event.Kind]bool{event.TouchpointEnded: true}, false},
		{"a touchpoint that is told afterwards", "the same", func(ctx context.Context, _ *instance, end func()) {
			end()
			pay.Record(ctx, event.Web)
		}, 1, map[event.Kind]bool{event.TouchpointEnded: true}, false},
		{"one that ends the journey", "the end that it implies is not a second one", func(ctx context.Context, _ *instance, end func()) {
			end()
			during(confirm, ctx)
		}, 1, map[event.Kind]bool{event.TouchpointEnded: true}, false},
		{"one that ends the journey, told afterwards", "the same", func(ctx context.Context, _ *instance, end func()) {
			end()
			confirm.Record(ctx, event.Web)
		}, 1, map[event.Kind]bool{event.TouchpointEnded: true}, false},
		{"Complete inside one that ends the journey", "a call in its course is not a third one", func(ctx context.Context, _ *instance, end func()) {
			end()
			during(confirm, ctx, complete)
		}, 1, map[event.Kind]bool{event.TouchpointEnded: true}, false},
		{"everything inside a touchpoint", "the same", func(ctx context.Context, _ *instance, end func()) {
			end()
			during(pay, ctx, complete, func(ctx context.Context) { order.Fail(ctx) }, func(ctx context.Context) { order.Cancel(ctx) },
				func(ctx context.Context) { order.Enter(ctx, "cart") }, func(ctx context.Context) { order.Start(ctx, "1", event.Customer{}) }, complete)
		}, 1, map[event.Kind]bool{event.TouchpointEnded: true}, false},
		{"Complete inside a touchpoint of another journey", "that is not late", func(ctx context.Context, i *instance, end func()) {
			end()
			during(look, other.Start(ctx, "2", event.Customer{}), func(ctx context.Context) { order.Complete(order.Resume(ctx, "1")) })
		}, 1, map[event.Kind]bool{event.TouchpointEnded: false}, false},
		{"Complete after a touchpoint", "two presses", func(ctx context.Context, _ *instance, end func()) {
			end()
			during(pay, ctx)
			order.Complete(ctx)
		}, 2, map[event.Kind]bool{event.TouchpointEnded: true}, false},
		{"two touchpoints", "two presses", func(ctx context.Context, _ *instance, end func()) {
			end()
			during(confirm, ctx)
			during(confirm, ctx, complete)
		}, 2, map[event.Kind]bool{event.TouchpointEnded: true}, false},
		{"a start, a stage and an end", "three calls", func(ctx context.Context, _ *instance, end func()) {
			end()
			order.Start(ctx, "1", event.Customer{})
			order.Enter(ctx, "cart")
			order.Complete(ctx)
		}, 3, nil, false},
		{"one that began before", "it is not late by its own end", func(ctx context.Context, _ *instance, end func()) {
			during(pay, ctx, func(context.Context) { end() })
		}, 0, map[event.Kind]bool{event.TouchpointEnded: false}, true},
		{"one that began before and declares the end, too", "the end that it implies is never late by itself", func(ctx context.Context, _ *instance, end func()) {
			during(confirm, ctx, func(context.Context) { end() })
		}, 0, map[event.Kind]bool{event.TouchpointEnded: false}, true},
		{"one that ends its journey twice", "by a call, and as it declares", func(ctx context.Context, i *instance, _ func()) {
			during(confirm, order.Start(i.ctx(), "3", event.Customer{}), complete)
		}, 0, map[event.Kind]bool{event.TouchpointEnded: false}, false},
		{"one that ends its journey three times", "the second call is late", func(ctx context.Context, i *instance, _ func()) {
			during(confirm, order.Start(i.ctx(), "3", event.Customer{}), complete, complete)
		}, 1, map[event.Kind]bool{event.TouchpointEnded: false}, false},
		{"Complete inside one that began before", "it is late by itself, for its touchpoint is not", func(ctx context.Context, _ *instance, end func()) {
			during(confirm, ctx, func(context.Context) { end() }, complete)
		}, 1, map[event.Kind]bool{event.TouchpointEnded: false}, true},
		{"feedback", "it says so, and is not counted: it mostly comes afterwards", func(ctx context.Context, i *instance, end func()) {
			end()
			feedback.CSAT.Record(ctx, 4)
			feedback.CSAT.Request(ctx)
			for _, kind := range []event.Kind{event.FeedbackMentioned, event.FeedbackAmended, event.SurveyShown, event.SurveyClosed, "acme.note"} {
				i.Record(ctx, event.Event{
					Kind: kind, Journey: event.Run{Name: "order", ID: "1"},
					Feedback: &event.Feedback{Survey: "reviews", Request: event.ID{1}, Amends: event.ID{2}, Ended: event.SurveyExpired},
				})
			}
		}, 0, map[event.Kind]bool{event.FeedbackReceived: true, event.SurveyRequested: true, event.FeedbackMentioned: true, event.FeedbackAmended: true, event.SurveyShown: true, event.SurveyClosed: true, "acme.note": true}, false},
		{"feedback before", "it does not say so", func(ctx context.Context, i *instance, end func()) {
			feedback.CSAT.Record(ctx, 4)
			if err := i.Flush(context.Background()); err != nil {
				t.Error(err)
			}
			end()
		}, 0, map[event.Kind]bool{event.FeedbackReceived: false}, false},
		{"feedback of no journey", "there is no end", func(_ context.Context, i *instance, end func()) {
			end()
			feedback.CSAT.Record(i.ctx(), 4)
		}, 0, map[event.Kind]bool{event.FeedbackReceived: false}, false},
	} {
		for _, mode := range []string{"in memory", "with a store", "with a store, ended by another instance"} {
			if c.here && mode == "with a store, ended by another instance" {
				continue
			}
			t.Run(c.name+", "+mode, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					var store ledger.Store
					if mode != "in memory" {
						store = newTable()
					}
					var sink archive
					i := open(t, store, cx.WithDefinitions(confirm, other, look), roomy(&sink))
					ender := i
					if mode == "with a store, ended by another instance" {
						ender = open(t, store, cx.WithDefinitions(confirm, other, look))
						defer ender.close(t)
					}
					begun := order.Start(ender.ctx(), "1", event.Customer{ID: "alice"})
					if err := ender.Flush(t.Context()); err != nil {
						t.Error(err)
					}
					end := func() {
						order.Complete(begun)
						if mode == "in memory" {
							return
						}
						if err := ender.Flush(t.Context()); err != nil {
							t.Error(err)
						}
					}
					time.Sleep(time.Second)
					c.press(order.Resume(i.ctx(), "1"), i, end)
					if err := i.Flush(t.Context()); err != nil {
						t.Error(err)
					}
					if n := i.counts.of(semconv.JourneyLateName); n != c.late {
						t.Errorf("%d were counted as late, want %d: %s", n, c.late, c.reason)
					}
					for kind, late := range c.says {
						events := sink.of(kind)
						if len(events) == 0 {
							t.Errorf("no %s was exported", kind)
						}
						for _, e := range events {
							if e.Late != late {
								t.Errorf("%s says that it is late: %v, want %v: %s", kind, e.Late, late, c.reason)
							}
						}
					}
					i.close(t)
				})
			})
		}
	}
}
