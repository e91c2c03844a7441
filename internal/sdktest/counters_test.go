package sdktest_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// declined is an error with a class of its own.
type declined string

func (declined) Error() string       { return "the card of Jane Doe was declined" }
func (d declined) ErrorType() string { return string(d) }

// TestHowItEnds plays one story for each measurement of an end.
func TestHowItEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		play         func(ctx context.Context, k *clock, p *process)
		metrics      []string // the metrics to compare
		want         map[string]string
	}{
		{
			name: "stages", reason: "the time until an abandonment is not work: stages that a customer left and stages in which a run ended are separate",
			play: func(ctx context.Context, k *clock, p *process) {
				run := func(id string) context.Context {
					return checkout.Enter(checkout.Start(ctx, id, event.Customer{}), "cart")
				}
				a, b, c, d := run("a"), run("b"), run("c"), run("d")
				run("e")
				k.pass(time.Minute)
				a = checkout.Enter(a, "payment")
				checkout.Fail(b)
				checkout.Cancel(c)
				checkout.Complete(d)
				k.pass(time.Minute)
				checkout.Complete(a)
				k.pass(100 * time.Hour)
				must(p.tb, p.client.Flush(context.Background()))
			},
			metrics: []string{"cx.journey.stage.duration", "cx.journey.exits"},
			want: map[string]string{
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.stage.name=cart}":                         "n=1 sum=60",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.outcome=failed,cx.stage.name=cart}":       "n=1 sum=60",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.outcome=cancelled,cx.stage.name=cart}":    "n=1 sum=60",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.outcome=completed,cx.stage.name=cart}":    "n=1 sum=60",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.outcome=completed,cx.stage.name=payment}": "n=1 sum=60",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.outcome=abandoned,cx.stage.name=cart}":    "n=1 sum=" + fmt.Sprintf("%g", checkout.AbandonAfter().Seconds()),
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=failed,cx.stage.name=cart}":                "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=cancelled,cx.stage.name=cart}":             "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=completed,cx.stage.name=cart}":             "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=completed,cx.stage.name=payment}":          "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=abandoned,cx.stage.name=cart}":             "1",
			},
		},
		{
			name: "stages reported late", reason: "each visit counts once, also one reported after the customer has moved on; earlier records stay",
			play: func(ctx context.Context, k *clock, p *process) {
				begun := k.now()
				ctx = checkout.Enter(checkout.Start(ctx, "late", event.Customer{}), "cart")
				k.pass(10 * time.Second)
				ctx = checkout.Enter(ctx, "payment")
				enterAddress.Record(ctx, event.Web, touchpoint.At(begun.Add(4*time.Second)))
				k.pass(10 * time.Second)
				checkout.Complete(ctx)
				must(p.tb, p.client.Flush(context.Background()))
			},
			metrics: []string{"cx.journey.stage.duration"},
			want: map[string]string{
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.stage.name=cart}":                         "n=1 sum=10",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.stage.name=address}":                      "n=1 sum=6",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.outcome=completed,cx.stage.name=payment}": "n=1 sum=10",
			},
		},
		{
			name: "value", reason: "sums by currency and outcome, in minor units; a negative amount does not count",
			play: func(ctx context.Context, k *clock, p *process) {
				worth := func(id string, amount int64, currency string) context.Context {
					return checkout.Start(ctx, id, event.Customer{}, journey.Worth(amount, currency))
				}
				checkout.Complete(worth("a", 4_999, "EUR"))
				checkout.Complete(worth("b", 1, "EUR"))
				checkout.Complete(worth("c", 700, "JPY"))
				checkout.Fail(worth("d", 4_999, "EUR"))
				checkout.Complete(worth("e", 0, "USD"))
				checkout.Complete(worth("f", -100, "EUR"))
				checkout.Complete(checkout.Start(ctx, "g", event.Customer{}))
				checkout.Complete(checkout.Start(ctx, "h", event.Customer{}), journey.Worth(20, "EUR")) // the amount is known only at the end
				worth("i", 50, "CHF")
				k.pass(100 * time.Hour)
				must(p.tb, p.client.Flush(context.Background()))
			},
			metrics: []string{"cx.journey.value", "cx.sdk.faults"},
			want: map[string]string{
				"cx.journey.value{cx.currency=EUR,cx.journey.name=checkout,cx.outcome=completed}": "5020",
				"cx.journey.value{cx.currency=JPY,cx.journey.name=checkout,cx.outcome=completed}": "700",
				"cx.journey.value{cx.currency=EUR,cx.journey.name=checkout,cx.outcome=failed}":    "4999",
				"cx.journey.value{cx.currency=CHF,cx.journey.name=checkout,cx.outcome=abandoned}": "50",
				"cx.sdk.faults{error.type=invalid_number}":                                        "1",
			},
		},
		{
			name: "failures", reason: "each failed interaction once, by cause and class of error; the duration also has the class",
			play: func(ctx context.Context, k *clock, p *process) {
				fail := func(err error, opts ...touchpoint.StartOption) {
					_, tp := chargeCard.Start(ctx, event.Web, opts...)
					k.pass(time.Second)
					tp.Fail(err)
					tp.End()
				}
				fail(declined("card_declined"), touchpoint.Because("fraud"))
				fail(declined("card_declined"), touchpoint.Because("fraud"))
				fail(declined("card_declined"))
				fail(context.DeadlineExceeded, touchpoint.Because("psp-timeout"))
				chargeCard.Record(ctx, event.Web, touchpoint.Took(time.Second), touchpoint.Outcome(event.Failed), touchpoint.Because("fraud"))
				chargeCard.Record(ctx, event.Web, touchpoint.Took(time.Second), touchpoint.Outcome(event.Failed))
				chargeCard.Record(ctx, event.Web, touchpoint.Took(time.Second), touchpoint.Outcome(event.Degraded), touchpoint.Because("slow-psp"))
				chargeCard.Record(ctx, event.Web, touchpoint.Took(time.Second), touchpoint.Outcome(event.Cancelled), touchpoint.Because("changed-mind"))
				chargeCard.Record(ctx, event.Web, touchpoint.Took(time.Second))
				chargeCard.Record(propagate.ContextWithPosition(ctx, &event.Position{Actor: event.ActorSynthetic}), event.Web, touchpoint.Outcome(event.Failed))
			},
			metrics: []string{"cx.touchpoint.failures", "cx.touchpoint.duration"},
			want: map[string]string{
				"cx.touchpoint.failures{cx.cause=fraud,cx.touchpoint.name=charge-card,error.type=card_declined}":    "2",
				"cx.touchpoint.failures{cx.touchpoint.name=charge-card,error.type=card_declined}":                   "1",
				"cx.touchpoint.failures{cx.cause=psp-timeout,cx.touchpoint.name=charge-card,error.type=timeout}":    "1",
				"cx.touchpoint.failures{cx.cause=fraud,cx.touchpoint.name=charge-card}":                             "1",
				"cx.touchpoint.failures{cx.touchpoint.name=charge-card}":                                            "1",
				"cx.touchpoint.duration{cx.outcome=failed,cx.touchpoint.name=charge-card,error.type=card_declined}": "n=3 sum=3",
				"cx.touchpoint.duration{cx.outcome=failed,cx.touchpoint.name=charge-card,error.type=timeout}":       "n=1 sum=1",
				"cx.touchpoint.duration{cx.outcome=failed,cx.touchpoint.name=charge-card}":                          "n=2 sum=2",
				"cx.touchpoint.duration{cx.outcome=degraded,cx.touchpoint.name=charge-card}":                        "n=1 sum=1",
				"cx.touchpoint.duration{cx.outcome=cancelled,cx.touchpoint.name=charge-card}":                       "n=1 sum=1",
				"cx.touchpoint.duration{cx.outcome=ok,cx.touchpoint.name=charge-card}":                              "n=1 sum=1",
			},
		},
		{
			name: "actors", reason: "with the option each actor has series of its own, and a probe has none",
			opts: []cx.Option{cx.WithMetricActor()},
			play: byEveryActor, metrics: []string{"cx.touchpoint.interactions"},
			want: map[string]string{
				"cx.touchpoint.interactions{cx.actor=customer,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=charge-card}":   "2",
				"cx.touchpoint.interactions{cx.actor=delegate,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=charge-card}":   "1",
				"cx.touchpoint.interactions{cx.actor=employee,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=charge-card}":   "1",
				"cx.touchpoint.interactions{cx.actor=automation,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=charge-card}": "1",
			},
		},
		{
			name: "actors without the option", reason: "all actors share a series",
			play: byEveryActor, metrics: []string{"cx.touchpoint.interactions"},
			want: map[string]string{"cx.touchpoint.interactions{cx.channel=web,cx.outcome=ok,cx.touchpoint.name=charge-card}": "5"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			p := newProcess(t, "shop", append(c.opts, cx.WithClock(k.now))...)
			c.play(p.context(), k, p)
			if d := cmp.Diff(c.want, of(p.points(), c.metrics...)); d != "" {
				t.Errorf("points (-want +got): %s\n%s", c.reason, d)
			}
		})
	}
}

