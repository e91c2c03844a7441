package cxtest_test

import (
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
)

// TestPromise: each assertion holds for what was recorded and for nothing else, and its message says how the promises stand.
func TestPromise(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 4, 17, 9, 0, 0, 0, time.UTC)
	step := func(kind event.Kind, run, name string, number int, change ...func(*event.Event)) event.Event {
		e := event.Event{
			Kind: kind, Time: begun, Journey: event.Run{Namespace: "test", Name: "order", ID: run},
			Promise: &event.Promise{Name: name, Number: number, Made: begun, Due: begun.Add(time.Hour)},
		}
		for _, f := range change {
			f(&e)
		}
		return e
	}
	late := func(e *event.Event) { e.Late = true }
	moved := func(e *event.Event) { e.Promise.Due = begun.Add(2 * time.Hour) }
	events := []event.Event{
		step(event.PromiseMade, "1", "answered", 1), step(event.PromiseKept, "1", "answered", 1),
		step(event.PromiseMade, "1", "answered", 2), step(event.PromiseKept, "1", "answered", 2),
		step(event.PromiseMade, "2", "answered", 1), step(event.PromiseBroken, "2", "answered", 1), step(event.PromiseKept, "2", "answered", 1, late),
		step(event.PromiseMade, "1", "called", 1), step(event.PromiseMade, "1", "called", 1, moved),
		step(event.PromiseMade, "1", "refunded", 1), step(event.PromiseWithdrawn, "1", "refunded", 1),
		{Kind: event.PromiseKept, Time: begun}, // of no promise
	}
	for _, c := range []struct {
		name   string
		assert func(*cxtest.Recorder)
		says   []string // nil: it holds
	}{
		{"kept, twice", func(r *cxtest.Recorder) {
			r.Journey("order", "1").Promise("answered").Kept().Times(2).Due(begun.Add(time.Hour))
		}, nil},
		{"broken, and heard of late", func(r *cxtest.Recorder) { r.Journey("order", "2").Promise("answered").Broken().Times(1) }, nil},
		{"open, and moved", func(r *cxtest.Recorder) { r.Promise("called").Open().Times(1).Due(begun.Add(2 * time.Hour)) }, nil},
		{"withdrawn", func(r *cxtest.Recorder) { r.Promise("refunded").Withdrawn() }, nil},
		{"none", func(r *cxtest.Recorder) { r.Promise("delivered").Times(0) }, nil},
		{"not all kept", func(r *cxtest.Recorder) { r.Promise("answered").Kept() }, []string{"promise answered: 1 of 3 are not kept: the first of them is number 3, which is broken", `number 3: broken, due at 2026-04-17T10:00:00Z, in order "2"`, "recorded:"}},
		{"not broken", func(r *cxtest.Recorder) { r.Journey("order", "1").Promise("refunded").Broken() }, []string{"promise refunded of journey order 1: it is withdrawn, want broken"}},
		{"still open", func(r *cxtest.Recorder) { r.Promise("called").Kept() }, []string{"it is open, want kept"}},
		{"not open", func(r *cxtest.Recorder) { r.Promise("refunded").Open() }, []string{"it is withdrawn, want open"}},
		{"not made", func(r *cxtest.Recorder) { r.Promise("delivered").Kept() }, []string{"promise delivered: it was not made, want it kept"}},
		{"not made, due", func(r *cxtest.Recorder) { r.Promise("delivered").Due(begun) }, []string{"it was not made, want it due at 2026-04-17T09:00:00Z"}},
		{"another run", func(r *cxtest.Recorder) { r.Journey("order", "3").Promise("answered").Kept() }, []string{"it was not made"}},
		{"due at another time", func(r *cxtest.Recorder) { r.Promise("called").Due(begun) }, []string{"number 1 of 1 is due at 2026-04-17T11:00:00Z, want 2026-04-17T09:00:00Z"}},
		{"too many", func(r *cxtest.Recorder) { r.Promise("answered").Times(2) }, []string{"it was made 3 times, want 2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeTB{}
			r := cxtest.New(tb)
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
