package chart

import (
	"slices"

	"cairncx.dev/cairn/cx/insight/number"
)

const labelRow = 17.0 // px, of labels above a control chart

func (c Control) draw(p *pen) {
	days, more := c.shown()
	var e extent
	some := false
	for i := range days {
		d := &days[i]
		if d.limited {
			e.add(d.limits.High)
		}
		if d.ok {
			e.add(d.Value.Value)
			some = true
		}
	}
	if !some {
		p.nothing()
		return
	}
	y := newAxis(Share, e.low, e.high, pick(p, 5, 4), 0, 0)
	texts, widest := y.labels(Share)
	last, tail := &days[len(days)-1], 0.0
	if last.ok {
		tail = measure(Share.Write(last.Value.Value), fontSize)*1.08 + 12
	}
	f := frame{x0: widest + 10, x1: p.width - max(tail, 10)}
	f.x1 = max(f.x1, f.x0+leastWidth)
	labels := p.place(f, len(days), c.marks(days))
	rows := 0
	for _, l := range labels {
		rows = max(rows, l.row+1)
	}
	f.y0 = 14 + float64(rows)*labelRow
	f.y1 = f.y0 + pick(p, 220.0, 176.0)
	y.a, y.b = f.y1, f.y0
	c.shade(p, f, days)
	for i, v := range y.ticks {
		class := "cx-grid"
		if i == 0 {
			class = "cx-axis"
		}
		p.line(class, f.x0, y.at(v), f.x1, y.at(v))
		p.text("cx-s", end, f.x0-8, y.at(v)+4, texts[i])
	}
	points := make([]shownPoint, len(days))
	for i := range days {
		points[i] = days[i].shownPoint
	}
	p.dates(f, points, week)
	p.limits(f, y, days)
	p.events(f, labels)
	p.days(f, y, days)
	if last.ok {
		p.text("cx-b", start, f.at(len(days)-1, len(days))+10, y.at(last.Value.Value)+4.5, Share.Write(last.Value.Value))
	}
	p.height = p.legend(f.y1+46, c.legendOf(days, more))
}

const week = 7

// half is half of the width of a day.
func (f frame) half(n int) float64 { return max(f.at(1, n)-f.at(0, n), 0) / 2 }

// shade draws what is behind the baseline's days, and a mark at each day that does not count.
func (c Control) shade(p *pen, f frame, days []shownDay) {
	n := len(days)
	half := f.half(n)
	if from, until := c.baselineOf(days); until > from {
		x := f.at(from, n) - half
		p.tag("rect", "cx-shade", "x", x, "y", f.y0, "width", f.at(until-1, n)+half-x, "height", f.y1-f.y0)
	}
	for i := range days {
		if days[i].out {
			p.tag("rect", "cx-out", "x", f.at(i, n)-half, "y", f.y1-8, "width", max(2*half, 1.5), "height", 8.0)
		}
	}
}

// baselineOf returns the first day of the baseline, and the first one after it.
func (c Control) baselineOf(days []shownDay) (from, until int) {
	from = slices.IndexFunc(days, func(d shownDay) bool { return d.of(c.Baseline) })
	if from < 0 {
		return 0, 0
	}
	for until = from; until < len(days) && days[until].of(c.Baseline); until++ {
		continue
	}
	return from, until
}

// limits draws the limits as a band with steps, and what is usual as a line with steps in it.
func (p *pen) limits(f frame, y axis, days []shownDay) {
	n := len(days)
	half := f.half(n)
	for first := 0; first < n; first++ {
		if !days[first].limited {
			continue
		}
		last := first
		for last+1 < n && days[last+1].limited {
			last++
		}
		steps := func(value func(*shownDay) float64) (line []any) {
			for i := first; i <= last; i++ {
				at := y.at(value(&days[i]))
				line = append(line, either(i == first, "M", "L"), f.at(i, n)-half, at, "H", f.at(i, n)+half)
			}
			return line
		}
		band := steps(func(d *shownDay) float64 { return d.limits.High })
		for i := last; i >= first; i-- {
			at := y.at(days[i].limits.Low)
			band = append(band, "L", f.at(i, n)+half, at, "H", f.at(i, n)-half)
		}
		p.path("cx-limits", trace(append(band, "Z")...))
		p.path("cx-usual", trace(steps(func(d *shownDay) float64 { return d.usual })...))
		first = last
	}
}

// days draws the shares: a thin line between neighbours, and marks of the days that are beyond the limits; of all, where there is room.
func (p *pen) days(f frame, y axis, days []shownDay) {
	n := len(days)
	var line []any
	for i := range days {
		if days[i].ok {
			line = append(line, either(i > 0 && days[i-1].ok, "L", "M"), f.at(i, n), y.at(days[i].Value.Value))
		}
	}
	p.path("cx-day", trace(line...))
	room := 2*f.half(n) >= 4 || n < 3
	for i := range days {
		d := &days[i]
		x, at := f.at(i, n), y.at(d.Value.Value)
		switch {
		case d.few:
			p.cross(x, f.y1-8)
		case !d.ok:
		case d.missed:
			p.diamond(x, at, pick(p, 4.5, 4.0))
		case d.beyond != within:
			p.square(x, at, pick(p, 3.5, 3.0))
		case room, lonely(days, i):
			p.circle("cx-f0", x, at, 2)
		}
	}
}

