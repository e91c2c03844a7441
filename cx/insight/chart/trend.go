package chart

import (
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight/number"
)

// Point is a value in a period.
type Point struct {
	Period
	Value
}

// Trend is a quantity by period: a line, with the interval as a band around it. It has a gap where too few runs are behind a value.
type Trend struct {
	About
	Unit   Unit
	Points []Point // in the order of time
	// Target is what the values should reach. The default is no target.
	Target *Line
	// LowerIsBetter is whether a value above the target misses it.
	LowerIsBetter bool
	// Least is how many runs a shown value rests on at least. The default is [Least]; a negative number shows all.
	Least int64
}

// shownPoint is a point, and whether it may be shown.
type shownPoint struct {
	Point
	ok, missed bool
	few        bool // there are runs, but too few
}

// mostPoints is how many points a picture has at most.
const mostPoints = 120

// shown returns the points of the picture and the table, and how many are left out.
func (t Trend) shown() ([]shownPoint, int64) {
	all := make([]shownPoint, len(t.Points))
	target, aimed := t.Target.known()
	for i, point := range t.Points {
		v, ok := point.shown(t.Unit, t.Least)
		all[i] = shownPoint{Point: Point{point.Period, v}, ok: ok, few: !ok && point.N > 0 && finite(point.Value.Value)}
		if ok && aimed {
			all[i].missed = misses(v, target.Value, t.LowerIsBetter)
		}
	}
	kept := thin(all, mostPoints)
	return kept, int64(len(all) - len(kept))
}

// misses reports whether the value misses the target by more than chance: with its whole interval.
func misses(v Value, target float64, lowerIsBetter bool) bool {
	low, high := v.Value, v.Value
	if v.Interval.known() {
		low, high = v.Interval.Low, v.Interval.High
	}
	if lowerIsBetter {
		return low > target
	}
	return high < target
}

// thin keeps the first and the last point, and the smallest and the largest of each part of the others, so that no peak is lost.
func thin(all []shownPoint, n int) []shownPoint {
	if len(all) <= n {
		return all
	}
	parts := n/2 - 1
	out := []shownPoint{all[0]}
	inside := all[1 : len(all)-1]
	for i := range parts {
		part := inside[i*len(inside)/parts : (i+1)*len(inside)/parts]
		least, greatest := -1, -1
		for k, point := range part {
			if !point.ok {
				continue
			}
			if least < 0 || point.Value.Value < part[least].Value.Value {
				least = k
			}
			if greatest < 0 || point.Value.Value > part[greatest].Value.Value {
				greatest = k
			}
		}
		switch {
		case least < 0: // a gap
			out = append(out, part[0])
		case least == greatest:
			out = append(out, part[least])
		default:
			out = append(out, part[min(least, greatest)], part[max(least, greatest)])
		}
	}
	return append(out, all[len(all)-1])
}

func (t Trend) table() Table {
	points, more := t.shown()
	values := make([]Value, len(points))
	for i, point := range points {
		values[i] = point.Value
	}
	c := columns{unit: t.Unit, values: values}
	out := Table{Head: []string{"Period"}, More: more}
	out.head(c, "")
	e := whole(t.Unit)
	for _, point := range points {
		if point.ok {
			e.add(point.Value.Value)
		}
	}
	target, aimed := t.Target.known()
	if aimed {
		out.Head = append(out.Head, cmpLabel(target.Label))
		out.Text = make([]bool, len(out.Head))
		out.Text[len(out.Head)-1] = true
	}
	for _, point := range points {
		cells := append([]string{point.Label()}, c.cells(point.Value, point.ok, point.few, t.Least)...)
		if aimed {
			cells = append(cells, verdict(point, target.Value, t.LowerIsBetter))
		}
		out.Rows = append(out.Rows, cells)
		tone := Main
		if point.missed {
			tone = Bad
		}
		out.bars = append(out.bars, barOf(point.Value.Value, e, point.ok, tone))
	}
	return out
}

func cmpLabel(label string) string {
	if label == "" {
		return "the target"
	}
	return label
}

// verdict says how a value stands to its target.
func verdict(point shownPoint, target float64, lowerIsBetter bool) string {
	v := point.Value.Value
	switch {
	case !point.ok:
		return ""
	case point.missed:
		return "missed"
	case v == target || v > target != lowerIsBetter:
		return "met"
	default:
		return "missed, may be chance"
	}
}

func (Trend) kind() string { return "Trend" }

func (t Trend) finding() string {
	points, more := t.shown()
	return findingOf(t.Unit, points, more, t.Target)
}

