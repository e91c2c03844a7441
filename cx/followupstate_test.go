package cx_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/stores/memory"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/touchpoint"
)

// TestFollowUpResumed: a context that only [feedback.FollowUp.Resume] gives, as a webhook, a hook and another process have it, is as good as
// one that the steps give: the run knows its severity, and whether the customer has the answer.
func TestFollowUpResumed(t *testing.T) {
	t.Parallel()
	hours := func(n int) { time.Sleep(time.Duration(n) * hour) }
	ann := event.Customer{ID: "ann"}
	opened := []string{"0s made acknowledged until 24h0m0s", "0s made answered until 120h0m0s", "0s made updated until 72h0m0s", "0s received 1", "0s started"}
	for _, c := range []struct {
		name, reason string
		live         func(f *feedback.FollowUp, ctx func() context.Context, open context.Context)
		want         []string // beside opened
	}{
		{"an update of an urgent matter", "the next one is due by the severity with which it was opened", func(f *feedback.FollowUp, ctx func() context.Context, open context.Context) {
			f.Open(open, "1", ann, feedback.Severity("urgent"))
			hours(1)
			f.Update(ctx())
			hours(1)
			f.Withdraw(ctx())
		}, []string{
			"0s made updated until 12h0m0s", "1h0m0s kept updated", "1h0m0s made updated until 13h0m0s",
			"2h0m0s cancelled withdrawn", "2h0m0s withdrawn acknowledged", "2h0m0s withdrawn answered", "2h0m0s withdrawn updated",
		}},
		{"an update of a matter that is assessed later", "the last severity counts, and one without times of its own has those of all", func(f *feedback.FollowUp, ctx func() context.Context, open context.Context) {
			f.Open(open, "1", ann)
			hours(1)
			f.Assess(ctx(), "urgent")
			hours(1)
			f.Acknowledge(ctx())
			hours(1)
			f.Move(ctx(), feedback.Escalated, feedback.Severity("low"))
			f.Update(ctx())
			hours(1)
			f.Withdraw(ctx())
		}, []string{
			"1h0m0s assessed 1", "1h0m0s made updated until 13h0m0s",
			"2h0m0s acknowledged 1", "2h0m0s kept acknowledged", "2h0m0s kept updated", "2h0m0s made updated until 14h0m0s",
			"3h0m0s escalated 1", "3h0m0s kept updated", "3h0m0s made updated until 75h0m0s",
			"4h0m0s cancelled withdrawn", "4h0m0s withdrawn answered", "4h0m0s withdrawn updated",
		}},
		{"an update after the answer", "no further one is promised", func(f *feedback.FollowUp, ctx func() context.Context, open context.Context) {
			f.Open(open, "1", ann, feedback.Severity("urgent"))
			hours(1)
			f.Tell(ctx())
			hours(1)
			f.Update(ctx())
			f.Resolve(ctx(), "refund")
			f.Acknowledge(ctx())
			hours(40)
			f.Confirm(ctx())
		}, []string{
			"0s made updated until 12h0m0s", "1h0m0s kept acknowledged", "1h0m0s kept answered", "1h0m0s kept updated", "1h0m0s told 1",
			"2h0m0s acknowledged 1", "2h0m0s resolved 1", "42h0m0s completed ", "42h0m0s confirmed 1",
		}},
		{"an update with the context of a step before the answer", "the run knows better", func(f *feedback.FollowUp, ctx func() context.Context, open context.Context) {
			first := f.Open(open, "1", ann)
			hours(1)
			f.Tell(ctx())
			f.Update(first)
			hours(1)
			f.Reopen(ctx())
			hours(1)
			f.Update(first)
			hours(1)
			f.Withdraw(ctx())
		}, []string{
			"1h0m0s kept acknowledged", "1h0m0s kept answered", "1h0m0s kept updated", "1h0m0s told 1",
			"2h0m0s made acknowledged until 26h0m0s", "2h0m0s made answered until 122h0m0s", "2h0m0s made updated until 74h0m0s", "2h0m0s received 2",
			"3h0m0s kept updated", "3h0m0s made updated until 75h0m0s",
			"4h0m0s cancelled withdrawn", "4h0m0s withdrawn acknowledged", "4h0m0s withdrawn answered", "4h0m0s withdrawn updated",
		}},
		{"reopened", "the promises of the next visit have the times of the severity", func(f *feedback.FollowUp, ctx func() context.Context, open context.Context) {
			received := time.Now()
			f.Open(open, "1", ann)
			hours(1)
			f.Assess(ctx(), "high", feedback.ReceivedAt(received))
			f.Tell(ctx())
			hours(1)
			f.Reopen(ctx())
			hours(1)
			f.Withdraw(ctx())
		}, []string{
			"1h0m0s assessed 1", "1h0m0s made acknowledged until 4h0m0s", "1h0m0s made answered until 24h0m0s",
			"1h0m0s kept acknowledged", "1h0m0s kept answered", "1h0m0s kept updated", "1h0m0s told 1",
			"2h0m0s made acknowledged until 26h0m0s", "2h0m0s made acknowledged until 6h0m0s", "2h0m0s made answered until 122h0m0s",
			"2h0m0s made answered until 26h0m0s", "2h0m0s made updated until 74h0m0s", "2h0m0s received 2",
			"3h0m0s cancelled withdrawn", "3h0m0s withdrawn acknowledged", "3h0m0s withdrawn answered", "3h0m0s withdrawn updated",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check := func(t *testing.T, got []event.Event, began time.Time) {
				want := slices.Sorted(slices.Values(slices.Concat(opened, c.want)))
				if told := stepsOf(got, began); !slices.Equal(told, want) {
					t.Errorf("%s: told\n%s\nwant\n%s", c.reason, strings.Join(told, "\n"), strings.Join(want, "\n"))
				}
			}
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				f := complaints()
				var got seen
				i := open(cx.WithProcessors(&got), cx.WithDefinitions(f), cx.WithSweepInterval(hour/3))
				began := time.Now()
				c.live(f, func() context.Context { return f.Resume(i.ctx(), "1") }, i.ctx())
				time.Sleep(hour)
				i.close(t)
				check(t, got.all, began)
			})
			t.Run("another process", func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					f, store := complaints(), newTable()
					var got [2]seen
					var all [2]*instance
					for n := range all {
						all[n] = open(t, store, cx.WithProcessors(&got[n]), cx.WithDefinitions(f), cx.WithSweepInterval(hour/3))
					}
					began := time.Now()
					c.live(f, func() context.Context { return f.Resume(all[1].ctx(), "1") }, all[0].ctx())
					time.Sleep(hour)
					all[0].close(t)
					all[1].close(t)
					check(t, slices.Concat(got[0].all, got[1].all), began)
				})
			})
		})
	}
}

