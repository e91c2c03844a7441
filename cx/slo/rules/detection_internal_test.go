package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// TestDetectionTime: after a healthy time each alert fires when Google's SRE Workbook (chapter 5, "Alerting on SLOs") says that it does,
// and not before: after (factor × (1 − target) / share of bad events) × long window. It is silent again when the short window is
// over the trouble. promtool evaluates the rules, at a step that is a part of the short window.
func TestDetectionTime(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CAIRN_NO_SKIP") == "1" {
			t.Fatal("promtool is not in PATH: install the package prometheus")
		}
		t.Skip("promtool is not in PATH: install the package prometheus")
	}
	o := slo.Objective{Name: "x", Journey: "checkout", Target: 0.999, Window: slo.Window{Days: 30}}
	c, err := configure(nil)
	if err != nil {
		t.Fatal(err)
	}
	burns, err := c.burns(o)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{"test", "rules"}
	save := func(name string, w *writer) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, w.bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "x.rules.yaml" {
			args = append(args, path)
		}
	}
	rules := c.objectiveGroup(&o, burns)
	w := new(writer)
	w.file(file{groups: []group{rules}})
	save("x.rules.yaml", w)
	for i, d := range []struct {
		step     time.Duration
		bad      float64       // share of the events during the trouble
		detected time.Duration // by the workbook's formula, worked out by hand
	}{
		{15 * time.Second, 0.1, 8*time.Minute + 38*time.Second}, // 0.0144 / 0.1 × 60 min = 8.64 min
		{2 * time.Minute, 0.012, 3 * time.Hour},                 // 0.006 / 0.012 × 6 h
		{30 * time.Minute, 0.002, 36 * time.Hour},               // 0.001 / 0.002 × 3 d
	} {
		b := &burns[i]
		t := &tale{c, &o, burns, rules.rules, 1_000_000, &testFile{name: span(b.Long), eval: d.step}}
		s := t.begin("detection", d.step)
		healthy, trouble := s.steps(b.Long), s.steps(d.detected)+8
		over := s.steps(b.Short) + 2
		s.life("a", s.mix(healthy, 0), s.mix(trouble, d.bad), s.mix(over, 0))
		start := s.after(healthy)
		s.rings((start+d.detected).Truncate(d.step)-2*d.step, b, false)
		s.rings((start+d.detected).Truncate(d.step)+4*d.step, b, true)
		s.rings(start+s.after(trouble+over), b, false)
		w := new(writer)
		w.tests(t.file, "x.rules.yaml")
		save(t.file.name+".test.yaml", w)
	}
	if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}
