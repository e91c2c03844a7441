package sdktest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"pgregory.net/rapid"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/ledger/ledgertest"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/internal/flight"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

var month = slo.Window{Days: 28}

func four() *float64 { four := 4.0; return &four }

// objectives are those of most stories: one for each subject, and a composite, which has no series.
var objectives = []slo.Objective{
	{Name: "completes", Journey: "checkout", Target: 0.95, Window: month},
	{Name: "answered", Journey: "checkout", Promise: "answered", Target: 0.9, Window: month},
	{Name: "pays", Touchpoint: "charge-card", Target: 0.99, Window: month, Maintenance: []slo.Maintenance{{Name: "night", From: day1.Add(time.Hour), Until: day1.Add(2 * time.Hour)}}},
	{Name: "satisfied", Survey: "csat", Good: slo.Criteria{ScoreAtLeast: four()}, Target: 0.85, Window: month},
	{Name: "buying", Of: []slo.Part{{Objective: "completes", Weight: 3}, {Objective: "satisfied", Weight: 1}}, Target: 0.92, Window: month},
}

// ofObjectives returns the process's series of objectives, each without its prefix.
func ofObjectives(p *process) map[string]string {
	got := p.series()
	maps.DeleteFunc(got, func(key, _ string) bool { return !strings.HasPrefix(key, "cx.slo.") })
	return got
}

// sloEvents is the name of a series of cx.slo.events.
func sloEvents(objective, result string, more ...string) string {
	return "cx.slo.events{" + strings.Join(sorted(append([]string{"cx.objective.name=" + objective, "cx.objective.result=" + result}, more...)), ",") + "}"
}

// objectiveZeros returns the series with which objectives begin.
func objectiveZeros(names ...string) map[string]string {
	want := map[string]string{}
	for _, n := range names {
		for _, r := range []string{"good", "bad", "excluded"} {
			want[sloEvents(n, r)] = "0"
		}
	}
	return want
}

// TestObjectivesBeginAtZero: every result of every objective exists with zero before the first event, in every collection and with each
// temporality. A split adds no series before its first event.
func TestObjectivesBeginAtZero(t *testing.T) {
	t.Parallel()
	for what, temporality := range map[string]metricdata.Temporality{
		"cumulative": metricdata.CumulativeTemporality, "delta": metricdata.DeltaTemporality,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			split := slo.Objective{Name: "split", Journey: "checkout", By: []slo.Dimension{slo.ByChannel}, Target: 0.9, Window: month}
			p := withTemporality(t, temporality, cx.WithObjectives(objectives...), cx.WithObjectives(split))
			for range 3 {
				if d := cmp.Diff(objectiveZeros("completes", "answered", "pays", "satisfied", "split"), ofObjectives(p)); d != "" {
					t.Errorf("series (-want +got):\n%s", d)
				}
			}
		})
	}
	bp := &blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{{Name: "order", AbandonAfter: blueprint.Duration(time.Hour), Promises: []blueprint.Promise{
		{Name: "answered", Within: blueprint.Within{Duration: blueprint.Duration(time.Hour)}, Target: 0.9},
	}}}, Objectives: []blueprint.Objective{{Name: "ends", Journey: "order", Target: 0.9, Window: month}}}
	both := slo.Objective{Name: "both", Of: []slo.Part{{Objective: "ends", Weight: 1}, {Objective: "pays", Weight: 1}}, Target: 0.9, Window: month}
	p := newProcess(t, "shop", cx.WithBlueprint(bp), cx.WithObjectives(objectives[2], both))
	if d := cmp.Diff(objectiveZeros("ends", "order-answered", "pays"), ofObjectives(p)); d != "" {
		t.Errorf("series of a blueprint (-want +got):\n%s", d)
	}
	if got := ofObjectives(newProcess(t, "shop")); len(got) != 0 {
		t.Errorf("a client without objectives has %v", got)
	}
}

