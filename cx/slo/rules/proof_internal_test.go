package rules

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/internal/text"
)

// proven is a blueprint whose rules have every form that there is.
func proven() []slo.Objective {
	four := 4.0
	return []slo.Objective{
		{
			Name: "checkout-completes", Journey: "checkout", Target: 0.99, Window: slo.Window{Days: 28}, Owner: "team-payments",
			Good: slo.Criteria{Within: 3 * time.Minute}, By: []slo.Dimension{slo.ByChannel, slo.BySegment},
		},
		{
			Name: "customers-satisfied", Survey: "post-purchase", Target: 0.85, Window: slo.Window{Days: 28}, MinEvents: 50, Owner: "team-care",
			Good: slo.Criteria{ScoreAtLeast: &four},
		},
		{
			Name: "payment-feels-fast", Touchpoint: "submit-payment", Target: 0.9, Window: slo.Window{Days: 7}, Good: slo.Criteria{Zones: []event.Zone{event.Satisfied}},
		},
		{Name: "orders-answered", Journey: "order", Promise: "answered", Target: 0.999, Window: slo.Window{Period: slo.CalendarMonth}, By: []slo.Dimension{slo.ByRelease}},
		{Name: "orders-this-quarter", Journey: "order", Target: 0.95, Window: slo.Window{Period: slo.CalendarQuarter, Zone: "Asia/Kolkata"}},
		{
			Name: "support-answers", Queue: "support", Target: 0.8, Window: slo.Window{Days: 28}, Owner: "team-care",
			Good: slo.Criteria{ServiceLevel: assist.Level{Within: 20 * time.Second}}, By: []slo.Dimension{slo.ByChannel, slo.ByIntent},
		},
		{Name: "mail-replies", Queue: "mail", Target: 0.9, Window: slo.Window{Period: slo.CalendarMonth}, Good: slo.Criteria{FirstReplyWithin: 4 * time.Hour, OpenHours: true}},
		{Name: "solved-at-once", Effort: slo.AllEfforts, Target: 0.7, Window: slo.Window{Days: 28}, MinEvents: 30, Owner: "team-care"},
		{
			Name: "buying", Target: 0.92, Window: slo.Window{Days: 28}, Owner: "team-payments",
			Of: []slo.Part{{Objective: "checkout-completes", Weight: 3}, {Objective: "customers-satisfied", Weight: 1}},
		},
	}
}

// mutant is a mutation of one rule of a set.
type mutant struct {
	mutation
	set    *set
	group  int
	index  int
	folder string
	tests  []string // files with one case each that have not been tried
	killed bool
}

// sample is how many mutants a run tries. CAIRN_RULE_MUTANTS is another number, or all; CAIRN_RULE_SEED another choice; CAIRN_RULE_NAME
// a part of the names of the rules that are changed, and CAIRN_RULE_SET a part of the names of their files, which are those of the objectives.
const sample = 6

// TestEachMutationFailsATest is the proof that the unit tests look at everything: it changes one rule at a time and runs the tests with
// promtool. A changed rule that passes all of them is a survivor, unless the change is one of the listed equivalents, of which a rule
// with the change does the same. It tries a sample, and prints the numbers.
func TestEachMutationFailsATest(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs promtool many times")
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CAIRN_NO_SKIP") == "1" {
			t.Fatal("promtool is not in PATH: install the package prometheus")
		}
		t.Skip("promtool is not in PATH: install the package prometheus")
	}
	c, err := configure([]Option{WithMatcher("namespace", "production"), WithBreakdowns("team-product")})
	if err != nil {
		t.Fatal(err)
	}
	sets, err := c.sets(proven())
	if err != nil {
		t.Fatal(err)
	}
	all, equivalents := mutants(c, sets)
	chosen, seed := choose(t, all)
	prepare(t, promtool, chosen)
	kill(t, promtool, chosen)
	kinds := map[string]int{}
	for _, m := range chosen {
		kinds[m.kind]++
		if !m.killed {
			t.Errorf("survivor: %s: %s of %s in %s:\n%s", m.kind, m.what, m.rule.name(), m.set.name, m.rule.expr)
		}
	}
	t.Logf("%d rules have %d mutants and %d equivalents; tried %d (seed %d): %v", count(sets), len(all), len(equivalents), len(chosen), seed, kinds)
	reasons := map[string]int{}
	for _, m := range equivalents {
		reasons[m.kind+": "+m.equivalent]++
	}
	for _, r := range keys(reasons) {
		t.Logf("equivalent %3d × %s", reasons[r], r)
	}
}

