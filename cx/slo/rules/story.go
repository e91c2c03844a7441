package rules

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// another is an objective that burns in every test. No objective of a blueprint has its name.
const another = "_another"

// story builds a test case of an objective.
type story struct {
	*testCase

	c     *config
	o     *slo.Objective
	burns []Burn
	rules []rule
	many  int64 // events in a step that are enough for any evidence
	warm  bool  // its processes have counted before
}

// warmed says that the processes which follow have counted as much before as they will. The function increase does not look back beyond
// the time when a counter was zero, so an hour's count from zero is too low by a scrape at most.
func (s *story) warmed() *story {
	s.warm = true
	return s
}

// before is what a process has counted before time zero.
func (s *story) before(life []flow, of func(flow) int64) (n int64) {
	for _, f := range life {
		if s.warm {
			n += int64(f.steps) * of(f)
		}
	}
	return n
}

// begin begins a story with a sample each step, and the clients that report in it.
func (t *tale) begin(name string, step time.Duration) *story {
	s := &story{testCase: &testCase{name: name, step: step}, c: t.c, o: t.o, burns: t.burns, rules: t.rules, many: t.many}
	t.file.cases = append(t.file.cases, s.testCase)
	return s
}

// tale makes the test cases of one file.
type tale struct {
	c     *config
	o     *slo.Objective
	burns []Burn
	rules []rule
	many  int64
	file  *testFile
}

// steps is how many steps d takes.
func (s *story) steps(d time.Duration) int { return int(d / s.step) }

// after is the time of a step.
func (s *story) after(step int) time.Duration { return time.Duration(step) * s.step }

// life adds a process with its events. It is scraped from time zero on, unless it is absent then.
func (s *story) life(instance string, life ...flow) *story {
	for _, r := range []struct {
		result string
		of     func(flow) int64
	}{
		{"good", func(f flow) int64 { return f.good }},
		{"bad", func(f flow) int64 { return f.bad }},
		{"excluded", func(f flow) int64 { return f.excluded }},
	} {
		labels := append([]pair{{byObjective, s.o.Name}, {byResult, r.result}, {"instance", instance}, {"job", "shop"}}, s.c.labels()...)
		s.series = append(s.series, pair{selector(counter, labels...), values(s.before(life, r.of), life, r.of)})
	}
	return s
}

// beside adds what is not to be counted: another objective, and the same one elsewhere, if the rules are for one place only. All of
// their events are bad.
func (s *story) beside(steps int) *story {
	bad := []flow{{steps: steps, bad: s.many}}
	for _, labels := range s.strangers() {
		labels = append(labels, pair{byResult, "bad"}, pair{"instance", "b"}, pair{"job", "shop"})
		s.series = append(s.series, pair{selector(counter, labels...), values(0, bad, func(f flow) int64 { return f.bad })})
	}
	return s
}

// strangers are the labels of recorded series that are not to be read: those of another objective, and those of the same one elsewhere.
func (s *story) strangers() [][]pair {
	return append(s.c.elsewhere(s.o.Name), append([]pair{{byObjective, another}}, s.c.labels()...))
}

// elsewhere are the labels of an objective's series in other places, if the rules are for one place only.
func (c *config) elsewhere(objective string) (list [][]pair) {
	for i := range c.matchers {
		labels := c.fixed(objective)
		labels[1+i].value += "-other"
		list = append(list, labels)
	}
	return list
}

// reports adds a client that reports, in as many steps.
func (s *story) reports(steps int) *story {
	labels := append([]pair{{"instance", "a"}, {"job", "shop"}}, s.c.labels()...)
	s.series = append(s.series, pair{selector(info, labels...), fmt.Sprintf("1+0x%d", steps)})
	return s
}

// labels are the labels of the matchers.
func (c *config) labels() (list []pair) {
	for _, m := range c.matchers {
		list = append(list, pair{m.Label, m.Value})
	}
	return list
}

// same are the labels of a recorded series.
func (s *story) same() string { return sorted(s.c.fixed(s.o.Name)) }

// reads says that a recorded series has one sample, with the labels of the objective, whose first four digits are those of v.
func (s *story) reads(at time.Duration, series string, v float64) *story {
	expr, value := fourDigits(series, v)
	s.exprs = append(s.exprs, exprTest{at, expr, []pair{{s.same(), value}}})
	return s
}

