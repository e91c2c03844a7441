package sdktest_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/propagate"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// zerosOf returns the series with which a journey begins: starts and ends by channel; exits, late events and live
// runs by stage; and stalls of stages with an expected time.
func zerosOf(name string, channels, stages, expected []string) map[string]string {
	want := map[string]string{}
	j := "cx.journey.name=" + name
	outcomes := []string{"completed", "failed", "cancelled", "abandoned"}
	for _, c := range channels {
		want["cx.journey.started{cx.channel="+c+","+j+"}"] = "0"
		for _, o := range outcomes {
			want["cx.journey.ended{cx.channel="+c+","+j+",cx.outcome="+o+"}"] = "0"
		}
	}
	for _, s := range append([]string{""}, stages...) {
		if s != "" {
			s = ",cx.stage.name=" + s
		}
		want["cx.journey.active{"+j+s+"}"] = "0"
		want["cx.journey.late{"+j+s+"}"] = "0"
		for _, o := range outcomes {
			want["cx.journey.exits{"+j+",cx.outcome="+o+s+"}"] = "0"
		}
	}
	for _, kind := range []string{"repeat", "failure_before_success", "loop", "channel_switch", "overdue"} {
		want["cx.journey.friction{cx.friction.kind="+kind+","+j+"}"] = "0"
	}
	for _, s := range expected {
		want["cx.journey.stalled{"+j+",cx.stage.name="+s+"}"] = "0"
	}
	return want
}

// ofJourneys returns the process's series of journeys.
func ofJourneys(p *process) map[string]string {
	got := p.series()
	maps.DeleteFunc(got, func(key, _ string) bool { return !strings.HasPrefix(key, "cx.journey.") })
	return got
}

// TestJourneysBeginAtZero: the series of every journey that a client knows at its start exist with zero before the
// first event, in every collection and with each temporality.
func TestJourneysBeginAtZero(t *testing.T) {
	t.Parallel()
	stages := []string{"cart", "payment"}
	plain := journey.Define("plain", journey.Stages(stages...), journey.Expect("payment", time.Minute))
	for _, c := range []struct {
		name, reason string
		opts         []cx.Option
		want         map[string]string
	}{
		{"nothing", "the client has no journey", nil, map[string]string{}},
		{
			"a journey", "the default channel is the web",
			[]cx.Option{cx.WithDefinitions(plain)},
			zerosOf("plain", []string{"web"}, stages, []string{"payment"}),
		},
		{
			"a journey by other channels", "the declared channels replace the web",
			[]cx.Option{cx.WithDefinitions(journey.Define("call", journey.Channels(event.Phone, event.InPerson)))},
			zerosOf("call", []string{"phone", "in_person"}, nil, nil),
		},
		{
			"a touchpoint's journey", "the touchpoint declares the journey",
			[]cx.Option{cx.WithDefinitions(touchpoint.Define("pay", touchpoint.In(plain, "payment")))},
			zerosOf("plain", []string{"web"}, stages, []string{"payment"}),
		},
		{
			"a blueprint's journeys", "as if they were defined in Go",
			[]cx.Option{cx.WithBlueprint(&blueprint.Blueprint{Version: 1, Journeys: []blueprint.Journey{
				{Name: "a", Channels: []string{"mobile", "web"}},
				{Name: "b", Stages: []blueprint.Stage{{Name: "x"}}},
			}})},
			func() map[string]string {
				all := zerosOf("a", []string{"mobile", "web"}, nil, nil)
				maps.Copy(all, zerosOf("b", []string{"web"}, []string{"x"}, nil))
				return all
			}(),
		},
	} {
		for what, temporality := range map[string]metricdata.Temporality{
			"cumulative": metricdata.CumulativeTemporality, "delta": metricdata.DeltaTemporality,
		} {
			t.Run(c.name+", "+what, func(t *testing.T) {
				t.Parallel()
				p := withTemporality(t, temporality, c.opts...)
				for range 3 {
					if d := cmp.Diff(c.want, ofJourneys(p)); d != "" {
						t.Errorf("series (-want +got): %s\n%s", c.reason, d)
					}
				}
			})
		}
	}
}

// withTemporality returns a process whose reader has the temporality.
func withTemporality(t *testing.T, temporality metricdata.Temporality, opts ...cx.Option) *process {
	t.Helper()
	p := sdk(t, "shop", likeOtelsetup())
	p.reader = sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(
		func(sdkmetric.InstrumentKind) metricdata.Temporality { return temporality }))
	p.start(append(slices.Clone(opts), cx.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.reader))))...)
	return p
}

