package cx_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestPromises: what becomes of promises, in memory and with a store, by the events that leave the client.
func TestPromises(t *testing.T) {
	t.Parallel()
	office := calendar.Define("office", calendar.Zone("UTC"), calendar.Open("mon-fri", "09:00-17:00"))
	claim := journey.Define("claim", journey.Stages("received", "waiting", "replied", "paid", "visited"), journey.AbandonAfter(1000*time.Hour),
		journey.Promise("answered", 24*time.Hour, journey.Since("received"), journey.Until("replied"), journey.Pauses("waiting")),
		journey.Promise("settled", 1000*time.Hour),
		journey.Promise("solved", 5*time.Hour, journey.SinceTouchpoint("ask"), journey.UntilTouchpoint("solve")),
		journey.Promise("repaired", 10*time.Hour, journey.Since("visited"), journey.Until("paid"), journey.Hours(office), journey.Pauses("waiting")),
		journey.Promise("called", 8*time.Hour, journey.Since("replied"), journey.Until("paid"), journey.Hours(office)))
	ask, solve := touchpoint.Define("ask", touchpoint.In(claim, "")), touchpoint.Define("solve", touchpoint.In(claim, ""))
	reply := touchpoint.Define("reply", touchpoint.Keeps(claim, "answered"))
	hours := func(n float64) { time.Sleep(time.Duration(n * float64(time.Hour))) }
	for _, c := range []struct {
		name string
		live func(i *instance)
		want []string
	}{
		{"kept by a stage", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(24)
			claim.Enter(ctx, "replied")
		}, []string{"answered 1 kept 24h0m0s"}},
		{"broken, and kept late", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(25)
			claim.Enter(ctx, "replied")
		}, []string{"answered 1 broken 24h0m0s", "answered 1 kept late 25h0m0s"}},
		{"kept by a touchpoint", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(2)
			reply.Record(ctx, event.Email)
			hours(1)
			reply.Record(ctx, event.Email)
		}, []string{"answered 1 kept 2h0m0s"}},
		{"not kept by one that failed", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(2)
			reply.Record(ctx, event.Email, touchpoint.Outcome(event.Failed))
			hours(30)
		}, []string{"answered 1 broken 24h0m0s"}},
		{"the clock stops", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(20)
			ctx = claim.Enter(ctx, "waiting")
			hours(50)
			ctx = claim.Enter(ctx, "received")
			hours(3.5)
			claim.Enter(ctx, "replied")
		}, []string{"answered 1 kept 73h30m0s"}},
		{"made anew by another visit", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(1)
			ctx = claim.Enter(ctx, "replied")
			hours(1)
			ctx = claim.Enter(ctx, "received")
			hours(25)
			_ = ctx
		}, []string{"answered 1 kept 1h0m0s", "answered 2 broken 26h0m0s"}},
		{"completed", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(5)
			claim.Complete(ctx)
		}, []string{"answered 1 withdrawn 5h0m0s", "settled 1 kept 5h0m0s"}},
		{"failed", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(5)
			claim.Fail(ctx)
		}, []string{"answered 1 broken 5h0m0s", "settled 1 broken 5h0m0s"}},
		{"cancelled", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			hours(5)
			claim.Cancel(ctx)
		}, []string{"settled 1 withdrawn 5h0m0s"}},
		{"by hand, moved", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			claim.Promise(ctx, "callback", time.Now().Add(2*time.Hour))
			hours(1)
			claim.Promise(ctx, "callback", time.Now().Add(10*time.Hour))
			hours(9)
			claim.Keep(ctx, "callback")
		}, []string{"callback 1 kept 10h0m0s"}},
		{"by hand, due before it is made", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			claim.Promise(ctx, "callback", time.Now().Add(-time.Hour))
			hours(1)
			claim.Promise(ctx, "callback", time.Now().Add(time.Hour))
			hours(0.5)
			claim.Promise(ctx, "callback", time.Now().Add(-2*time.Hour))
			hours(1)
			claim.Promise(ctx, "nothing", time.Time{})
		}, []string{"callback 1 broken 0s", "callback 2 broken 1h30m0s"}},
		{"heard after the break", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ctx = claim.Enter(ctx, "received")
			hours(25)
			claim.Enter(ctx, "replied", journey.At(time.Now().Add(-2*time.Hour)))
		}, []string{"answered 1 broken 24h0m0s", "answered 1 kept late 23h0m0s"}},
		{"an old keep", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			claim.Promise(ctx, "callback", time.Now().Add(time.Hour))
			hours(0.5)
			claim.Keep(ctx, "callback")
			hours(0.5)
			claim.Promise(ctx, "callback", time.Now().Add(time.Hour))
			hours(0.1)
			claim.Keep(ctx, "callback", journey.At(time.Now().Add(-0.7*60*time.Minute)))
			hours(2)
		}, []string{"callback 1 kept 30m0s", "callback 2 broken 2h0m0s"}},
		{"unknown names take no place", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			for n := range 20 {
				claim.Keep(ctx, fmt.Sprint("unknown-", n))
				hours(0.1)
			}
			claim.Promise(ctx, "callback", time.Now().Add(time.Hour))
			hours(0.5)
			claim.Keep(ctx, "callback")
		}, []string{"callback 1 kept 2h30m0s"}},
		{"started again", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			hours(1)
			claim.Keep(ctx, "settled")
			hours(1)
			ctx = claim.Start(i.ctx(), "1", event.Customer{})
			hours(1)
			claim.Fail(ctx)
		}, []string{"settled 1 kept 1h0m0s"}},
		{"between touchpoints", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ask.Record(ctx, event.Web, touchpoint.Outcome(event.Failed))
			hours(1)
			ask.Record(ctx, event.Web)
			hours(2)
			solve.Record(ctx, event.Web, touchpoint.Outcome(event.Cancelled))
			hours(1)
			solve.Record(ctx, event.Web)
		}, []string{"solved 1 kept 4h0m0s"}},
		{"between touchpoints, too late", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			ask.Record(ctx, event.Web)
			hours(6)
			solve.Record(ctx, event.Web)
		}, []string{"solved 1 broken 5h0m0s", "solved 1 kept late 6h0m0s"}},
		// It begins on Saturday, 1 January 2000. Visited on Monday at 10:00, within 10 opened hours: due on Tuesday at 12:00. The
		// clock stands from Monday at 15:00 until Thursday at 16:00, with 5 hours left: 1 on Thursday, 4 until Friday at 13:00.
		{"the clock of opened hours stops", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			hours(58)
			ctx = claim.Enter(ctx, "visited")
			hours(5)
			ctx = claim.Enter(ctx, "waiting")
			hours(73)
			claim.Enter(ctx, "visited")
			hours(40)
		}, []string{"repaired 1 broken 157h0m0s"}},
		{"in opened hours", func(i *instance) { // the clock begins on a Saturday
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			claim.Enter(ctx, "replied")
			hours(90)
		}, []string{"called 1 broken 65h0m0s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				var got seen
				i := open(cx.WithProcessors(&got), cx.WithDefinitions(claim, reply), cx.WithSweepInterval(10*time.Second))
				began := time.Now()
				c.live(i)
				time.Sleep(time.Minute)
				i.close(t)
				var told []string
				made := map[string]bool{}
				for _, e := range got.all {
					switch {
					case e.Kind == event.PromiseMade:
						made[fmt.Sprint(e.Promise.Name, e.Promise.Number)] = true
					case e.Kind.IsPromise():
						late := ""
						if e.Late {
							late = "late "
						}
						if !made[fmt.Sprint(e.Promise.Name, e.Promise.Number)] {
							t.Errorf("%s %d was never made", e.Promise.Name, e.Promise.Number)
						}
						told = append(told, fmt.Sprintf("%s %d %s %s%v", e.Promise.Name, e.Promise.Number, strings.TrimPrefix(string(e.Kind), "promise."), late, e.Time.Sub(began)))
						if _, err := event.ParseJSON(e.AppendJSON(nil)); err != nil {
							t.Error(err)
						}
					}
				}
				slices.Sort(told)
				if !slices.Equal(told, c.want) {
					t.Errorf("told %q\nwant %q", told, c.want)
				}
			})
		})
	}
}