func keys(m map[string]int) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

func count(sets []set) (n int) {
	for _, s := range sets {
		for _, g := range s.rules.groups {
			n += len(g.rules)
		}
	}
	return n
}

// mutants returns the mutants of all rules, and the equivalent ones apart.
func mutants(c *config, sets []set) (all, equivalents []*mutant) {
	for i := range sets {
		s := &sets[i]
		for g := range s.rules.groups {
			for j := range s.rules.groups[g].rules {
				for _, m := range mutations(&s.rules.groups[g].rules[j]) {
					m.equivalent = equivalent(c, s, &m)
					mutated := &mutant{mutation: m, set: s, group: g, index: j}
					if m.equivalent != "" {
						equivalents = append(equivalents, mutated)
					} else {
						all = append(all, mutated)
					}
				}
			}
		}
	}
	return all, equivalents
}

// choose returns a sample of the mutants.
func choose(t *testing.T, all []*mutant) (chosen []*mutant, seed uint64) {
	t.Helper()
	n := sample
	switch env := os.Getenv("CAIRN_RULE_MUTANTS"); env {
	case "":
	case "all":
		n = len(all)
	default:
		var err error
		if n, err = strconv.Atoi(env); err != nil {
			t.Fatalf("CAIRN_RULE_MUTANTS is %q: set it to a number, or to all", env)
		}
	}
	seed = 1
	if env := os.Getenv("CAIRN_RULE_SEED"); env != "" {
		var err error
		if seed, err = strconv.ParseUint(env, 10, 64); err != nil {
			t.Fatalf("CAIRN_RULE_SEED is %q: set it to a number", env)
		}
	}
	for _, m := range all {
		if strings.Contains(m.rule.name(), os.Getenv("CAIRN_RULE_NAME")) && strings.Contains(m.set.name, os.Getenv("CAIRN_RULE_SET")) {
			chosen = append(chosen, m)
		}
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] }) //nolint:gosec // repeatable
	return chosen[:min(n, len(chosen))], seed
}