// TestFromZero: events add to the zeros, with each temporality. A channel that is used and not declared counts
// besides the declared ones.
func TestFromZero(t *testing.T) {
	t.Parallel()
	for what, temporality := range map[string]metricdata.Temporality{
		"cumulative": metricdata.CumulativeTemporality, "delta": metricdata.DeltaTemporality,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := withTemporality(t, temporality, cx.WithDefinitions(checkout))
			p.series()
			checkout.Complete(checkout.Start(p.context(), "a", event.Customer{}, journey.Via(event.Web)))
			checkout.Complete(checkout.Start(p.context(), "b", event.Customer{}, journey.Via(event.Kiosk)))
			got := p.series()
			for key, want := range map[string]string{
				"cx.journey.started{cx.channel=web,cx.journey.name=checkout}":                        "1",
				"cx.journey.started{cx.channel=kiosk,cx.journey.name=checkout}":                      "1",
				"cx.journey.ended{cx.channel=web,cx.journey.name=checkout,cx.outcome=completed}":     "1",
				"cx.journey.ended{cx.channel=web,cx.journey.name=checkout,cx.outcome=failed}":        "0",
				"cx.journey.ended{cx.channel=kiosk,cx.journey.name=checkout,cx.outcome=completed}":   "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=completed}":                    "2",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=completed,cx.stage.name=cart}": "0",
			} {
				if got[key] != want {
					t.Errorf("%s is %q, want %q", key, got[key], want)
				}
			}
		})
	}
}

// TestAdoptedJourneysBeginAtZero: the ends of a definition that is first seen in use exist with zero before the
// first end, also if a touchpoint brings the definition.
func TestAdoptedJourneysBeginAtZero(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop")
	if got := ofJourneys(p); len(got) != 0 {
		t.Errorf("before the first event the client has %v", got)
	}
	checkout.Start(p.context(), "a", event.Customer{}, journey.Via(event.Web))
	claim := journey.Define("claim", journey.Channels(event.Phone))
	touchpoint.Define("call", touchpoint.In(claim, "")).Record(propagate.ContextWithPosition(p.context(),
		&event.Position{Journey: event.Run{Name: "claim", ID: "1"}}), event.Phone)
	want := zerosOf("checkout", []string{"web"}, checkout.Stages(), nil)
	maps.Copy(want, zerosOf("claim", []string{"phone"}, nil, nil))
	want["cx.journey.started{cx.channel=web,cx.journey.name=checkout}"] = "1"
	want["cx.journey.active{cx.journey.name=checkout}"] = "1"
	if d := cmp.Diff(want, ofJourneys(p)); d != "" {
		t.Errorf("series (-want +got):\n%s", d)
	}
}

// TestZerosAreBounded: an excessive number of journeys does not use up the series of a metric.
func TestZerosAreBounded(t *testing.T) {
	t.Parallel()
	var defs []event.Definition
	for i := range 900 {
		defs = append(defs, journey.Define("j"+string(rune('a'+i%26))+strings.Repeat("x", i/26), journey.Stages("a", "b", "c")))
	}
	p := newProcess(t, "shop", cx.WithDefinitions(defs...))
	count := map[string]int{}
	for key := range ofJourneys(p) {
		name, _, _ := strings.Cut(key, "{")
		count[name]++
	}
	want := map[string]int{"cx.journey.started": 900, "cx.journey.ended": 1000, "cx.journey.exits": 1000, "cx.journey.friction": 1000, "cx.journey.late": 1000, "cx.journey.active": 1000}
	if d := cmp.Diff(want, count); d != "" {
		t.Errorf("series with zero (-want +got):\n%s", d)
	}
	if handled.with("more series than a metric can start at zero") == 0 {
		t.Error("the error handler got no report")
	}
}

// TestInfo: a client reports that it runs, its version and its namespace, until its Shutdown. A client that New
// refuses reports nothing.
func TestInfo(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithNamespace("staging"))
	key := "cx.sdk.info{cx.journey.namespace=staging,cx.sdk.version=" + cx.Version + "}"
	if _, err := cx.New(append(p.providers, cx.WithNamespace("_"), cx.WithDefinitions(checkout))...); err == nil {
		t.Fatal("New accepts a namespace that begins with _")
	}
	if got := p.series(); got[key] != "1" || len(got) != 1 {
		t.Errorf("the client reports %v, want only %s", got, key)
	}
	must(t, p.client.Shutdown(context.Background()))
	if got := p.series()[key]; got != "" {
		t.Errorf("the client reports %q after its Shutdown", got)
	}
}

