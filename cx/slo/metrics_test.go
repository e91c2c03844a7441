package slo_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// meters is a provider whose counters keep their sums, "name{key=value,…}" → sum.
type meters struct {
	noop.MeterProvider

	refuses string
	mu      sync.Mutex
	sums    map[string]int64
}

var errRefused = errors.New("the meter refuses the instrument")

func (m *meters) Meter(string, ...metric.MeterOption) metric.Meter { return meter{all: m} }

type meter struct {
	noop.Meter

	all *meters
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	if name == m.all.refuses {
		return nil, errRefused
	}
	return summing{name: name, all: m.all}, nil
}

type summing struct {
	noop.Int64Counter

	name string
	all  *meters
}

func (c summing) Add(_ context.Context, n int64, opts ...metric.AddOption) {
	set := metric.NewAddConfig(opts).Attributes()
	var kvs []string
	for _, kv := range set.ToSlice() {
		kvs = append(kvs, string(kv.Key)+"="+kv.Value.AsString())
	}
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	if c.all.sums == nil {
		c.all.sums = map[string]int64{}
	}
	c.all.sums[c.name+"{"+strings.Join(kvs, ",")+"}"] += n
}

// counted returns the sums that are not 0.
func (m *meters) counted() map[string]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	some := maps.Clone(m.sums)
	maps.DeleteFunc(some, func(_ string, n int64) bool { return n == 0 })
	return some
}

