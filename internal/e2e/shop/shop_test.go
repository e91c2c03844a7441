// Package shop_test runs the shop's two services as processes with a real OpenTelemetry Collector and a real
// Prometheus, and checks their data.
package shop_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/telemetry"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/internal/e2e/servers"
)

const (
	customers = 40
	day       = 24 * time.Hour
	patience  = time.Minute
)

// TestTwoDays lets a crowd shop yesterday, stops both processes, and lets the same customers call and answer today
// in new processes, which have no memory of yesterday.
func TestTwoDays(t *testing.T) {
	collector := servers.StartCollector(t)
	prometheus := servers.StartPrometheus(t, collector.MetricsAddr())

	yesterday := startDay(t, collector, -day)
	visits, err := crowd.Driver{Storefront: yesterday.storefront.url, Customers: customers}.FirstDay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	yesterday.ahead(2 * time.Hour) // ends the abandoned journeys
	yesterday.stop()

	today := startDay(t, collector, 0)
	if err := (crowd.Driver{Storefront: today.storefront.url, Customers: customers}).NextDay(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
	today.stop()

	want := crowd.Expect(customers)
	var spans []servers.Span
	servers.Eventually(t, patience, func() error {
		spans = collector.Traces(t)
		return complete(spans, visits)
	})
	t.Run("each journey is one whole trace", func(t *testing.T) { journeysAreWhole(t, spans, visits) })
	t.Run("a journey has two services and two days", func(t *testing.T) { twoDays(t, spans, visits) })
	t.Run("touchpoints and requests are linked both ways", func(t *testing.T) { linked(t, spans, visits) })
	t.Run("a failure is an error", func(t *testing.T) { errorsAreMarked(t, spans) })
	t.Run("the root says what went wrong", func(t *testing.T) { rootsTell(t, spans) })
	t.Run("metrics count what happened", func(t *testing.T) { metricsCount(t, prometheus, want) })
	t.Run("log events tell what happened", func(t *testing.T) { logsTell(t, collector, want) })
	t.Run("no event was refused or lost", func(t *testing.T) { nothingLost(t, prometheus) })
}

// traceOf returns the ID of the trace, which follows from the order number.
func traceOf(order string) string {
	j := event.Run{Namespace: "default", Name: "checkout", ID: order}
	return j.TraceID().String()
}

func byTrace(spans []servers.Span) map[string][]servers.Span {
	out := map[string][]servers.Span{}
	for _, s := range spans {
		out[s.TraceID] = append(out[s.TraceID], s)
	}
	return out
}

// complete returns an error until every journey has its root and the events of the next day.
func complete(spans []servers.Span, visits []crowd.Visit) error {
	traces := byTrace(spans)
	for _, v := range visits {
		names := map[string]int{}
		for _, s := range traces[traceOf(v.Order)] {
			names[s.Name]++
		}
		if names["checkout"] == 0 {
			return fmt.Errorf("order %s has no root span yet", v.Order)
		}
		if v.Customer.Call != crowd.NoCall && names["call-support"] == 0 {
			return fmt.Errorf("order %s has no call yet", v.Order)
		}
		if v.Customer.NPSVia != 0 && names["nps"] == 0 {
			return fmt.Errorf("order %s has no answer yet", v.Order)
		}
	}
	return nil
}

func journeysAreWhole(t *testing.T, spans []servers.Span, visits []crowd.Visit) {
	traces := byTrace(spans)
	for _, v := range visits {
		trace := traces[traceOf(v.Order)]
		known := map[string]servers.Span{}
		for _, s := range trace {
			if _, twice := known[s.SpanID]; twice {
				t.Errorf("order %s: the span %s %s occurs twice", v.Order, s.Name, s.SpanID)
			}
			known[s.SpanID] = s
		}
		roots := 0
		for _, s := range trace {
			switch parent, ok := known[s.ParentSpanID]; {
			case s.ParentSpanID == "":
				roots++
				if s.Name != "checkout" || s.Attributes["cx.journey.id"] != v.Order {
					t.Errorf("order %s: the root is %s of %v", v.Order, s.Name, s.Attributes["cx.journey.id"])
				}
			case !ok:
				t.Errorf("order %s: the parent of %s is not in the trace", v.Order, s.Name)
			case parent.Name == "call-support" && (s.Name == "queue" || s.Name == "talk"): // the parts of a contact with people
			case parent.Name != "checkout" && parent.Name != s.Attributes["cx.stage.name"]:
				t.Errorf("order %s: %s, in stage %v, is a child of %s", v.Order, s.Name, s.Attributes["cx.stage.name"], parent.Name)
			}
		}
		if roots != 1 {
			t.Errorf("order %s: %d roots, want 1", v.Order, roots)
		}
		if got, want := touchpoints(trace), expected(v.Customer); !maps.Equal(got, want) {
			t.Errorf("order %s, customer %d: touchpoints (-want +got):\n%s", v.Order, v.Customer.Index, cmp.Diff(want, got))
		}
	}
}

// touchpoints counts a trace's touchpoints by name.
func touchpoints(trace []servers.Span) map[string]int {
	out := map[string]int{}
	for _, s := range trace {
		switch s.Name {
		case "view-cart", "enter-address", "submit-payment", "charge-card", "order-confirmed", "call-support":
			out[s.Name]++
		}
	}
	return out
}

// expected returns the expected touchpoints of a customer's trace, from the customer's behaviour.
func expected(c crowd.Customer) map[string]int {
	out := map[string]int{"view-cart": 1}
	if c.Leaves != "cart" && c.Leaves != "address" {
		out["enter-address"] = 1
	}
	if n := len(c.Cards); n > 0 {
		out["submit-payment"], out["charge-card"] = n, n
	}
	if c.Leaves == "" {
		out["order-confirmed"] = 1
	}
	if c.Call != crowd.NoCall {
		out["call-support"] = 1
	}
	return out
}

func twoDays(t *testing.T, spans []servers.Span, visits []crowd.Visit) {
	traces := byTrace(spans)
	found := 0
	for _, v := range visits {
		if v.Customer.Call == crowd.NoCall || len(v.Customer.Cards) == 0 {
			continue
		}
		found++
		trace := traces[traceOf(v.Order)]
		byStart := func(a, b servers.Span) int { return a.Start.Compare(b.Start) }
		first, last := slices.MinFunc(trace, byStart), slices.MaxFunc(trace, byStart)
		if apart := last.Start.Sub(first.Start); apart < day-time.Hour {
			t.Errorf("order %s: first and last span are %v apart, want about a day", v.Order, apart)
		}
		services := map[string]bool{}
		for _, s := range trace {
			services[s.Service] = true
		}
		if !services["storefront"] || !services["payments"] {
			t.Errorf("order %s: the services are %v, want both", v.Order, services)
		}
	}
	if found == 0 {
		t.Fatal("no customer of the crowd pays and calls: the test proves nothing")
	}
}

func linked(t *testing.T, spans []servers.Span, visits []crowd.Visit) {
	all := map[string]servers.Span{} // by trace and span ID
	for _, s := range spans {
		all[s.TraceID+s.SpanID] = s
	}
	traces := byTrace(spans)
	checked := 0
	for _, v := range visits {
		journey := traceOf(v.Order)
		for _, twin := range traces[journey] {
			if len(touchpoints([]servers.Span{twin})) == 0 && twin.Name != "post-purchase" && twin.Name != "nps" {
				continue
			}
			checked++
			if len(twin.Links) != 1 {
				t.Errorf("order %s: %s has %d links, want 1, to its request", v.Order, twin.Name, len(twin.Links))
				continue
			}
			request, ok := all[twin.Links[0].TraceID+twin.Links[0].SpanID]
			if !ok {
				t.Errorf("order %s: %s links to a request span that does not exist", v.Order, twin.Name)
				continue
			}
			// The span of an answer to a request for feedback is made when the answer is told: its HTTP request links to the journey as a whole.
			// The one behind the link of a mail does not, because only the requests know what they are about.
			answer := twin.Name == "post-purchase" || twin.Name == "nps"
			back := answer && v.Customer.NPSVia == event.Email && twin.Name == "nps" || slices.ContainsFunc(request.Links, func(l servers.Link) bool {
				return l.TraceID == journey && (l.SpanID == twin.SpanID || answer)
			})
			if !back {
				t.Errorf("order %s: the request of %s does not link back to it: %v", v.Order, twin.Name, request.Links)
			}
		}
	}
	if checked == 0 {
		t.Fatal("the test checked no touchpoint")
	}
}

// errorsAreMarked checks that the journey's spans say what failed for the customer. A request's span follows
// OpenTelemetry's conventions and is an error only if the server is at fault: a declined card must not alert
// anyone.
func errorsAreMarked(t *testing.T, spans []servers.Span) {
	failed, declined := 0, 0
	for _, s := range spans {
		outcome := s.Attributes["cx.outcome"]
		if outcome == nil {
			continue
		}
		if outcome == "failed" {
			failed++
		}
		want := outcome == "failed"
		if status, request := s.Attributes["http.response.status_code"].(int64); request && want && status < 500 {
			want = false
			declined++
		}
		if want != (s.StatusCode == codes.Error) && s.Name != "POST /payments" {
			t.Errorf("%s is %v, and its status is %v", s.Name, outcome, s.StatusCode)
		}
		if cause := s.Attributes["cx.cause"]; want && cause != nil && s.StatusCode == codes.Error && s.StatusMessage != cause {
			t.Errorf("%s of %s failed by %v, and its status says %q", s.Name, s.Service, cause, s.StatusMessage)
		}
	}
	if failed == 0 || declined == 0 || declined == failed {
		t.Fatal("no touchpoint failed: the test proves nothing")
	}
}

// rootsTell finds journeys by the attributes of their own spans, as an SRE does, and compares them with the
// touchpoints that the storefront has seen, which has the state of its journeys.
func rootsTell(t *testing.T, spans []servers.Span) {
	found := 0
	for _, trace := range byTrace(spans) {
		for _, root := range trace {
			if root.ParentSpanID != "" || root.Name != "checkout" || root.Scope != telemetry.JourneyScope {
				continue
			}
			failures := int64(0)
			for _, s := range trace {
				if s.Service == root.Service && s.Attributes["cx.touchpoint.name"] != nil && s.Attributes["cx.outcome"] == "failed" && !s.Start.After(root.End) {
					failures++
				}
			}
			if got := root.Attributes["cx.journey.failure_count"]; got != failures {
				t.Errorf("%v: cx.journey.failure_count is %v, and %d touchpoints have failed", root.Attributes["cx.journey.id"], got, failures)
			}
			if failures > 0 {
				found++
				if root.Attributes["cx.journey.last_cause"] == nil {
					t.Errorf("%v: no cx.journey.last_cause", root.Attributes["cx.journey.id"])
				}
			}
			if root.Attributes["cx.journey.last_touchpoint"] == nil {
				t.Errorf("%v: no cx.journey.last_touchpoint", root.Attributes["cx.journey.id"])
			}
		}
	}
	if found == 0 {
		t.Fatal("no journey had a failure: the test proves nothing")
	}
}

func metricsCount(t *testing.T, p *servers.Prometheus, want crowd.Counts) {
	type query struct {
		promql string
		want   map[string]float64
	}
	touchpoints := map[string]float64{}
	for name, outcomes := range want.Touchpoints {
		for outcome, n := range outcomes {
			touchpoints[name+"/"+outcome] = float64(n)
		}
	}
	answers := map[string]float64{}
	for survey, verdicts := range want.Answers {
		for verdict, n := range verdicts {
			answers[survey+"/"+verdict] = float64(n)
		}
	}
	floats := func(m map[string]int) map[string]float64 {
		out := map[string]float64{}
		for k, n := range m {
			out[k] = float64(n)
		}
		return out
	}
	for name, q := range map[string]query{
		"journeys started": {`sum(cx_journey_started_total{cx_journey_name="checkout"})`, map[string]float64{"": float64(want.Started)}},
		"journeys ended":   {`sum by (cx_outcome) (cx_journey_ended_total{cx_journey_name="checkout"}) > 0`, floats(want.Ended)},
		"where they left":  {`sum by (cx_stage_name) (cx_journey_exits_total{cx_journey_name="checkout", cx_outcome="abandoned"}) > 0`, floats(want.Abandoned)},
		"durations":        {`sum by (cx_outcome) (cx_journey_duration_seconds_count{cx_journey_name="checkout"})`, floats(want.Ended)},
		"touchpoints":      {`sum by (cx_touchpoint_name, cx_outcome) (cx_touchpoint_interactions_total)`, touchpoints},
		"their durations":  {`sum by (cx_touchpoint_name, cx_outcome) (cx_touchpoint_duration_seconds_count)`, touchpoints},
		"stages left":      {`sum by (cx_stage_name) (cx_journey_stage_duration_seconds_count{cx_journey_name="checkout"})`, floats(want.Entered)},
		"answers":          {`sum by (cx_survey_name, cx_feedback_verdict) (cx_feedback_responses_total) > 0`, answers},
		"promises": {`sum by (cx_promise_name, cx_promise_kept) (cx_promise_settled_total{cx_journey_name="checkout"})`, map[string]float64{
			"confirmed/true":  float64(want.Promises[experience.Confirmed][crowd.PromiseKept]),
			"confirmed/false": float64(want.Promises[experience.Confirmed][crowd.PromiseBroken]),
		}},
		"questions": {`sum by (cx_survey_name) (cx_feedback_requests_total) > 0`, floats(want.Asked)},
		"follow-ups": {`sum by (cx_journey_name) (cx_journey_started_total{cx_journey_name=~"recovery|complaint"})`, map[string]float64{
			"recovery":  float64(want.FollowUps["recovery"]["dissatisfied"] + want.FollowUps["recovery"]["detractor"]),
			"complaint": float64(want.FollowUps["complaint"]["complaint"]),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			servers.Eventually(t, patience, func() error {
				got := map[string]float64{}
				for _, s := range p.Query(t, q.promql) {
					var key string
					for _, label := range []string{"cx_journey_name", "cx_touchpoint_name", "cx_survey_name", "cx_stage_name", "cx_promise_name", "cx_outcome", "cx_feedback_verdict", "cx_promise_kept"} {
						if v, ok := s.Labels[label]; ok && key != "" {
							key += "/" + v
						} else if ok {
							key = v
						}
					}
					got[key] = s.Value
				}
				if diff := cmp.Diff(q.want, got); diff != "" {
					return errors.New(q.promql + " (-want +got):\n" + diff)
				}
				return nil
			})
		})
	}
}

func logsTell(t *testing.T, c *servers.Collector, want crowd.Counts) {
	ends, broken, answers := map[string]int{}, map[string]int{}, map[string]map[string]int{}
	for _, r := range c.Logs(t) {
		text := func(k string) string { s, _ := r.Attributes[k].(string); return s }
		switch r.EventName {
		case "cx.journey.ended":
			if text("cx.journey.name") != "checkout" { // a follow-up, which ends with the demonstration
				continue
			}
			ends[text("cx.outcome")]++
			if r.TraceID != traceOf(text("cx.journey.id")) {
				t.Errorf("the end of %s is in the trace %s", text("cx.journey.id"), r.TraceID)
			}
		case "cx.promise.broken":
			broken[text("cx.promise.name")]++
		case "cx.feedback.received":
			if answers[text("cx.survey.name")] == nil {
				answers[text("cx.survey.name")] = map[string]int{}
			}
			answers[text("cx.survey.name")][text("cx.feedback.verdict")]++
		}
	}
	if diff := cmp.Diff(want.Ended, ends); diff != "" {
		t.Errorf("ends (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{experience.Confirmed: want.Promises[experience.Confirmed][crowd.PromiseBroken]}, broken); diff != "" {
		t.Errorf("broken promises (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.Answers, answers); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func nothingLost(t *testing.T, p *servers.Prometheus) {
	for _, s := range p.Query(t, `sum by (error_type) (cx_sdk_faults_total) > 0`) {
		t.Errorf("%v faults %s", s.Value, s.Labels["error_type"])
	}
	for _, s := range p.Query(t, `sum(cx_sdk_processor_dropped_total) > 0`) {
		t.Errorf("%v events dropped", s.Value)
	}
}
