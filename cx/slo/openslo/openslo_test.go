package openslo_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/openslo"
)

var update = flag.Bool("update", false, "write the file in testdata")

// shop returns a blueprint whose objectives use everything.
func shop() *blueprint.Blueprint {
	four, two := 4, 2
	return &blueprint.Blueprint{
		Version: blueprint.Version, Zone: "Europe/London",
		Journeys: []blueprint.Journey{{
			Name: "checkout", Owner: "team-payments", AbandonAfter: blueprint.Duration(time.Hour), Stages: []blueprint.Stage{{Name: "payment"}},
			Promises: []blueprint.Promise{{Name: "confirmed", From: "payment", Within: blueprint.Within{Duration: blueprint.Duration(time.Minute)}}},
		}},
		Touchpoints: []blueprint.Touchpoint{{Name: "Submit payment", Journey: "checkout", Stage: "payment", Satisfied: blueprint.Duration(time.Second)}},
		Surveys:     []blueprint.Survey{{Name: "checkout", Scale: "csat"}},
		Hours:       map[string]blueprint.Hours{"office": {Zone: "Europe/London", Open: map[string]blueprint.Openings{"mon-fri": {"09:00-17:30"}}}},
		Queues:      []blueprint.Queue{{Name: "support", Hours: "office", ServiceLevel: blueprint.ServiceLevel{Within: blueprint.Duration(20 * time.Second), Variant: "ignored"}}},
		Intents:     []string{"refund"},
		Objectives: []blueprint.Objective{
			{
				Name: "checkout-completes", Description: "Customers get what they came for", Journey: "checkout", Owner: "team-payments", Runbook: "https://wiki.example/checkout",
				Good:   blueprint.Good{Outcome: []string{"completed", "cancelled"}, Within: blueprint.Duration(3 * time.Minute)},
				Except: blueprint.Except{Actor: []string{"delegate"}, Channel: []string{"api"}, Segment: []string{"a \"test\""}, Outcome: []string{"abandoned"}, Cause: []string{"fraud"}},
				Target: 0.999, Window: slo.Window{Days: 28}, By: []string{"channel", "segment"},
			},
			{Name: "Payment feels fast", Touchpoint: "Submit payment", Owner: "team-payments", Good: blueprint.Good{Apdex: []string{"satisfied"}}, Target: 0.9, Window: slo.Window{Days: 7}},
			{Name: "satisfied", Survey: "checkout", Good: blueprint.Good{ScoreAtLeast: &two, ScoreAtMost: &four, Verdict: []string{"positive"}}, Target: 0.85, Window: slo.Window{Days: 28}, MinEvents: 50},
			{Name: "confirmed", Journey: "checkout", Promise: "confirmed", Owner: "team-payments", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth}},
			{Name: "quarterly", Journey: "checkout", Owner: "team-payments", Target: 0.5, Window: slo.Window{Period: slo.CalendarQuarter}},
			{Name: "weekly", Journey: "checkout", Owner: "team-payments", Target: 0.5, Window: slo.Window{Period: slo.CalendarWeek}},
			{Name: "support-answers", Queue: "support", Owner: "team-payments", Good: blueprint.Good{ServiceLevel: true}, Target: 0.8, Window: slo.Window{Days: 28}, By: []string{"channel", "intent"}},
			{Name: "support-waits", Queue: "support", Owner: "team-payments", Good: blueprint.Good{WaitWithin: blueprint.Duration(2 * time.Minute)}, Target: 0.95, Window: slo.Window{Days: 28}},
			{Name: "support-replies", Queue: "support", Owner: "team-payments", Good: blueprint.Good{FirstReplyWithin: blueprint.Duration(4 * time.Hour)}, Target: 0.9, Window: slo.Window{Days: 7}},
			{Name: "solved-at-once", Effort: slo.AllEfforts, Owner: "team-payments", Target: 0.7, Window: slo.Window{Days: 28}, MinEvents: 30},
			{Name: "refunds-at-once", Effort: "refund", Owner: "team-payments", Target: 0.7, Window: slo.Window{Days: 28}},
			{Name: "buying", Of: []blueprint.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "satisfied", Weight: 1}}, Target: 0.92, Window: slo.Window{Days: 28}},
		},
	}
}