func byEveryActor(ctx context.Context, _ *clock, _ *process) {
	for a := range flight.NumActors {
		chargeCard.Record(propagate.ContextWithPosition(ctx, &event.Position{Actor: event.Actor(a)}), event.Web) //nolint:gosec // a few values
	}
	chargeCard.Record(ctx, event.Web)
}

// of returns the points of the metrics.
func of(points map[string]string, metrics ...string) map[string]string {
	some := map[string]string{}
	for _, m := range metrics {
		for key, v := range points {
			if strings.HasPrefix(key, m+"{") {
				some[key] = v
			}
		}
	}
	return some
}

// TestSeriesOfAJourney: a journey with a hundred stages, on every channel with every outcome, has at most 200
// series in starts, ends and exits together, and in each other metric. No count is lost, and two instances fold
// alike.
func TestSeriesOfAJourney(t *testing.T) {
	t.Parallel()
	stages := make([]string, 100)
	for i := range stages {
		stages[i] = fmt.Sprintf("s%02d", i)
	}
	long := journey.Define("long", journey.Stages(stages...), journey.AbandonAfter(time.Hour))
	folded := func(defs ...event.Definition) (keys map[string]string) {
		k := newClock()
		p := newProcess(t, "shop", cx.WithClock(k.now), cx.WithDefinitions(defs...))
		runs := 0
		for c := event.Web; int(c) < flight.NumChannels; c++ {
			for i := range stages {
				stage := stages[len(stages)-1-i]
				for o := range 4 {
					runs++
					ctx := long.Start(p.context(), strconv.Itoa(runs), event.Customer{}, journey.Via(c), journey.Worth(1, string([]byte{'A', 'A' + byte(i/26), 'A' + byte(i%26)})))
					ctx = long.Enter(ctx, stage)
					if o < 3 {
						[]func(context.Context, ...journey.RecordOption){long.Complete, long.Fail, long.Cancel}[o](ctx)
					}
				}
			}
		}
		k.pass(2 * time.Hour)
		must(t, p.client.Flush(context.Background()))
		sets, sums := map[string]int{}, map[string]int{}
		for key, v := range ofJourneys(p) {
			name, _, _ := strings.Cut(key, "{")
			sets[name]++
			n, err := strconv.Atoi(strings.TrimPrefix(strings.Fields(v)[0], "n="))
			must(t, err)
			sums[name] += n
		}
		for _, name := range []string{"cx.journey.started", "cx.journey.ended", "cx.journey.exits", "cx.journey.stage.duration", "cx.journey.value"} {
			if sums[name] != runs {
				t.Errorf("%s counts %d, want %d", name, sums[name], runs)
			}
		}
		if n := sets["cx.journey.started"] + sets["cx.journey.ended"] + sets["cx.journey.exits"]; n > 200 {
			t.Errorf("starts, ends and exits have %d series: %v", n, sets)
		}
		for name, n := range sets {
			if n > 200 {
				t.Errorf("%s has %d series", name, n)
			}
		}
		if p.faults()["series_limit"] == "" {
			t.Errorf("the faults are %v, want series_limit", p.faults())
		}
		return of(p.points(), "cx.journey.exits")
	}
	one, two := folded(long), folded(long)
	if d := cmp.Diff(one, two); d != "" {
		t.Errorf("two instances count (-one +other):\n%s", d)
	}
	if one["cx.journey.exits{cx.journey.name=long,cx.outcome=failed,cx.stage.name=s00}"] == "" {
		t.Errorf("the first stage is folded: %v", one)
	}
}