// TestObjectivesCount plays one story of everything that an objective counts and does not count.
func TestObjectivesCount(t *testing.T) {
	t.Parallel()
	k := newClock()
	buy := journey.Define("checkout", journey.Stages("cart", "waiting"), journey.AbandonAfter(72*time.Hour),
		journey.Promise("answered", 2*time.Hour, journey.Since("waiting"), journey.Until("cart")))
	p := newProcess(t, "shop", cx.WithClock(k.now), cx.WithObjectives(objectives...), cx.WithDefinitions(buy))
	run := func(id string, worth ...journey.RecordOption) context.Context {
		return buy.Start(p.context(), id, event.Customer{}, worth...)
	}
	buy.Complete(run("a", journey.Worth(100, "EUR")))
	buy.Fail(run("b", journey.Worth(4_999, "EUR")))
	buy.Cancel(run("c"))
	buy.Fail(run("d", journey.Worth(-7, "EUR"))) // no counter takes a negative amount
	buy.Complete(run("e", journey.Worth(100, "JPY")))
	buy.Fail(run("probe", journey.By(event.ActorSynthetic)))
	run("left", journey.Worth(50, "EUR")) // it is abandoned below
	kept := buy.Enter(run("kept"), "waiting")
	k.pass(time.Minute)
	buy.Complete(buy.Enter(kept, "cart"))
	buy.Enter(run("broken", journey.Worth(1, "USD")), "waiting")
	withdrawn := buy.Enter(run("withdrawn"), "waiting")
	buy.Cancel(withdrawn)
	for _, o := range []event.Outcome{event.OK, event.OK, event.Failed, event.Cancelled} {
		chargeCard.Record(p.context(), event.Web, touchpoint.Outcome(o))
	}
	viewCart.Record(p.context(), event.Web, touchpoint.Outcome(event.Failed)) // no objective is about it
	feedback.CSAT.Record(p.context(), 5)
	feedback.CSAT.Record(p.context(), 2)
	k.pass(time.Hour)
	chargeCard.Record(p.context(), event.Web, touchpoint.Outcome(event.Failed)) // in the night
	k.pass(100 * time.Hour)
	must(t, p.client.Flush(context.Background()))
	p.client.Record(context.Background(), event.Event{Kind: event.JourneyEnded, Outcome: event.Failed, Journey: event.Run{Name: "checkout", ID: "b"}}) // again

	want := objectiveZeros()
	for key, n := range map[string]string{
		sloEvents("completes", "good"): "3", sloEvents("completes", "bad"): "6", sloEvents("completes", "excluded"): "0",
		sloEvents("answered", "good"): "1", sloEvents("answered", "bad"): "1", sloEvents("answered", "excluded"): "0",
		sloEvents("pays", "good"): "2", sloEvents("pays", "bad"): "2", sloEvents("pays", "excluded"): "1",
		sloEvents("satisfied", "good"): "1", sloEvents("satisfied", "bad"): "1", sloEvents("satisfied", "excluded"): "0",
		"cx.slo.value{cx.currency=EUR,cx.objective.name=completes}": "5049",
		"cx.slo.value{cx.currency=JPY,cx.objective.name=completes}": "0",
		"cx.slo.value{cx.currency=USD,cx.objective.name=completes}": "1",
		"cx.slo.value{cx.currency=USD,cx.objective.name=answered}":  "1",
	} {
		want[key] = n
	}
	if d := cmp.Diff(want, ofObjectives(p)); d != "" {
		t.Errorf("series (-want +got):\n%s", d)
	}
	var said []string
	for _, s := range p.client.Objectives() {
		said = append(said, s.Name+": "+s.String())
	}
	since := "; counted since 2026-03-02 09:00 UTC"
	wantSaid := []string{
		"completes: 3 of 9 customers; promised 9; 6 short in the last 28 days; 50.49 EUR at stake; 0.01 USD at stake" + since,
		"answered: 1 of 2 promises; promised 2; 1 short in the last 28 days; 0.01 USD at stake" + since,
		"pays: 2 of 4 interactions; promised 4; 2 short in the last 28 days; 1 excluded" + since,
		"satisfied: 1 of 2 answers; promised 2; 1 short in the last 28 days" + since,
		"buying: 37.5%; promised 92%; -681.25% of the budget left in the last 28 days" + since, // (3 × 3/9 + 1/2) / 4; 1 − 62.5/8
	}
	if d := cmp.Diff(wantSaid, said); d != "" {
		t.Errorf("the states (-want +got):\n%s", d)
	}
}

