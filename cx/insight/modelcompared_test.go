package insight_test

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/stats"
)

// kept is the measure of promises that are due: it returns whether the run counts, and whether it is one.
func (w *world) kept(l *life) (counts, hit bool) {
	switch {
	case l.due <= 0 || !w.happened(l, l.due):
		return false, false
	case w.happened(l, l.kept) && l.kept <= l.due:
		return true, true
	default:
		return w.happened(l, l.broken) || !w.happened(l, l.withdrawn), false // nothing has told that it was broken
	}
}

// over returns the hours until the run ended, and -1 if it is open.
func (w *world) over(l *life) float64 {
	if _, ended := w.state(l); !ended.IsZero() {
		return ended.Sub(l.begun).Hours()
	}
	return -1
}

// completes returns the hours until the run was completed, silent until it fell silent, and fails until a touchpoint failed: -1 if it did not.
func (w *world) completes(l *life) float64 {
	if s, _ := w.state(l); s == "completed" {
		return w.over(l)
	}
	return -1
}

func (w *world) silent(l *life) float64 {
	if s, _ := w.state(l); s == "abandoned" {
		return w.over(l)
	}
	return -1
}

func (w *world) fails(l *life) float64 {
	first := -1.0
	for _, t := range l.touched {
		if t.outcome == event.Failed && w.happened(l, t.at) && (first < 0 || t.at < first) {
			first = t.at
		}
	}
	return first
}

// atAge returns the measure of runs of one age. They are compared as they are if the youngest one is as old as 95 of 100 were that have ended.
func (w *world) atAge(q *insight.Which, hit func(*life) float64) func(*life) (counts, is bool) {
	var overs []float64
	youngest := math.Inf(1)
	for _, l := range w.about(q) {
		if o := w.over(l); o >= 0 {
			overs = append(overs, o)
		}
		youngest = min(youngest, w.now.Sub(l.begun).Hours())
	}
	slices.Sort(overs)
	age := math.Inf(1)
	if len(overs) > 0 {
		if needed := overs[int(math.Ceil(0.95*float64(len(overs))))-1]; youngest < needed {
			age = needed
		}
	}
	return func(l *life) (counts, is bool) {
		h := hit(l)
		return math.IsInf(age, 1) || w.now.Sub(l.begun).Hours() >= age, h >= 0 && h <= age
	}
}

// compared works out the counts of [insight.Compare] by a column. Neither a run that is too young nor a promise that is not due counts among the customers
// of its group. A group of these alone is hidden if it has few.
func (w *world) compared(q *insight.Which, column insight.Column, measure func(*life) (counts, hit bool), promises bool) []string {
	about := w.about(q)
	if few(about) {
		return []string{"hidden"}
	}
	groups, youngs, of, hits, n, all := map[string][]*life{}, map[string][]*life{}, map[string]int{}, map[string]int{}, 0, 0
	for _, l := range about {
		counts, hit := measure(l)
		young := !promises || l.due > 0 && !w.happened(l, l.due) && !w.happened(l, l.withdrawn)
		if !counts && !young {
			continue
		}
		value := w.value(l, column)
		if !counts {
			youngs[value] = append(youngs[value], l)
			continue
		}
		groups[value] = append(groups[value], l)
		of[value]++
		all++
		if hit {
			hits[value]++
			n++
		}
	}
	hidden, lines, tests := hiddenOf(groups), []string{}, []float64{}
	for value, lives := range youngs {
		if groups[value] == nil {
			groups[value], hidden[value] = nil, few(lives)
		}
	}
	var tested []string
	for _, value := range slices.Sorted(maps.Keys(groups)) {
		if hidden[value] {
			lines = append(lines, value+": hidden")
			continue
		}
		of, others := of[value], all-of[value]
		if of == 0 {
			lines = append(lines, value+": 0 of 0, 0 of 0")
			continue
		}
		lines = append(lines, fmt.Sprint(value, ": ", hits[value], " of ", of, ", ", n-hits[value], " of ", others))
		if of > 0 && others > 0 {
			p, _ := stats.SharesTest(int64(hits[value]), int64(of), int64(n-hits[value]), int64(others))
			tests, tested = append(tests, p), append(tested, value)
		}
	}
	for i, p := range stats.BenjaminiHochberg(tests) {
		lines = append(lines, fmt.Sprintf("%s p %.9f", tested[i], p))
	}
	slices.Sort(lines)
	return lines
}

func comparedLines(c *insight.Comparison) []string {
	if c.Hidden {
		return []string{"hidden"}
	}
	lines := []string{}
	for _, g := range c.Groups {
		if g.Hidden {
			lines = append(lines, g.Value+": hidden")
			continue
		}
		lines = append(lines, fmt.Sprint(g.Value, ": ", g.Share.Count, " of ", g.Share.N, ", ", g.Others.Count, " of ", g.Others.N))
		if g.Difference.OK() {
			lines = append(lines, fmt.Sprintf("%s p %.9f", g.Value, g.Adjusted))
		}
	}
	slices.Sort(lines)
	return lines
}