// TestCausesAreBounded: a service that makes a cause and a class of errors for each failure has a bounded number
// of series. Each failure counts, and those of another touchpoint keep their own series.
func TestCausesAreBounded(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop")
	const n = 3000
	for i := range n {
		_, tp := chargeCard.Start(p.context(), event.Web, touchpoint.Because("cause-"+strconv.Itoa(i)))
		tp.Fail(declined("class_" + strconv.Itoa(i%1000)))
		tp.End()
	}
	for i := range 40 {
		viewCart.Record(p.context(), event.Web, touchpoint.Outcome(event.Failed), touchpoint.Because("c"+strconv.Itoa(i)))
	}
	bySet, durations, sum := of(p.points(), "cx.touchpoint.failures"), of(p.points(), "cx.touchpoint.duration"), 0
	for _, v := range bySet {
		k, err := strconv.Atoi(v)
		must(t, err)
		sum += k
	}
	if sum != n+40 {
		t.Errorf("the metric counts %d failures, want %d", sum, n+40)
	}
	if len(bySet) > 100+20+1+40 || len(durations) > 20+3 {
		t.Errorf("the metrics have %d series of failures and %d of durations", len(bySet), len(durations))
	}
	other := "cx.touchpoint.failures{cx.cause=_other,cx.touchpoint.name=charge-card,error.type=_OTHER}"
	if bySet[other] == "" || bySet["cx.touchpoint.failures{cx.cause=c39,cx.touchpoint.name=view-cart}"] != "1" {
		t.Errorf("the failures are %v", bySet)
	}
	if p.faults()["series_limit"] == "" {
		t.Errorf("the faults are %v, want series_limit", p.faults())
	}
	// So many touchpoints that even a few series of each are too many.
	p = newProcess(t, "shop")
	for i := range 100 {
		d := touchpoint.Define("t" + strconv.Itoa(i))
		for c := range 100 {
			d.Record(p.context(), event.Web, touchpoint.Outcome(event.Failed), touchpoint.Because("cause-"+strconv.Itoa(c)))
		}
	}
	if got := of(p.points(), "cx.touchpoint.failures"); len(got) > 1000+100 {
		t.Errorf("%d series of failures of 100 touchpoints", len(got))
	}
}