// prepare writes each mutant into a folder of its own, with a file for each test case, and checks that Prometheus accepts the rule: one
// that cannot be loaded would prove nothing.
func prepare(t *testing.T, promtool string, chosen []*mutant) {
	t.Helper()
	root := t.TempDir()
	check := []string{"check", "rules"}
	for i, m := range chosen {
		m.folder = filepath.Join(root, strconv.Itoa(i))
		if err := os.Mkdir(m.folder, 0o700); err != nil {
			t.Fatal(err)
		}
		rules := m.set.rules
		rules.groups = slices.Clone(rules.groups)
		rules.groups[m.group].rules = slices.Clone(rules.groups[m.group].rules)
		rules.groups[m.group].rules[m.index] = m.rule
		w := new(writer)
		w.file(rules)
		path := filepath.Join(m.folder, "x.rules.yaml")
		if err := os.WriteFile(path, w.bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		check = append(check, path)
		for _, f := range likely(m) {
			for k, c := range f.cases {
				w := new(writer)
				w.tests(&testFile{eval: f.eval, order: f.order, cases: []*testCase{c}}, "x.rules.yaml")
				path := filepath.Join(m.folder, fmt.Sprintf("%s-%d.test.yaml", f.name, k))
				if err := os.WriteFile(path, w.bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				m.tests = append(m.tests, path)
			}
		}
	}
	if out, err := exec.CommandContext(t.Context(), promtool, check...).CombinedOutput(); err != nil {
		t.Fatalf("a mutant is not valid: %v\n%s", err, out)
	}
}

// likely returns the tests of the mutant's rules: those first that are about its window.
func likely(m *mutant) []testFile {
	first := func(f testFile) bool {
		d, ok := strings.CutPrefix(f.name, "burn-")
		switch name := m.rule.name(); {
		case strings.HasPrefix(f.name, "split"):
			return strings.HasPrefix(name, "objective_split:")
		case ok && m.rule.record != "":
			return strings.HasSuffix(name, "increase"+d)
		case ok:
			return slices.Contains(m.rule.labels, pair{"cx_window", d})
		case strings.HasPrefix(name, "objective_split:"):
			return false
		case f.name == "budget":
			return strings.HasSuffix(name, "window") || strings.HasSuffix(name, "hour") || name == Budget || name == Target || name == Window || name == BudgetSpent
		default:
			return false
		}
	}
	list := slices.Clone(m.set.tests)
	slices.SortStableFunc(list, func(a, b testFile) int {
		switch {
		case first(a) == first(b):
			return 0
		case first(a):
			return -1
		default:
			return 1
		}
	})
	return list
}

// kill runs the next test case of each living mutant, until none is left. One promtool runs the cases of many mutants.
func kill(t *testing.T, promtool string, chosen []*mutant) {
	t.Helper()
	for {
		living := map[string]*mutant{}
		args := []string{"test", "rules"}
		for _, m := range chosen {
			if m.killed || len(m.tests) == 0 {
				continue
			}
			living[m.tests[0]] = m
			args = append(args, m.tests[0])
			m.tests = m.tests[1:]
		}
		if len(living) == 0 {
			return
		}
		var out bytes.Buffer
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Stdout, cmd.Stderr = &out, &out
		_ = cmd.Run() // it fails where a test fails
		// For each file: "Unit Testing:  PATH", then "  SUCCESS" or "  FAILED:".
		seen := 0
		for part := range strings.SplitSeq(out.String(), "Unit Testing:  ") {
			path, result, _ := strings.Cut(part, "\n")
			m := living[path]
			if m == nil {
				continue
			}
			seen++
			m.killed = strings.HasPrefix(strings.TrimSpace(result), "FAILED")
			if !m.killed && !strings.Contains(result, "SUCCESS") {
				t.Fatalf("promtool says neither: %s", part)
			}
		}
		if seen != len(living) {
			t.Fatalf("promtool ran %d of %d tests:\n%s", seen, len(living), out.String())
		}
	}
}

// equivalent returns why a rule with the mutation does the same, or "".
func equivalent(c *config, s *set, m *mutation) string {
	threshold := m.kind == doubledThreshold || m.kind == halvedThreshold
	var o *slo.Objective
	for _, p := range proven() {
		if text.FileName(p.Name) == s.name {
			o = &p
		}
	}
	switch {
	case threshold && (m.what == "> 0" || m.what == ">= 0"):
		return "half and twice of nothing are nothing"
	case m.kind == droppedLabel && m.what == "alertstate":
		return "a page has no for, so it is never pending"
	case m.kind == doubledWindow && o != nil && periods(o.Window) != nil && m.rule.record != "" && strings.Contains(m.rule.expr, "@ end()"):
		return "the number of the period decides what is counted, and no two periods in twice the range have the same one"
	case m.kind == halvedThreshold && m.rule.alert != "" && strings.Contains(m.rule.expr, "ratio_increase"):
		burns, err := c.burns(*o)
		if err != nil {
			return ""
		}
		for i := range burns {
			b := &burns[i]
			p := b.Threshold()
			switch long := span(b.Long); {
			case !slices.Contains(m.rule.labels, pair{"cx_window", long}):
			case strings.Contains(m.rule.expr, "ratio_increase"+long+"{") && strings.Contains(strings.SplitN(m.rule.expr, "\n", 2)[0], "0.5 * ("):
				return "the line of evidence asks for more than n·p bad events"
			case m.what == "> "+twoBad && Evidence(float64(max(o.MinEvents, 1)), p) >= 1:
				return "the line of evidence asks for more than one bad event"
			}
		}
	}
	return ""
}
