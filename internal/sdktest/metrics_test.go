package sdktest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace"

	"cairncx.dev/cairn/cx"
	"cairncx.dev/cairn/cx/event"
	sinks "cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/feedback"
	"cairncx.dev/cairn/journey"
	"cairncx.dev/cairn/touchpoint"
)

// TestMetrics plays one story for each metric and expects exactly these points.
func TestMetrics(t *testing.T) {
	t.Parallel()
	survey := feedback.Define("after-checkout", feedback.CSAT)
	for _, c := range []struct {
		name, reason string
		play         func(ctx context.Context, k *clock)
		want         map[string]string
	}{
		{
			name: "a journey that completes", reason: "the start, the end and the times count once",
			play: func(ctx context.Context, k *clock) {
				ctx = checkout.Start(ctx, "a", event.Customer{ID: secret}, journey.Via(event.Mobile))
				k.pass(10 * time.Second)
				ctx = checkout.Enter(ctx, "cart")
				k.pass(20 * time.Second)
				ctx = checkout.Enter(ctx, "payment")
				k.pass(30 * time.Second)
				checkout.Complete(ctx)
			},
			want: map[string]string{
				"cx.journey.started{cx.channel=mobile,cx.journey.name=checkout}":                                 "1",
				"cx.journey.ended{cx.channel=mobile,cx.journey.name=checkout,cx.outcome=completed}":              "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=completed,cx.stage.name=payment}":          "1",
				"cx.journey.duration{cx.journey.name=checkout,cx.outcome=completed}":                             "n=1 sum=60",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.stage.name=cart}":                         "n=1 sum=20",
				"cx.journey.stage.duration{cx.journey.name=checkout,cx.outcome=completed,cx.stage.name=payment}": "n=1 sum=30",
			},
		},
		{
			name: "a journey that never was in a stage", reason: "the point has no stage attribute",
			play: func(ctx context.Context, k *clock) {
				ctx = checkout.Start(ctx, "a", event.Customer{})
				k.pass(time.Second)
				checkout.Fail(ctx, journey.Because("out-of-stock"))
			},
			want: map[string]string{
				"cx.journey.started{cx.channel=other,cx.journey.name=checkout}":                 "1",
				"cx.journey.ended{cx.channel=other,cx.journey.name=checkout,cx.outcome=failed}": "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=failed}":                  "1",
				"cx.journey.duration{cx.journey.name=checkout,cx.outcome=failed}":               "n=1 sum=1",
			},
		},
		{
			name: "a journey with an unknown start", reason: "it counts, and has no duration",
			play: func(ctx context.Context, k *clock) { checkout.Cancel(checkout.Resume(ctx, "a")) },
			want: map[string]string{
				"cx.journey.ended{cx.channel=other,cx.journey.name=checkout,cx.outcome=cancelled}": "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=cancelled}":                  "1",
			},
		},
		{
			name: "started and ended again", reason: "the first end counts; later events are late or change nothing",
			play: func(ctx context.Context, k *clock) {
				run := checkout.Start(ctx, "a", event.Customer{})
				checkout.Start(ctx, "a", event.Customer{}) // resumes
				checkout.Complete(run)
				checkout.Complete(run)                     // late
				checkout.Start(ctx, "a", event.Customer{}) // late
				checkout.Enter(run, "cart")                // late, and names a stage
			},
			want: map[string]string{
				"cx.journey.started{cx.channel=other,cx.journey.name=checkout}":                    "1",
				"cx.journey.ended{cx.channel=other,cx.journey.name=checkout,cx.outcome=completed}": "1",
				"cx.journey.exits{cx.journey.name=checkout,cx.outcome=completed}":                  "1",
				"cx.journey.duration{cx.journey.name=checkout,cx.outcome=completed}":               "n=1 sum=0",
				"cx.journey.late{cx.journey.name=checkout}":                                        "2",
				"cx.journey.late{cx.journey.name=checkout,cx.stage.name=cart}":                     "1",
			},
		},
		{
			name: "touchpoints", reason: "Apdex with T of one second: up to T, up to 4T, beyond, and failures",
			play: func(ctx context.Context, k *clock) {
				for _, d := range []time.Duration{time.Second, 1001 * time.Millisecond, 4 * time.Second, 4*time.Second + 1, 5 * time.Second} {
					viewCart.Record(ctx, event.Web, touchpoint.Took(d))
				}
				viewCart.Record(ctx, event.Web, touchpoint.Took(time.Millisecond), touchpoint.Outcome(event.Failed))
				viewCart.Record(ctx, event.Kiosk, touchpoint.Took(time.Hour), touchpoint.Outcome(event.Cancelled))
				chargeCard.Record(ctx, 0, touchpoint.Took(time.Second))
				_, tp := chargeCard.Start(ctx, event.API)
				k.pass(3 * time.Second)
				tp.Degrade("slow")
				tp.End()
			},
			want: map[string]string{
				"cx.touchpoint.interactions{cx.apdex.zone=satisfied,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=view-cart}":      "1",
				"cx.touchpoint.interactions{cx.apdex.zone=tolerating,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=view-cart}":     "2",
				"cx.touchpoint.interactions{cx.apdex.zone=frustrated,cx.channel=web,cx.outcome=ok,cx.touchpoint.name=view-cart}":     "2",
				"cx.touchpoint.interactions{cx.apdex.zone=frustrated,cx.channel=web,cx.outcome=failed,cx.touchpoint.name=view-cart}": "1",
				"cx.touchpoint.interactions{cx.channel=kiosk,cx.outcome=cancelled,cx.touchpoint.name=view-cart}":                     "1",
				"cx.touchpoint.interactions{cx.channel=other,cx.outcome=ok,cx.touchpoint.name=charge-card}":                          "1",
				"cx.touchpoint.interactions{cx.channel=api,cx.outcome=degraded,cx.touchpoint.name=charge-card}":                      "1",
				"cx.touchpoint.failures{cx.touchpoint.name=view-cart}":                                                               "1",
				"cx.touchpoint.duration{cx.outcome=ok,cx.touchpoint.name=view-cart}":                                                 "n=5 sum=15.001000001",
				"cx.touchpoint.duration{cx.outcome=failed,cx.touchpoint.name=view-cart}":                                             "n=1 sum=0.001",
				"cx.touchpoint.duration{cx.outcome=cancelled,cx.touchpoint.name=view-cart}":                                          "n=1 sum=3600",
				"cx.touchpoint.duration{cx.outcome=ok,cx.touchpoint.name=charge-card}":                                               "n=1 sum=1",
				"cx.touchpoint.duration{cx.outcome=degraded,cx.touchpoint.name=charge-card}":                                         "n=1 sum=3",
				"cx.sdk.faults{error.type=outside_journey}":                                                                          "7", // view-cart declares a stage of checkout
			},
		},
		{
			name: "assisted service", reason: "each kind of wait counts once",
			play: func(ctx context.Context, k *clock) {
				chargeCard.Record(ctx, event.Phone, touchpoint.Took(time.Minute), touchpoint.Assisted(event.Assisted{
					Legs: []event.Leg{{Queue: "billing", Queued: true, Answered: true, Wait: event.Seconds(90 * time.Second), Hold: event.Seconds(30 * time.Second)}},
				}))
				chargeCard.Record(ctx, event.Phone, touchpoint.Took(time.Minute), touchpoint.Assisted(event.Assisted{
					Legs:      []event.Leg{{Queued: true, Answered: true}, {Queue: "billing", Queued: true, Wait: event.Seconds(10 * time.Second), End: event.LegAbandoned}},
					Decisions: []event.Decision{{What: "refund", Approval: true, Waited: event.Seconds(2 * time.Minute)}, {What: "exception"}},
				}))
			},
			want: map[string]string{
				"cx.touchpoint.interactions{cx.channel=phone,cx.outcome=ok,cx.touchpoint.name=charge-card}":             "2",
				"cx.touchpoint.duration{cx.outcome=ok,cx.touchpoint.name=charge-card}":                                  "n=2 sum=120",
				"cx.touchpoint.wait.duration{cx.queue.end=answered,cx.touchpoint.name=charge-card,cx.wait.kind=queue}":  "n=2 sum=90",
				"cx.touchpoint.wait.duration{cx.queue.end=abandoned,cx.touchpoint.name=charge-card,cx.wait.kind=queue}": "n=1 sum=10",
				"cx.touchpoint.wait.duration{cx.touchpoint.name=charge-card,cx.wait.kind=hold}":                         "n=1 sum=30",
				"cx.touchpoint.wait.duration{cx.touchpoint.name=charge-card,cx.wait.kind=approval}":                     "n=1 sum=120",
				"cx.queue.contacts{cx.channel=phone,cx.queue.end=answered,cx.queue.name=_other}":                        "2",
				"cx.queue.contacts{cx.channel=phone,cx.queue.end=abandoned,cx.queue.name=_other}":                       "1",
				"cx.contact.handle.duration{cx.channel=phone}":                                                          "n=2 sum=30",
				"cx.employee.decisions{cx.decision.approval=granted,cx.decision.what=refund}":                           "1",
				"cx.employee.decisions{cx.decision.approval=none,cx.decision.what=exception}":                           "1",
				"cx.effort.contacts{cx.effort.coverage=neither}":                                                        "2",
			},
		},
		{
			name: "feedback", reason: "questions, answers and verdicts",
			play: func(ctx context.Context, k *clock) {
				survey.Request(ctx, feedback.Via(event.Email))
				survey.Request(ctx, feedback.Via(event.Email))
				survey.Record(ctx, 5, feedback.Via(event.Email))
				survey.Record(ctx, 3, feedback.Via(event.Email))
				survey.Record(ctx, 4, feedback.Via(event.Email))
				feedback.NPS.Record(ctx, 0)
				feedback.NPS.Record(ctx, 11) // not on the scale
				feedback.Thumbs.Record(ctx, 1, feedback.Via(event.Web))
			},
			want: map[string]string{
				"cx.feedback.requests{cx.channel=email,cx.survey.name=after-checkout}":                                                                                  "2",
				"cx.feedback.responses{cx.channel=email,cx.feedback.scale=csat,cx.feedback.solicited=false,cx.feedback.verdict=positive,cx.survey.name=after-checkout}": "2",
				"cx.feedback.responses{cx.channel=email,cx.feedback.scale=csat,cx.feedback.solicited=false,cx.feedback.verdict=neutral,cx.survey.name=after-checkout}":  "1",
				"cx.feedback.responses{cx.channel=other,cx.feedback.scale=nps,cx.feedback.solicited=false,cx.feedback.verdict=negative,cx.survey.name=nps}":             "1",
				"cx.feedback.responses{cx.channel=web,cx.feedback.scale=thumbs,cx.feedback.solicited=false,cx.feedback.verdict=positive,cx.survey.name=thumbs}":         "1",
				"cx.feedback.score{cx.feedback.scale=csat,cx.survey.name=after-checkout}":                                                                               "n=3 sum=12",
				"cx.feedback.score{cx.feedback.scale=nps,cx.survey.name=nps}":                                                                                           "n=1 sum=0",
				"cx.feedback.score{cx.feedback.scale=thumbs,cx.survey.name=thumbs}":                                                                                     "n=1 sum=1",
				"cx.sdk.faults{error.type=invalid_score}":                                                                                                               "1",
			},
		},
		{
			name: "a probe", reason: "a probe is in traces, never in metrics, because it is no customer's experience",
			play: func(ctx context.Context, k *clock) {
				ctx = checkout.Start(ctx, "probe", event.Customer{}, journey.By(event.ActorSynthetic))
				viewCart.Record(ctx, event.Web, touchpoint.Assisted(event.Assisted{Legs: []event.Leg{{Wait: event.Seconds(time.Minute)}}}))
				feedback.NPS.Request(ctx)
				feedback.NPS.Record(ctx, 10)
				checkout.Complete(ctx)
			},
			want: map[string]string{},
		},
		{
			name: "a probe that comes late", reason: "a probe is in traces, never in metrics",
			play: func(ctx context.Context, k *clock) {
				ctx = checkout.Start(ctx, "probe", event.Customer{}, journey.By(event.ActorSynthetic))
				checkout.Complete(ctx)
				checkout.Complete(ctx)
			},
			want: map[string]string{},
		},
		{
			name: "a probe under way", reason: "a gauge is a metric, too",
			play: func(ctx context.Context, k *clock) {
				checkout.Start(ctx, "probe", event.Customer{}, journey.By(event.ActorSynthetic))
			},
			want: map[string]string{},
		},
		{
			name: "faults", reason: "each invalid input counts under its fault",
			play: func(ctx context.Context, k *clock) {
				checkout.Complete(ctx)                                                         // in no journey
				checkout.Start(ctx, "", event.Customer{})                                      // no ID
				checkout.Start(ctx, strings.Repeat("x", 129), event.Customer{})                // a long one
				chargeCard.Record(ctx, event.Web, touchpoint.Took(-time.Second))               // negative
				chargeCard.Record(ctx, event.Web, touchpoint.At(day1.AddDate(100, 0, 0)))      // out of range
				chargeCard.Record(ctx, event.Web, touchpoint.Because(strings.Repeat("x", 65))) // too long
			},
			want: map[string]string{
				"cx.sdk.faults{error.type=no_journey}":                                                    "1",
				"cx.sdk.faults{error.type=invalid_id}":                                                    "2",
				"cx.sdk.faults{error.type=invalid_duration}":                                              "1",
				"cx.sdk.faults{error.type=invalid_time}":                                                  "1",
				"cx.sdk.faults{error.type=too_long}":                                                      "1",
				"cx.touchpoint.interactions{cx.channel=web,cx.outcome=ok,cx.touchpoint.name=charge-card}": "3",
			},
		},
		{
			name: "invalid channels and outcomes", reason: "the registry promises that cx.channel and cx.outcome are always set",
			play: func(ctx context.Context, k *clock) {
				chargeCard.Record(ctx, event.Channel(200))
			},
			want: map[string]string{
				"cx.touchpoint.interactions{cx.channel=other,cx.outcome=ok,cx.touchpoint.name=charge-card}": "1",
				"cx.sdk.faults{error.type=invalid_value}":                                                   "1",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newClock()
			p := newProcess(t, "shop", cx.WithClock(k.now))
			c.play(p.context(), k)
			got := p.points()
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("points (-want +got): %s\n%s", c.reason, d)
			}
		})
	}
}

