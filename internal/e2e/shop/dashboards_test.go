package shop_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/grafana"
	"cairncx.dev/cairn/cx/slo/rules"
	"cairncx.dev/cairn/examples/shop/crowd"
	"cairncx.dev/cairn/examples/shop/experience"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// answerAll lets the support team answer each customer who waits, and returns how many there were.
func answerAll(t *testing.T, team *visitor, prometheus *servers.Prometheus) int {
	t.Helper()
	waiting := map[string][]string{}
	form := regexp.MustCompile(`name="name" value="([a-z]+)"><input type="hidden" name="id" value="([^"]+)"`)
	for _, m := range form.FindAllStringSubmatch(team.get("/care/"), -1) {
		if name, id := m[1], m[2]; !slices.Contains(waiting[name], id) {
			waiting[name] = append(waiting[name], id)
		}
	}
	answered := 0
	for name, ids := range waiting {
		for i, id := range ids {
			for _, step := range []string{"acknowledged", "told", "confirmed"} {
				team.post("/care/move", "name", name, "id", id, "to", step, "note", "We are sorry.")
			}
			answered++
			if i > 0 {
				continue
			}
			// An increase needs two different samples, so Prometheus sees the first end before the others.
			servers.Eventually(t, patience, func() error {
				if n, _ := prometheus.Value(t, fmt.Sprintf(`sum(cx_journey_ended_total{cx_journey_name=%q})`, name)); n < 1 {
					return fmt.Errorf("no end of a follow-up %q is counted yet", name)
				}
				return nil
			})
		}
	}
	return answered
}

// promised returns the shop's definitions and objectives as a blueprint.
func promised(t *testing.T) *blueprint.Blueprint {
	t.Helper()
	b, err := blueprint.From(experience.Definitions()...)
	if err != nil {
		t.Fatal(err)
	}
	week, satisfied := slo.Window{Days: 7}, 4
	b.Objectives = []blueprint.Objective{
		{
			Name: "checkout-completes", Journey: "checkout", Good: blueprint.Good{Within: blueprint.Duration(20 * time.Minute)},
			Except: blueprint.Except{Outcome: []string{"cancelled"}}, Target: 0.6, Window: week, By: []string{"channel"},
		},
		{Name: "orders-confirmed", Journey: "checkout", Promise: experience.Confirmed, Target: 0.9, Window: week},
		{Name: "payment-feels-fast", Touchpoint: "submit-payment", Good: blueprint.Good{Apdex: []string{"satisfied"}}, Target: 0.8, Window: week},
		{Name: "customers-satisfied", Survey: "post-purchase", Good: blueprint.Good{ScoreAtLeast: &satisfied}, Target: 0.7, Window: week, MinEvents: 20},
		{Name: "shopping", Of: []blueprint.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "customers-satisfied", Weight: 1}}, Target: 0.6, Window: week},
	}
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(b.AllObjectives())
	if err != nil {
		t.Fatal(err)
	}
	if want, err := json.Marshal(experience.Objectives()); err != nil || string(got) != string(want) {
		t.Fatalf("the blueprint has the objectives\n%s\nthe shop has\n%s", got, want)
	}
	return b
}

// past has the hourly counts that the rules would have recorded for the objectives within the last three hours. The rules add up whole hours
// over the window of an objective, and no test waits for one.
func past(objectives []slo.Objective) string {
	var b strings.Builder
	now := time.Now().Truncate(time.Minute)
	for _, series := range []struct {
		name  string
		value int
	}{{"cx_slo_bad:increase_hour", 2}, {"cx_slo_events:increase_hour", 40}} {
		add := func(format string, args ...any) {
			labels := fmt.Sprintf(format, args...)
			for at := now.Add(-3 * time.Hour); at.Before(now.Add(-time.Minute)); at = at.Add(time.Minute) {
				fmt.Fprintf(&b, "%s %d %d\n", labels, series.value, at.Unix())
			}
		}
		for _, o := range objectives {
			if len(o.Of) == 0 {
				add("objective:%s{cx_objective_name=%q}", series.name, o.Name)
			}
			for _, d := range o.By {
				add("objective_split:%s{cx_objective_name=%q,%s=%q}", series.name, o.Name, rules.SplitLabel(d), "phone")
			}
		}
	}
	b.WriteString("# EOF\n")
	return b.String()
}

// panel is a query with its place.
type panel struct{ dashboard, title, expr string }

// panels returns the queries of the dashboards. Every window is longer than the test, so that the crowd stays in it.
func panels(t *testing.T, list []grafana.Dashboard) (all []panel) {
	t.Helper()
	type shape struct {
		Title   string
		Targets []struct{ Expr string }
	}
	for _, d := range list {
		var read struct {
			Panels []struct {
				shape
				Panels []shape
			}
		}
		if err := json.Unmarshal(d.JSON, &read); err != nil {
			t.Fatal(err)
		}
		for _, p := range read.Panels {
			for _, s := range append([]shape{p.shape}, p.Panels...) {
				for _, q := range s.Targets {
					all = append(all, panel{d.Name, s.Title, strings.NewReplacer("$__range", "10m", "$__rate_interval", "10m").Replace(q.Expr)})
				}
			}
		}
	}
	return all
}

