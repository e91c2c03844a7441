package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
	"cairncx.dev/cairn/cx/slo/rules"
)

// text returns the text of one of the files.
func text(t *testing.T, name string, objectives []slo.Objective, opts ...rules.Option) string {
	t.Helper()
	files, err := rules.Prometheus(objectives, opts...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	t.Fatalf("there is no %s", name)
	return ""
}

func TestDeterministic(t *testing.T) {
	t.Parallel()
	first, err := rules.Prometheus(blueprints()[issue])
	if err != nil {
		t.Fatal(err)
	}
	again, err := rules.Prometheus(blueprints()[issue])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
}

// TestNoBinaryFractions: no number of a rule has the tail of a binary fraction, such as 0.0010000000000000009.
func TestNoBinaryFractions(t *testing.T) {
	t.Parallel()
	for n := 201; n < 1000; n += 7 {
		target := float64(n) / 1000
		files, err := rules.Prometheus([]slo.Objective{objective(target, slo.Window{Days: 28})})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f.Name, ".rules.yaml") && (strings.Contains(string(f.Data), "00000000") || strings.Contains(string(f.Data), "99999999")) {
				t.Fatalf("%v: %s", target, f.Data)
			}
		}
	}
}

// TestExcludedIsInNoRatio: no rule reads the excluded events. The unit tests show that the numbers are right without them.
func TestExcludedIsInNoRatio(t *testing.T) {
	t.Parallel()
	files, err := rules.Prometheus(blueprints()[issue])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".rules.yaml") && strings.Contains(string(f.Data), "excluded") {
			t.Errorf("%s reads excluded events", f.Name)
		}
	}
}

// TestHeader: the first lines say what made the file, for whom it is, and what the reader has to know of calendars.
func TestHeader(t *testing.T) {
	t.Parallel()
	month := func(zone string) []slo.Objective {
		return []slo.Objective{objective(0.99, slo.Window{Period: slo.CalendarMonth, Zone: zone})}
	}
	for _, c := range []struct {
		reason string
		set    []slo.Objective
		want   []string
	}{
		{"what made it", []slo.Objective{objective(0.99, slo.Window{Days: 28})}, []string{"Made by cairn generate from shop.yaml. Do not edit", "2.42.0", "longer than 29 days"}},
		{"a calendar", month("Asia/Tokyo"), []string{"rolling windows as for 30 days", "those of the period in its zone"}},
		{"a calendar whose clocks change", month("Europe/Berlin"), []string{"rolling windows as for 30 days", "The clocks of Europe/Berlin change", "those of the last 30 days"}},
		{"a shortened pace", []slo.Objective{objective(0.9, slo.Window{Days: 30})}, []string{"At 90% no burn rate is higher than 10, so the alert of 1h fires at 8", "1.11% of the budget"}},
	} {
		got := text(t, "x.rules.yaml", c.set, rules.WithSource("shop.yaml"))
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: the file does not say %q:\n%s", c.reason, w, got[:1500])
			}
		}
	}
}

// TestSourceIsAComment: a name of a file does not leave its comment.
func TestSourceIsAComment(t *testing.T) {
	t.Parallel()
	got := text(t, "x.rules.yaml", []slo.Objective{objective(0.99, slo.Window{Days: 28})}, rules.WithSource("a\nb: 1\rc\u2028d"))
	if first, _, _ := strings.Cut(got, "\n"); first != "# Made by cairn generate from a b: 1 c d. Do not edit: change the blueprint and generate again." {
		t.Errorf("the first line is %q", first)
	}
}

