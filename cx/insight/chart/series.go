package chart

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
	var upper, lower, line []any
	for i := first; i <= last; i++ {
		x, v := f.at(i, n), points[i].Value
		band := v.Interval
		if !band.known() {
			band = Interval{v.Value, v.Value}
		}
		letter := "L"
		if i == first {
			letter = "M"
		}
		upper = append(upper, letter, x, y.at(band.High))
		lower = append(lower, letter, x, y.at(band.Low))
		line = append(line, letter, x, y.at(v.Value))
	}
	if first == last {
		x, v := f.at(first, n), points[first].Value
		if v.Interval.known() {
			p.line("cx-edge", x, y.at(v.Interval.Low), x, y.at(v.Interval.High))
		}
		p.circle("cx-f0", x, y.at(v.Value), 3.5)
		return
	}
	area := upper
	for i := last; i >= first; i-- {
		area = append(area, "L", lower[(i-first)*3+1], lower[(i-first)*3+2])
	}
	p.path("cx-band", trace(area...)+"Z")
	p.path("cx-trend", trace(line...))
}

// cross is the mark of a value that is not shown.
func (p *pen) cross(x, y float64) {
	p.path("cx-axis", trace("M", x-3, y-3, "L", x+3, y+3, "M", x-3, y+3, "L", x+3, y-3))
}

// dates writes the labels of periods below a frame, from the last one backwards, with room between them.
func (p *pen) dates(f frame, points []shownPoint) {
	n := len(points)
	widest := 0.0
	for _, point := range points {
		first, second := point.short(nil)
		widest = max(widest, measure(first, smallSize), measure(second, smallSize))
	}
	every := 1
	for n > 1 && float64(every)*(f.at(1, n)-f.at(0, n)) < widest+8 {
		every++
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
