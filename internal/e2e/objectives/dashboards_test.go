package objectives_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/slo/grafana"
	"cairncx.dev/cairn/internal/e2e/servers"
)

// drawn asks each query of the dashboard of the objectives, which draws what the rules have recorded. None has nothing to draw. The test of
// package shop asks those of all dashboards, on a Prometheus that scrapes the shop's processes.
func drawn(t *testing.T, p *servers.Prometheus, b *blueprint.Blueprint) {
	t.Helper()
	list, err := grafana.Dashboards(b)
	if err != nil {
		t.Fatal(err)
	}
	ranges := strings.NewReplacer("$__range", "1d", "$__rate_interval", "4m")
	n := 0
	var walk func(dashboard string, v any)
	walk = func(dashboard string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if expr, ok := v["expr"].(string); ok {
				n++
				if !some(p.Query(t, ranges.Replace(expr))) {
					t.Errorf("%s has nothing for %s", dashboard, expr)
				}
			}
			for _, child := range v {
				walk(dashboard, child)
			}
		case []any:
			for _, child := range v {
				walk(dashboard, child)
			}
		}
	}
	for _, d := range list {
		if d.Name != "objectives" {
			continue
		}
		var read any
		if err := json.Unmarshal(d.JSON, &read); err != nil {
			t.Fatal(err)
		}
		walk(d.Name, read)
	}
	if n == 0 {
		t.Error("there is no dashboard of the objectives")
	}
	t.Logf("%d queries return something", n)
}

// some reports whether a sample is a number.
func some(list []servers.Sample) bool {
	for _, s := range list {
		if !math.IsNaN(s.Value) {
			return true
		}
	}
	return false
}
