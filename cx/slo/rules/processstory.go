package rules

import (
	"fmt"
	"math"
	"time"
)

// processes tells of counts: of what they leave out, and of processes that begin and end.
func (t *tale) processes() {
	eval, end := t.file.eval, t.end()
	per := func(d time.Duration, n float64) float64 { return n * float64(d/eval) }
	filled := func(d time.Duration) bool { return d < end && d%eval == 0 }

	s := t.begin("counts: two processes, and excluded events that are in no ratio", eval)
	n := s.steps(end)
	s.reports(n).beside(n).life("a", flow{steps: n, good: 3, bad: 1, excluded: 7}).life("b", flow{steps: n, good: 7, bad: 1, excluded: 9})
	t.counted(s, end, func(d time.Duration) (bad, events float64) { return per(d, 2), per(d, 12) })

	high := 1.0
	for i := range t.burns {
		high = math.Min(high, between(t.burns[i].threshold))
	}
	s = t.begin("counter reset: the process starts again and counts from zero", eval)
	third := n / 3
	again := s.mix(third, high)
	again.before = restart
	s.reports(n).life("a", s.mix(third, high), again, s.mix(n-2*third, high))
	bad, all := float64(s.mix(1, high).bad), float64(s.many)
	t.counted(s, end, func(d time.Duration) (float64, float64) { return per(d, bad), per(d, all) })
	s.burning(end, high)

	s = t.begin("instance replaced: one ends, and the next one begins", eval)
	cut := n - s.steps(eval*4)
	s.reports(n).life("a", s.mix(cut, high), flow{steps: n - cut, before: exit})
	next := s.mix(n-cut, high)
	s.life("b", flow{steps: cut, before: absent}, flow{steps: 1}, flow{steps: n - cut - 1, good: next.good, bad: next.bad})
	s.burning(end, high)
	for _, d := range windows(t.burns) {
		if filled(d) {
			// Each process may be wrong by what happens in one step.
			s.exprs = append(s.exprs, exprTest{
				end, fmt.Sprintf("abs(%s - %.0f) <= bool %.0f", eventsIncrease+span(d), per(d, all), 2*all),
				[]pair{{s.same(), "1"}},
			})
		}
	}

	s = t.begin("first increment of a process that was scraped before it: counted", eval)
	s.reports(n).life("a", flow{steps: n, good: 100}).life("b", flow{steps: n - 2, before: absent}, flow{steps: 1}, flow{steps: 1, bad: 5})
	t.firstIncrement(s, end, 5, filled) // both samples are in the shortest window also where it begins after its first moment, as in Prometheus 3
	s = t.begin("first increment of a process that was not scraped before it: not counted", eval)
	s.reports(n).life("a", flow{steps: n, good: 100}).life("b", flow{steps: n - 2, before: absent}, flow{steps: 1, bad: 5}, flow{steps: 1})
	t.firstIncrement(s, end, 0, filled)
}

// firstIncrement says what the windows count of the bad events.
func (t *tale) firstIncrement(s *story, end time.Duration, bad float64, filled func(time.Duration) bool) {
	for _, d := range windows(t.burns) {
		if filled(d) {
			s.reads(end, badIncrease+span(d), bad)
		}
	}
}

// counted says what each window that the story fills has counted.
func (t *tale) counted(s *story, end time.Duration, of func(time.Duration) (bad, events float64)) {
	for _, d := range windows(t.burns) {
		if d >= end || d%s.step != 0 {
			continue
		}
		bad, events := of(d)
		s.reads(end, badIncrease+span(d), bad).reads(end, eventsIncrease+span(d), events)
	}
}

// burning says which of the alerts that look at a burn ring at a share that all windows have.
func (s *story) burning(at time.Duration, share float64) {
	for i := range s.burns {
		if b := &s.burns[i]; b.Severity == Page && share > b.Threshold() {
			s.rings(at, b, true)
		}
	}
}
