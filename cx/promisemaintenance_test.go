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
)

// TestPromisesInMaintenance: a promise that would be due in a maintenance is due at its end, in memory and with a store. The clock begins
// on Saturday, 1 January 2000. The maintenance lasts from Sunday 20:00 to Monday 08:00, which is 44 to 56 hours later.
func TestPromisesInMaintenance(t *testing.T) {
	t.Parallel()
	weekly := calendar.Maintenance{Name: "weekly", Hours: calendar.Define("weekly", calendar.Zone("UTC"), calendar.Open("sun", "20:00-08:00"))}
	claim := journey.Define("claim", journey.Stages("received", "waiting", "replied"), journey.AbandonAfter(1000*time.Hour),
		journey.Promise("answered", 48*time.Hour, journey.Since("received"), journey.Until("replied"), journey.Pauses("waiting"), journey.Maintenance(weekly)))
	hours := func(n int) { time.Sleep(time.Duration(n) * time.Hour) }
	for _, c := range []struct {
		name, reason string
		live         func(i *instance)
		want         []string
	}{
		{"broken at its end", "due in hour 48, inside", func(i *instance) {
			claim.Enter(claim.Start(i.ctx(), "1", event.Customer{}), "received")
			hours(70)
		}, []string{"broken 56h0m0s due 56h0m0s"}},
		{"kept during it", "in hour 50, after the time of the promise", func(i *instance) {
			ctx := claim.Enter(claim.Start(i.ctx(), "1", event.Customer{}), "received")
			hours(50)
			claim.Enter(ctx, "replied")
		}, []string{"kept 50h0m0s due 56h0m0s"}},
		{"late after it", "in hour 57", func(i *instance) {
			ctx := claim.Enter(claim.Start(i.ctx(), "1", event.Customer{}), "received")
			hours(57)
			claim.Enter(ctx, "replied")
		}, []string{"broken 56h0m0s due 56h0m0s", "kept late 57h0m0s due 56h0m0s"}},
		{"outside it", "made in hour 10, due in hour 58", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			hours(10)
			claim.Enter(ctx, "received")
			hours(60)
		}, []string{"broken 58h0m0s due 58h0m0s"}},
		{"the clock stops before it", "46 hours are left in hour 10, and count from hour 30 to 76", func(i *instance) {
			ctx := claim.Enter(claim.Start(i.ctx(), "1", event.Customer{}), "received")
			hours(10)
			ctx = claim.Enter(ctx, "waiting")
			hours(20)
			claim.Enter(ctx, "received")
			hours(60)
		}, []string{"broken 76h0m0s due 76h0m0s"}},
		{"by hand", "the code says when it is due", func(i *instance) {
			ctx := claim.Start(i.ctx(), "1", event.Customer{})
			claim.Promise(ctx, "answered", time.Now().Add(48*time.Hour))
			hours(70)
		}, []string{"broken 48h0m0s due 48h0m0s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, func(t *testing.T, open func(...cx.Option) *instance) {
				var got seen
				i := open(cx.WithProcessors(&got), cx.WithDefinitions(claim), cx.WithSweepInterval(10*time.Second))
				began := time.Now()
				c.live(i)
				time.Sleep(time.Minute)
				i.close(t)
				var told []string
				for _, e := range got.all {
					if !e.Kind.IsPromise() || e.Kind == event.PromiseMade {
						continue
					}
					late := ""
					if e.Late {
						late = "late "
					}
					told = append(told, fmt.Sprintf("%s %s%v due %v", strings.TrimPrefix(string(e.Kind), "promise."), late, e.Time.Sub(began), e.Promise.Due.Sub(began)))
				}
				slices.Sort(told)
				if !slices.Equal(told, c.want) {
					t.Errorf("told %q\nwant %q: %s", told, c.want, c.reason)
				}
			})
		})
	}
}
