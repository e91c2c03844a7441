package cxtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/touchpoint"
)

// recordEfforts records a failed step and two contacts about a bill, and one about a move.
func recordEfforts(r *cxtest.Recorder, now *time.Time) {
	call := func(intent string) {
		r.Client().Record(context.Background(), event.Event{
			Kind: event.TouchpointEnded, Touchpoint: "pay", Channel: event.Phone, Outcome: event.OK, Customer: alice, Intent: intent, Time: *now,
			Assisted: &event.Assisted{Legs: []event.Leg{{Answered: true}}},
		})
	}
	r.Client().Record(context.Background(), event.Event{
		Kind: event.TouchpointEnded, Touchpoint: "pay", Channel: event.Web, Outcome: event.Failed, Customer: alice, Intent: "bill", Time: *now,
	})
	call("bill")
	call("move")
	*now = now.Add(time.Hour)
	call("bill")
	*now = now.Add(9 * 24 * time.Hour)
	r.Client().Sweep(context.Background())
}

func TestEffort(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		assert func(r *cxtest.Recorder)
		want   string // in the failure; "" is none
	}{
		{"right", func(r *cxtest.Recorder) { r.Effort("bill").Over(1).Contacts(2).FirstContact(false).From("pay") }, ""},
		{"right of another intent", func(r *cxtest.Recorder) { r.Effort("move").Over(1).Contacts(1).FirstContact(true).From("") }, ""},
		{"none", func(r *cxtest.Recorder) { r.Effort("return").Over(0) }, ""},
		{"too many", func(r *cxtest.Recorder) { r.Effort("bill").Over(2) }, "1 are over, want 2"},
		{"contacts", func(r *cxtest.Recorder) { r.Effort("bill").Contacts(3) }, "2 contacts, want 3"},
		{"first contact", func(r *cxtest.Recorder) { r.Effort("bill").FirstContact(true) }, "is false, want true"},
		{"from", func(r *cxtest.Recorder) { r.Effort("bill").From("login") }, `came from "pay", want "login"`},
		{"nothing", func(r *cxtest.Recorder) { r.Effort("return").Contacts(1) }, "none is over"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeTB{}
			now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			r := cxtest.New(tb, cx.WithClock(func() time.Time { return now }), cx.WithDefinitions(pay, checkout))
			recordEfforts(r, &now)
			test.assert(r)
			if got := strings.Join(tb.errors, "\n"); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("it fails with %q, want %q", got, test.want)
			}
			if len(tb.blamed) > 0 {
				t.Errorf("the failure is shown in %v", tb.blamed)
			}
			tb.end()
		})
	}
}

// A customer fails on the website, and calls twice about it.
func ExampleRecorder_Effort() {
	t := &printingTB{} // stands for the *testing.T that a test has
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	call := touchpoint.Define("call")
	r := cxtest.New(t, cx.WithClock(func() time.Time { return now }), cx.WithDefinitions(call))
	for range 2 {
		r.Client().Record(context.Background(), event.Event{
			Kind: event.TouchpointEnded, Touchpoint: "call", Channel: event.Phone, Outcome: event.OK, Intent: "bill", Time: now,
			Customer: event.Customer{ID: "customer-7"}, Assisted: &event.Assisted{Legs: []event.Leg{{Answered: true}}},
		})
		now = now.Add(24 * time.Hour)
	}
	now = now.Add(8 * 24 * time.Hour) // the window of seven days is over, and the grace of a day
	r.Client().Sweep(context.Background())
	e := r.Effort("bill").Over(1).FirstContact(false).Events()[0].Effort
	fmt.Println(e.Contacts, "contacts,", e.Answered, "answered")
	t.cleanup() // the testing package calls it
	// Output: 2 contacts, 2 answered
}