// fourDigits compares a series with a number: as whole numbers, because promtool compares floats exactly.
func fourDigits(series string, v float64) (expr, value string) {
	factor := 1.0
	for v != 0 && math.Abs(v*factor) < 1000 && factor < 1e15 {
		factor *= 10
	}
	return fmt.Sprintf("round(%s * %.0f)", series, factor), fmt.Sprintf("%.0f", math.Floor(v*factor+0.5))
}

// hasNothing says that an expression has no sample.
func (s *story) hasNothing(at time.Duration, expr string) *story {
	s.exprs = append(s.exprs, exprTest{at, expr, nil})
	return s
}

// fires says that exactly these alerts of the objective fire, where the value of each is v, and that all other ones are silent.
func (s *story) fires(at time.Duration, v float64, fire ...*rule) *story {
	for _, name := range []string{BurnsFast, BurnsSlowly, BudgetSpent, NotCounted} {
		t := alertTest{at: at, alert: name}
		for _, r := range fire {
			if r.alert == name {
				t.fire = append(t.fire, s.firing(r, v))
			}
		}
		s.alerts = append(s.alerts, t)
	}
	return s
}

// firing is what a rule makes of a value.
func (s *story) firing(r *rule, v float64) firing {
	f := firing{labels: append(plain(r.labels), s.c.fixed(s.o.Name)...)}
	for _, a := range plain(r.annotations) {
		f.annotations = append(f.annotations, pair{a.key, strings.ReplaceAll(a.value, valueShare, fmt.Sprintf("%.4g%%", v*100))})
	}
	return f
}

// plain reverses [literal].
func plain(list []pair) []pair {
	out := make([]pair, len(list))
	for i, p := range list {
		out[i] = pair{p.key, strings.ReplaceAll(p.value, `{{"{{"}}`, "{{")}
	}
	return out
}

// rings says whether the alert of the burn fires. It looks at this alert only.
func (s *story) rings(at time.Duration, b *Burn, yes bool) *story {
	expr := fmt.Sprintf(`count(ALERTS{alertname=~"CairnObjectiveBurns.*", alertstate="firing", cx_window=%q, severity=%q})`, span(b.Long), string(b.Severity))
	e := exprTest{at: at, expr: expr}
	if yes {
		e.samples = []pair{{"{}", "1"}}
	}
	s.exprs = append(s.exprs, e)
	return s
}

// alertOf is the rule of a burn.
func (s *story) alertOf(b *Burn) *rule {
	for i := range s.rules {
		r := &s.rules[i]
		if slices.Contains(r.labels, pair{"cx_window", span(b.Long)}) && slices.Contains(r.labels, pair{"severity", string(b.Severity)}) {
			return r
		}
	}
	return nil
}

// alert is the rule with that name.
func (s *story) alert(name string) *rule {
	for i := range s.rules {
		if s.rules[i].alert == name {
			return &s.rules[i]
		}
	}
	return nil
}

// mix is a stretch in which a share of the events is bad, with enough events for any evidence.
func (s *story) mix(steps int, share float64) flow {
	bad := int64(math.Round(share * float64(s.many)))
	return flow{steps: steps, bad: bad, good: s.many - bad}
}

// enoughFor returns a number of events in a step which is enough for evidence at each threshold: a power of ten.
func enoughFor(burns []Burn, budget decimal) int64 {
	n := int64(100_000)
	lowest := number(budget)
	for i := range burns {
		lowest = min(lowest, burns[i].Threshold())
	}
	for float64(n)*lowest < 10_000 && n < 1_000_000_000_000 {
		n *= 10
	}
	return n
}

// between is a share in the middle of p and 2·p, or of p and 1: more than p, and less than twice as much. It has three digits.
func between(p decimal) float64 {
	upper := mul(p, ratio(2, 1))
	if less(one(), upper) {
		upper = one()
	}
	return short(div(new(big.Rat).Add(p, upper), ratio(2, 1)))
}

// below is three quarters of p: less than p, and more than half of it.
func below(p decimal) float64 { return short(mul(p, ratio(3, 4))) }

// short rounds to three significant digits.
func short(a decimal) float64 {
	r, _ := new(big.Rat).SetString(rounded(a, 3))
	return number(r)
}

// sorted writes labels as promtool writes them.
func sorted(list []pair) string {
	return selector("", list...)
}
