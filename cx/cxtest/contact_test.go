package cxtest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/cxtest"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var (
	contacts = touchpoint.DefineContactPolicy("contacts",
		touchpoint.Purpose("survey", touchpoint.Cap(1, 30*24*time.Hour)),
		touchpoint.Purpose("offer", touchpoint.StoppedBy("complaint"), touchpoint.QuietHours(
			calendar.Define("night", calendar.Zone("UTC"), calendar.Open("daily", "21:00-08:00")))),
		touchpoint.ContactWait(5*time.Second))
	letter = touchpoint.Define("letter")
)

// send is code under test: it contacts the customer if the policy lets it.
func send(ctx context.Context, purpose string) {
	grant := contacts.Ask(ctx, alice, purpose, event.Email)
	if !grant.Use(ctx) {
		return
	}
	letter.Record(ctx, event.Email, touchpoint.Granted(grant))
}

// TestContact: each assertion holds for what was recorded and for nothing else, and its message says what became of each contact.
func TestContact(t *testing.T) {
	t.Parallel()
	order := journey.Define("order")
	twice := func(ctx context.Context, _ *time.Time) { send(ctx, "survey"); send(ctx, "survey") }
	for _, c := range []struct {
		name   string
		run    func(ctx context.Context, now *time.Time)
		assert func(*cxtest.Recorder)
		says   []string // nil: it holds
	}{
		{"made, and refused", twice, func(r *cxtest.Recorder) {
			r.Contact("survey").Times(1).Granted().Suppressed(event.RuleCap)
			r.Contact("offer").Times(0)
		}, nil},
		{"the clock of the test is that of the policy", func(ctx context.Context, now *time.Time) {
			send(ctx, "survey")
			*now = now.Add(30 * 24 * time.Hour)
			send(ctx, "survey")
			*now = now.Add(9 * time.Hour)
			send(ctx, "offer")
		}, func(r *cxtest.Recorder) {
			r.Contact("survey").Times(2).Granted()
			r.Contact("offer").Times(0).Suppressed(event.RuleQuietHours)
		}, nil},
		{"without a grant", func(ctx context.Context, _ *time.Time) {
			letter.Record(ctx, event.Post, touchpoint.For("survey"))
		}, func(r *cxtest.Recorder) { r.Contact("survey").Times(1).Violated(event.RuleNoGrant) }, nil},
		{"in a journey", func(ctx context.Context, _ *time.Time) {
			send(order.Start(ctx, "o-1", alice), "survey")
		}, func(r *cxtest.Recorder) {
			r.Journey("order", "o-1").Contact("survey").Times(1).Granted()
			r.Journey("order", "o-2").Contact("survey").Times(0)
			r.Journey("order", "o-1").Completed()
		}, []string{`journey order "o-1": it has not ended`}},
		{"cancelled", func(ctx context.Context, _ *time.Time) {
			_, tp := letter.Start(ctx, event.Post, touchpoint.For("survey"))
			tp.Cancel()
			tp.End()
		}, func(r *cxtest.Recorder) { r.Contact("survey").Times(0) }, nil},
		{"too few", twice, func(r *cxtest.Recorder) { r.Contact("survey").Times(2) }, []string{
			"contact for survey: it was made 1 times, want 2",
			"number 1: made with letter by email at 12:00:00.000", `number 2: refused because of "cap" by email at 12:00:00.000`, "recorded:",
		}},
		{"not made", func(context.Context, *time.Time) {}, func(r *cxtest.Recorder) { r.Contact("survey").Granted() }, []string{"it was not made, want it granted", "nothing was recorded"}},
		{"not refused", func(ctx context.Context, _ *time.Time) { send(ctx, "survey") }, func(r *cxtest.Recorder) { r.Contact("survey").Suppressed(event.RuleCap) }, []string{`it was not refused, want it refused because of "cap"`}},
		{"refused by another rule", func(ctx context.Context, _ *time.Time) {
			if err := contacts.OpenHold(ctx, alice, "complaint", "ticket-1"); err != nil {
				t.Error(err)
			}
			send(ctx, "offer")
		}, func(r *cxtest.Recorder) { r.Contact("offer").Suppressed(event.RuleCap) }, []string{`number 1 of the 1 that were refused is so because of "hold", want "cap"`, "(complaint)"}},
		{"no violation", func(ctx context.Context, _ *time.Time) { send(ctx, "survey") }, func(r *cxtest.Recorder) { r.Contact("survey").Violated(event.RuleNoGrant) }, []string{"it was not made against the policy"}},
		{"made against the policy", func(ctx context.Context, _ *time.Time) {
			send(ctx, "survey")
			letter.Record(ctx, event.Post, touchpoint.For("survey"))
		}, func(r *cxtest.Recorder) { r.Contact("survey").Granted() }, []string{`1 of 2 were made against the policy, the first of them because of "no_grant"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tb := &fakeTB{}
			now := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
			r := cxtest.New(tb, cx.WithClock(func() time.Time { return now }))
			c.run(r.Context(t.Context()), &now)
			c.assert(r)
			tb.end()
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

// TestContactInAStore: a store that the test gives has the records, so that two instances share them.
func TestContactInAStore(t *testing.T) {
	t.Parallel()
	store := new(memory.Store)
	first, second := cxtest.New(t, cx.WithStore(store)), cxtest.New(t, cx.WithStore(store))
	slow := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("survey", touchpoint.Cap(1, time.Hour)), touchpoint.ContactWait(touchpoint.MaxContactWait))
	for _, r := range []*cxtest.Recorder{first, second} {
		ctx := r.Context(t.Context())
		if grant := slow.Ask(ctx, alice, "survey", event.Email); grant.Use(ctx) {
			letter.Record(ctx, event.Email, touchpoint.Granted(grant))
		}
	}
	first.Contact("survey").Times(1).Granted()
	second.Contact("survey").Times(0).Suppressed(event.RuleCap)
}
