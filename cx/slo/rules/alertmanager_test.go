package rules_test

import (
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
	objectives := append(blueprints()[issue], slo.Objective{
		Name: "odd", Journey: "odd", Target: 0.99, Window: slo.Window{Days: 28}, Owner: `Team "Ä" .*`,
	})
	file, err := rules.Alertmanager(objectives)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "alertmanager.yaml")
	write(t, filepath.Dir(path), []rules.File{file})
	if out, err := exec.CommandContext(t.Context(), amtool, "check-config", path).CombinedOutput(); err != nil {
		t.Fatalf("amtool: %v\n%s", err, out)
	}
	for _, c := range []struct{ reason, alert, owner, severity, want string }{
		{"the owner's page", rules.BurnsFast, "team-payments", "page", "team-payments-page"},
		{"the owner's ticket", rules.BudgetSpent, "team-payments", "ticket", "team-payments-ticket"},
		{"another owner", rules.BurnsSlowly, "team-care", "ticket", "team-care-ticket"},
		{"an owner is no pattern", rules.BurnsFast, `Team "Ä" .*`, "page", `Team "Ä" .*-page`},
		{"a team that owns nothing here", rules.BurnsFast, "team-unknown", "page", "cairn-page"},
		{"no owner", "CairnIsDead", "", "page", "cairn-page"},
		{"no owner, a ticket", "CairnIsSilent", "", "ticket", "cairn-ticket"},
		{"another alert of the owner is none of ours", "DiskFull", "team-payments", "page", "cairn"},
	} {
		args := []string{"config", "routes", "test", "--config.file=" + path, "alertname=" + c.alert, "severity=" + c.severity}
		if c.owner != "" {
			args = append(args, "owner="+strings.ReplaceAll(c.owner, `"`, `\"`))
		}
		out, err := exec.CommandContext(t.Context(), amtool, args...).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("%s: it goes to %q, not %q (%v)", c.reason, got, c.want, err)
		}
	}
}
