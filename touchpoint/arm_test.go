package touchpoint_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// TestSeeArm says which events have the arm that a customer has seen.
func TestSeeArm(t *testing.T) {
	t.Parallel()
	outer, inner, late := touchpoint.Define("outer"), touchpoint.Define("inner"), touchpoint.Define("late")
	arm := func(e *event.Event) string {
		if e.Variant == nil {
			return "none"
		}
		return e.Variant.Release + "/" + e.Variant.Experiment + "/" + e.Variant.Arm
	}
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		run          func(ctx context.Context)
		want         string // of the events, in their order
	}{
		{"before and after", "what is recorded afterwards", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			late.Record(ctx, event.Web)
			touchpoint.SeeArm(ctx, "page", "b")
			feedback.CSAT.Record(ctx, 5)
			checkout.Complete(checkout.Start(ctx, "1", event.Customer{}))
			tp.End()
		}, "late none, feedback /page/b, started /page/b, ended /page/b, outer /page/b"},
		{"inside", "the outer interaction has not seen it", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			within, in := inner.Start(ctx, event.Web)
			touchpoint.SeeArm(within, "page", "b")
			in.End()
			tp.End()
		}, "inner /page/b, outer none"},
		{"around", "the inner interaction is a part of the outer one", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			within, in := inner.Start(ctx, event.Web)
			touchpoint.SeeArm(ctx, "page", "b")
			late.Record(within, event.Web)
			touchpoint.SeeArm(within, "button", "blue")
			in.End()
			tp.End()
		}, "late /page/b, inner /button/blue, outer /page/b"},
		{"the last one", "an event has one arm", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			touchpoint.SeeArm(ctx, "page", "b")
			touchpoint.SeeArm(ctx, "button", "blue")
			tp.End()
		}, "outer /button/blue"},
		{"one that matters more", "the caller says so", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			touchpoint.SeeArm(ctx, "page", "b")
			touchpoint.SeeArm(ctx, "button", "blue", "other", "page")
			tp.End()
		}, "outer /page/b"},
		{"a long one that matters more", "its name is cut, and is the same one", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			long := strings.Repeat("p", 100)
			touchpoint.SeeArm(ctx, long, "b")
			touchpoint.SeeArm(ctx, "button", "blue", long)
			tp.End()
		}, "outer /" + strings.Repeat("p", 64) + "/b"},
		{"no UTF-8", "nothing is left of the name", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			if touchpoint.SeeArm(ctx, "\xff", "b") || touchpoint.SeeArm(ctx, "page", "\xff") {
				panic("it was taken")
			}
			tp.End()
		}, "outer none"},
		{"its own", "the event says it itself", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web, touchpoint.Variant(event.Variant{Experiment: "own", Arm: "a"}))
			touchpoint.SeeArm(ctx, "page", "b")
			tp.End()
		}, "outer /own/a"},
		{"a release of its own", "the event says that itself, and no arm", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web, touchpoint.Variant(event.Variant{Release: "7"}))
			touchpoint.SeeArm(ctx, "page", "b")
			tp.End()
		}, "outer 7/page/b"},
		{"the client's release", "the application gives it", []cx.Option{cx.WithRelease("2")}, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			late.Record(ctx, event.Web)
			late.Record(ctx, event.Web, touchpoint.Variant(event.Variant{Experiment: "own", Arm: "a"}))
			late.Record(ctx, event.Web, touchpoint.Variant(event.Variant{Release: "7"}))
			touchpoint.SeeArm(ctx, "page", "b")
			tp.End()
			cx.FromContext(ctx).Record(ctx, event.Event{Kind: event.TouchpointEnded, Touchpoint: "outside"})
		}, "late 2//, late 2/own/a, late 7//, outer 2/page/b, _other none"},
		{"no interaction", "it has no place", nil, func(ctx context.Context) {
			if touchpoint.SeeArm(ctx, "page", "b") {
				panic("it was taken")
			}
			late.Record(ctx, event.Web)
		}, "late none"},
		{"a place of its own", "a worker makes one for each customer", nil, func(ctx context.Context) {
			for i := range 2 {
				ctx := touchpoint.ContextWithArms(ctx)
				late.Record(ctx, event.Web)
				touchpoint.SeeArm(ctx, "page", fmt.Sprint(i))
				late.Record(ctx, event.Web)
			}
		}, "late none, late /page/0, late none, late /page/1"},
		{"nothing", "it says nothing", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			if touchpoint.SeeArm(ctx, "", "b") || touchpoint.SeeArm(ctx, "page", "") || touchpoint.SeeArm(nil, "page", "b") { //nolint:staticcheck // nil is safe
				panic("it was taken")
			}
			tp.End()
		}, "outer none"},
		{"long", "names have a bound", nil, func(ctx context.Context) {
			ctx, tp := outer.Start(ctx, event.Web)
			touchpoint.SeeArm(ctx, strings.Repeat("é", 40), strings.Repeat("x", 100))
			tp.End()
		}, "outer /" + strings.Repeat("é", 32) + "/" + strings.Repeat("x", 64)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSpy(t, c.opts...)
			c.run(cx.NewContext(context.Background(), s.client))
			var got []string
			for _, e := range s.all() {
				name := e.Touchpoint
				if name == "" {
					name = map[event.Kind]string{event.FeedbackReceived: "feedback", event.JourneyStarted: "started", event.JourneyEnded: "ended"}[e.Kind]
				}
				got = append(got, name+" "+arm(&e))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.reason, strings.Join(got, ", "), c.want)
			}
		})
	}
}

// TestSeeArmTogether: goroutines of one interaction may evaluate flags at the same time, and the one that matters more holds.
func TestSeeArmTogether(t *testing.T) {
	t.Parallel()
	s := newSpy(t)
	ctx, tp := touchpoint.Define("pay").Start(s.context(), event.Web)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { touchpoint.SeeArm(ctx, "page", "b") })
		wg.Go(func() { touchpoint.SeeArm(ctx, "button", "blue", "page") })
	}
	wg.Wait()
	tp.End()
	if e := s.only(t); e.Variant == nil || e.Variant.Experiment != "page" {
		t.Errorf("the variant is %+v, want that of page", e.Variant)
	}
}
