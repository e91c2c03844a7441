package rules

import (
	"fmt"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// compositeTests returns the unit tests of the rules of a composite. The ratios of its parts are given as the rules of the parts record
// them, every hour.
func (c *config) compositeTests(o *slo.Objective, byName map[string]*slo.Objective) []testFile {
	group := c.compositeGroup(o, byName)
	t := &tale{c: c, o: o, rules: group.rules, file: &testFile{name: "alerts", eval: hour}}
	const n = 50
	at := n * hour
	begin := func(name string, ratios ...float64) *story { // a negative ratio is of a part without events
		s := t.begin(name, hour)
		for i, p := range o.Of {
			s.recordedPart(byName[p.Objective], ratios[i], false, n)
		}
		strangers := [][]pair{append([]pair{{byObjective, another}}, c.labels()...)}
		for _, p := range o.Of {
			strangers = append(strangers, c.elsewhere(p.Objective)...)
		}
		for _, labels := range append(strangers, c.elsewhere(o.Name)...) {
			for _, name := range []string{BadRatio, Events, Heard} {
				s.series = append(s.series, pair{selector(name, labels...), fmt.Sprintf("100+0x%d", n)})
			}
		}
		return s
	}
	mean := func(ratios []float64) (heard, mean float64) {
		all := 0.0
		for i, p := range o.Of {
			all += p.Weight
			if ratios[i] >= 0 {
				heard += p.Weight
				mean += p.Weight * ratios[i]
			}
		}
		return heard / all, mean / heard
	}
	check := func(s *story, ratios []float64) {
		h, m := mean(ratios)
		s.ours(at, Heard, h).ours(at, BadRatio, m).ours(at, Budget, 1-m/number(budgetOf(o))).ours(at, Target, o.Target).
			ours(at, Window, float64(days(o.Window)*24*60*60))
	}
	different, none := make([]float64, len(o.Of)), make([]float64, len(o.Of))
	for i := range o.Of {
		different[i] = float64(i+1) / float64(2*len(o.Of))
		none[i] = -1
	}
	check(begin("each part weighs as much as it should", different...), different)
	for i, p := range o.Of {
		if len(o.Of) == 1 {
			break
		}
		missing := append([]float64(nil), different...)
		missing[i] = -1
		check(begin(fmt.Sprintf("part %s has no events: it drops out with its weight", p.Objective), missing...), missing)
		if byName[p.Objective].MinEvents > 1 {
			s := begin(fmt.Sprintf("part %s has fewer events than its least number: it drops out, too", p.Objective), missing...)
			s.recordedPart(byName[p.Objective], 1, true, n)
			check(s, missing)
		}
	}
	s := begin("no part has events", none...)
	s.exprs = append(s.exprs, exprTest{at, s.own(Heard), nil}, exprTest{at, s.own(BadRatio), nil}, exprTest{at, Budget + "{" + byObjective + "!=" + promText(another) + "}", nil})
	for _, steady := range []struct {
		name  string
		share float64
		fires bool
	}{
		{"below the target", between(budgetOf(o)), true}, {"above the target", below(budgetOf(o)), false}, {"all is bad", 1, true},
	} {
		ratios := make([]float64, len(o.Of))
		for i := range ratios {
			ratios[i] = steady.share
		}
		s := begin(steady.name, ratios...)
		fire := func(after time.Duration, yes bool) {
			a := alertTest{at: after, alert: BelowTarget}
			if yes {
				a.fire = []firing{s.firing(s.alert(BelowTarget), steady.share)}
			}
			s.alerts = append(s.alerts, a)
		}
		fire(23*hour, false)
		fire(25*hour, steady.fires)
	}
	return []testFile{*t.file}
}

// recordedPart adds the recorded series of a part: with its least number of events, or with one less.
func (s *story) recordedPart(o *slo.Objective, ratio float64, few bool, n int) {
	if ratio < 0 {
		return
	}
	labels := append([]pair{{byObjective, o.Name}}, s.c.labels()...)
	events := max(o.MinEvents, 1)
	if few {
		events--
	}
	s.series = append(s.series, pair{selector(BadRatio, labels...), fmt.Sprintf("%v+0x%d", ratio, n)},
		pair{selector(Events, labels...), fmt.Sprintf("%d+0x%d", events, n)})
}

// ours says what a recorded series of the objective reads, where series of others have the same name.
func (s *story) ours(at time.Duration, series string, v float64) *story {
	expr, value := fourDigits(s.own(series), v)
	s.exprs = append(s.exprs, exprTest{at, expr, []pair{{s.same(), value}}})
	return s
}

// own selects the objective's own sample.
func (s *story) own(series string) string {
	return s.c.recorded(series, s.o.Name)
}

// sdkTests returns the unit tests of the alerts about the SDK.
func (c *config) sdkTests() []testFile {
	group := c.sdkGroup()
	t := &tale{c: c, o: &slo.Objective{Name: another}, rules: group.rules, file: &testFile{name: "alerts", eval: time.Minute}}
	const n = 180
	series := func(s *story, name, values string, labels ...pair) {
		s.series = append(s.series, pair{selector(name, append(labels, c.labels()...)...), values})
	}
	here := func(s *story) { series(s, info, fmt.Sprintf("1+0x%d", n), pair{"instance", "a"}, pair{"job", "shop"}) }
	// fires says which alerts fire, by their names and further labels, and that all other ones are silent.
	fires := func(s *story, at time.Duration, name string, labels ...pair) {
		for i := range group.rules {
			r := &group.rules[i]
			a := alertTest{at: at, alert: r.alert}
			if r.alert == name {
				f := firing{labels: append(append(append([]pair(nil), r.labels...), labels...), c.labels()...)}
				for _, p := range r.annotations {
					f.annotations = append(f.annotations, pair{p.key, filled(p.value, labels)})
				}
				a.fire = []firing{f}
			}
			s.alerts = append(s.alerts, a)
		}
	}
	begin := func(name string) *story { return t.begin(name, time.Minute) }

	s := begin("clients report, and nothing else happens")
	here(s)
	fires(s, n*time.Minute, "")
	s = begin("no client reports")
	series(s, "up", "1+0x200", pair{"job", "shop"})
	fires(s, 9*time.Minute, "")
	fires(s, 11*time.Minute, "CairnIsDead")

	s = begin("one service goes silent")
	here(s)
	series(s, info, "1+0x60 stale", pair{"instance", "b"}, pair{"job", "billing"})
	fires(s, 60*time.Minute, "")
	fires(s, 70*time.Minute, "")
	fires(s, 73*time.Minute, "CairnIsSilent", pair{"job", "billing"})
	fires(s, 115*time.Minute, "CairnIsSilent", pair{"job", "billing"})
	fires(s, 130*time.Minute, "")

	s = begin("the store fails, and recovers")
	here(s)
	series(s, "cx_sdk_faults_total", "0+0x59 1+1x20 21+0x100", pair{"error_type", store}, pair{"instance", "a"}, pair{"job", "shop"})
	fires(s, 63*time.Minute, "")
	fires(s, 66*time.Minute, "CairnStoreFails", pair{"job", "shop"})
	fires(s, 83*time.Minute, "CairnStoreFails", pair{"job", "shop"})
	fires(s, 87*time.Minute, "")

	for _, f := range []struct{ name, fault, alert string }{
		{"the first loss of a process", "store_lost", "CairnLosesJourneys"}, {"the first misuse of a process", "unknown_name", "CairnIsMisused"},
	} {
		s = begin(f.name)
		here(s)
		labels := []pair{{"error_type", f.fault}, {"instance", "a"}, {"job", "shop"}}
		series(s, "cx_sdk_faults_total", "_x59 1+0x120", labels...)
		fires(s, 58*time.Minute, "")
		fires(s, 61*time.Minute, f.alert, pair{"job", "shop"}, pair{"error_type", f.fault})
		fires(s, 115*time.Minute, f.alert, pair{"job", "shop"}, pair{"error_type", f.fault})
		fires(s, 125*time.Minute, "")

		s = begin(f.name + ", after a restart that follows others")
		here(s)
		series(s, "cx_sdk_faults_total", "7+0x99 1+0x80", labels...)
		fires(s, 90*time.Minute, "")
		fires(s, 101*time.Minute, f.alert, pair{"job", "shop"}, pair{"error_type", f.fault})
	}
	s = begin("events are dropped")
	here(s)
	dropped := func(reason, values string) {
		series(s, "cx_sdk_processor_dropped_total", values, pair{"cx_component_name", "batch"}, pair{"error_type", reason}, pair{"instance", "a"}, pair{"job", "shop"})
	}
	dropped("queue_full", "0+0x60 3+0x120")
	dropped("filtered", "0+1x180")
	fires(s, 59*time.Minute, "")
	gone := []pair{{"job", "shop"}, {"cx_component_name", "batch"}, {"error_type", "queue_full"}}
	fires(s, 62*time.Minute, "CairnDropsEvents", gone...)
	fires(s, 115*time.Minute, "CairnDropsEvents", gone...)
	fires(s, 125*time.Minute, "")
	return []testFile{*t.file}
}

// filled replaces the labels in a template.
func filled(text string, labels []pair) string {
	for _, l := range labels {
		text = strings.ReplaceAll(text, "{{ $labels."+l.key+" }}", l.value)
	}
	return text
}
