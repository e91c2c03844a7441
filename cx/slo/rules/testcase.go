package rules

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// testFile is a file of promtool's unit tests of one file of rules. All of its tests evaluate the rules at the same interval.
type testFile struct {
	name  string
	eval  time.Duration
	order []string // of the groups, where one reads what another one records
	cases []*testCase
}

// testCase is one story: series of samples, and what the rules make of them.
type testCase struct {
	name   string
	step   time.Duration // between two samples
	series []pair        // a selector, and its values in promtool's notation
	alerts []alertTest
	exprs  []exprTest
}

// alertTest says which alerts of a name fire at a time, with all their labels and annotations. None is as much of a statement.
type alertTest struct {
	at    time.Duration
	alert string
	fire  []firing
}

type firing struct{ labels, annotations []pair }

// exprTest says which samples an expression has at a time: their labels, and their values.
type exprTest struct {
	at      time.Duration
	expr    string
	samples []pair
}

// flow is a stretch of the life of a process: so many steps, each with so many new events of each result.
type flow struct {
	steps               int
	good, bad, excluded int64
	before              turn // happens before the first step
}

// turn is what happens to a process.
type turn int

const (
	nothing turn = iota
	restart      // it starts again under the same name, and counts from zero
	exit         // it ends, and has no samples in this stretch
	absent       // it is not scraped yet, and has no samples in this stretch
)

// values writes a counter in promtool's notation. The first sample, at time zero, is what the process has counted before, unless it is
// absent then.
func values(before int64, life []flow, of func(flow) int64) string {
	var b strings.Builder
	total := int64(0)
	if len(life) > 0 && life[0].before != absent {
		total = before
		b.WriteString(strconv.FormatInt(total, 10))
	} else {
		b.WriteString("_")
	}
	for _, f := range life {
		if f.steps == 0 {
			continue
		}
		step := of(f)
		switch f.before {
		case exit:
			b.WriteString(" stale")
			total = 0
			if f.steps > 1 {
				fmt.Fprintf(&b, " _x%d", f.steps-1)
			}
			continue
		case absent:
			fmt.Fprintf(&b, " _x%d", f.steps)
			total += step * int64(f.steps)
			continue
		case restart:
			total = 0
		case nothing:
		}
		if f.steps == 1 {
			fmt.Fprintf(&b, " %d", total+step)
		} else {
			fmt.Fprintf(&b, " %d+%dx%d", total+step, step, f.steps-1)
		}
		total += step * int64(f.steps)
	}
	return b.String()
}

// selector writes a series with its labels.
func selector(name string, labels ...pair) string {
	list := make([]string, len(labels))
	for i, l := range labels {
		list[i] = l.key + "=" + promText(l.value)
	}
	return name + "{" + strings.Join(list, ", ") + "}"
}

// tests writes a file of unit tests.
func (w *writer) tests(f *testFile, rules string) {
	w.line("rule_files: [" + quote(rules) + "]")
	w.plain("evaluation_interval", span(f.eval))
	if len(f.order) > 0 {
		w.in("group_eval_order", func() {
			for _, name := range f.order {
				w.line("- " + quote(name))
			}
		})
	}
	w.in("tests", func() {
		for _, c := range f.cases {
			w.item(func() { w.testCase(c) })
		}
	})
}

func (w *writer) testCase(c *testCase) {
	w.text("name", c.name)
	w.plain("interval", span(c.step))
	w.in("input_series", func() {
		for _, s := range c.series {
			w.item(func() {
				w.text("series", s.key)
				w.text("values", s.value)
			})
		}
	})
	if len(c.alerts) > 0 {
		w.in("alert_rule_test", func() {
			for _, a := range c.alerts {
				w.item(func() { w.alertTest(a) })
			}
		})
	}
	if len(c.exprs) > 0 {
		w.in("promql_expr_test", func() {
			for _, e := range c.exprs {
				w.item(func() { w.exprTest(e) })
			}
		})
	}
}

func (w *writer) alertTest(a alertTest) {
	w.plain("eval_time", span(a.at))
	w.plain("alertname", a.alert)
	if len(a.fire) == 0 {
		w.plain("exp_alerts", "[]")
		return
	}
	w.in("exp_alerts", func() {
		for _, f := range a.fire {
			w.item(func() {
				w.pairs("exp_labels", f.labels)
				w.pairs("exp_annotations", f.annotations)
			})
		}
	})
}

func (w *writer) exprTest(e exprTest) {
	w.text("expr", e.expr)
	w.plain("eval_time", span(e.at))
	if len(e.samples) == 0 {
		w.plain("exp_samples", "[]")
		return
	}
	w.in("exp_samples", func() {
		for _, s := range e.samples {
			w.item(func() {
				w.text("labels", s.key)
				w.plain("value", s.value)
			})
		}
	})
}