// TestDashboards: on a Prometheus that the shop has filled, with the rules of its objectives, no query of a dashboard is empty, and what is
// counted is what the crowd did.
func TestDashboards(t *testing.T) {
	b := promised(t)
	dir := t.TempDir()
	files, err := rules.Prometheus(b.AllObjectives(), rules.WithScrape(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	var ruleFiles []string
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".rules.yaml") {
			path := filepath.Join(dir, f.Name)
			if err := os.WriteFile(path, f.Data, 0o600); err != nil {
				t.Fatal(err)
			}
			ruleFiles = append(ruleFiles, path)
		}
	}
	collector := servers.StartCollector(t)
	prometheus := servers.StartPrometheusWith(t, servers.PrometheusSettings{
		Targets: []string{collector.MetricsAddr()}, Rules: ruleFiles, Past: past(b.AllObjectives()),
	})
	env := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.OTLPHTTPEndpoint(), "OTEL_METRIC_EXPORT_INTERVAL=500", "SHOP_CUSTOMER_KEY=a key for end-to-end tests"}
	payments := startService(t, "payments", env, "-clock=0s", "-export", "jsonl:"+filepath.Join(dir, "payments.jsonl"))
	storefront := startService(t, "storefront", env, "-clock=0s", "-payments", payments.url, "-export", "jsonl:"+filepath.Join(dir, "events.jsonl"), "-spool", filepath.Join(dir, "spool"))
	day := pair{payments, storefront}
	// increase sees what comes after the first sample, so Prometheus has the zeros of each service before a customer comes.
	servers.Eventually(t, patience, func() error {
		for _, service := range []string{"payments", "storefront"} {
			for _, metric := range []string{"cx_slo_events_total", "cx_journey_started_total"} {
				if n, ok := prometheus.Value(t, `sum(`+metric+`{job="`+service+`"})`); !ok || n != 0 {
					return fmt.Errorf("%s of %s is %v, found: %v, want a zero", metric, service, n, ok)
				}
			}
		}
		return nil
	})
	driver := crowd.Driver{Storefront: storefront.url, Customers: customers}
	visits, err := driver.FirstDay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// A rate needs two different samples, so Prometheus sees the exports of the first day before those of the next.
	servers.Eventually(t, patience, func() error {
		if _, ok := prometheus.Value(t, `sum(cx_sdk_exporter_operation_duration_seconds_count)`); !ok {
			return errors.New("no export is counted yet")
		}
		return nil
	})
	if err := driver.NextDay(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
	day.ahead(2 * time.Hour) // ends the abandoned journeys
	want := crowd.Expect(customers)
	servers.Eventually(t, patience, func() error {
		if got, _ := prometheus.Value(t, `sum(cx_journey_ended_total)`); got != float64(want.Started) {
			return fmt.Errorf("%v of %d journeys ended", got, want.Started)
		}
		return nil
	})

	if n := answerAll(t, newVisitor(t, storefront.url), prometheus); n != want.FollowUps["complaint"]["complaint"]+want.FollowUps["recovery"]["detractor"]+want.FollowUps["recovery"]["dissatisfied"] {
		t.Errorf("the team has answered %d customers, want those of %v", n, want.FollowUps)
	}

	list, err := grafana.Dashboards(b)
	if err != nil {
		t.Fatal(err)
	}
	all := panels(t, list)
	ended, _ := prometheus.Value(t, `sum(cx_feedback_closed_total)`)
	for _, p := range all {
		if strings.Contains(p.expr, `"`+experience.GaveUp.Name()+`"`) { // nobody of the crowd gives up
			continue
		}
		if p.title == "Answered" && ended < 5 { // there is no rate of fewer requests
			continue
		}
		servers.Eventually(t, 2*patience, func() error { // the rules are evaluated once a minute
			for _, s := range prometheus.Query(t, p.expr) {
				if !math.IsNaN(s.Value) {
					return nil
				}
			}
			return fmt.Errorf("%s, %s: nothing: %s", p.dashboard, p.title, p.expr)
		})
	}
	t.Logf("%d queries return something", len(all))

	sum := func(title string) (total float64) {
		for _, p := range all {
			if p.title == title {
				for _, s := range prometheus.Query(t, p.expr) {
					total += s.Value
				}
			}
		}
		return total
	}
	interactions, answers := 0, 0
	for _, outcomes := range want.Touchpoints {
		for _, n := range outcomes {
			interactions += n
		}
	}
	for _, verdicts := range want.Answers {
		for _, n := range verdicts {
			answers += n
		}
	}
	for title, n := range map[string]int{"Started": want.Started, "Outcomes": interactions, "Answers": answers} {
		if got := sum(title); math.Abs(got-float64(n)) > 0.1*float64(n) { // increase is an estimate
			t.Errorf("the panel %s counts %s, want about %d", title, strconv.FormatFloat(got, 'f', 1, 64), n)
		}
	}
	day.stop()
	scoresByHand(t, filepath.Join(dir, "events.jsonl"))
}
