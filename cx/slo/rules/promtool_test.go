package rules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// tool returns the path of a program that the tests need.
func tool(t *testing.T, name, install string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CAIRN_NO_SKIP") == "1" {
			t.Fatalf("%s is not in PATH: install the package %s", name, install)
		}
		t.Skipf("%s is not in PATH: install the package %s", name, install)
	}
	return path
}

// write writes the files into a folder, and returns their paths.
func write(t *testing.T, folder string, files []rules.File) (paths []string) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(folder, filepath.FromSlash(f.Name))
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// ending returns the paths with that ending.
func ending(paths []string, end string) (list []string) {
	for _, p := range paths {
		if strings.HasSuffix(p, end) {
			list = append(list, p)
		}
	}
	return list
}

// issue is the blueprint that has an objective of each kind.
const issue = "one of each kind"

func number(f float64) *float64 { return &f }

// blueprints are sets of objectives which differ in everything that rules depend on.
func blueprints() map[string][]slo.Objective {
	checkout := slo.Objective{
		Name: "checkout-completes", Journey: "checkout", Target: 0.95, Window: slo.Window{Days: 28},
		Good:  slo.Criteria{Outcomes: []event.Outcome{event.Completed}, Within: 3 * time.Minute},
		Owner: "team-payments", Runbook: "https://wiki.example/checkout", By: []slo.Dimension{slo.ByChannel, slo.BySegment},
	}
	fast := slo.Objective{
		Name: "payment-feels-fast", Touchpoint: "submit-payment", Target: 0.9, Window: slo.Window{Days: 7},
		Good: slo.Criteria{Zones: []event.Zone{event.Satisfied}},
	}
	satisfied := slo.Objective{
		Name: "customers-satisfied", Survey: "post-purchase", Target: 0.85, Window: slo.Window{Days: 28}, MinEvents: 50,
		Good: slo.Criteria{ScoreAtLeast: number(4)}, Owner: "team-care",
	}
	answered := slo.Objective{Name: "orders-answered", Journey: "order", Promise: "answered", Target: 0.99, Window: slo.Window{Period: slo.CalendarMonth}}
	buying := slo.Objective{
		Name: "buying", Target: 0.92, Window: slo.Window{Days: 28}, Owner: "team-payments",
		Of: []slo.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "customers-satisfied", Weight: 1}},
	}
	week := slo.Objective{
		Name: "week", Journey: "checkout", Target: 0.99, Window: slo.Window{Period: slo.CalendarWeek, Zone: "Asia/Tokyo"}, By: slo.Dimensions(),
	}
	journey := func(name string, target float64, w slo.Window) slo.Objective {
		return slo.Objective{Name: name, Journey: "checkout", Target: target, Window: w}
	}
	return map[string][]slo.Objective{
		issue:              {checkout, fast, satisfied, answered, buying},
		"six nines":        {journey("six-nines", 0.999999, slo.Window{Days: 28})},
		"a fifth":          {journey("fifth", 0.2, slo.Window{Days: 28})},
		"one day":          {journey("day", 0.99, slo.Window{Days: 1})},
		"odd":              {journey(`Ein "Kauf" {{ $value }} ä/+*?[x]`, 0.93, slo.Window{Days: 17})},
		"calendar week":    {week},
		"calendar quarter": {journey("quarter", 0.99, slo.Window{Period: slo.CalendarQuarter, Zone: "Asia/Kolkata"})},
		"clocks change":    {journey("month", 0.99, slo.Window{Period: slo.CalendarMonth, Zone: "Europe/Berlin"})},
	}
}

// TestPromtool runs promtool, the consumer's own tool, over everything that is generated.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool", "prometheus")
	for name, objectives := range blueprints() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, promtool, objectives, name == issue || name == "calendar week")
		})
	}
	t.Run("breakdowns", func(t *testing.T) {
		t.Parallel()
		check(t, promtool, nil, true, rules.WithBreakdowns("team-product"), rules.WithMatcher("namespace", "a \"b\" {{ $value }} `c` 5%d\\"))
		check(t, promtool, nil, true, rules.WithBreakdowns(""))
	})
	t.Run("one namespace, and a slower scrape", func(t *testing.T) {
		t.Parallel()
		check(t, promtool, blueprints()[issue][:1], false, rules.WithMatcher("namespace", "production"), rules.WithScrape(30*time.Second))
	})
}

// TestRareScrapes: with a scrape every 5 minutes the windows of an alert are 24 and 20 minutes, of which most of the long one is in the
// short one.
func TestRareScrapes(t *testing.T) {
	t.Parallel()
	promtool := tool(t, "promtool", "prometheus")
	files, err := rules.Prometheus([]slo.Objective{objective(0.931, slo.Window{Days: 2})}, rules.WithScrape(5*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	paths := ending(write(t, t.TempDir(), files), ".burn-24m.test.yaml")
	if len(paths) != 1 {
		t.Fatalf("there are %d tests of the alert over 24 minutes", len(paths))
	}
	if out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", paths[0]).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

// check generates, and runs promtool over the files: over the rules always, and over their tests, which take long, if they are among the
// sampled ones, or all are wanted (CAIRN_WHOLE=1).
func check(t *testing.T, promtool string, objectives []slo.Objective, sampled bool, opts ...rules.Option) {
	t.Helper()
	tests := os.Getenv("CAIRN_WHOLE") == "1" || sampled && !testing.Short()
	files, err := rules.Prometheus(objectives, opts...)
	if err != nil {
		t.Fatal(err)
	}
	paths := write(t, t.TempDir(), files)
	for _, args := range [][]string{
		append([]string{"check", "rules", "--lint=all", "--lint-fatal"}, ending(paths, ".rules.yaml")...),
		append([]string{"test", "rules"}, ending(paths, ".test.yaml")...),
	} {
		if args[0] == "test" && !tests {
			continue
		}
		if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args[:2], " "), err, out)
		}
	}
}
