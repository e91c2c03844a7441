package sdktest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// group is one metric or event of the registry.
type group struct {
	kind, unit, brief string
	buckets           []float64
}

// registry reads the registry's model, and returns its metrics and the names of its events.
func registry(t *testing.T) (metrics map[string]group, events []string) {
	t.Helper()
	files, err := filepath.Glob("../../cx/telemetry/semconv/model/*.yaml")
	must(t, err)
	metrics = map[string]group{}
	for _, path := range files {
		f, err := os.Open(path)
		must(t, err)
		defer func() { must(t, f.Close()) }()
		var name, typ string
		var g group
		end := func() {
			switch typ {
			case "metric":
				metrics[name] = g
			case "event":
				events = append(events, name)
			}
			name, typ, g = "", "", group{}
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "  - id: ") {
				end()
				continue
			}
			key, value, _ := strings.Cut(lines.Text(), ": ")
			value = strings.Trim(value, `"`)
			switch key {
			case "    type":
				typ = value
			case "    metric_name", "    name":
				name = value
			case "    instrument":
				g.kind = value
			case "    unit":
				g.unit = value
			case "    brief":
				g.brief = value
			case "        buckets":
				must(t, json.Unmarshal([]byte(value), &g.buckets))
			}
		}
		must(t, lines.Err())
		end()
	}
	if len(metrics) < 20 || len(events) < 4 {
		t.Fatalf("the model has the metrics %v and the events %q: it is read wrongly", metrics, events)
	}
	return metrics, events
}

// instrumentOf returns what the SDK says of an instrument, and whether it has measured anything but zero.
func instrumentOf(m metricdata.Metrics) (g group, measured bool) {
	g = group{unit: m.Unit, brief: m.Description}
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		g.kind = "updowncounter"
		if d.IsMonotonic {
			g.kind = "counter"
		}
		measured = slices.ContainsFunc(d.DataPoints, func(p metricdata.DataPoint[int64]) bool { return p.Value > 0 })
	case metricdata.Gauge[float64]:
		g.kind, measured = "gauge", slices.ContainsFunc(d.DataPoints, func(p metricdata.DataPoint[float64]) bool { return p.Value > 0 })
	case metricdata.Histogram[int64]:
		g.kind, g.buckets, measured = "histogram", d.DataPoints[0].Bounds, true
	case metricdata.Histogram[float64]:
		g.kind, g.buckets, measured = "histogram", d.DataPoints[0].Bounds, true
	}
	return g, measured
}

// TestInstruments: a process that does everything once produces every metric of the registry, with its kind, unit,
// description and buckets, and no other metric. Each measures something besides zero.
func TestInstruments(t *testing.T) {
	t.Parallel()
	want, _ := registry(t)
	k := newClock()
	p := sdk(t, "shop", likeOtelsetup())
	spool, err := exporters.NewSpool(t.TempDir(), sink{}, exporters.WithMeterProvider(p.meters))
	must(t, err)
	p.start(cx.WithClock(k.now), cx.WithObjectives(slo.Objective{
		Name: "unlucky", Journey: "checkout", Good: slo.Criteria{Outcomes: []event.Outcome{event.Abandoned}}, Target: 0.5, Window: month,
	}), cx.WithExporters(sink{}, failing{}), cx.WithProcessors(exporters.NewBatch(spool, exporters.WithMeterProvider(p.meters))))
	flush := func() {
		if err := p.client.Flush(context.Background()); err != nil && !errors.Is(err, errRefused) {
			t.Errorf("Flush returned %v, want nothing but the loss of the refusing exporter", err)
		}
	}
	slow := journey.Define("slow", journey.Stages("cart"), journey.Expect("cart", time.Minute))
	delayed := slow.Enter(slow.Start(p.context(), "slow", event.Customer{}), "cart")
	slow.Promise(delayed, "callback", k.now().Add(time.Minute))
	k.pass(time.Hour)
	flush() // a stall and a broken promise
	ctx := checkout.Start(p.context(), orderID, event.Customer{})
	viewCart.Record(ctx, event.Phone, touchpoint.Took(time.Second), touchpoint.Assisted(event.Assisted{
		Legs:      []event.Leg{{Queued: true, Answered: true, Wait: event.Seconds(time.Second), Talk: event.Seconds(time.Minute), End: event.LegTransferred}},
		Decisions: []event.Decision{{What: "refund"}}, Thread: &event.Thread{Replies: []event.Reply{{After: event.Seconds(time.Hour)}}},
	}))
	viewCart.Record(ctx, event.Web)
	complaint := feedback.DefineFollowUp("complaint", feedback.UpdateEvery(time.Hour))
	opened := complaint.Open(p.context(), "complaint", event.Customer{})
	k.pass(time.Minute)
	complaint.Confirm(complaint.Tell(opened))
	feedback.NPS.Request(ctx)
	feedback.NPS.Record(ctx, 9, feedback.Causes("quick"))
	for _, kind := range []event.Kind{event.SurveyShown, event.SurveyClosed, event.FeedbackAmended, event.FeedbackMentioned} {
		p.client.Record(ctx, event.Event{Kind: kind, Feedback: &event.Feedback{Survey: "nps", Score: 9, Request: event.ID{1}, Ended: event.SurveyDismissed, Amends: event.ID{2}}})
	}
	checkout.Complete(ctx, journey.Worth(4_999, "EUR"))
	checkout.Complete(ctx) // late
	chargeCard.Record(p.context(), event.Web, touchpoint.Outcome(event.Failed))
	checkout.Complete(p.context()) // in no journey: a fault
	for _, kind := range []event.Kind{event.ContactSuppressed, event.ContactViolated} {
		p.client.Record(p.context(), event.Event{Kind: kind, Contact: &event.Contact{Purpose: "survey", Rule: event.RuleCap}})
	}
	p.client.Record(p.context(), event.Event{Kind: event.ContactResolved, Intent: "bill", Effort: &event.Effort{Contacts: 2, Answered: 2, Switches: 1}})
	flush()
	knock(t, p.meters)
	schedules(t, p.meters)
	watches(t, p.meters)

	got := map[string]group{}
	for _, sm := range p.collect().ScopeMetrics {
		if !strings.HasPrefix(sm.Scope.Name, "cairncx.dev/cairn") {
			t.Errorf("the scope %q is not Cairn's", sm.Scope.Name)
		}
		for _, m := range sm.Metrics {
			g, measured := instrumentOf(m)
			got[m.Name] = g
			idle := []string{"cx.sdk.exporter.inflight", "cx.sdk.processor.queue.size"} // after a Flush
			if !measured && !slices.Contains(idle, m.Name) {
				t.Errorf("%s has measured nothing but zero: %v", m.Name, measurements(m))
			}
			if len(m.Description) < 10 || !strings.HasSuffix(m.Description, ".") {
				t.Errorf("the description of %s is %q", m.Name, m.Description)
			}
		}
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(group{})); d != "" {
		t.Errorf("metrics (-registry +SDK): a metric of the registry that nothing records, or one that differs:\n%s", d)
	}
	// The buckets of http.server.request.duration, from OpenTelemetry's conventions for HTTP metrics.
	http := []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	for _, name := range []string{"cx.touchpoint.duration", "cx.sdk.exporter.operation.duration"} {
		if b := got[name].buckets; !slices.Equal(b[:min(len(b), len(http))], http) {
			t.Errorf("the buckets of %s are %v, want those of http.server.request.duration first: %v", name, b, http)
		}
	}
}