// addressed is an exporter that reports the address of its sink.
type addressed struct {
	sink

	host string
	port int
}

func (a addressed) ServerAddress() (host string, port int) {
	if a.host == "panic" {
		panic("boom")
	}
	return a.host, a.port
}

// TestComponents: a queue's series begin at zero. Only the metrics of exports have the address of the sink.
func TestComponents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		host         string
		port         int
		want         string // part of the key
	}{
		{"host and port", "the metrics have both", "broker.internal", 9092, ",server.address=broker.internal,server.port=9092"},
		{"an address", "IPv6 has colons", "2001:db8::1", 443, ",server.address=2001:db8::1,server.port=443"},
		{"no port", "the port is unknown", "broker.internal", 0, ",server.address=broker.internal"},
		{"nothing", "a file", "", 80, ""},
		{"a URL", "it may have a password", "https://user:secret@host", 443, ""},
		{"a user", "it may have a password", "user:secret@host", 443, ""},
		{"an impossible port", "an impossible port is left out", "host", 70000, ",server.address=host"},
		{"a panic", "Address is the application's code", "panic", 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := sdk(t, "shop", likeOtelsetup())
			p.reader = sdkmetric.NewManualReader()
			mp := sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.reader))
			b := exporters.NewBatch(exporters.NewRetry(addressed{host: c.host, port: c.port}, exporters.WithMeterProvider(mp), exporters.WithName("r")),
				exporters.WithMeterProvider(mp), exporters.WithName("b"), exporters.WithQueueSize(10))
			defer func() { must(t, b.Shutdown(context.Background())) }()
			want := map[string]string{
				"cx.sdk.processor.queue.size{cx.component.name=b,cx.component.type=batch}":                   "0",
				"cx.sdk.processor.queue.capacity{cx.component.name=b,cx.component.type=batch}":               "10",
				"cx.sdk.processor.processed{cx.component.name=b,cx.component.type=batch}":                    "0",
				"cx.sdk.processor.processed{cx.component.name=r,cx.component.type=retry}":                    "0",
				"cx.sdk.exporter.exported{cx.component.name=b,cx.component.type=batch" + c.want + "}":        "0",
				"cx.sdk.exporter.exported{cx.component.name=r,cx.component.type=retry" + c.want + "}":        "0",
				"cx.sdk.exporter.inflight{cx.component.name=b,cx.component.type=batch" + c.want + "}":        "0",
				"cx.sdk.processor.dropped{cx.component.name=r,cx.component.type=retry,error.type=permanent}": "0",
			}
			for _, why := range []string{"queue_full", "already_shutdown", "timeout", "cancelled", "panic", "permanent", "transient"} {
				want["cx.sdk.processor.dropped{cx.component.name=b,cx.component.type=batch,error.type="+why+"}"] = "0"
			}
			if d := cmp.Diff(want, p.series()); d != "" {
				t.Errorf("series (-want +got): %s\n%s", c.reason, d)
			}
			b.Process(context.Background(), &event.Event{Kind: event.TouchpointEnded})
			must(t, b.Flush(context.Background()))
			for _, key := range []string{"cx.component.name=b,cx.component.type=batch", "cx.component.name=r,cx.component.type=retry"} {
				if got := p.series(); got["cx.sdk.exporter.exported{"+key+c.want+"}"] != "1" || got["cx.sdk.processor.processed{"+key+"}"] != "1" ||
					!strings.HasPrefix(got["cx.sdk.exporter.operation.duration{"+key+c.want+"}"], "n=1 ") {
					t.Errorf("after an export the metrics are %v", got)
				}
			}
		})
	}
}

// TestComponentsOfAClient: the metrics of the queue that a client makes for an exporter have the address of the
// exporter's sink.
func TestComponentsOfAClient(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithExporters(addressed{host: "broker.internal", port: 9092}))
	for key := range p.series() {
		if strings.HasPrefix(key, "cx.sdk.exporter.exported{") {
			if !strings.HasSuffix(key, ",server.address=broker.internal,server.port=9092}") {
				t.Errorf("%s has no address of the sink", key)
			}
			return
		}
	}
	t.Errorf("the metrics have no exporter: %v", p.series())
}