func write(t *testing.T, b *blueprint.Blueprint, opts ...openslo.Option) []byte {
	t.Helper()
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	text, err := openslo.Write(b.AllObjectives(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestGolden(t *testing.T) {
	t.Parallel()
	const golden = "testdata/shop.yaml"
	got := write(t, shop(), openslo.WithSource("shop.yaml"))
	if *update {
		if err := os.WriteFile(golden, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the file differs from %s; run go test -update and look at the difference:\n%s", golden, got)
	}
	if again := write(t, shop(), openslo.WithSource("shop.yaml")); !bytes.Equal(got, again) {
		t.Error("a second call gives another file")
	}
	if text := string(write(t, shop(), openslo.WithoutAlerts())); strings.Contains(text, "Alert") || strings.Contains(text, "alertPolicies") {
		t.Error("WithoutAlerts writes alerts")
	}
}

// TestRoundTrip: what is read is what was written, but for composites.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	b := shop()
	list, warnings, err := openslo.Read(bytes.NewReader(write(t, b)))
	if err != nil {
		t.Fatal(err)
	}
	want := b.Objectives[:len(b.Objectives)-1]
	if got, want := asJSON(t, list), asJSON(t, want); got != want {
		t.Errorf("the objectives are\n%s\nwant\n%s", got, want)
	}
	for _, w := range warnings {
		if !strings.Contains(w.Message, "alert policies") && !strings.Contains(w.Message, "write zone: Europe/London") {
			t.Errorf("there is the warning %s", w)
		}
	}
	if len(warnings) != 14 { // alerts of eleven objectives, and the zones of three
		t.Errorf("there are %d warnings: %v", len(warnings), warnings)
	}
}

// TestRoundTripOfOddTexts: names with wide spaces and private characters, and descriptions of several lines, are what they were. A wide
// space is not a space: the objective would be about another journey.
func TestRoundTripOfOddTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"a\u3000b", "no\u00a0break", "thin\u2009space", "private\ue000", "far\U000f0000", "emoji 😀", `"q" 'q' \ \n`, "- x: y #z", "true", "null", "1.50", "9007199254740993",
		"replacement \ufffd",
	} {
		b := &blueprint.Blueprint{
			Version:  blueprint.Version,
			Journeys: []blueprint.Journey{{Name: text, AbandonAfter: blueprint.Duration(time.Hour)}},
			Objectives: []blueprint.Objective{{
				Name: text, Description: "Two lines:\n\n- " + text + "\u2028 and\ttabs", Owner: text, Journey: text, Except: blueprint.Except{Segment: []string{text}, Cause: []string{text}},
				Target: 0.9, Window: slo.Window{Days: 7},
			}},
		}
		list, _, err := openslo.Read(bytes.NewReader(write(t, b)))
		if err != nil {
			t.Errorf("%+q: %v", text, err)
			continue
		}
		if got, want := asJSON(t, list), asJSON(t, b.Objectives); got != want {
			t.Errorf("%+q: the objective is\n%s\nwant\n%s", text, got, want)
		}
	}
}

// TestServicesAreApart: a journey whose name begins with the word of another kind has a Service of its own.
func TestServicesAreApart(t *testing.T) {
	t.Parallel()
	week := slo.Window{Days: 7}
	text, err := openslo.Write([]slo.Objective{
		{Name: "a", Journey: "touchpoint-pay", Target: 0.9, Window: week},
		{Name: "b", Touchpoint: "pay", Target: 0.9, Window: week},
		{Name: "c", Journey: "journey-touchpoint-pay", Target: 0.9, Window: week},
		{Name: "d", Queue: "pay", Good: slo.Criteria{WaitWithin: time.Minute}, Target: 0.9, Window: week},
		{Name: "e", Journey: "queue-pay", Target: 0.9, Window: week},
		{Name: "f", Effort: "pay", Target: 0.9, Window: week},
		{Name: "g", Journey: "effort-pay", Target: 0.9, Window: week},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "kind: Service\n"); n != 7 {
		t.Errorf("seven things have %d services", n)
	}
}

// TestWholeScores: answers are whole, so at least 3.5 is at least 4, and at most 4.5 is at most 4.
func TestWholeScores(t *testing.T) {
	t.Parallel()
	least, most := 3.5, 4.5
	text, err := openslo.Write([]slo.Objective{{
		Name: "a", Survey: "s", Good: slo.Criteria{ScoreAtLeast: &least, ScoreAtMost: &most}, Target: 0.9, Window: slo.Window{Days: 7},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{\"score_at_least\":4,\"score_at_most\":4}`; !strings.Contains(string(text), want) {
		t.Errorf("there is no %s in\n%s", want, text)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// foreign is the example of an SLO in the specification of OpenSLO v1, with a time window and a budgeting method, which the example leaves
// out.
const foreign = `apiVersion: openslo/v1
kind: SLO
metadata:
  name: foo-slo
  displayName: Foo SLO
spec:
  description: This is a great description
  service: foo
  indicator:
    metadata:
      name: foo-error
      displayName: Foo Error
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            metricSourceRef: datadog-datasource
            type: Datadog
            spec:
              query: sum:trace.http.request.hits.by_http_status{http.status_code:200}.as_count()
        total:
          metricSource:
            metricSourceRef: datadog-datasource
            type: Datadog
            spec:
              query: sum:trace.http.request.hits.by_http_status{*}.as_count()
  timeWindow:
    - duration: 4w
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - displayName: Foo Total Errors
      targetPercent: 99.9
`

func ExampleRead() {
	list, warnings, err := openslo.Read(strings.NewReader(foreign))
	if err != nil {
		fmt.Println(err)
	}
	for _, o := range list {
		fmt.Println(o.Name, o.Target, o.Window)
	}
	for _, w := range warnings {
		fmt.Println(w)
	}
	// Output:
	// foo-slo 99.9% 28d
	// SLO foo-slo: has a query, which says nothing of journeys: add what the objective is about (journey, promise, touchpoint or survey) and what is good
}

func ExampleWrite() {
	text, err := openslo.Write([]slo.Objective{{Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Days: 28}}}, openslo.WithoutAlerts())
	if err != nil {
		fmt.Println(err)
	}
	_, objective, _ := strings.Cut(string(text), "kind: SLO\n")
	fmt.Print(objective)
	// Output:
	// metadata:
	//   name: "checkout-completes"
	//   annotations:
	//     cairncx.dev/objective: "checkout-completes"
	//     cairncx.dev/journey: "checkout"
	// spec:
	//   description: "95% of the runs of \"checkout\" end completed, over 28 days."
	//   service: "checkout"
	//   indicator:
	//     metadata:
	//       name: "checkout-completes"
	//     spec:
	//       ratioMetric:
	//         counter: true
	//         good:
	//           metricSource:
	//             metricSourceRef: "prometheus"
	//             type: Prometheus
	//             spec:
	//               query: "sum(cx_slo_events_total{cx_objective_name=\"checkout-completes\", cx_objective_result=\"good\"})"
	//         total:
	//           metricSource:
	//             metricSourceRef: "prometheus"
	//             type: Prometheus
	//             spec:
	//               query: "sum(cx_slo_events_total{cx_objective_name=\"checkout-completes\", cx_objective_result=~\"good|bad\"})"
	//   timeWindow:
	//     - duration: 28d
	//       isRolling: true
	//   budgetingMethod: Occurrences
	//   objectives:
	//     - displayName: good
	//       target: 0.95
}

func TestReadFaults(t *testing.T) {
	t.Parallel()
	change := func(old, with string) string {
		if !strings.Contains(foreign, old) {
			t.Fatalf("the example has no %q", old)
		}
		return strings.Replace(foreign, old, with, 1)
	}
	calendar := func(duration, start string) string {
		return change("duration: 4w\n      isRolling: true", "duration: "+duration+"\n      calendar: {startTime: "+start+", timeZone: America/New_York}")
	}
	const count = "          metricSource:\n            metricSourceRef: datadog-datasource"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "no object of the kind SLO"},
		{"another version", change("openslo/v1", "openslo/v1alpha"), `the apiVersion "openslo/v1alpha"`},
		{"no YAML", "a: [", "document 1"},
		{"too large", strings.Repeat("#", openslo.MaxFile+1), "more than 262144 bytes"},
		{"time slices", change("Occurrences", "Timeslices"), `budgetingMethod is "Timeslices"`},
		{"no method", change("  budgetingMethod: Occurrences\n", ""), `budgetingMethod is ""`},
		{"two targets", change("      targetPercent: 99.9", "      targetPercent: 99.9\n    - target: 0.9"), "it has 2 objectives"},
		{"both targets", change("      targetPercent: 99.9", "      targetPercent: 99.9\n      target: 0.9"), "both a target and a targetPercent"},
		{"no target", change("      targetPercent: 99.9\n", ""), "it has no target"},
		{"all of them", change("targetPercent: 99.9", "target: 1"), "the target is 1:"},
		{"none of them", change("targetPercent: 99.9", "target: 0"), "the target is 0:"},
		{"a composite", change("targetPercent: 99.9", "targetPercent: 99.9\n      indicatorRef: x"), "it is a composite"},
		{"a threshold", change("targetPercent: 99.9", "targetPercent: 99.9\n      op: lt\n      value: 3"), "the threshold of a metric"},
		{"an indicator with a threshold", change("ratioMetric:", "thresholdMetric:"), "the threshold of a metric"},
		{"a referenced threshold", strings.Replace(change("indicator:\n", "indicatorRef: x\n  unused:\n"), count, count, 1) +
			"---\napiVersion: openslo/v1\nkind: SLI\nmetadata: {name: x}\nspec: {thresholdMetric: {metricSource: {}}}\n", "the threshold of a metric"},
		{"hours", change("4w", "12h"), `its window is "12h"`},
		{"a year", change("4w", "365d"), `its window is "365d"`},
		{"neither rolling nor a calendar", change("      isRolling: true\n", ""), "neither rolling nor one of a calendar"},
		{"no window", change("  timeWindow:\n    - duration: 4w\n      isRolling: true\n", ""), "it has 0 time windows"},
		{"a year of a calendar", calendar("1Y", "2020-01-01 00:00:00"), `a period of "1Y"`},
		{"a month from its middle", calendar("1M", "2020-01-21 12:30:00"), `counted from "2020-01-21 12:30:00"`},
		{"a week from Tuesday", calendar("1w", "2024-01-02 00:00:00"), `counted from "2024-01-02 00:00:00"`},
		{"a quarter from February", calendar("1Q", "2024-02-01 00:00:00"), `counted from`},
		{"an annotation that is no JSON", change("  displayName: Foo SLO\n", "  annotations: {cairncx.dev/good: no}\n"), "the annotation cairncx.dev/good"},
		{"an annotation that is no number", change("  displayName: Foo SLO\n", "  annotations: {cairncx.dev/min-events: many}\n"), "the annotation cairncx.dev/min-events"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list, _, err := openslo.Read(strings.NewReader(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) || len(list) > 0 {
				t.Errorf("there are %d objectives and the error %v, want %q", len(list), err, c.want)
			}
		})
	}
	for name, text := range map[string]string{"month": calendar("1M", "2020-01-01 00:00:00"), "RFC 3339": calendar("1M", "2020-01-01T00:00:00Z")} {
		if list, _, err := openslo.Read(strings.NewReader(text)); err != nil || len(list) != 1 || list[0].Window != (slo.Window{Period: slo.CalendarMonth}) {
			t.Errorf("%s: there are the objectives %v and the error %v", name, list, err)
		}
	}
}

func TestWriteFaults(t *testing.T) {
	t.Parallel()
	objective := func(name string) slo.Objective {
		return slo.Objective{Name: name, Journey: "x", Target: 0.9, Window: slo.Window{Days: 7}}
	}
	for _, c := range []struct {
		name   string
		list   []slo.Objective
		option openslo.Option
		want   string
	}{
		{"not valid", []slo.Objective{{Name: "a"}}, nil, "is about nothing"},
		{"a data source in capitals", []slo.Objective{objective("a")}, openslo.WithDataSource("Prometheus"), "WithDataSource"},
		{"no data source", []slo.Objective{objective("a")}, openslo.WithDataSource(""), "WithDataSource"},
	} {
		if text, err := openslo.Write(c.list, c.option); err == nil || !strings.Contains(err.Error(), c.want) || text != nil {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.want)
		}
	}
	text, err := openslo.Write([]slo.Objective{objective("Pay now"), objective("pay-now"), objective("支払い"), objective(strings.Repeat("x", 64)), objective("---")})
	if err != nil {
		t.Fatal(err)
	}
	if list, _, err := openslo.Read(bytes.NewReader(text)); err != nil || len(list) != 5 || list[0].Name != "Pay now" || list[2].Name != "支払い" {
		t.Errorf("names that are similar in OpenSLO are read as %v, %v", list, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(foreign))
	if text, err := os.ReadFile("testdata/shop.yaml"); err == nil {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			t.Skip("longer inputs test nothing else")
		}
		list, _, err := openslo.Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, o := range list {
			if !(o.Target > 0 && o.Target < 1) || o.Window.Validate() != nil {
				t.Errorf("%q is read as an objective with the target %v and the window %v", data, o.Target, o.Window)
			}
		}
	})
}
