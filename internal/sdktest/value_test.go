package sdktest_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/journey"
)

// TestWorthIsWhatWasSaidLast: the application may give a run's amount at its start, with a stage and at its end.
// The latest by event time holds, whichever process gets it and wherever the runs are kept.
func TestWorthIsWhatWasSaidLast(t *testing.T) {
	t.Parallel()
	eur := func(n int64) journey.RecordOption { return journey.Worth(n, "EUR") }
	start := func(ctx context.Context, opts ...journey.RecordOption) context.Context {
		return checkout.Start(ctx, orderID, event.Customer{}, opts...)
	}
	const abandoned, completed = "abandoned", "completed"
	for _, c := range []struct {
		name, reason string
		play         func(a, b context.Context, safe func()) // both are the same process if there is only one
		outcome      string
		want         string // "" means no amount
	}{
		{
			"at the start", "the amount is known at the start",
			func(a, _ context.Context, safe func()) { ctx := start(a, eur(10)); safe(); checkout.Complete(ctx) }, completed, "10",
		},
		{
			"at the end", "a cart has grown",
			func(a, _ context.Context, safe func()) {
				ctx := start(a, eur(10))
				safe()
				checkout.Complete(ctx, eur(20))
			}, completed, "20",
		},
		{
			"at the end alone", "the amount is known at the end",
			func(a, _ context.Context, safe func()) { ctx := start(a); safe(); checkout.Complete(ctx, eur(20)) }, completed, "20",
		},
		{
			"at the end, elsewhere", "another process ends it",
			func(a, b context.Context, safe func()) {
				start(a, eur(10))
				safe()
				checkout.Complete(checkout.Resume(b, orderID), eur(20))
			}, completed, "20",
		},
		{
			"with a stage", "the run is abandoned, and has no end by call",
			func(a, _ context.Context, safe func()) {
				ctx := start(a, eur(10))
				safe()
				checkout.Enter(ctx, "cart", eur(20))
			}, abandoned, "20",
		},
		{
			"with a stage, elsewhere", "the context of the start has the older amount",
			func(a, b context.Context, safe func()) {
				ctx := start(a, eur(10))
				safe()
				checkout.Enter(checkout.Resume(b, orderID), "cart", eur(20))
				safe()
				checkout.Complete(ctx)
			}, completed, "20",
		},
		{
			"by a second start", "the second start resumes the run",
			func(a, b context.Context, safe func()) {
				ctx := start(a, eur(10))
				safe()
				time.Sleep(time.Second)
				start(b, eur(20))
				safe()
				checkout.Complete(ctx)
			}, completed, "20",
		},
		{
			"by a second start that is reported first", "the time of the event decides",
			func(a, b context.Context, safe func()) {
				now := time.Now()
				start(b, eur(20), journey.At(now))
				safe()
				start(a, eur(10), journey.At(now.Add(-time.Minute)))
				safe()
				checkout.Complete(checkout.Resume(a, orderID))
			}, completed, "20",
		},
		{
			"by a Resume", "no other amount is known",
			func(a, b context.Context, safe func()) {
				start(a)
				safe()
				checkout.Complete(checkout.Resume(b, orderID, eur(20)))
			}, completed, "20",
		},
		{
			"never", "without an amount there is no value",
			func(a, _ context.Context, safe func()) { ctx := start(a); safe(); checkout.Complete(ctx) }, completed, "",
		},
	} {
		for name, processes := range map[string]int{"in memory": 0, "one with a store": 1, "two with a store": 2} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					events := &processor{}
					opts := []cx.Option{cx.WithDefinitions(checkout), cx.WithSweepInterval(time.Hour), cx.WithProcessors(events)}
					if processes > 0 {
						opts = append(opts, cx.WithStore(&ledgertest.Memory{}))
					}
					var all []*process
					for range max(1, processes) {
						all = append(all, newProcess(t, "shop", opts...))
					}
					safe := func() {
						for _, p := range all {
							must(t, p.client.Flush(context.Background()))
						}
					}
					c.play(all[0].context(), all[len(all)-1].context(), safe)
					safe()
					time.Sleep(100 * time.Hour)
					safe()
					root := attrs(named(t, journeySpans(traceID("checkout", orderID), all...), "checkout").Attributes)
					if root["cx.journey.amount"] != c.want || root["cx.outcome"] != c.outcome {
						t.Errorf("the root has %q and %s, want %q and %s: %s", root["cx.journey.amount"], root["cx.outcome"], c.want, c.outcome, c.reason)
					}
					want, got := map[string]string{}, map[string]string{}
					if c.want != "" {
						want["cx.journey.value{cx.currency=EUR,cx.journey.name=checkout,cx.outcome="+c.outcome+"}"] = c.want
					}
					for _, p := range all {
						for key, v := range of(p.points(), "cx.journey.value") {
							got[key] = v
						}
					}
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("the value (-want +got): %s\n%s", c.reason, d)
					}
					end := events.of(event.JourneyEnded)[0].Journey.Value
					said := ""
					if end != nil {
						said = strconv.FormatInt(end.Amount, 10)
					}
					if said != c.want {
						t.Errorf("the exported end has the amount %q, want %q", said, c.want)
					}
				})
			})
		}
	}
}
