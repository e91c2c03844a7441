package chart

// row is what a line of a picture with a name at its left says.
type row struct {
	name  string
	value string // at the right
	note  string // after it, less important
}

// rows places named lines below one another. In a narrow picture the name and the value stand above the marks, otherwise at both sides.
type rows struct {
	all      []row
	top      float64 // where the first row begins
	left     float64 // of the marks
	right    float64
	pitch    float64
	mark     float64 // the height of a bar
	valueEnd float64
}

const (
	gap        = 12.0 // px between columns
	leastWidth = 60.0 // px, of what is drawn beside very long numbers
)

// newRows places rows. The room above them is for a legend or labels of lines.
func (p *pen) newRows(all []row, room float64) rows {
	r := rows{all: all, top: room, left: 0, right: p.width, pitch: 30, mark: 16}
	if p.narrow() {
		r.pitch, r.mark, r.left, r.right = 46, 14, 2, p.width-8
		return r
	}
	var names, values, notes float64
	for _, l := range all {
		names = max(names, measure(l.name, fontSize))
		values = max(values, measure(l.value, fontSize)*1.06) // bold
		notes = max(notes, measure(l.note, smallSize))
	}
	r.left = min(names, 190) + gap
	r.valueEnd = p.width
	if notes > 0 {
		r.valueEnd -= notes + gap
	}
	r.right = max(r.valueEnd-values-gap-4, r.left+leastWidth)
	return r
}

// y is the middle of a row's marks.
func (r rows) y(i int) float64 {
	y := r.top + float64(i)*r.pitch
	if r.valueEnd == 0 {
		return y + 32
	}
	return y + r.pitch/2
}

func (r rows) bottom() float64 { return r.top + float64(len(r.all))*r.pitch }

// words writes the names and values of the rows, over what is there.
func (p *pen) words(r rows) {
	for i, l := range r.all {
		if p.narrow() {
			y := r.y(i) - 15
			tail := 0.0
			if l.note != "" {
				tail = measure(l.note, smallSize) + 4
			}
			p.text("cx-s cx-h", end, p.width, y, l.note)
			p.text("cx-b cx-h", end, p.width-tail, y, l.value)
			p.text("cx-t cx-h", start, 0, y, fit(l.name, fontSize, p.width-tail-measure(l.value, fontSize)*1.06-gap))
			continue
		}
		y := r.y(i) + 4.5
		name := lines(l.name, fontSize, r.left-gap)
		for k, line := range name {
			p.text("cx-t", start, 0, y-7*float64(len(name)-1)+14*float64(k), line)
		}
		p.text("cx-b", end, r.valueEnd, y, l.value)
		p.text("cx-s", end, p.width, y, l.note)
	}
}

// grid draws upright lines at the ticks of a level axis, with labels below.
func (p *pen) grid(x axis, u Unit, top, bottom float64) {
	texts, widest := x.labels(u)
	every := 1
	for len(texts) > 1 && float64(every)*(x.b-x.a)/float64(len(texts)-1) < widest+gap && every < len(texts) {
		every++
	}
	for i, v := range x.ticks {
		class := "cx-grid"
		if v == 0 {
			class = "cx-axis"
		}
		p.line(class, x.at(v), top, x.at(v), bottom)
		if i%every != 0 {
			continue
		}
		at, w := x.at(v), measure(texts[i], smallSize)
		p.text("cx-s", middle, min(max(at, w/2), p.width-w/2), bottom+16, texts[i])
	}
}

// upright draws a dashed upright line with its label above.
func (p *pen) upright(x axis, l Line, top, bottom float64) {
	at := x.at(l.Value)
	p.line("cx-target", at, top, at, bottom)
	s := fit(l.Label, smallSize, p.width)
	w := measure(s, smallSize)
	p.text("cx-s", middle, min(max(at, w/2), p.width-w/2), top-5, s)
}

// entry is a line of a legend: how it draws its mark in a box of 16 by 12 pixels, and what it says.
type entry struct {
	mark func(p *pen, x, y float64)
	text string
}

// legend writes entries from y on, and returns where it ends.
func (p *pen) legend(y float64, entries []entry) float64 {
	if len(entries) == 0 {
		return y
	}
	x := 0.0
	for _, e := range entries {
		text, w := lines(e.text, smallSize, p.width-24), 22.0
		for _, line := range text {
			w = max(w, 22+measure(line, smallSize))
		}
		if x > 0 && x+w > p.width {
			x, y = 0, y+20
		}
		e.mark(p, x, y+3)
		for k, line := range text {
			p.text("cx-s", start, x+22, y+13+15*float64(k), line)
		}
		if x += w + 16; len(text) > 1 {
			x, y = p.width, y+15 // the next one begins a line
		}
	}
	return y + 22
}

// swatch is the mark of a tone in a legend.
func swatch(t Tone) func(p *pen, x, y float64) {
	return func(p *pen, x, y float64) { p.bar(t, x, y, 16, 12) }
}

func dashes(p *pen, x, y float64) { p.line("cx-target", x, y+6, x+16, y+6) }

// cut returns at most n of the rows, and how many it leaves out.
func cut[T any](all []T, n int) ([]T, int64) {
	if len(all) <= n {
		return all, 0
	}
	return all[:n], int64(len(all) - n)
}

// most is how many rows a picture has at most.
const most = 40
