package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/fault"
	"cairncx.dev/cairn/cx/slo/rules"
)

// operatePage returns docs/operate.md and the registry of telemetry names.
func operatePage(t *testing.T) (page, registry string) {
	t.Helper()
	texts := make([]string, 2)
	for i, path := range []string{"docs/operate.md", "cx/telemetry/semconv/README.md"} {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(text)
	}
	return texts[0], texts[1]
}

var (
	faultRow     = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [A-Z].*\\. \\|$")
	promName     = regexp.MustCompile(`\bcx_[a-z_]+`)
	otelName     = regexp.MustCompile("`(cx\\.[a-z_.]+)`")
	registryProm = regexp.MustCompile("(?m)^\\| (?:counter|updowncounter|histogram|gauge) \\| [^|]+ \\| `(cx_[a-z_]+)`")
	errorType    = regexp.MustCompile(`error_type(?:=|!=|=~|!~)"([^"]*)"`)
	alertRules   = regexp.MustCompile("(?s)```yaml\n(groups:\n.*?)```")
)

// section returns the part of the page below the heading.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/operate.md has no heading %q", heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

// TestEachFaultHasAnAction: the page has one action for each fault, and none for another.
func TestEachFaultHasAnAction(t *testing.T) {
	t.Parallel()
	page, _ := operatePage(t)
	rows := map[string]int{}
	for _, row := range faultRow.FindAllStringSubmatch(section(t, page, "What to do about each fault"), -1) {
		rows[row[1]]++
	}
	for f := range fault.Fault(fault.Num) {
		if n := rows[f.String()]; n != 1 {
			t.Errorf("docs/operate.md has %d actions for the fault %s, want one row of a table, whose action is a sentence", n, f)
		}
		delete(rows, f.String())
	}
	for name := range rows {
		t.Errorf("docs/operate.md has an action for %s, which is no fault", name)
	}
}

// TestOperateNamesExist: each metric, label and reason on the page is in the registry, or is what the generated rules record.
func TestOperateNamesExist(t *testing.T) {
	t.Parallel()
	page, registry := operatePage(t)
	known := map[string]bool{}
	for _, m := range registryProm.FindAllStringSubmatch(registry, -1) {
		known[m[1]] = true
	}
	metrics := len(known)
	for _, recorded := range []string{rules.Bad, rules.Events, rules.BadRatio, rules.Budget, rules.Target, rules.Window, rules.Heard, rules.Period, rules.SplitBad} {
		known[strings.Split(recorded, ":")[1]] = true // level:metric:operations
	}
	for _, m := range regexp.MustCompile("(?m)^#+ (cx\\.[a-z_.]+)$").FindAllStringSubmatch(registry, -1) {
		known[m[1]] = true
		known[strings.ReplaceAll(m[1], ".", "_")] = true
	}
	if metrics < 20 || len(known) < 60 {
		t.Fatalf("found %d metrics and %d names in the registry", metrics, len(known))
	}
	names := promName.FindAllString(page, -1)
	for _, m := range otelName.FindAllStringSubmatch(page, -1) {
		names = append(names, m[1])
	}
	if len(names) < 30 {
		t.Fatalf("found only %d names on the page", len(names))
	}
	for _, name := range names {
		if !known[strings.TrimSuffix(name, "_bucket")] { // a histogram's series
			t.Errorf("docs/operate.md has %s, which is not in the registry", name)
		}
	}
	for _, m := range errorType.FindAllStringSubmatch(page, -1) {
		for value := range strings.SplitSeq(m[1], "|") {
			if value != "" && !strings.Contains(registry, "| `"+value+"` | ") {
				t.Errorf("docs/operate.md selects the error_type %q, which is not in the registry", value)
			}
		}
	}
}

// TestObjectivesCode: the Go of the section on objectives stands in an example that runs.
func TestObjectivesCode(t *testing.T) {
	t.Parallel()
	page, _ := operatePage(t)
	shown := block.FindStringSubmatch(section(t, page, "Watch the objectives"))
	source, err := os.ReadFile(filepath.Join(root, "cx/options_example_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	if shown == nil || !strings.Contains(string(source), shown[1]) {
		t.Errorf("the section shows %q, which no example of cx has", shown)
	}
}

// TestAlertRules: Prometheus accepts the alert rules.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	page, _ := operatePage(t)
	rules := alertRules.FindStringSubmatch(section(t, page, "Set alerts"))
	if rules == nil || strings.Count(rules[1], "alert:") < 5 {
		t.Fatal("docs/operate.md has no alert rules")
	}
	tool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CAIRN_NO_SKIP") == "1" {
			t.Fatal("promtool is not in PATH: install the package prometheus")
		}
		t.Skip("promtool is not in PATH: install the package prometheus")
	}
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(file, []byte(rules[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), tool, "check", "rules", "--lint=all", "--lint-fatal", file).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}
