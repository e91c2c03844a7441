package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
)

// Histogram is how durations are distributed, on a logarithmic scale, with their median and ninth decile. The classes are what people count
// time in, each about twice as long as the one before. A negative duration counts as zero.
type Histogram struct {
	About
	Durations []time.Duration // in any order
	// Target is a duration to compare with, such as that of a promise, in seconds.
	Target *Line
	// Least is how many durations a shown histogram has at least. The default is [Least]; a negative number shows all.
	Least int64
}

const (
	ms     = time.Millisecond
	second = time.Second
	minute = time.Minute
	hour   = time.Hour
	oneDay = 24 * time.Hour
)

// ladder is the bounds of the classes. Twice the last one is more than a duration holds.
var ladder = []time.Duration{
	1 * ms, 2 * ms, 4 * ms, 8 * ms, 15 * ms, 30 * ms, 60 * ms, 125 * ms, 250 * ms, 500 * ms,
	1 * second, 2 * second, 4 * second, 8 * second, 15 * second, 30 * second,
	1 * minute, 2 * minute, 4 * minute, 8 * minute, 15 * minute, 30 * minute,
	1 * hour, 90 * minute, 3 * hour, 6 * hour, 12 * hour,
	1 * oneDay, 2 * oneDay, 4 * oneDay, 7 * oneDay, 14 * oneDay, 30 * oneDay, 60 * oneDay, 120 * oneDay, 240 * oneDay,
	365 * oneDay, 730 * oneDay, 1460 * oneDay, 2920 * oneDay, 5840 * oneDay, 11680 * oneDay, 23360 * oneDay, 46720 * oneDay, 93440 * oneDay,
}

// class is the durations from one bound to the next.
type class struct {
	from, until time.Duration
	n           int64
}

func (c class) label() string {
	if c.from == 0 {
		return "under " + number.Duration(c.until)
	}
	return number.Range(number.Duration(c.from), "under "+number.Duration(c.until))
}

// classes counts the durations, from the first class that has some to the last.
func (h Histogram) classes() (out []class, n int64, median, ninth time.Duration) {
	n = int64(len(h.Durations))
	if n == 0 || n < atLeast(h.Least) {
		return nil, n, 0, 0
	}
	sorted := slices.Clone(h.Durations)
	slices.Sort(sorted)
	counts := make([]int64, len(ladder)+1)
	for _, d := range sorted {
		i, exact := slices.BinarySearch(ladder, d)
		if exact {
			i++
		}
		counts[i]++
	}
	first, last := slices.IndexFunc(counts, func(n int64) bool { return n > 0 }), len(counts)-1
	for counts[last] == 0 {
		last--
	}
	for i := first; i <= last; i++ {
		c := class{until: math.MaxInt64, n: counts[i]}
		if i > 0 {
			c.from = ladder[i-1]
		}
		if i < len(ladder) {
			c.until = ladder[i]
		}
		out = append(out, c)
	}
	rank := func(q float64) time.Duration { // nearest rank
		return max(sorted[min(max(int(math.Ceil(q*float64(n)))-1, 0), int(n)-1)], 0)
	}
	return out, n, rank(0.5), rank(0.9)
}

func (h Histogram) table() Table {
	all, n, _, _ := h.classes()
	out := Table{Head: []string{"Duration", "n", "Share", "Share up to here"}}
	var e extent
	for _, c := range all {
		e.add(float64(c.n))
	}
	sum := int64(0)
	for _, c := range all {
		sum += c.n
		out.Rows = append(out.Rows, []string{c.label(), number.Count(c.n), number.Share(float64(c.n) / float64(n)), number.Share(float64(sum) / float64(n))})
		out.bars = append(out.bars, barOf(float64(c.n), e, true, Main))
	}
	if len(all) == 0 {
		out.Rows = [][]string{{"All", few(h.Least), "", ""}}
		out.bars = [][]part{nil}
	}
	return out
}

func (Histogram) kind() string { return "Durations" }

func (h Histogram) finding() string {
	all, n, median, ninth := h.classes()
	if len(all) == 0 {
		return "Too few durations to show how they are distributed."
	}
	s := fmt.Sprintf("n %s. Half take at most %s, nine of ten at most %s.", number.Count(n), number.Duration(median), number.Duration(ninth))
	if l, ok := h.Target.known(); ok {
		within := 0
		for _, d := range h.Durations {
			if d.Seconds() <= l.Value {
				within++
			}
		}
		s += fmt.Sprintf(" %s are within %s.", number.Share(float64(within)/float64(n)), cmpLabel(l.Label))
	}
	return s
}