// TestFollowUpHoldAfterAnswer: a step after the answer does not keep the hold of a follow-up to which the customer does not object.
func TestFollowUpHoldAfterAnswer(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		f := complaints()
		policy := touchpoint.DefineContactPolicy("contacts", touchpoint.Purpose("marketing", touchpoint.StoppedBy("complaint")))
		records, err := memory.New()
		if err != nil {
			t.Fatal(err)
		}
		i := open(cx.WithDefinitions(f, policy), cx.WithContactStore(records), cx.WithSweepInterval(hour/3))
		ann := event.Customer{ID: "ann"}
		f.Resolve(f.Tell(f.Open(i.ctx(), "1", ann)), "refund")
		time.Sleep(47 * hour)
		if policy.Ask(i.ctx(), ann, "marketing", event.Email).OK() {
			t.Error("marketing is granted before the time for an objection is over")
		}
		time.Sleep(3 * hour)
		if !policy.Ask(i.ctx(), ann, "marketing", event.Email).OK() {
			t.Error("marketing is refused after the time for an objection")
		}
		i.close(t)
	})
}

// TestFollowUpsOfOthers: two services on one store, each with a follow-up of its own for every broken promise and every failed run, do not
// answer each other's follow-ups.
func TestFollowUpsOfOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		rules        []feedback.Rule
		live         func(f *feedback.FollowUp, ctx context.Context)
		want         int // follow-ups of the other service
	}{
		{
			"a promise that time breaks", "the rule names no journey",
			[]feedback.Rule{{On: feedback.OnBrokenPromise}},
			func(*feedback.FollowUp, context.Context) { time.Sleep(3 * hour) }, 0,
		},
		{
			"a promise that the failure breaks, and the failure", "",
			[]feedback.Rule{{On: feedback.OnBrokenPromise}, {On: feedback.OnFailedJourney}},
			func(f *feedback.FollowUp, ctx context.Context) { f.Fail(ctx) }, 0,
		},
		{
			"a broken promise of a follow-up that the rule names", "it says which",
			[]feedback.Rule{{On: feedback.OnBrokenPromise, Journey: "first"}},
			func(*feedback.FollowUp, context.Context) { time.Sleep(3 * hour) }, 1,
		},
		{
			"a failure of a follow-up that the rule names", "",
			[]feedback.Rule{{On: feedback.OnFailedJourney, Journey: "first"}},
			func(f *feedback.FollowUp, ctx context.Context) { f.Fail(ctx) }, 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newTable()
				first := feedback.DefineFollowUp("first", feedback.AcknowledgeWithin(hour), feedback.OpenOn(feedback.Rule{On: feedback.OnBrokenPromise}))
				second := feedback.DefineFollowUp("second", feedback.AcknowledgeWithin(hour), feedback.OpenOn(c.rules...))
				var mu sync.Mutex
				opened := map[string]int{}
				count := cx.WithOnFollowUp(func(_ context.Context, e event.Event) {
					mu.Lock()
					defer mu.Unlock()
					if e.Kind == event.JourneyStageEntered && e.Stage == feedback.Received {
						opened[e.Journey.Name]++
					}
				})
				a := open(t, store, cx.WithDefinitions(first), count, cx.WithSweepInterval(hour/3))
				ctx := first.Open(a.ctx(), "1", event.Customer{ID: "ann"})
				time.Sleep(hour / 2)
				if strings.Contains(c.name, "time") || c.rules[0].Journey != "" && c.rules[0].On == feedback.OnBrokenPromise {
					a.close(t) // the other service is the one that tells it
				}
				b := open(t, store, cx.WithDefinitions(second), count, cx.WithSweepInterval(hour/3))
				c.live(first, first.Resume(b.ctx(), "1"))
				_ = ctx
				time.Sleep(3 * hour)
				a.close(t)
				b.close(t)
				if opened["first"] != 1 || opened["second"] != c.want {
					t.Errorf("%s: opened %v, want the first one, and %d second ones", c.reason, opened, c.want)
				}
			})
		})
	}
}
