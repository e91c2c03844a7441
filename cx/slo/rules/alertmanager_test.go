package rules_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// TestAmtool asks amtool, the consumer's own tool, whether the configuration is valid, and which receiver an alert goes to.
func TestAmtool(t *testing.T) {
	t.Parallel()
	amtool := tool(t, "amtool", "prometheus-alertmanager")
	objectives := blueprints()[issue]
	odd := []string{`Team "Ä" .*`, "会計\u3000係", "no\u00a0break", "private\ue000", `back\slash \n`, `{a="b",c!~"d"}`}
	for i, owner := range odd {
		objectives = append(objectives, slo.Objective{
			Name: fmt.Sprint("odd", i), Journey: "odd", Target: 0.99, Window: slo.Window{Days: 28}, Owner: owner,
		})
	}
	file, err := rules.Alertmanager(objectives, rules.WithBreakdowns("team-product"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "alertmanager.yaml")
	write(t, filepath.Dir(path), []rules.File{file})
	if out, err := exec.CommandContext(t.Context(), amtool, "check-config", path).CombinedOutput(); err != nil {
		t.Fatalf("amtool: %v\n%s", err, out)
	}
	type route struct{ reason, alert, owner, severity, want string }
	list := []route{
		{"the owner's page", rules.BurnsFast, "team-payments", "page", "team-payments-page"},
		{"the owner's ticket", rules.BudgetSpent, "team-payments", "ticket", "team-payments-ticket"},
		{"another owner", rules.BurnsSlowly, "team-care", "ticket", "team-care-ticket"},
		{"a team that owns nothing here", rules.BurnsFast, "team-unknown", "page", "cairn-page"},
		{"the owner of the breakdowns", rules.BreakdownOverdue, "team-product", "ticket", "team-product-ticket"},
		{"no owner", "CairnIsDead", "", "page", "cairn-page"},
		{"no owner, a ticket", "CairnIsSilent", "", "ticket", "cairn-ticket"},
		{"another alert of the owner is none of ours", "DiskFull", "team-payments", "page", "cairn"},
	}
	for _, owner := range odd {
		list = append(list, route{"an odd name is one", rules.BurnsFast, owner, "page", owner + "-page"})
	}
	for _, c := range list {
		args := []string{"config", "routes", "test", "--config.file=" + path, "alertname=" + c.alert, "severity=" + c.severity}
		if c.owner != "" {
			args = append(args, `owner="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(c.owner)+`"`)
		}
		out, err := exec.CommandContext(t.Context(), amtool, args...).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("%s: it goes to %q, not %q (%v)", c.reason, got, c.want, err)
		}
	}
}
