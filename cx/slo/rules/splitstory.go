package rules

import (
	"fmt"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/slo"
)

// splitTests returns the unit tests of the rules that record combinations: what each counts, and when it leaves the window.
func (c *config) splitTests(o *slo.Objective, burns []Burn) []testFile {
	group := c.splitGroup(o)
	order := []string{c.objectiveGroup(o, burns).name, group.name} // without it promtool takes any
	tale := func(name string, eval time.Duration) *tale {
		return &tale{c: c, o: o, burns: burns, rules: group.rules, many: 1000, file: &testFile{name: name, eval: eval, order: order}}
	}
	counts := tale("split", 4*time.Minute)
	counts.combinations()
	counts.otherCombinations()
	window := tale("split-window", 6*hour)
	window.combinationsLeave()
	return []testFile{*counts.file, *window.file}
}

// combination are the labels of one combination of values, which are numbered.
func (s *story) combination(n int) (labels []pair) {
	for _, d := range s.o.By {
		labels = append(labels, pair{SplitLabel(d), fmt.Sprintf("%s-%d", d, n)})
	}
	return labels
}

// of adds the events of a combination in a process. No labels are those of events that have none of the values, or not yet.
func (s *story) of(instance string, combination []pair, life ...flow) *story {
	first := len(s.series)
	s.life(instance, life...)
	for i := range s.series[first:] {
		results := []string{"good", "bad", "excluded"}
		labels := append([]pair{{byObjective, s.o.Name}, {byResult, results[i]}, {"instance", instance}, {"job", "shop"}}, combination...)
		s.series[first+i].key = selector(counter, append(labels, s.c.labels()...)...)
	}
	return s
}

// eachReads says what a recorded series is for each of the combinations, in whole numbers.
func (s *story) eachReads(at time.Duration, series string, combinations [][]pair, values ...float64) {
	e := exprTest{at: at, expr: "round(" + series + ")"}
	for i, labels := range combinations {
		e.samples = append(e.samples, pair{sorted(slices.Concat(s.c.fixed(s.o.Name), labels)), fmt.Sprint(values[i])})
	}
	s.exprs = append(s.exprs, e)
}

// hundredfold reads a share in percent.
func hundredfold(series string) string { return "100 * " + series }

// combinations tells of three combinations in two processes, of which one has none of the values.
func (t *tale) combinations() {
	eval, end := t.file.eval, hour+2*t.file.eval
	s := t.begin("each combination has its own counts, and all of them are the objective's", eval).warmed()
	n := s.steps(end)
	first, second := s.combination(1), s.combination(2)
	s.reports(n).beside(n)
	s.of("a", first, flow{steps: n, good: 12, bad: 4, excluded: 7}).of("b", first, flow{steps: n, good: 12, bad: 4})
	s.of("a", second, flow{steps: n, good: 10}).of("a", nil, flow{steps: n, good: 1, bad: 1, excluded: 100})
	per := func(n float64) float64 { return n * float64(hour/eval) }
	all := [][]pair{first, second, nil}
	for _, r := range []struct{ bad, events string }{{splitBadHour, splitEventsHour}, {SplitBad, SplitEvents}} {
		s.eachReads(end, r.bad, all, per(8), 0, per(1))
		s.eachReads(end, r.events, all, per(32), per(10), per(2))
	}
	s.eachReads(end, hundredfold(SplitBadRatio), all, 25, 0, 50)
	whole := fmt.Sprintf("abs(sum by (%s) (%%s) - %%s) < bool 0.001", t.c.kept(byObjective))
	s.exprs = append(s.exprs,
		exprTest{end, fmt.Sprintf(whole, SplitBad, Bad), []pair{{s.same(), "1"}}},
		exprTest{end, fmt.Sprintf(whole, SplitEvents, Events), []pair{{s.same(), "1"}}})

	s = t.begin("idle: a combination without events has counts of zero, and no share", eval)
	s.reports(n).of("a", first, flow{steps: n})
	s.eachReads(end, SplitBad, [][]pair{first}, 0)
	s.eachReads(end, SplitEvents, [][]pair{first}, 0)
	s.hasNothing(end, SplitBadRatio)
}

// otherCombinations tells of another objective, in series as the rules record them.
func (t *tale) otherCombinations() {
	const n = 20
	at := n * t.file.eval
	series := func(s *story, name string) {
		for _, labels := range s.strangers() {
			s.series = append(s.series, pair{selector(name, append(labels, s.combination(1)...)...), fmt.Sprintf("5+0x%d", n)})
		}
	}
	s := t.begin("another objective: the hours of its combinations are not this one's", t.file.eval)
	series(s, splitBadHour)
	series(s, splitEventsHour)
	if periods(t.o.Window) != nil { // as if the window had the number of every place
		for _, labels := range s.strangers() {
			s.series = append(s.series, pair{selector(Period, labels...), fmt.Sprintf("1+0x%d", n)})
		}
	}
	s.hasNothing(at, SplitBad).hasNothing(at, SplitEvents)
	s = t.begin("another objective: the counts of its combinations are not this one's", t.file.eval)
	series(s, SplitBad)
	series(s, SplitEvents)
	s.hasNothing(at, SplitBadRatio)
}

// combinationsLeave tells of what is at the edge of the window.
func (t *tale) combinationsLeave() {
	s := t.begin("the events of a combination are counted until they leave the window", 30*time.Minute).warmed()
	in, out := edge(t.o.Window)
	n := s.steps(out)
	all := [][]pair{s.combination(1)}
	s.reports(n).of("a", all[0], flow{steps: 11}, flow{steps: 1, good: 8, bad: 2}, flow{steps: n - 12})
	for _, at := range []time.Duration{6 * hour, (in / 2).Truncate(6 * hour), in} {
		s.eachReads(at, SplitBad, all, 2)
		s.eachReads(at, SplitEvents, all, 10)
		s.eachReads(at, hundredfold(SplitBadRatio), all, 20)
	}
	s.eachReads(out, SplitBad, all, 0)
	s.eachReads(out, SplitEvents, all, 0)
	s.hasNothing(out, SplitBadRatio)

	s = t.begin("an hour's count of a combination is of that hour", 30*time.Minute)
	s.of("a", all[0], flow{steps: 9}, flow{steps: 1, good: 8, bad: 2}, flow{steps: 2})
	s.eachReads(6*hour, splitBadHour, all, 0)
	s.eachReads(6*hour, splitEventsHour, all, 0)
}