// summed returns a Counter of the objectives, and its sums.
func summed(t *testing.T, folded *[]string, objectives ...slo.Objective) (*slo.Counter, *meters) {
	t.Helper()
	m := &meters{}
	c, err := slo.NewCounter(objectives, slo.CounterConfig{
		MeterProvider: m, Folded: func(_ context.Context, objective string) { *folded = append(*folded, objective) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, m
}

// twice has every zero collected.
func twice(c *slo.Counter) {
	c.Zero(context.Background())
	c.Zero(context.Background())
}

// TestSplitAttributes: an event counts under its values in the dimensions of the objective, and under no other one's.
func TestSplitAttributes(t *testing.T) {
	t.Parallel()
	full := event.Event{
		Kind: event.TouchpointEnded, Time: noon, Touchpoint: "pay", Outcome: event.Failed, Channel: event.Phone, Actor: event.ActorDelegate, Intent: "move",
		Customer: event.Customer{Segment: "business"}, Variant: &event.Variant{Release: "1.2", Experiment: "e", Arm: "b"},
	}
	bare := event.Event{Kind: event.TouchpointEnded, Time: noon, Touchpoint: "pay", Outcome: event.OK}
	attributes := map[slo.Dimension][2]string{ // of the full event, and of the bare one
		slo.ByChannel: {"cx.channel=phone", "cx.channel=other"}, slo.BySegment: {"cx.customer.segment=business", ""},
		slo.ByActor: {"cx.actor=delegate", "cx.actor=customer"}, slo.ByIntent: {"cx.intent=move", ""},
		slo.ByRelease: {"service.version=1.2", ""}, slo.ByArm: {"feature_flag.result.variant=b", ""},
	}
	for d, want := range attributes {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			var folded []string
			c, m := summed(t, &folded, slo.Objective{Name: "o", Touchpoint: "pay", By: []slo.Dimension{d}, Target: 0.9, Window: slo.Window{Days: 7}})
			for range 2 {
				c.Record(context.Background(), &full)
				c.Record(context.Background(), &bare)
				twice(c)
			}
			named := func(result, value string) string {
				kvs := []string{"cx.objective.name=o", "cx.objective.result=" + result}
				switch {
				case value == "":
				case value < "cx.objective":
					kvs = append([]string{value}, kvs...)
				default:
					kvs = append(kvs, value)
				}
				return "cx.slo.events{" + strings.Join(kvs, ",") + "}"
			}
			sums := map[string]int64{}
			for result, value := range map[string]string{"bad": want[0], "good": want[1]} {
				sums[named(result, "")]++ // before the zeros were collected
				sums[named(result, value)]++
			}
			if d := cmp.Diff(sums, m.counted()); d != "" || len(folded) != 0 {
				t.Errorf("the sums (-want +got), with %q folded:\n%s", folded, d)
			}
		})
	}
	t.Run("all", func(t *testing.T) {
		t.Parallel()
		var folded []string
		c, m := summed(t, &folded, slo.Objective{Name: "o", Touchpoint: "pay", By: slo.Dimensions(), Target: 0.9, Window: slo.Window{Days: 7}})
		c.Record(context.Background(), &full)
		twice(c)
		c.Record(context.Background(), &full)
		if n := m.counted()["cx.slo.events{cx.actor=delegate,cx.channel=phone,cx.customer.segment=business,cx.intent=move,cx.objective.name=o,"+
			"cx.objective.result=bad,feature_flag.result.variant=b,service.version=1.2}"]; n != 1 {
			t.Errorf("the sums are %v", m.counted())
		}
	})
}

// TestFolded: the 65th combination is the first without a series of its own, and is told once. All split attributes are _other then.
func TestFolded(t *testing.T) {
	t.Parallel()
	var folded []string
	c, m := summed(t, &folded, slo.Objective{Name: "o", Touchpoint: "pay", By: []slo.Dimension{slo.BySegment, slo.ByChannel}, Target: 0.9, Window: slo.Window{Days: 7}})
	record := func(i int) {
		e := touched(func(e *event.Event) { e.Customer.Segment = fmt.Sprint(i) })
		c.Record(context.Background(), &e)
	}
	c.Zero(context.Background())
	for i := range 64 {
		record(i)
	}
	if len(folded) != 0 || len(m.sums) != 195 {
		t.Errorf("64 combinations have %d series, and %q are told, want 195 and none", len(m.sums), folded)
	}
	for i := range 10 {
		record(64 + i)
		record(0)
	}
	twice(c)
	record(99)
	record(63)
	other := "cx.slo.events{cx.channel=_other,cx.customer.segment=_other,cx.objective.name=o,cx.objective.result=good}"
	own := "cx.slo.events{cx.channel=web,cx.customer.segment=63,cx.objective.name=o,cx.objective.result=good}"
	if got := m.counted(); len(folded) != 1 || folded[0] != "o" || len(m.sums) != 198 || got[other] != 1 || got[own] != 1 {
		t.Errorf("%q are told, and %d series have %v, want o once and 198", folded, len(m.sums), got)
	}
}

// TestValues: what is at stake in bad events, and a series at zero for a currency that only good ones have.
func TestValues(t *testing.T) {
	t.Parallel()
	var folded []string
	c, m := summed(t, &folded, completes(func(o *slo.Objective) { o.Window = slo.Window{Days: 7} }), fast(func(o *slo.Objective) { o.Name = "fast" }))
	record := func(o event.Outcome, amount int64, currency string) {
		e := ended(func(e *event.Event) { e.Outcome, e.Journey.Value = o, &event.Money{Amount: amount, Currency: currency} })
		c.Record(context.Background(), &e)
	}
	record(event.Failed, 5, "EUR")
	record(event.Completed, 7, "USD")
	record(event.Failed, 0, "GBP")
	record(event.Failed, -5, "CHF")
	e := touched(func(e *event.Event) {
		e.Outcome, e.Journey.Value = event.Failed, &event.Money{Amount: 9, Currency: "EUR"}
	})
	c.Record(context.Background(), &e) // a touchpoint has no value of its own
	values := map[string]int64{}
	for key, n := range m.sums {
		if strings.HasPrefix(key, "cx.slo.value") {
			values[key] = n
		}
	}
	want := map[string]int64{"cx.slo.value{cx.currency=EUR,cx.objective.name=o}": 5, "cx.slo.value{cx.currency=USD,cx.objective.name=o}": 0}
	if d := cmp.Diff(want, values); d != "" {
		t.Errorf("the values (-want +got):\n%s", d)
	}
	for i := range 20 {
		record(event.Failed, 1, fmt.Sprint("C", i))
		record(event.Failed, 1, fmt.Sprint("C", i))
	}
	values = map[string]int64{}
	for key, n := range m.sums {
		if strings.HasPrefix(key, "cx.slo.value") {
			values[key] = n
		}
	}
	if len(values) != slo.MaxCurrencies+1 || values["cx.slo.value{cx.currency=C13,cx.objective.name=o}"] != 2 || values["cx.slo.value{cx.currency=_other,cx.objective.name=o}"] != 12 {
		t.Errorf("the values are %v", values)
	}
}

// TestNewCounterRefuses: an error says what is wrong.
func TestNewCounterRefuses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cx.slo.events", "cx.slo.value"} {
		if _, err := slo.NewCounter(nil, slo.CounterConfig{MeterProvider: &meters{refuses: name}}); !errors.Is(err, errRefused) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s NewCounter returned %v", name, err)
		}
	}
	if _, err := slo.NewCounter(make([]slo.Objective, slo.MaxCounted), slo.CounterConfig{}); err != nil {
		t.Errorf("with %d objectives NewCounter returned %v", slo.MaxCounted, err)
	}
	if _, err := slo.NewCounter(make([]slo.Objective, slo.MaxCounted+1), slo.CounterConfig{}); err == nil || !strings.Contains(err.Error(), "301 objectives: a client counts at most 300") {
		t.Errorf("with one more NewCounter returned %v", err)
	}
}