// increased has what a backend knows of a counter: the increase of a series is its last value minus its first one, so a series that begins
// with another value than 0 loses that.
type increased struct{ first, last map[string]int64 }

func (b *increased) scrape(series map[string]string) {
	if b.first == nil {
		b.first, b.last = map[string]int64{}, map[string]int64{}
	}
	for key, v := range series {
		n := numberOf(v)
		if _, there := b.first[key]; !there {
			b.first[key] = n
		}
		b.last[key] = n
	}
}

// TestSplitsLoseNothing: whatever values events have and whenever a backend collects, the increase of all series of an objective is the
// number of its events, and the series of a value has no events of another one. Once the zeros of a value are collected, its events
// count under it.
func TestSplitsLoseNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := newProcess(t, "shop", cx.WithDefinitions(chargeCard), cx.WithObjectives(
			slo.Objective{Name: "split", Touchpoint: "charge-card", By: []slo.Dimension{slo.ByChannel, slo.ByRelease}, Target: 0.9, Window: month},
			slo.Objective{Name: "whole", Touchpoint: "charge-card", Target: 0.9, Window: month}))
		var backend increased
		backend.scrape(ofObjectives(p)) // at the start
		truth, age := map[string]int64{}, map[string]int{}
		exact := map[string]int64{}
		collections := 1
		for range rapid.IntRange(0, 60).Draw(rt, "steps") {
			if rapid.IntRange(0, 4).Draw(rt, "collect") == 0 {
				backend.scrape(ofObjectives(p))
				collections++
				continue
			}
			channel := rapid.SampledFrom([]event.Channel{event.Web, event.Phone, 0}).Draw(rt, "channel")
			release := rapid.SampledFrom([]string{"", "1.0", "1.1"}).Draw(rt, "release")
			outcome := rapid.SampledFrom([]event.Outcome{event.OK, event.Failed}).Draw(rt, "outcome")
			p.client.Record(context.Background(), event.Event{
				Kind: event.TouchpointEnded, Touchpoint: "charge-card", Channel: channel, Outcome: outcome, Variant: &event.Variant{Release: release},
			})
			result := map[event.Outcome]string{event.OK: "good", event.Failed: "bad"}[outcome]
			truth[result]++
			name := channel.String()
			if channel == 0 {
				name = "other"
			}
			more := []string{"cx.channel=" + name}
			if release != "" {
				more = append(more, "service.version="+release)
			}
			key := sloEvents("split", result, more...)
			combination := name + "/" + release
			if _, there := age[combination]; !there {
				age[combination] = collections
			}
			if collections-age[combination] > 1 {
				exact[key]++
			}
		}
		backend.scrape(ofObjectives(p))
		for _, result := range []string{"good", "bad", "excluded"} {
			for _, objective := range []string{"split", "whole"} {
				var sum, absolute int64
				for key, n := range backend.last {
					if strings.Contains(key, "cx.objective.name="+objective) && strings.Contains(key, "cx.objective.result="+result) {
						sum += n - backend.first[key]
						absolute += n
					}
				}
				if sum != truth[result] || absolute != truth[result] {
					rt.Fatalf("%s has increased by %d to %d in %s, want %d", objective, sum, absolute, result, truth[result])
				}
			}
		}
		for key, n := range exact {
			if backend.last[key] != n {
				rt.Fatalf("%s counts %d, want the %d events since its zero was collected", key, backend.last[key], n)
			}
		}
	})
}

