package cxtest_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// TestObjective: each assertion holds for what was counted and for nothing else, and its message lists the events.
func TestObjective(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 4, 17, 9, 0, 0, 0, time.UTC)
	month := slo.Window{Days: 28}
	objectives := cx.WithObjectives(
		slo.Objective{Name: "pays", Touchpoint: "pay", Good: slo.Criteria{Within: time.Second}, Target: 0.9, Window: month},
		slo.Objective{Name: "all", Of: []slo.Part{{Objective: "pays", Weight: 1}}, Target: 0.9, Window: month})
	var events []event.Event
	for _, took := range []time.Duration{time.Millisecond, time.Second, time.Minute, 0} {
		events = append(events, event.Event{Kind: event.TouchpointEnded, Time: at, Touchpoint: "pay", Outcome: event.OK, Duration: took})
	}
	for _, c := range []struct {
		name   string
		assert func(*cxtest.Recorder)
		says   []string // nil: it holds
	}{
		{"all results", func(r *cxtest.Recorder) { r.Objective("pays").Good(2).Bad(1).Excluded(1) }, nil},
		{"too few good", func(r *cxtest.Recorder) { r.Objective("pays").Good(1) }, []string{"objective pays: it has counted 2 as good, want 1", `number 2: {`, "recorded:"}},
		{"no bad", func(r *cxtest.Recorder) { r.Objective("pays").Bad(0) }, []string{"it has counted 1 as bad, want 0", `"duration_seconds":60`}},
		{"none excluded", func(r *cxtest.Recorder) { r.Objective("pays").Excluded(2) }, []string{"it has counted 1 as excluded, want 2"}},
		{"an unknown objective", func(r *cxtest.Recorder) { r.Objective("pay").Good(2) }, []string{`objective pay: the client has no such objective, it has ["pays" "all"]: give`}},
		{"a composite", func(r *cxtest.Recorder) { r.Objective("all").Good(2) }, []string{"objective all: it is a composite"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeTB{}
			r := cxtest.New(tb, objectives)
			defer tb.end()
			for i := range events {
				r.Process(t.Context(), &events[i])
			}
			c.assert(r)
			got := strings.Join(tb.errors, "\n")
			if len(tb.blamed) > 0 {
				t.Errorf("the failure is shown in %q, want it in the test", tb.blamed)
			}
			if (got == "") != (c.says == nil) {
				t.Fatalf("the message is %q", got)
			}
			for _, says := range c.says {
				if !strings.Contains(got, says) {
					t.Errorf("the message is %q, want %q in it", got, says)
				}
			}
		})
	}
}