// TestLivesAreCounted compares random lives in a real reader with a count that the test keeps.
func TestLivesAreCounted(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 9)) //nolint:gosec // the lives of a test
			k := newClock()
			p := newProcess(t, "shop", cx.WithClock(k.now), cx.WithDefinitions(checkout))
			want := map[string]int64{}
			count := func(n int64, metric string, kvs ...string) {
				var set []string
				for i := 0; i < len(kvs); i += 2 {
					if kvs[i+1] != "" {
						set = append(set, kvs[i]+"="+kvs[i+1])
					}
				}
				want[metric+"{"+strings.Join(set, ",")+"}"] += n
			}
			for id := range 60 {
				live(r, k, p, id, count)
			}
			k.pass(100 * time.Hour)
			must(t, p.client.Flush(context.Background()))
			got, points := map[string]int64{}, of(p.points(), "cx.journey.started", "cx.journey.ended", "cx.journey.exits", "cx.journey.value",
				"cx.touchpoint.interactions", "cx.touchpoint.failures")
			for key, v := range points {
				n, err := strconv.ParseInt(v, 10, 64)
				must(t, err)
				got[key] = n
			}
			maps.DeleteFunc(want, func(_ string, n int64) bool { return n == 0 })
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("counters (-test's count +reader):\n%s", d)
			}
			for _, v := range of(p.series(), "cx.journey.active") {
				if v != "0" {
					t.Errorf("after all have ended, %v are still live", of(p.series(), "cx.journey.active"))
				}
			}
		})
	}
}