// TestEveryEvent: a process that records an event of every kind emits each log event of the registry, and no other one. The
// name of a log event is that of its kind: a kind that the registry has and Telemetry does not show is found here.
func TestEveryEvent(t *testing.T) {
	t.Parallel()
	_, want := registry(t)
	k := newClock()
	slow := journey.Define("slow", journey.Stages("cart"), journey.Expect("cart", time.Minute), journey.ByHand("callback"))
	p := newProcess(t, "shop", cx.WithClock(k.now), cx.WithTouchpointEvents(),
		cx.WithDefinitions(slow, touchpoint.Define("look"), feedback.Define("mood", feedback.Stars)))
	run := event.Run{Name: "slow", ID: orderID}
	ctx := slow.Enter(slow.Start(p.context(), orderID, event.Customer{}), "cart")
	slow.Promise(ctx, "callback", k.now().Add(time.Minute))
	k.pass(time.Hour)
	must(t, p.client.Flush(context.Background())) // a stall and a broken promise, which only the client makes
	for _, kind := range event.Kinds() {
		if kind == event.JourneyStalled || kind == event.JourneyEnded || kind.IsPromise() {
			continue
		}
		outcome := event.Outcome(0)
		if kind == event.TouchpointEnded {
			outcome = event.OK
		}
		p.client.Record(p.context(), event.Event{
			Kind: kind, Journey: run, Stage: "cart", Touchpoint: "look", Channel: event.Web, Outcome: outcome,
			Feedback: &event.Feedback{Survey: "mood", Scale: event.Stars, Score: 5, Request: event.ID{1}, Ended: event.SurveyExpired, Amends: event.ID{2}},
			FollowUp: &event.FollowUp{ID: "1"}, Action: &event.Action{Name: "faq"}, Contact: &event.Contact{Purpose: "marketing"}, Effort: &event.Effort{Contacts: 1}, Assisted: &event.Assisted{},
		})
	}
	slow.Complete(slow.Resume(p.context(), orderID))
	if faults := p.faults(); len(faults) > 0 {
		t.Errorf("the events have the faults %v, want none", faults)
	}
	emitted := map[string]bool{}
	for _, r := range p.logs.all() {
		emitted[r.EventName()] = true
	}
	if d := cmp.Diff(sorted(want), slices.Sorted(maps.Keys(emitted))); d != "" {
		t.Errorf("log events (-registry +SDK): add the kind to Show in cx/telemetry/telemetry.go and to log in logs.go:\n%s", d)
	}
	for _, name := range want {
		if kind, ok := strings.CutPrefix(name, "cx."); !ok || !slices.Contains(event.Kinds(), event.Kind(kind)) {
			t.Errorf("the log event %s is not named after a kind", name)
		}
	}
}