// TestSplitsAreBounded: an objective that is split by an endless value has at most 200 series and says so once, and all objectives
// together stay below the SDK's 2,000 series of a metric. No event is lost.
func TestSplitsAreBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason       string
		objectives, series int
		faults             string
	}{
		{"one", "64 values, those without, and _other, with three results each", 1, 198, "1"},
		{"many", "what is left of 1,900 after three series and three more for _other of each", 100, 1899, "100"},
		{"the most", "each has its own three and those of _other", slo.MaxCounted, 1899, "300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var many []slo.Objective
			for i := range c.objectives {
				many = append(many, slo.Objective{Name: fmt.Sprint("o", i), Touchpoint: "charge-card", By: []slo.Dimension{slo.BySegment}, Target: 0.9, Window: month})
			}
			p := newProcess(t, "shop", cx.WithDefinitions(chargeCard), cx.WithObjectives(many...))
			const n = 300
			for i := range n {
				if i == n/2 {
					p.series()
					p.series()
				}
				p.client.Record(context.Background(), event.Event{
					Kind: event.TouchpointEnded, Touchpoint: "charge-card", Outcome: event.OK, Customer: event.Customer{Segment: strconv.Itoa(i)},
				})
			}
			got, sum, other := ofObjectives(p), int64(0), int64(0)
			for key, v := range got {
				sum += numberOf(v)
				if strings.Contains(key, "segment=_other") {
					other += numberOf(v)
				}
			}
			if len(got) > c.series || len(got) < c.series-200 || sum != int64(n*c.objectives) {
				t.Errorf("%d series count %d events, want at most %d with %d: %s", len(got), sum, c.series, n*c.objectives, c.reason)
			}
			if other != int64(n/2*c.objectives) {
				t.Errorf("_other counts %d, want the %d events since its zero was collected", other, n/2*c.objectives)
			}
			if f := p.faults()["series_limit"]; f != c.faults {
				t.Errorf("%s faults series_limit, want one for each objective, %s", f, c.faults)
			}
		})
	}
	if _, err := cx.New(cx.WithObjectives(make([]slo.Objective, slo.MaxCounted+1)...)); err == nil || !strings.Contains(err.Error(), "301 objectives") {
		t.Errorf("New with 301 objectives returned %v", err)
	}
}

// TestCurrenciesOfObjectivesAreBounded: at most 16 currencies have a series.
func TestCurrenciesOfObjectivesAreBounded(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithObjectives(objectives...), cx.WithDefinitions(checkout))
	for i := range 40 {
		checkout.Fail(checkout.Start(p.context(), strconv.Itoa(i), event.Customer{}, journey.Worth(10, "A"+string(rune('A'+i/20))+string(rune('A'+i%20)))))
	}
	sum, values := int64(0), of(p.series(), "cx.slo.value")
	for _, v := range values {
		sum += numberOf(v)
	}
	if len(values) != 17 || sum != 400 || values["cx.slo.value{cx.currency=_other,cx.objective.name=completes}"] != "240" {
		t.Errorf("the values are %v, want 16 currencies and _other", values)
	}
	if stake := p.client.Objectives()[0].AtStake; len(stake) != 17 {
		t.Errorf("the state has %v at stake", stake)
	}
}