// live plays one customer's life and counts the expected values of the counters.
func live(r *rand.Rand, k *clock, p *process, id int, count func(n int64, metric string, kvs ...string)) {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	var channel event.Channel
	must(p.tb, channel.UnmarshalText([]byte(pick("web", "web", "mobile", "kiosk"))))
	ctx := checkout.Start(p.context(), strconv.Itoa(id), event.Customer{}, journey.Via(channel))
	count(1, "cx.journey.started", "cx.channel", channel.String(), "cx.journey.name", "checkout")
	stage := ""
	for range r.IntN(5) {
		k.pass(time.Duration(r.IntN(1000)) * time.Millisecond)
		if r.IntN(2) == 0 {
			stage = pick(checkout.Stages()...)
			ctx = checkout.Enter(ctx, stage)
			continue
		}
		outcome, cause, class := pick("ok", "failed", "failed", "degraded"), pick("", "fraud", "stock"), pick("", "timeout", "card_declined")
		var o event.Outcome
		must(p.tb, o.UnmarshalText([]byte(outcome)))
		opts := []touchpoint.StartOption{touchpoint.Because(cause)}
		if class != "" && outcome == "failed" {
			_, tp := chargeCard.Start(ctx, channel, opts...)
			tp.Fail(declined(class))
			tp.End()
		} else {
			class = ""
			chargeCard.Record(ctx, channel, append(opts, touchpoint.Outcome(o))...)
		}
		count(1, "cx.touchpoint.interactions", "cx.channel", channel.String(), "cx.outcome", outcome, "cx.touchpoint.name", "charge-card")
		if outcome == "failed" {
			count(1, "cx.touchpoint.failures", "cx.cause", cause, "cx.touchpoint.name", "charge-card", "error.type", class)
		}
	}
	outcome := pick("completed", "failed", "cancelled", "abandoned")
	var amount int64
	var opts []journey.RecordOption
	currency := ""
	if outcome != "abandoned" && r.IntN(2) == 0 {
		amount, currency = r.Int64N(10_000)+1, pick("EUR", "USD")
		opts = append(opts, journey.Worth(amount, currency))
	}
	switch outcome {
	case "completed":
		checkout.Complete(ctx, opts...)
	case "failed":
		checkout.Fail(ctx, opts...)
	case "cancelled":
		checkout.Cancel(ctx, opts...)
	}
	count(1, "cx.journey.ended", "cx.channel", channel.String(), "cx.journey.name", "checkout", "cx.outcome", outcome)
	count(1, "cx.journey.exits", "cx.journey.name", "checkout", "cx.outcome", outcome, "cx.stage.name", stage)
	if currency != "" {
		count(amount, "cx.journey.value", "cx.currency", currency, "cx.journey.name", "checkout", "cx.outcome", outcome)
	}
}

// TestActiveOfAll: one of several instances that share a store reports all live runs, and the others report 0, so
// that sums are right. When the reporting instance has gone, another one reports.
func TestActiveOfAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &ledgertest.Memory{}
		var all []*process
		for range 3 {
			all = append(all, newProcess(t, "shop", cx.WithStore(store), cx.WithDefinitions(checkout)))
		}
		for i := range 5 {
			checkout.Enter(checkout.Start(all[i%3].context(), strconv.Itoa(i), event.Customer{}), "cart")
		}
		checkout.Start(all[0].context(), "none", event.Customer{})
		sum := func(all []*process) map[string]string {
			total, telling := map[string]int{}, 0
			for _, p := range all {
				must(t, p.client.Flush(context.Background()))
			}
			time.Sleep(2 * time.Minute) // time of the bubble: the holder counts at intervals, and its lease expires after it has gone
			for _, p := range all {
				tells := 0
				points := of(p.series(), "cx.journey.active")
				if len(points) != 5 {
					t.Errorf("an instance reports %v, want a number for each stage and for no stage", points)
				}
				for key, v := range points {
					n, err := strconv.Atoi(v)
					must(t, err)
					total[key] += n
					tells += n
				}
				if tells > 0 {
					telling++
				}
			}
			if telling != 1 {
				t.Errorf("%d instances report live runs, want 1", telling)
			}
			out := map[string]string{}
			for key, n := range total {
				if n > 0 {
					out[key] = strconv.Itoa(n)
				}
			}
			return out
		}
		want := map[string]string{
			"cx.journey.active{cx.journey.name=checkout,cx.stage.name=cart}": "5",
			"cx.journey.active{cx.journey.name=checkout}":                    "1",
		}
		if d := cmp.Diff(want, sum(all)); d != "" {
			t.Errorf("three instances sum up to (-want +got):\n%s", d)
		}
		for len(all) > 1 {
			must(t, all[0].client.Shutdown(context.Background()))
			all = all[1:]
			if d := cmp.Diff(want, sum(all)); d != "" {
				t.Errorf("%d instances sum up to (-want +got):\n%s", len(all), d)
			}
		}
	})
}