// lonely reports whether a line shows nothing of a day, because its neighbours have no share.
func lonely(days []shownDay, i int) bool {
	return (i == 0 || !days[i-1].ok) && (i+1 == len(days) || !days[i+1].ok)
}

// square is the mark of a value that is beyond the limits on the good side.
func (p *pen) square(x, y, r float64) {
	p.tag("rect", "cx-f3", "x", x-r, "y", y-r, "width", 2*r, "height", 2*r)
}

// label is the label of a mark, and in which row above the frame it stands, from the frame up.
type label struct {
	marked

	text    string
	x, left float64 // of the line, and of the text
	row     int
}

// place puts labels into rows in which none lies over another one: from the last one backwards, each as low as there is room.
func (p *pen) place(f frame, n int, marks []marked) []label {
	out := make([]label, len(marks))
	var ends [][]label // by row
	for i := len(marks) - 1; i >= 0; i-- {
		l := label{marked: marks[i], text: fit(marks[i].label, smallSize, pick(p, 0.45, 0.7)*p.width), x: f.at(marks[i].day, n)}
		w := measure(l.text, smallSize)
		if l.left = l.x + 5; l.left+w > p.width {
			l.left = max(0, l.x-5-w)
		}
		free := func(row []label) bool {
			return !slices.ContainsFunc(row, func(o label) bool {
				return l.left < o.left+measure(o.text, smallSize)+10 && o.left < l.left+w+10
			})
		}
		l.row = slices.IndexFunc(ends, free)
		if l.row < 0 {
			l.row = len(ends)
			ends = append(ends, nil)
		}
		ends[l.row] = append(ends[l.row], l)
		out[i] = l
	}
	return out
}

// events draws an upright line for each mark, with its label above the frame. The labels come last, because lines of others may cross them.
func (p *pen) events(f frame, labels []label) {
	top := func(l *label) float64 { return f.y0 - 6 - labelRow*float64(l.row) - 9 }
	for i := range labels {
		l := &labels[i]
		p.line(either(l.began, "cx-since", "cx-when"), l.x, top(l), l.x, f.y1)
	}
	for i := range labels {
		l := &labels[i]
		p.text(either(l.began, "cx-k cx-h", "cx-s cx-h"), start, l.left, top(l)+11, l.text)
	}
}

// legendOf explains the marks that the picture has.
func (c Control) legendOf(days []shownDay, more int64) (out []entry) {
	has := func(f func(*shownDay) bool) bool {
		return slices.ContainsFunc(days, func(d shownDay) bool { return f(&d) })
	}
	add := func(is bool, text string, mark func(p *pen, x, y float64)) {
		if is {
			out = append(out, entry{mark, text})
		}
	}
	add(true, "share of a day", func(p *pen, x, y float64) {
		p.path("cx-day", trace("M", x, y+6, "H", x+16))
		p.circle("cx-f0", x+8, y+6, 2)
	})
	add(has(func(d *shownDay) bool { return d.limited }), "usual on such a day, and limits of chance", func(p *pen, x, y float64) {
		p.tag("rect", "cx-limits", "x", x, "y", y, "width", 16.0, "height", 12.0)
		p.path("cx-usual", trace("M", x, y+8, "H", x+8, "L", x+8, y+5, "H", x+16))
	})
	add(has(func(d *shownDay) bool { return d.missed }), "beyond the limits, worse", func(p *pen, x, y float64) { p.diamond(x+8, y+6, 4.5) })
	add(has(func(d *shownDay) bool { return d.beyond != within && !d.missed }), "beyond the limits, better", func(p *pen, x, y float64) { p.square(x+8, y+6, 3.5) })
	if from, until := c.baselineOf(days); until > from {
		add(true, "days that say what is usual", func(p *pen, x, y float64) {
			p.tag("rect", "cx-shade", "x", x, "y", y, "width", 16.0, "height", 12.0)
		})
	}
	add(has(func(d *shownDay) bool { return d.out }), "does not count", func(p *pen, x, y float64) {
		p.tag("rect", "cx-out", "x", x+6, "y", y+3, "width", 4.0, "height", 8.0)
	})
	add(has(func(d *shownDay) bool { return d.few }), under(c.Least), func(p *pen, x, y float64) { p.cross(x+8, y+6) })
	add(more > 0, number.Of(more, "day before is", "days before are")+" not drawn", func(*pen, float64, float64) {})
	return out
}
