package consumers_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo/grafana"
	"cairncx.dev/cairn/internal/sample"
)

// expressions returns the queries of a dashboard, with Grafana's variables replaced.
func expressions(t *testing.T, d grafana.Dashboard) (all []string) {
	t.Helper()
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if expr, ok := v["expr"].(string); ok {
				all = append(all, strings.NewReplacer("$__range", "7d", "$__rate_interval", "4m").Replace(expr))
			}
			for _, child := range v {
				walk(child)
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	var read any
	if err := json.Unmarshal(d.JSON, &read); err != nil {
		t.Fatal(err)
	}
	walk(read)
	if len(all) == 0 {
		t.Errorf("%s has no query", d.Name)
	}
	return all
}

// TestQueriesParse: Prometheus' parser reads every query of every dashboard, and finds the names of the blueprint in it as values and
// nowhere else.
func TestQueriesParse(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]*blueprint.Blueprint{"shop": sample.Shop(), "hostile": sample.Hostile()} {
		list, err := grafana.Dashboards(b)
		if err != nil {
			t.Fatal(err)
		}
		named := map[string]map[string]bool{} // label, value
		n := 0
		for _, d := range list {
			for _, text := range expressions(t, d) {
				expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
				if err != nil {
					t.Errorf("%s, %s: %v\n%s", name, d.Name, err, text)
					continue
				}
				n++
				for _, selectors := range parser.ExtractSelectors(expr) {
					for _, m := range selectors {
						if m.Type == labels.MatchEqual && m.Name != labels.MetricName {
							if named[m.Name] == nil {
								named[m.Name] = map[string]bool{}
							}
							named[m.Name][m.Value] = true
						}
					}
				}
			}
		}
		for i := range b.Journeys {
			if !named["cx_journey_name"][b.Journeys[i].Name] {
				t.Errorf("%s: no query is about the journey %q", name, b.Journeys[i].Name)
			}
		}
		for i := range b.Surveys {
			if !named["cx_survey_name"][b.Surveys[i].Name] {
				t.Errorf("%s: no query is about the survey %q", name, b.Surveys[i].Name)
			}
		}
		for _, o := range b.AllObjectives() {
			if !named["cx_objective_name"][o.Name] {
				t.Errorf("%s: no query is about the objective %q", name, o.Name)
			}
		}
		t.Logf("%s: %d queries parse", name, n)
	}
}

// TestTouchpointsMatch: the regular expression over the names of touchpoints matches each of them, and no other text.
func TestTouchpointsMatch(t *testing.T) {
	t.Parallel()
	b := sample.Hostile()
	list, err := grafana.Dashboards(b)
	if err != nil {
		t.Fatal(err)
	}
	var matchers []*labels.Matcher
	for _, d := range list {
		for _, text := range expressions(t, d) {
			expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
			if err != nil {
				t.Fatal(err)
			}
			for _, selectors := range parser.ExtractSelectors(expr) {
				for _, m := range selectors {
					if m.Name == "cx_touchpoint_name" {
						matchers = append(matchers, m)
					}
				}
			}
		}
	}
	matched := func(s string) bool {
		for _, m := range matchers {
			if m.Matches(s) {
				return true
			}
		}
		return false
	}
	for i := range b.Touchpoints {
		if !matched(b.Touchpoints[i].Name) {
			t.Errorf("no query finds the touchpoint %q", b.Touchpoints[i].Name)
		}
	}
	for _, other := range []string{"", "x", "anything"} {
		if matched(other) {
			t.Errorf("a query finds the touchpoint %q, which does not exist", other)
		}
	}
}
