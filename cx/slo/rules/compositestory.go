package rules

import (
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// parts tells of a composite. The ratios of its parts are given as the rules of the parts record them, every hour.
type parts struct {
	*tale

	byName map[string]*slo.Objective
}

// hours is how long the stories of composites last.
const hours = 50

// compositeTests returns the unit tests of the rules of a composite.
func (c *config) compositeTests(o *slo.Objective, byName map[string]*slo.Objective) []testFile {
	group := c.compositeGroup(o, byName)
	t := &parts{&tale{c: c, o: o, rules: group.rules, file: &testFile{name: "alerts", eval: hour}}, byName}
	t.weights()
	t.belowTarget()
	return []testFile{*t.file}
}

// with begins a story with these ratios. A negative one is of a part without events.
func (t *parts) with(name string, ratios []float64) *story {
	s := t.begin(name, hour)
	strangers := s.strangers()
	for i, p := range t.o.Of {
		t.recorded(s, p.Objective, ratios[i], false)
		strangers = append(strangers, t.c.elsewhere(p.Objective)...)
	}
	for _, labels := range strangers {
		for _, name := range []string{BadRatio, Events, Heard} {
			s.series = append(s.series, pair{selector(name, labels...), fmt.Sprintf("100+0x%d", hours)})
		}
	}
	return s
}

// recorded adds the recorded series of a part: with its least number of events, or with one less.
func (t *parts) recorded(s *story, part string, ratio float64, few bool) {
	if ratio < 0 {
		return
	}
	events := max(t.byName[part].MinEvents, 1)
	if few {
		events--
	}
	labels := t.c.fixed(part)
	s.series = append(s.series, pair{selector(BadRatio, labels...), fmt.Sprintf("%v+0x%d", ratio, hours)},
		pair{selector(Events, labels...), fmt.Sprintf("%d+0x%d", events, hours)})
}

// means says what the ratios add up to.
func (t *parts) means(s *story, ratios []float64) {
	all, heard, sum := 0.0, 0.0, 0.0
	for i, p := range t.o.Of {
		all += p.Weight
		if ratios[i] >= 0 {
			heard += p.Weight
			sum += p.Weight * ratios[i]
		}
	}
	mean := sum / heard
	s.ours(Heard, heard/all).ours(BadRatio, mean).ours(Budget, 1-mean/number(budgetOf(t.o))).ours(Target, t.o.Target).
		ours(Window, float64(days(t.o.Window)*24*60*60))
	s.exprs = append(s.exprs, exprTest{hours * hour, "count(" + Budget + ")", []pair{{"{}", "1"}}}) // no other objective's
}

// weights tells of parts that weigh what they should, and of parts that drop out.
func (t *parts) weights() {
	n := len(t.o.Of)
	ratios, none := make([]float64, n), make([]float64, n)
	for i := range n {
		ratios[i], none[i] = float64(i+1)/float64(2*n), -1
	}
	t.means(t.with("each part weighs as much as it should", ratios), ratios)
	for i, p := range t.o.Of {
		if n == 1 {
			break
		}
		missing := slices.Clone(ratios)
		missing[i] = -1
		t.means(t.with(fmt.Sprintf("part %s has no events: it drops out with its weight", p.Objective), missing), missing)
		if t.byName[p.Objective].MinEvents > 1 {
			s := t.with(fmt.Sprintf("part %s has fewer events than its least number: it drops out, too", p.Objective), missing)
			t.recorded(s, p.Objective, 1, true)
			t.means(s, missing)
		}
	}
	s := t.with("no part has events", none)
	for _, series := range []string{Heard, BadRatio, Budget} {
		s.exprs = append(s.exprs, exprTest{hours * hour, s.own(series), nil})
	}
}

// belowTarget tells of the ticket: after a day, and not before.
func (t *parts) belowTarget() {
	for _, c := range []struct {
		name  string
		share float64
		fires bool
	}{
		{"below the target", between(budgetOf(t.o)), true}, {"above the target", below(budgetOf(t.o)), false}, {"all is bad", 1, true},
	} {
		ratios := make([]float64, len(t.o.Of))
		for i := range ratios {
			ratios[i] = c.share
		}
		s := t.with(c.name, ratios)
		for _, at := range []time.Duration{23 * hour, 25 * hour} {
			a := alertTest{at: at, alert: BelowTarget}
			if c.fires && at > day {
				a.fire = []firing{s.firing(s.alert(BelowTarget), c.share)}
			}
			s.alerts = append(s.alerts, a)
		}
	}
}

// ours says what a recorded series of the objective reads in the end, where series of others have the same name.
func (s *story) ours(series string, v float64) *story {
	expr, value := fourDigits(s.own(series), v)
	s.exprs = append(s.exprs, exprTest{hours * hour, expr, []pair{{s.same(), value}}})
	return s
}

// own selects the objective's own sample.
func (s *story) own(series string) string { return s.c.recorded(series, s.o.Name) }
