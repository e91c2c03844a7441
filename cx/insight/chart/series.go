package chart

import "slices"

// frame is where the marks of a trend are.
type frame struct{ x0, x1, y0, y1 float64 }

// at returns the place of a period, of n.
func (f frame) at(i, n int) float64 {
	if n < 2 {
		return (f.x0 + f.x1) / 2
	}
	return f.x0 + 6 + float64(i)*(f.x1-f.x0-12)/float64(n-1)
}

// series draws points as a line with a band, and marks of the points if they are few.
func (p *pen) series(f frame, y axis, points []shownPoint, marks bool) {
	n := len(points)
	for first := 0; first < n; first++ {
		if !points[first].ok {
			if marks {
				p.cross(f.at(first, n), f.y1-8)
			}
			continue
		}
		last := first
		for last+1 < n && points[last+1].ok {
			last++
		}
		p.stretch(f, y, points, first, last)
		first = last
	}
	for i, point := range points {
		switch x := f.at(i, n); {
		case !point.ok:
		case point.missed:
			p.diamond(x, y.at(point.Value.Value), pick(p, 6.0, 5.5))
		case marks:
			p.circle("cx-f0", x, y.at(point.Value.Value), 3.5)
		}
	}
}

// stretch draws the points from first to last, which have no gap between them.
func (p *pen) stretch(f frame, y axis, points []shownPoint, first, last int) {
	n := len(points)
	p.bands(f, y, points, first, last)
	if first == last {
		p.circle("cx-f0", f.at(first, n), y.at(points[first].Value.Value), 3.5)
		return
	}
	line := make([]any, 0, 3*(last-first+1))
	for i := first; i <= last; i++ {
		line = append(line, either(i == first, "M", "L"), f.at(i, n), y.at(points[i].Value.Value))
	}
	p.path("cx-trend", trace(line...))
}

// bands draws the intervals of the points from first to last: a band over those beside one another, and a line at a single one.
func (p *pen) bands(f frame, y axis, points []shownPoint, first, last int) {
	n := len(points)
	for ; first <= last; first++ {
		to := first
		for to <= last && points[to].Interval.known() {
			to++
		}
		if to-first == 1 {
			x, v := f.at(first, n), points[first].Interval
			p.line("cx-edge", x, y.at(v.Low), x, y.at(v.High))
		}
		if to-first > 1 {
			var high, low []any
			for i := first; i < to; i++ {
				x, v, letter := f.at(i, n), points[i].Interval, either(i == first, "M", "L")
				high = append(high, letter, x, y.at(v.High))
				low = append(low, letter, x, y.at(v.Low))
			}
			p.path("cx-edge", trace(append(slices.Clone(high), low...)...))
			for i := len(low) - 3; i >= 0; i -= 3 {
				high = append(high, "L", low[i+1], low[i+2])
			}
			p.path("cx-band", trace(append(high, "Z")...))
		}
		first = max(first, to-1)
	}
}

// cross is the mark of a value that is not shown.
func (p *pen) cross(x, y float64) {
	p.path("cx-axis", trace("M", x-3, y-3, "L", x+3, y+3, "M", x-3, y+3, "L", x+3, y-3))
}

// dates writes the labels of periods below a frame, from the last one backwards, with room between them. If not each has one, it is each one of a
// multiple, such as of seven days.
func (p *pen) dates(f frame, points []shownPoint, multiple int) {
	n := len(points)
	widest := 0.0
	for _, point := range points {
		first, second := point.short(nil)
		widest = max(widest, measure(first, smallSize), measure(second, smallSize))
	}
	every := 1
	for every < n && float64(every)*(f.at(1, n)-f.at(0, n)) < widest+8 {
		every++
	}
	if every > 1 {
		every = (every + multiple - 1) / multiple * multiple
	}
	var before *Period
	for i := (n - 1) % every; i < n; i += every {
		first, second := points[i].short(before)
		before = &points[i].Period
		x := f.at(i, n)
		p.line("cx-axis", x, f.y1, x, f.y1+4)
		half := measure(first, smallSize) / 2
		x = min(max(x, half), p.width-half)
		p.text("cx-s", middle, x, f.y1+18, first)
		p.text("cx-s", middle, x, f.y1+33, second)
	}
}
