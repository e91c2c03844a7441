package rules

import (
	"fmt"
	"math"
	"math/big"
	"time"
)

// burnRate tells of one burn-rate alert, at the step that fits its windows.
func (t *tale) burnRate(b *Burn) {
	step, end := t.file.eval, b.Long+2*b.Short
	long, brief := b.Long, b.Short
	above, under, loud := between(b.threshold), below(b.threshold), t.loudest(b)
	above = min(above, loud)

	s := t.begin("counts", step)
	n := s.steps(end)
	s.reports(n).beside(n).life("a", flow{steps: n, good: 9, bad: 1, excluded: 5})
	for _, d := range []time.Duration{long, brief} {
		s.reads(end, badIncrease+span(d), float64(d/step)).reads(end, eventsIncrease+span(d), float64(10*(d/step))).reads(end, badRatio+span(d), 0.1)
	}
	if loud == 0 {
		return // a page silences the alert whenever it fires
	}
	for _, steady := range []struct {
		name  string
		share float64
		rings bool
	}{{"above the threshold in both windows", above, true}, {"below the threshold in both windows", under, false}, {"as bad as can be", loud, true}} {
		s := t.begin(steady.name, step)
		s.reports(n).life("a", s.mix(n, steady.share)).rings(end, b, steady.rings)
	}
	s = t.begin("below the threshold in the short window: it is over", step)
	k := s.steps(brief) + 1
	s.reports(n).life("a", s.mix(n-k, loud), s.mix(k, under)).rings(end-s.after(k), b, true).rings(end, b, false)
	s = t.begin("below the threshold in the long window: it is too little", step)
	if k = s.steps(brief); above*float64(k) < 0.9*b.Threshold()*float64(s.steps(long)) { // not where the two windows are nearly alike
		s.reports(n).life("a", s.mix(n-k, 0), s.mix(k, above)).rings(end, b, false)
	} else {
		t.file.cases = t.file.cases[:len(t.file.cases)-1]
	}
	if loud == 1 {
		t.evidence(b)
	}
}

// loudest is the highest share of bad events at which the alert fires by itself: 1, unless it is a ticket and the windows of a page are
// not shorter than the step. It is 0 if there is none.
func (t *tale) loudest(b *Burn) float64 {
	share := 1.0
	for i := range t.burns {
		page := &t.burns[i]
		switch {
		case b.Severity == Page || page.Severity != Page || page.Short < t.file.eval:
		case !less(b.threshold, page.threshold):
			return 0
		default:
			share = min(share, short(div(new(big.Rat).Add(b.threshold, page.threshold), ratio(2, 1))))
		}
	}
	return share
}

// evidence tells of counts at which one bad event more or less decides.
func (t *tale) evidence(b *Burn) {
	p, least, end := b.Threshold(), max(t.o.MinEvents, 1), b.Long+2*b.Short
	type count struct {
		bad, of int64
		rings   bool
		why     string
	}
	var list []count
	if bad, of := decisive(p, int64(least)); bad > 0 {
		list = append(list, count{bad - 1, of, false, "one bad event less than the evidence"}, count{bad, of, true, "as many bad events as the evidence"})
	}
	if !evident(t.o.MinEvents, b.threshold) {
		two := int64(max(least, 2))
		list = append(list, count{1, int64(least), false, "a single bad event is no evidence"}, count{2, two, Evidence(float64(two), p) < 2, "two bad events"})
	}
	if m := int64(t.o.MinEvents); m > 1 && Evidence(float64(m), p) < float64(m) {
		list = append(list, count{m - 1, m - 1, false, "fewer events than the objective's least number"}, count{m, m, true, "the objective's least number of events"})
	}
	for _, c := range list {
		s := t.begin(fmt.Sprintf("low traffic: %s: %d bad of %d", c.why, c.bad, c.of), t.file.eval)
		n := s.steps(end)
		s.reports(n).life("a", flow{steps: n - 1}, flow{steps: 1, good: c.of - c.bad, bad: c.bad}).rings(end, b, c.rings)
	}
}

// decisive returns a number of events, at least that many, and the number of bad ones that is just enough for evidence at p: with some
// distance, because increase is not exact. It returns 0 if there is none up to many events.
func decisive(p float64, least int64) (bad, of int64) {
	for bad = int64(math.Max(3, math.Ceil(Evidence(float64(least), p)))); bad < 1_000_000; bad++ {
		// The evidence grows with the events, so the number of events for bad − 0.5 is found by halving.
		low, high := bad, int64(1)<<50
		for low < high {
			mid := low + (high-low)/2
			if Evidence(float64(mid), p) < float64(bad)-0.5 {
				low = mid + 1
			} else {
				high = mid
			}
		}
		if e := Evidence(float64(low), p); low >= max(bad, least) && e > float64(bad)-0.7 && e < float64(bad)-0.3 {
			return bad, low
		}
	}
	return 0, 0
}