// TestPromiseKeptAtTheStart: a run whose first moment keeps what its start promises has kept it.
func TestPromiseKeptAtTheStart(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		claim := journey.Define("claim", journey.Stages("received"), journey.Promise("heard", time.Hour, journey.Until("received")))
		var got seen
		i := open(cx.WithProcessors(&got), cx.WithDefinitions(claim))
		claim.Enter(claim.Start(i.ctx(), "1", event.Customer{}), "received")
		time.Sleep(2 * time.Hour)
		i.close(t)
		if kept, broken := len(got.of(event.PromiseKept)), len(got.of(event.PromiseBroken)); kept != 1 || broken != 0 {
			t.Errorf("%d are kept and %d broken, want one that is kept", kept, broken)
		}
	})
}

// TestPromiseKeptLateByTheEnd: the completion of a run is a late keep of a promise until the end that was broken before.
func TestPromiseKeptLateByTheEnd(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		claim := journey.Define("claim", journey.Promise("settled", time.Hour))
		var got seen
		i := open(cx.WithProcessors(&got), cx.WithDefinitions(claim))
		ctx := claim.Start(i.ctx(), "1", event.Customer{})
		time.Sleep(3 * time.Hour)
		claim.Complete(ctx)
		time.Sleep(time.Minute)
		i.close(t)
		broken, kept := got.of(event.PromiseBroken), got.of(event.PromiseKept)
		if len(broken) != 1 || broken[0].Duration != time.Hour {
			t.Errorf("broken: %+v", broken)
		}
		if len(kept) != 1 || !kept[0].Late || kept[0].Duration != 3*time.Hour || kept[0].Promise.Number != 1 {
			t.Errorf("kept: %+v, want one late keep after three hours", kept)
		}
	})
}

// TestStartAgainFindsABrokenPromise: a second start of a live run is no start, whatever time has done to its promises.
func TestStartAgainFindsABrokenPromise(t *testing.T) {
	t.Parallel()
	eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
		claim := journey.Define("claim", journey.Promise("settled", time.Hour))
		var got seen
		i := open(cx.WithProcessors(&got), cx.WithDefinitions(claim), cx.WithSweepInterval(100*time.Hour))
		claim.Start(i.ctx(), "1", event.Customer{})
		time.Sleep(2 * time.Hour)
		ctx := claim.Start(i.ctx(), "1", event.Customer{})
		time.Sleep(time.Minute)
		claim.Cancel(ctx)
		time.Sleep(time.Minute)
		i.close(t)
		if starts, broken := len(got.of(event.JourneyStarted)), len(got.of(event.PromiseBroken)); starts != 1 || broken != 1 {
			t.Errorf("%d starts and %d broken, want one of each", starts, broken)
		}
	})
}