func findingOf(u Unit, points []shownPoint, more int64, target *Line) string {
	known := slices.DeleteFunc(slices.Clone(points), func(p shownPoint) bool { return !p.ok })
	if len(known) == 0 {
		return "No period has enough runs to show a value."
	}
	least, greatest, last := known[0], known[0], known[len(known)-1]
	missed := 0
	for _, p := range known {
		if p.Value.Value < least.Value.Value {
			least = p
		}
		if p.Value.Value > greatest.Value.Value {
			greatest = p
		}
		if p.missed {
			missed++
		}
	}
	say := func(p shownPoint) string { return u.Write(p.Value.Value) + " in " + p.Label() }
	s := fmt.Sprintf("%s, from %s to %s. Last: %s in %s.", number.Of(int64(len(points))+more, "period", "periods"), say(least), say(greatest),
		u.write(last.Value), last.Label())
	if l, ok := target.known(); ok {
		s += fmt.Sprintf(" Against %s: %s by more than chance.", cmpLabel(l.Label), number.Of(int64(missed), "period misses it", "periods miss it"))
	}
	if gaps := len(points) - len(known); gaps > 0 {
		s += " " + number.Of(int64(gaps), "period has", "periods have") + " too few runs to show."
	}
	return s
}

func (t Trend) draw(p *pen) {
	points, more := t.shown()
	var e extent
	e.line(t.Target)
	some := seen(&e, points)
	if !some {
		p.nothing()
		return
	}
	y := newAxis(t.Unit, e.low, e.high, pick(p, 5, 4), 0, 0)
	texts, widest := y.labels(t.Unit)
	last := points[len(points)-1]
	tail := 0.0
	if last.ok {
		tail = measure(t.Unit.Write(last.Value.Value), fontSize)*1.08 + 10
	}
	f := frame{x0: widest + 10, x1: p.width - max(tail, 10), y0: 14, y1: pick(p, 234.0, 190.0)}
	f.x1 = max(f.x1, f.x0+leastWidth)
	y.a, y.b = f.y1, f.y0
	for i, v := range y.ticks {
		class := "cx-grid"
		if v == 0 || i == 0 {
			class = "cx-axis"
		}
		p.line(class, f.x0, y.at(v), f.x1, y.at(v))
		p.text("cx-s", end, f.x0-8, y.at(v)+4, texts[i])
	}
	p.dates(f, points, 1)
	p.series(f, y, points, len(points) <= 40)
	if l, ok := t.Target.known(); ok {
		p.line("cx-target", f.x0, y.at(l.Value), f.x1, y.at(l.Value))
	}
	if last.ok {
		p.text("cx-b", start, f.at(len(points)-1, len(points))+9, y.at(last.Value.Value)+4.5, t.Unit.Write(last.Value.Value))
	}
	p.height = p.legend(f.y1+46, t.legendOf(points, more))
}

// legendOf explains the marks that the picture has.
func (t Trend) legendOf(points []shownPoint, more int64) []entry {
	var out []entry
	has := func(f func(shownPoint) bool) bool { return slices.ContainsFunc(points, f) }
	if has(func(p shownPoint) bool { return p.ok && p.Interval.known() }) {
		out = append(out, entry{func(p *pen, x, y float64) {
			p.tag("rect", "cx-band", "x", x, "y", y, "width", 16.0, "height", 12.0)
			p.path("cx-edge", trace("M", x, y, "H", x+16, "M", x, y+12, "H", x+16))
			p.line("cx-trend", x, y+6, x+16, y+6)
		}, "value with its 95% interval"})
	}
	if l, ok := t.Target.known(); ok {
		out = append(out, entry{dashes, cmpLabel(l.Label)})
		if has(func(p shownPoint) bool { return p.missed }) {
			out = append(out, entry{func(p *pen, x, y float64) { p.diamond(x+8, y+6, 6) }, "misses it by more than chance"})
		}
	}
	if has(func(p shownPoint) bool { return !p.ok }) {
		out = append(out, entry{func(p *pen, x, y float64) { p.cross(x+8, y+6) }, "no value" + either(has(func(p shownPoint) bool { return p.few }), ": "+under(t.Least), "")})
	}
	if more > 0 {
		out = append(out, entry{func(*pen, float64, float64) {}, number.Of(more, "point between is", "points between are") + " not drawn"})
	}
	return out
}

// seen adds the values of points to an extent, and reports whether there are some.
func seen(e *extent, points []shownPoint) bool {
	some := false
	for _, point := range points {
		if point.ok {
			e.value(point.Value)
			some = true
		}
	}
	return some
}

// nothing is the picture of a chart without a value.
func (p *pen) nothing() {
	p.text("cx-s", start, 0, 20, "No value to show.")
	p.height = 32
}