// TestActiveJourneys follows the counter up and down. A place whose last run has left reports 0, and no series
// ends.
func TestActiveJourneys(t *testing.T) {
	t.Parallel()
	k := newClock()
	p := newProcess(t, "shop", cx.WithClock(k.now), cx.WithDefinitions(checkout))
	var a, b context.Context
	for _, step := range []struct {
		name string
		do   func()
		want map[string]string // the places with runs
	}{
		{"none begins", func() {}, map[string]string{}},
		{"two begin", func() {
			a = checkout.Start(p.context(), "a", event.Customer{})
			b = checkout.Start(p.context(), "b", event.Customer{})
		}, map[string]string{"cx.journey.active{cx.journey.name=checkout}": "2"}},
		{"one resumes", func() { checkout.Start(p.context(), "b", event.Customer{}) }, map[string]string{"cx.journey.active{cx.journey.name=checkout}": "2"}},
		{"one fills the cart", func() { viewCart.Record(a, event.Web) }, map[string]string{
			"cx.journey.active{cx.journey.name=checkout}":                    "1",
			"cx.journey.active{cx.journey.name=checkout,cx.stage.name=cart}": "1",
		}},
		{"both do", func() { viewCart.Record(b, event.Web) }, map[string]string{
			"cx.journey.active{cx.journey.name=checkout,cx.stage.name=cart}": "2",
		}},
		{"one pays", func() { submitPayment.Record(a, event.Web) }, map[string]string{
			"cx.journey.active{cx.journey.name=checkout,cx.stage.name=cart}":    "1",
			"cx.journey.active{cx.journey.name=checkout,cx.stage.name=payment}": "1",
		}},
		{"one is through", func() { checkout.Complete(a) }, map[string]string{
			"cx.journey.active{cx.journey.name=checkout,cx.stage.name=cart}": "1",
		}},
		{"the other one left", func() {
			k.pass(73 * time.Hour)
			must(t, p.client.Flush(context.Background()))
		}, map[string]string{}},
		{"one comes, and the client goes", func() {
			checkout.Start(p.context(), "c", event.Customer{})
			must(t, p.client.Shutdown(context.Background()))
		}, nil},
	} {
		step.do()
		if step.want != nil {
			for _, stage := range []string{"", ",cx.stage.name=cart", ",cx.stage.name=address", ",cx.stage.name=payment", ",cx.stage.name=confirmation"} {
				if key := "cx.journey.active{cx.journey.name=checkout" + stage + "}"; step.want[key] == "" {
					step.want[key] = "0"
				}
			}
		}
		var got map[string]string
		for key, v := range p.series() {
			if strings.HasPrefix(key, "cx.journey.active{") {
				if got == nil {
					got = map[string]string{}
				}
				got[key] = v
			}
		}
		if d := cmp.Diff(step.want, got); d != "" {
			t.Errorf("after %q (-want +got):\n%s", step.name, d)
		}
	}
}

