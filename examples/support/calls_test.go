package main

import (
	"context"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint/yaml"
	"cairncx.dev/cairn/cx/cxtest"
)

// TestMorning: the simulated morning is that of Erlang's example, and is over when the demonstration begins.
func TestMorning(t *testing.T) {
	t.Parallel()
	bp, err := yaml.Parse("blueprint.yaml", blueprintFile)
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	r := cxtest.New(t, cx.WithBlueprint(bp), cx.WithClock(func() time.Time { return begin.Add(noon) }))
	ctx := r.Context(context.Background())
	if n := recordCalls(ctx, bp.Touchpoint("call"), begin, maxCalls); n < 2600 || n > 3200 {
		t.Errorf("%d calls, want about 360 in each of 8 half hours", n)
	}
	for _, e := range r.Touchpoint("call").Events() {
		if over := e.Time.Add(e.Duration); e.Assisted.Legs[0].Queue != "hotline" || e.Time.Before(begin) || over.After(begin.Add(noon)) {
			t.Fatalf("a call in the queue %q, from %v to %v", e.Assisted.Legs[0].Queue, e.Time, over)
		}
	}
	before := len(r.Touchpoint("call").Events())
	if n := recordCalls(ctx, bp.Touchpoint("call"), begin, 7); n != 7 || len(r.Touchpoint("call").Events()) != before+7 {
		t.Errorf("%d calls, want the 7 that were asked for", n)
	}
}