// TestTraceQueries: the queries in the language of Tempo find what the objective counts as bad. The names are those of the registry.
func TestTraceQueries(t *testing.T) {
	t.Parallel()
	at := func(o slo.Objective) slo.Objective {
		o.Name, o.Target, o.Window = "x", 0.9, slo.Window{Days: 28}
		return o
	}
	for _, c := range []struct {
		o    slo.Objective
		want string
	}{
		{at(slo.Objective{Journey: "checkout"}), `{ name = "checkout" && span.cx.outcome != "completed" }`},
		{
			at(slo.Objective{Journey: "checkout", Good: slo.Criteria{Outcomes: []event.Outcome{event.Completed, event.Cancelled}, Within: 3 * time.Minute}}),
			`{ name = "checkout" && ((span.cx.outcome != "completed" && span.cx.outcome != "cancelled") || duration > 3m0s) }`,
		},
		{at(slo.Objective{Journey: "order", Promise: "answered"}), `{ name = "promise answered" && span.cx.journey.name = "order" && status = error }`},
		{at(slo.Objective{Touchpoint: "pay"}), `{ name = "pay" && span.cx.outcome != "ok" }`},
		{at(slo.Objective{Touchpoint: "pay", Good: slo.Criteria{Zones: []event.Zone{event.Satisfied}}}), `{ name = "pay" && span.cx.apdex.zone != "satisfied" }`},
		{at(slo.Objective{Survey: "csat", Good: slo.Criteria{ScoreAtLeast: number(4)}}), `{ name = "csat" && span.cx.feedback.value < 4 }`},
	} {
		got := text(t, "x.rules.yaml", []slo.Objective{c.o})
		if want := "trace_query: " + strings.ReplaceAll(fmt.Sprintf("%q", c.want), `\u0026`, "&"); !strings.Contains(got, want) {
			t.Errorf("there is no %s", want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	good := objective(0.99, slo.Window{Days: 28})
	lower := good
	lower.Name = "X"
	for _, c := range []struct {
		reason string
		set    []slo.Objective
		opts   []rules.Option
		want   string
	}{
		{"the objectives are validated", []slo.Objective{good, good}, nil, "another objective has this name"},
		{"an alert that would fire while the objective is met", []slo.Objective{objective(0.1, slo.Window{Days: 28})}, nil, "raise the target"},
		{"names that differ in case only are one file on some disks", []slo.Objective{good, lower}, nil, "by more than case"},
		{"a scrape interval of nothing", []slo.Objective{good}, []rules.Option{rules.WithScrape(0)}, "1s to 5m"},
		{"a label that is none", []slo.Objective{good}, []rules.Option{rules.WithMatcher("name space", "x")}, "name a label of the targets"},
		{"a label of Cairn's", []slo.Objective{good}, []rules.Option{rules.WithMatcher("cx_objective_name", "x")}, "not a label of Cairn's own"},
		{"a label of Prometheus' own", []slo.Objective{good}, []rules.Option{rules.WithMatcher("__name__", "x")}, "name a label of the targets"},
		{"a label that the alerts set", []slo.Objective{good}, []rules.Option{rules.WithMatcher("severity", "x")}, "tells environments apart"},
		{"a label by which services differ", []slo.Objective{good}, []rules.Option{rules.WithMatcher("job", "x")}, "tells environments apart"},
		{"a label with two values", []slo.Objective{good}, []rules.Option{rules.WithMatcher("zone", "a"), rules.WithMatcher("zone", "b")}, "matched twice"},
		{"a severity that is none", []slo.Objective{good}, []rules.Option{rules.WithPaces(rules.Pace{Severity: "x", Share: 1, Long: time.Hour, Short: time.Minute})}, "neither page nor ticket"},
		{"a share of nothing", []slo.Objective{good}, []rules.Option{rules.WithPaces(rules.Pace{Severity: rules.Page, Long: time.Hour, Short: time.Minute})}, "more than 0"},
		{"windows the wrong way around", []slo.Objective{good}, []rules.Option{rules.WithPaces(rules.Pace{Severity: rules.Page, Share: 1, Long: time.Minute, Short: time.Hour})}, "longer than the short one"},
	} {
		for name, generate := range map[string]func() error{
			"Prometheus":   func() error { _, err := rules.Prometheus(c.set, c.opts...); return err },
			"Alertmanager": func() error { _, err := rules.Alertmanager(c.set, c.opts...); return err },
		} {
			if err := generate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %s returns %v, which does not say %q", c.reason, name, err, c.want)
			}
		}
	}
}