// TestFleetCountsOnce: two processes that share a store, and both end the same runs, count each end and each promise once together, when
// the store has committed them.
func TestFleetCountsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &ledgertest.Memory{}
		buy := journey.Define("checkout", journey.AbandonAfter(time.Hour), journey.Promise("answered", time.Minute))
		opts := []cx.Option{cx.WithStore(store), cx.WithDefinitions(buy), cx.WithObjectives(objectives...)}
		one, two := newProcess(t, "shop", opts...), newProcess(t, "shop", opts...)
		const runs = 50
		for i := range runs {
			id := strconv.Itoa(i)
			buy.Start(one.context(), id, event.Customer{}, journey.Worth(10, "EUR"))
			must(t, one.client.Flush(context.Background()))
			switch i % 3 {
			case 0:
				buy.Complete(buy.Resume(two.context(), id))
				buy.Complete(buy.Resume(one.context(), id))
			case 1:
				buy.Fail(buy.Resume(one.context(), id))
				buy.Fail(buy.Resume(two.context(), id))
			default: // whichever sweeps
			}
			if i == 0 && of(two.series(), "cx.slo.events")[sloEvents("completes", "good")] != "0" {
				t.Error("an end counts before the store has committed it")
			}
		}
		time.Sleep(2 * time.Hour)
		must(t, one.client.Flush(context.Background()))
		must(t, two.client.Flush(context.Background()))
		sum := map[string]int64{}
		for _, p := range []*process{one, two} {
			for key, v := range ofObjectives(p) {
				sum[key] += numberOf(v)
			}
		}
		for key, want := range map[string]int64{
			sloEvents("completes", "good"): 17, sloEvents("completes", "bad"): 33,
			sloEvents("answered", "good"): 17, sloEvents("answered", "bad"): 33,
			"cx.slo.value{cx.currency=EUR,cx.objective.name=completes}": 330,
		} {
			if sum[key] != want {
				t.Errorf("%s is %d over the fleet, want %d", key, sum[key], want)
			}
		}
		good := int64(0)
		for _, p := range []*process{one, two} {
			good += p.client.Objectives()[0].Good
		}
		if good != 17 {
			t.Errorf("the states of the processes have %d good runs together, want 17", good)
		}
	})
}

// TestObjectivesOfWhatIsToldAgain: what an instance delivers again after a crash was counted by the one before it, or is lost.
func TestObjectivesOfWhatIsToldAgain(t *testing.T) {
	t.Parallel()
	reader := sdkmetric.NewManualReader()
	count, err := slo.NewCounter(objectives, slo.CounterConfig{MeterProvider: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), Now: newClock().now})
	must(t, err)
	s := showing(t, false, func(cfg *telemetry.Config) { cfg.Counted = count.Record })
	for _, again := range []bool{false, true, true} {
		e := flight.Of(event.Event{Kind: event.JourneyEnded, Outcome: event.Completed, Time: day1, Journey: event.Run{Namespace: namespace, Name: "checkout", ID: orderID}})
		if again {
			e.Retell()
		}
		s.Show(context.Background(), e)
	}
	if got := count.Status(day1)[0].Counts; got != (slo.Counts{Good: 1}) {
		t.Errorf("the counts are %+v, want one good run", got)
	}
}

// TestObjectivesOfStrangers: a name that the client does not know makes no series and no count.
func TestObjectivesOfStrangers(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithObjectives(append([]slo.Objective{{Name: "odd", Journey: "stranger", Target: 0.9, Window: month}}, objectives...)...), cx.WithDefinitions(checkout))
	p.client.Record(context.Background(), event.Event{Kind: event.JourneyStarted, Journey: event.Run{Name: "stranger", ID: "1"}})
	p.client.Record(context.Background(), event.Event{Kind: event.JourneyEnded, Outcome: event.Completed, Journey: event.Run{Name: "stranger", ID: "1"}})
	if d := cmp.Diff(objectiveZeros("odd", "completes", "answered", "pays", "satisfied"), ofObjectives(p)); d != "" {
		t.Errorf("series (-want +got):\n%s", d)
	}
}

// TestRefusedObjectives: a meter that refuses an instrument makes New fail, with its name.
func TestRefusedObjectives(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cx.slo.events", "cx.slo.value"} {
		var asked []string
		_, err := slo.NewCounter(objectives, slo.CounterConfig{MeterProvider: refusing{name: name, asked: &asked}})
		if !errors.Is(err, errInstrument) || !strings.Contains(err.Error(), name) || len(asked) != 2 {
			t.Errorf("without %s NewCounter asked for %q and returned %v, want an error that names it", name, asked, err)
		}
	}
}