// TestFaultyDefinitionInUse: a definition that New would have refused is folded when code uses it. A run that
// begins under it can also end, because it would otherwise be live forever.
func TestFaultyDefinitionInUse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		d            *journey.Definition
		fault        string
	}{
		{"no name", "the zero value is a definition, too", &journey.Definition{}, "invalid_name"},
		{"a reserved name", "names that begin with _ are reserved", journey.Define("_checkout"), "invalid_name"},
		{"a huge name", "names have a bound", journey.Define(strings.Repeat("x", 1<<20)), "invalid_name"},
		{"not UTF-8", "names are text", journey.Define("\xff"), "invalid_name"},
		{"a stage twice", "every fault counts", journey.Define("loop", journey.Stages("a", "a")), "invalid_name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop")
			ctx := c.d.Start(p.context(), orderID, event.Customer{})
			ctx = c.d.Enter(ctx, "a")
			c.d.Complete(ctx)
			points := p.points()
			for key := range points {
				if strings.HasPrefix(key, "cx.journey.active{") {
					t.Errorf("the run is still live: %s is %s: %s", key, points[key], c.reason)
				}
			}
			if got := points["cx.journey.started{cx.channel=other,cx.journey.name=_other}"]; got != "1" {
				t.Errorf("the metric counts %q starts, want 1: %s", got, c.reason)
			}
			var ended bool
			for key := range points {
				ended = ended || strings.HasPrefix(key, "cx.journey.ended{cx.channel=other,cx.journey.name=_other,cx.outcome=completed")
			}
			if !ended {
				t.Errorf("the metric counts no end: %s", c.reason)
			}
			if p.faults()[c.fault] == "" {
				t.Errorf("the faults are %v, want %s", p.faults(), c.fault)
			}
		})
	}
}

