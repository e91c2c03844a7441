package callcentre_test

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/examples/support/callcentre"
	"cairncx.dev/cairn/touchpoint"
)

// TestLive: calls that are told step by step, as a chat server does it, are the same contacts as those that are recorded as a whole. As
// many calls are open at a time as the centre has.
func TestLive(t *testing.T) {
	s := example(7)
	s.Length = 3 * time.Hour
	calls := gather(s)

	whole := newHeard()
	whole.keep = true
	listened(t, whole, func(ctx context.Context) {
		for _, c := range calls {
			callcentre.Record(ctx, phone, c)
		}
	})
	var now atomic.Int64 // the client's sweeps ask for it, too
	now.Store(begin.UnixNano())
	live := newHeard()
	live.keep = true
	listened(t, live, func(ctx context.Context) {
		for _, step := range steps(ctx, calls) {
			now.Store(step.at.UnixNano())
			step.do()
		}
	}, cx.WithClock(func() time.Time { return time.Unix(0, now.Load()).UTC() }))

	byTime := func(a, b event.Event) int { return a.Time.Compare(b.Time) }
	slices.SortFunc(live.events, byTime) // each came when its wrap was over
	if len(live.events) != len(calls) || len(whole.events) != len(calls) {
		t.Fatalf("of %d calls there are %d recorded live, %d whole", len(calls), len(live.events), len(whole.events))
	}
	for i := range calls {
		a, b := &whole.events[i], &live.events[i]
		a.ID, b.ID = event.ID{}, event.ID{}
		if diff := gocmp.Diff(a, b); diff != "" {
			t.Fatalf("call %d (-whole +live):\n%s", i, diff)
		}
		if leg := b.Assisted.Legs[0]; leg.Wait != event.Seconds(calls[i].Wait) || leg.Talk != event.Seconds(calls[i].Talk) || leg.Wrap != event.Seconds(calls[i].Wrap) {
			t.Fatalf("call %d is %+v, want %+v", i, leg, calls[i])
		}
	}
	if a, b := whole.level.Queue(callcentre.Queue), live.level.Queue(callcentre.Queue); a != b || a.Queued != len(calls) {
		t.Errorf("whole %+v, live %+v", a, b)
	}
}

// step is one thing that happens in the centre.
type step struct {
	at time.Time
	do func()
}

// steps returns what happens in the calls, in the order of time.
func steps(ctx context.Context, calls []callcentre.Call) (all []step) {
	for _, c := range calls {
		var call *touchpoint.Contact
		answer := c.At.Add(c.Wait)
		all = append(all,
			step{c.At, func() {
				_, call = phone.Contact(ctx, event.Phone)
				call.Queue(c.Queue)
			}},
			step{answer, func() { call.Answer(c.Agent) }},
			step{answer.Add(c.Talk), func() { call.Wrap() }},
			step{answer.Add(c.Talk + c.Wrap), func() { call.End() }},
		)
	}
	slices.SortStableFunc(all, func(a, b step) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	return all
}
