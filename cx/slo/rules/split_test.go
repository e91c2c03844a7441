package rules_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
	"cairncx.dev/cairn/cx/telemetry/semconv"
)

// TestSplitLabels: the labels are the attributes that the counter has, as Prometheus writes them.
func TestSplitLabels(t *testing.T) {
	t.Parallel()
	keys := map[slo.Dimension]attribute.Key{
		slo.ByChannel: semconv.ChannelKey, slo.BySegment: semconv.CustomerSegmentKey, slo.ByActor: semconv.ActorKey,
		slo.ByIntent: semconv.IntentKey, slo.ByRelease: semconv.ServiceVersionKey, slo.ByArm: semconv.FeatureFlagResultVariantKey, "mood": "",
	}
	for _, d := range append(slo.Dimensions(), "mood") {
		if got, want := rules.SplitLabel(d), strings.ReplaceAll(string(keys[d]), ".", "_"); got != want {
			t.Errorf("the label of %s is %q, want %q", d, got, want)
		}
	}
}

// TestSplitIsBounded: with one combination more than the limit Prometheus records no combination, and the objective is counted as before.
// promtool fails where a rule fails.
func TestSplitIsBounded(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool", "prometheus")
	files, err := rules.Prometheus([]slo.Objective{{
		Name: "x", Journey: "checkout", Target: 0.99, Window: slo.Window{Days: 1}, By: []slo.Dimension{slo.ByIntent},
	}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, files)
	for _, c := range []struct {
		combinations int
		fails        bool
	}{{slo.MaxSeries, false}, {slo.MaxSeries + 1, true}} {
		var b strings.Builder
		b.WriteString("rule_files: [x.rules.yaml]\nevaluation_interval: 4m\ntests:\n  - interval: 4m\n    input_series:\n")
		for i := range c.combinations {
			for _, result := range []string{"good", "bad"} {
				fmt.Fprintf(&b, "      - series: cx_slo_events_total{cx_objective_name=\"x\",cx_objective_result=%q,cx_intent=\"%d\"}\n        values: 100+1x15\n", result, i)
			}
		}
		fmt.Fprintf(&b, "    promql_expr_test:\n      - expr: round(%s)\n        eval_time: 1h\n        exp_samples: [{labels: '{cx_objective_name=\"x\"}', value: %d}]\n",
			rules.Events, 30*c.combinations)
		test := filepath.Join(dir, "limit.test.yaml")
		if err := os.WriteFile(test, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", test).CombinedOutput()
		said := strings.Contains(string(out), fmt.Sprintf("exceeded limit of %d with %d series", slo.MaxSeries, c.combinations))
		if (err != nil) != c.fails || said != c.fails || strings.Contains(string(out), "got:") {
			t.Errorf("%d combinations: %v\n%s", c.combinations, err, out)
		}
	}
}
