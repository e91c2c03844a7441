package chart

import (
	"math"
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// Panel is the trend of a group.
type Panel struct {
	Name   string
	Points []Point
}

// Panels is a quantity by period for several groups, each in its own small picture. All have the same scale, so that they can be compared.
type Panels struct {
	About
	Unit   Unit
	Panels []Panel
	// Target is what the values should reach. The default is no target.
	Target *Line
	// LowerIsBetter is whether a value above the target misses it.
	LowerIsBetter bool
	// Group names the column of groups. The default is "Group".
	Group string
	// Least is how many runs a shown value rests on at least. The default is [Least]; a negative number shows all.
	Least int64
}

// mostPanels is how many groups a picture has at most.
const mostPanels = 24

// trends returns each group's trend.
func (c Panels) trends() ([]Trend, int64) {
	kept, more := cut(c.Panels, mostPanels)
	out := make([]Trend, len(kept))
	for i, p := range kept {
		out[i] = Trend{
			About: About{Title: clean(p.Name)}, Unit: c.Unit, Points: p.Points, Target: c.Target, LowerIsBetter: c.LowerIsBetter, Least: c.Least,
		}
	}
	return out, more
}

func (c Panels) table() Table {
	trends, more := c.trends()
	cols := columns{unit: c.Unit}
	e := whole(c.Unit)
	for _, t := range trends {
		points, _ := t.shown()
		for _, p := range points {
			cols.values = append(cols.values, p.Value)
			if p.ok {
				e.add(p.Value.Value)
			}
		}
	}
	out := Table{Head: []string{groupName(c.Group), "Last period"}, Text: []bool{true, true}, More: more}
	out.head(cols, "")
	if c.Target != nil {
		out.Head = append(out.Head, "Periods that miss it")
	}
	for _, t := range trends {
		points, _ := t.shown()
		cells := append([]string{t.Title, ""}, cols.cells(Value{}, false, false, c.Least)...)
		var bar []part
		missed := int64(0)
		for _, p := range points {
			if p.missed {
				missed++
			}
		}
		if n := len(points); n > 0 {
			last := points[n-1]
			cells = append([]string{t.Title, last.Label()}, cols.cells(last.Value, last.ok, last.few, c.Least)...)
			tone := Main
			if last.missed {
				tone = Bad
			}
			bar = barOf(last.Value.Value, e, last.ok, tone)
		}
		if c.Target != nil {
			cells = append(cells, number.Count(missed))
		}
		out.Rows = append(out.Rows, cells)
		out.bars = append(out.bars, bar)
	}
	return out
}

func (Panels) kind() string { return "Trends" }

func (c Panels) finding() string {
	trends, more := c.trends()
	told := []string{number.Of(int64(len(trends))+more, "group", "groups") + "."}
	for _, t := range trends[:min(len(trends), 3)] {
		points, _ := t.shown()
		if n := len(points); n > 0 && points[n-1].ok {
			told = append(told, t.Title+": "+c.Unit.write(points[n-1].Value)+" in "+points[n-1].Label()+".")
		}
	}
	return strings.Join(told, " ")
}

func (c Panels) draw(p *pen) {
	trends, _ := c.trends()
	var e extent
	e.line(c.Target)
	some, missed := false, false
	shown := make([][]shownPoint, len(trends))
	for i, t := range trends {
		shown[i], _ = t.shown()
		some = seen(&e, shown[i]) || some
		for _, point := range shown[i] {
			missed = missed || point.missed
		}
	}
	if !some {
		p.nothing()
		return
	}
	const height, head, foot = 74.0, 26.0, 26.0
	y := newAxis(c.Unit, e.low, e.high, 2, 0, 0)
	texts, widest := y.labels(c.Unit)
	margin := widest + 8
	across, width := p.across(trends, margin)
	var legend []entry
	if l, ok := c.Target.known(); ok {
		legend = append(legend, entry{dashes, cmpLabel(l.Label)})
		if missed {
			legend = append(legend, entry{func(p *pen, x, y float64) { p.diamond(x+8, y+6, 5) }, "misses it by more than chance"})
		}
	}
	top := p.legend(0, legend)
	for i, t := range trends {
		x0 := margin + float64(i%across)*(width+16)
		y0 := top + float64(i/across)*(height+head+foot) + head
		f := frame{x0: x0, x1: x0 + width, y0: y0, y1: y0 + height}
		y.a, y.b = f.y1, f.y0
		for k, v := range y.ticks {
			p.line(either(v == 0 || k == 0, "cx-axis", "cx-grid"), f.x0, y.at(v), f.x1, y.at(v))
			if i%across == 0 {
				p.text("cx-s", end, f.x0-6, y.at(v)+4, texts[k])
			}
		}
		if l, ok := c.Target.known(); ok {
			p.line("cx-target", f.x0, y.at(l.Value), f.x1, y.at(l.Value))
		}
		p.panel(f, y, t, shown[i])
	}
	p.height = top + math.Ceil(float64(len(trends))/float64(across))*(height+head+foot)
}

// across returns how many panels stand side by side, and how wide they are: as many as have room for their names.
func (p *pen) across(trends []Trend, margin float64) (n int, width float64) {
	n = pick(p, 3, 2)
	if len(trends) < 3 || len(trends) == 4 {
		n = min(len(trends), 2)
	}
	longest := 0.0
	for _, t := range trends {
		longest = max(longest, measure(t.Title, fontSize))
	}
	for ; ; n-- {
		width = (p.width - margin - float64(n-1)*16) / float64(n)
		if n == 1 || longest+60 <= width {
			return n, width
		}
	}
}

// panel draws the line of a group, with its name and last value above, and its first and last period below.
func (p *pen) panel(f frame, y axis, t Trend, points []shownPoint) {
	p.series(f, y, points, len(points) == 1)
	value := ""
	if n := len(points); n > 0 && points[n-1].ok {
		value = t.Unit.Write(points[n-1].Value.Value)
		if !points[n-1].missed {
			p.circle("cx-f0", f.at(n-1, n), y.at(points[n-1].Value.Value), 3.5)
		}
	}
	room := f.x1 - f.x0
	p.text("cx-b", end, f.x1, f.y0-9, value)
	p.text("cx-t", start, f.x0, f.y0-9, fit(t.Title, fontSize, room-measure(value, fontSize)*1.08-6))
	if len(points) == 0 {
		return
	}
	first, _ := points[0].short(nil)
	last, _ := points[len(points)-1].short(nil)
	if len(points) == 1 || measure(first, smallSize)+measure(last, smallSize)+8 > room {
		first = ""
	}
	p.text("cx-s", start, f.x0, f.y1+15, first)
	p.text("cx-s", end, f.x1, f.y1+15, last)
}