// quantile is an upright line of a histogram.
type quantile struct {
	at    time.Duration
	label string
	aim   bool
	left  bool // whether its label is on its left
}

// place returns where a duration is on the logarithmic axis, in classes of a factor of two.
func place(d time.Duration) float64 { return math.Log2(max(float64(d), float64(time.Millisecond)/2)) }

func (h Histogram) draw(p *pen) {
	all, _, median, ninth := h.classes()
	if len(all) == 0 {
		p.nothing()
		return
	}
	var e extent
	e.add(0)
	for _, c := range all {
		e.add(float64(c.n))
	}
	y := newAxis(Count, e.low, e.high, 4, 0, 0)
	texts, widest := y.labels(Count)
	marks := []quantile{{median, "half: " + number.Duration(median), false, false}, {ninth, "9 of 10: " + number.Duration(ninth), false, false}}
	first, last := all[0], all[len(all)-1]
	if l, ok := h.Target.known(); ok {
		d := time.Duration(min(max(l.Value, 0)*1e9, 9e18))
		marks = append(marks, quantile{d, cmpLabel(l.Label), true, false})
		first.from, last.until = min(first.from, d), max(last.until, d)
	}
	f := frame{x0: widest + 10, x1: p.width - 8, y0: 10 + 17*float64(len(marks)), y1: pick(p, 240.0, 210.0)}
	y.a, y.b = f.y1, f.y0
	x := axis{low: place(first.from), high: place(last.until), a: f.x0, b: f.x1}
	for i, v := range y.ticks {
		p.line(either(v == 0, "cx-axis", "cx-grid"), f.x0, y.at(v), f.x1, y.at(v))
		p.text("cx-s", end, f.x0-8, y.at(v)+4, texts[i])
	}
	for _, c := range all {
		if c.n > 0 {
			a, b := x.at(place(c.from)), x.at(place(c.until))
			p.plain(Main, a+0.75, y.at(float64(c.n)), max(b-a-1.5, 0.75), max(f.y1-y.at(float64(c.n)), 1))
		}
	}
	p.bounds(f, x, first.from, last.until)
	for i, m := range p.split(x, marks) {
		at, y := x.at(place(m.at)), 12+17*float64(i)
		p.line(either(m.aim, "cx-target", "cx-mark"), at, y-6, at, f.y1)
		if label := fit(m.label, smallSize, p.width/2); m.left {
			p.text("cx-s cx-h", end, at-5, y+4, fit(label, smallSize, at-5))
		} else {
			p.text("cx-s cx-h", start, at+5, y+4, fit(label, smallSize, p.width-at-5))
		}
	}
	p.height = f.y1 + 24
}

// split decides which lines have their label on the left and which on the right, and puts them in order from the top, so that no line crosses
// the label of another: the labels on the left from the last line to the first, then those on the right from the first to the last.
func (p *pen) split(x axis, marks []quantile) []quantile {
	slices.SortStableFunc(marks, func(a, b quantile) int { return cmp.Compare(a.at, b.at) })
	left := 0
	for i, m := range marks {
		if x.at(place(m.at))+5+measure(fit(m.label, smallSize, p.width/2), smallSize) > p.width {
			left = max(left, i+1)
		}
	}
	for i := range left {
		marks[i].left = true
	}
	slices.Reverse(marks[:left])
	return marks
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// bounds labels the axis of durations with bounds of classes that have room.
func (p *pen) bounds(f frame, x axis, from, until time.Duration) {
	free := 0.0
	for _, d := range ladder {
		if d < from || d > until {
			continue
		}
		at := x.at(place(d))
		p.line("cx-axis", at, f.y1, at, f.y1+4)
		s := number.Duration(d)
		w := measure(s, smallSize)
		left := min(max(at-w/2, 0), p.width-w)
		if left < free || !roundBound(d) {
			continue
		}
		if at+w/2 > p.width {
			p.text("cx-s", end, p.width, f.y1+18, s)
		} else {
			p.text("cx-s", middle, at, f.y1+18, s)
		}
		free = left + w + 8
	}
}

// roundBound reports whether a bound is written in one unit.
func roundBound(d time.Duration) bool { return strings.Count(number.Duration(d), " ") == 1 }