// sink accepts all events and keeps none.
type sink struct{}

func (sink) Export(context.Context, []event.Event) error { return nil }
func (sink) Shutdown(context.Context) error              { return nil }

// TestComponentMetrics: the metrics of a client with two exporters distinguish both, each under a unique name.
func TestComponentMetrics(t *testing.T) {
	t.Parallel()
	p := newProcess(t, "shop", cx.WithExporters(sink{}, failing{}))
	chargeCard.Record(p.context(), event.Web)
	if err := p.client.Flush(context.Background()); !errors.Is(err, errRefused) {
		t.Errorf("Flush returned %v, want the loss of the refusing exporter", err)
	}
	components := map[string]map[string]string{} // the attributes of each component, by name
	for key, v := range p.points() {
		name, set, _ := strings.Cut(strings.TrimSuffix(key, "}"), "{")
		if !strings.HasPrefix(name, "cx.sdk.") || strings.HasSuffix(name, ".duration") || name == "cx.sdk.faults" {
			continue
		}
		of := map[string]string{}
		for kv := range strings.SplitSeq(set, ",") {
			k, v, _ := strings.Cut(kv, "=")
			of[k] = v
		}
		if of["cx.component.type"] != "batch" || !strings.HasPrefix(of["cx.component.name"], "batch/") {
			t.Errorf("%s does not name its component", key)
		}
		if components[of["cx.component.name"]] == nil {
			components[of["cx.component.name"]] = map[string]string{}
		}
		if e := of["error.type"]; e != "" {
			v += " " + e
		}
		components[of["cx.component.name"]][name] = v
	}
	if len(components) != 2 {
		t.Errorf("the metrics distinguish %d components, want 2: %v", len(components), components)
	}
	for name, got := range components {
		want := map[string]string{
			"cx.sdk.processor.processed":      "1",
			"cx.sdk.exporter.exported":        "1",
			"cx.sdk.exporter.inflight":        "0",
			"cx.sdk.processor.queue.size":     "0",
			"cx.sdk.processor.queue.capacity": "8192",
		}
		if strings.Contains(name, "failing") {
			for _, counter := range []string{"cx.sdk.processor.processed", "cx.sdk.exporter.exported", "cx.sdk.processor.dropped"} {
				want[counter] = "1 permanent"
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// failing refuses everything for good.
type failing struct{}

func (failing) Export(context.Context, []event.Event) error {
	return sinks.Permanent(errRefused)
}

var errRefused = errors.New("refused")

func (failing) Shutdown(context.Context) error { return nil }

// TestExemplars: an exemplar of a point leads to a journey that contributed to it.
func TestExemplars(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		keep         float64
		want         func(request trace.TraceID) trace.TraceID
	}{
		{"a journey that is kept", "the exemplar leads to the journey's trace", 1, func(trace.TraceID) trace.TraceID { return traceID("checkout", orderID) }},
		{"a journey that is dropped", "the exemplar leads to the request, because no journey's trace exists", 0, func(r trace.TraceID) trace.TraceID { return r }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, "shop", cx.WithJourneySampling(c.keep), cx.WithObjectives(objectives...))
			ctx, request := p.request("POST /orders")
			defer request.End()
			ctx = checkout.Start(ctx, orderID, event.Customer{})
			_, tp := viewCart.Start(ctx, event.Web)
			tp.End()
			feedback.NPS.Request(ctx)
			feedback.NPS.Record(ctx, 9)
			checkout.Complete(ctx)
			seen := map[string]bool{}
			for _, sm := range p.collect().ScopeMetrics {
				for _, m := range sm.Metrics {
					for _, tid := range exemplars(m) {
						seen[m.Name] = true
						if want := c.want(request.SpanContext().TraceID()); tid != want {
							t.Errorf("the exemplar of %s leads to %v, want %v: %s", m.Name, tid, want, c.reason)
						}
					}
				}
			}
			for _, name := range []string{
				"cx.journey.started", "cx.journey.ended", "cx.journey.duration", "cx.journey.stage.duration",
				"cx.touchpoint.interactions", "cx.touchpoint.duration",
				"cx.feedback.requests", "cx.feedback.responses", "cx.feedback.score", "cx.slo.events",
			} {
				if !seen[name] {
					t.Errorf("%s has no exemplar", name)
				}
			}
		})
	}
}

// exemplars returns the traces of the metric's exemplars.
func exemplars(m metricdata.Metrics) (ids []trace.TraceID) {
	add := func(id []byte) {
		var tid trace.TraceID
		copy(tid[:], id)
		ids = append(ids, tid)
	}
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			for _, x := range p.Exemplars {
				add(x.TraceID)
			}
		}
	case metricdata.Histogram[int64]:
		for _, p := range d.DataPoints {
			for _, x := range p.Exemplars {
				add(x.TraceID)
			}
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			for _, x := range p.Exemplars {
				add(x.TraceID)
			}
		}
	}
	return ids
}

// TestNoIDsOnMetrics plays a story with IDs, hashes and the caller's own attributes everywhere.
func TestNoIDsOnMetrics(t *testing.T) {
	t.Parallel()
	s := tell(t)
	caused := false
	for _, p := range s.all() {
		points := p.points()
		if len(points) == 0 {
			t.Fatalf("the test proves nothing: the metrics have no points")
		}
		for key := range points {
			for _, bad := range []string{orderID, hashOfSecret, "first-order", "user.hash", "session.id", "cx.journey.id", "cx.cause"} {
				if bad == "cx.cause" && strings.HasPrefix(key, "cx.touchpoint.failures{") {
					caused = true
					continue // this metric may have the cause, bounded
				}
				if strings.Contains(key, bad) {
					t.Errorf("%q is on the metric %s", bad, key)
				}
			}
		}
	}
	if !caused {
		t.Error("no failure of the story has a cause, so the test would not find one on another metric")
	}
}
