package chart

import (
	"cmp"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// Column is a stage of a [StageMap], with its stops from the top to the bottom.
type Column struct {
	Name  string
	Stops []Stop
}

// StageMap is the way of runs through stops that stand in columns, such as the touchpoints of stages. Moves to a stop of a later column, and down a column,
// go forward. The others go back, in the colour of what is bad. A move is as wide as its count. A narrow picture has the stops below one another, as
// [PathMap] has.
type StageMap struct {
	About
	// Columns are at most six, with at most 16 stops in all. The others are left out, with their moves.
	Columns []Column
	// Moves have the indexes of stops, counted over all columns. The 40 largest are shown.
	Moves []Move
	// Runs is how many runs the map covers, of how many. The default is not shown.
	Runs, Of int64
	// Least is how many moves a shown one has at least, and a stop with a number. The default is [Least]; a negative number shows all.
	Least int64
}

const mostColumns = 6

// flat returns the map without its columns, and the column of each stop.
func (c StageMap) flat() (m PathMap, of []int) {
	m = PathMap{About: c.About, Runs: c.Runs, Of: c.Of, Least: c.Least}
	for n, column := range c.Columns {
		for _, s := range column.Stops {
			m.Stops, of = append(m.Stops, s), append(of, n)
		}
	}
	of = of[:min(len(of), mostStops)]
	for len(of) > 0 && of[len(of)-1] >= mostColumns {
		of = of[:len(of)-1]
	}
	for _, move := range c.Moves { // those of a stop that is left out are counted as left out
		if move.From >= len(of) {
			move.From = -1
		}
		if move.To >= len(of) {
			move.To = -1
		}
		m.Moves = append(m.Moves, move)
	}
	m.Stops = m.Stops[:len(of)]
	return m, of
}

func (c StageMap) table() Table {
	m, _ := c.flat()
	return m.table()
}

func (StageMap) kind() string { return "Paths" }

func (c StageMap) finding() string {
	m, of := c.flat()
	var names []string
	for n := range c.Columns[:min(len(c.Columns), mostColumns)] {
		if name := clean(c.Columns[n].Name); name != "" && slices.Contains(of, n) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return m.finding()
	}
	return m.finding() + " Stages: " + strings.Join(names, ", ") + "."
}

func (c StageMap) draw(p *pen) {
	m, of := c.flat()
	stops, moves, more := m.shown()
	if len(stops) == 0 {
		p.nothing()
		return
	}
	columns := of[len(of)-1] + 1
	if p.narrow() || columns == 1 && len(stops) > 6 {
		c.below(p, m, of)
		return
	}
	f := &field{p: p, columns: columns}
	f.lay(stops, of)
	for n := range columns {
		name := clean(c.Columns[n].Name)
		x := f.width * (float64(n) + 0.5)
		p.text("cx-t", middle, x, 15, fit(name, fontSize, f.width-12))
		if name != "" {
			p.line("cx-grid", x-f.width/2+6, 24, x+f.width/2-6, 24)
		}
	}
	largest := int64(1)
	if len(moves) > 0 {
		largest = moves[0].N
	}
	f.ports(moves)
	for i := len(moves) - 1; i >= 0; i-- { // the largest last, above the others
		f.move(moves[i], f.ends[i], 1.5+6*float64(moves[i].N)/float64(largest))
	}
	for i, s := range stops {
		f.box(i, s, atLeast(c.Least))
	}
	for i, move := range moves { // the largest first, so that it has its label
		f.label(move, f.ends[i])
	}
	m.foot(p, more)
}

// headRoom is the room above the first stop for the name of its column.
const headRoom = 18

// below draws the stops below one another, with the names of their columns beside the first ones.
func (c StageMap) below(p *pen, m PathMap, of []int) {
	g := m.paint(p, headRoom)
	for i := range of {
		name := clean(c.Columns[of[i]].Name)
		if name == "" || i > 0 && of[i-1] == of[i] {
			continue
		}
		p.text("cx-t cx-h", start, 0, g.place(i)-g.along-7, fit(name, fontSize, p.width/2-16))
	}
}

// field is where the boxes of a map with columns are.
type field struct {
	p       *pen
	columns int
	width   float64 // of a column
	boxes   []rect
	column  []int
	ends    [][2]joint // of each move
	taken   []rect
}

// joint is where a move meets a box, and the direction in which it goes there.
type joint struct{ x, y, dx, dy float64 }

const (
	boxHeight = 48.0
	boxPitch  = 88.0
	boxTop    = 44.0
)

// lay sets the boxes.
func (f *field) lay(stops []Stop, of []int) {
	f.width, f.column = f.p.width/float64(f.columns), of
	w := min(f.width-46, 150)
	deepest, row := 0, 0
	for i := range stops {
		if i > 0 && of[i] != of[i-1] {
			row = 0
		}
		x := f.width * (float64(of[i]) + 0.5)
		f.boxes = append(f.boxes, rect{x - w/2, boxTop + float64(row)*boxPitch, w, boxHeight})
		row++
		deepest = max(deepest, row)
	}
	f.taken = slices.Clone(f.boxes)
	f.p.height = boxTop + float64(deepest-1)*boxPitch + boxHeight + 16
}

// side of a box.
const (
	atRight = iota
	atLeft
	atBottom
	atTop
	sides
)

// faces returns the sides on which a move leaves its box and arrives at the other one.
func (f *field) faces(m Move) (from, to int) {
	switch a, b := f.column[m.From], f.column[m.To]; {
	case a < b:
		return atRight, atLeft
	case a > b:
		return atLeft, atRight
	case m.To == m.From+1:
		return atBottom, atTop
	case m.To == m.From-1:
		return atTop, atBottom
	case m.To < m.From:
		return atLeft, atLeft
	default: // down the column past a box, and a repetition
		return atRight, atRight
	}
}

// ports spreads the moves over the sides of the boxes, in the order of where they go.
func (f *field) ports(moves []Move) {
	type port struct {
		move, end int
		other     rect
	}
	all := make([][sides][]port, len(f.boxes))
	f.ends = make([][2]joint, len(moves))
	for i, m := range moves {
		from, to := f.faces(m)
		all[m.From][from] = append(all[m.From][from], port{i, 0, f.boxes[m.To]})
		all[m.To][to] = append(all[m.To][to], port{i, 1, f.boxes[m.From]})
	}
	for n := range all {
		for side, list := range all[n] {
			slices.SortStableFunc(list, func(a, b port) int {
				return cmp.Or(cmp.Compare(a.other.y, b.other.y), cmp.Compare(a.other.x, b.other.x), cmp.Compare(a.move, b.move))
			})
			for k, one := range list {
				f.ends[one.move][one.end] = f.boxes[n].joint(side, float64(k+1)/float64(len(list)+1))
			}
		}
	}
}

// joint returns the place of a part of a side of the box, from its beginning.
func (r rect) joint(side int, part float64) joint {
	switch side {
	case atRight:
		return joint{r.x + r.w, r.y + r.h*part, 1, 0}
	case atLeft:
		return joint{r.x, r.y + r.h*part, -1, 0}
	case atBottom:
		return joint{r.x + r.w*part, r.y + r.h, 0, 1}
	default:
		return joint{r.x + r.w*part, r.y, 0, -1}
	}
}

// curve returns the points of a move: its ends, and those that pull it out of the boxes. A head of this length is left free.
func (f *field) curve(ends [2]joint, head float64) (x, y [4]float64) {
	a, b := ends[0], ends[1]
	tx, ty := b.x+b.dx*head, b.y+b.dy*head
	pull := max(abs(tx-a.x), abs(ty-a.y)) * 0.45
	if a.dx != 0 && a.dx == b.dx { // out of a side and into the same one
		pull = 14 + abs(b.y-a.y)*0.12
	}
	return [4]float64{a.x, a.x + a.dx*pull, tx + b.dx*pull, tx}, [4]float64{a.y, a.y + a.dy*pull, ty + b.dy*pull, ty}
}

func abs(f float64) float64 { return max(f, -f) }

// move draws a move with its head.
func (f *field) move(m Move, ends [2]joint, width float64) {
	class := "cx-m" + either(m.tone() == Bad, "1", "0")
	head := 6 + width*0.5
	x, y := f.curve(ends, head-1)
	f.p.stroke(class, trace("M", x[0], y[0], "C", x[1], y[1], x[2], y[2], x[3], y[3]), width)
	b, half := ends[1], max(4.5, width*0.5+3)
	ax, ay := b.x+b.dx*head, b.y+b.dy*head
	f.p.path(class+"h", trace("M", b.x, b.y, "L", ax-b.dy*half, ay+b.dx*half, "L", ax+b.dy*half, ay-b.dx*half, "Z"))
}

// label writes the count of a move where there is room beside its curve. The table has all counts.
func (f *field) label(m Move, ends [2]joint) {
	text := number.Count(m.N)
	w := measure(text, smallSize)
	x, y := f.curve(ends, 8)
	for _, t := range []float64{0.5, 0.35, 0.65, 0.22, 0.78} {
		cx, cy := bezier(x, t), bezier(y, t)
		cx = min(max(cx, w/2), f.p.width-w/2)
		box := rect{cx - w/2 - 1, cy - 8, w + 2, 16}
		if slices.ContainsFunc(f.taken, box.meets) {
			continue
		}
		f.taken = append(f.taken, box)
		f.p.text("cx-s cx-h", middle, cx, cy+4, text)
		return
	}
}

// bezier returns a coordinate of a cubic curve.
func bezier(c [4]float64, t float64) float64 {
	s := 1 - t
	return s*s*s*c[0] + 3*s*s*t*c[1] + 3*s*t*t*c[2] + t*t*t*c[3]
}

// box draws a stop.
func (f *field) box(i int, s Stop, least int64) {
	r := f.boxes[i]
	f.p.tag("rect", "cx-box", "x", r.x, "y", r.y, "width", r.w, "height", r.h, "rx", 6.0)
	all := wrapped(s.Name, r.w-10)
	x, top := r.x+r.w/2, r.y+r.h/2-float64(len(all)-1)*7.5
	count := ""
	if s.N > 0 && s.N >= least {
		count = "n " + number.Count(s.N)
		top -= 7
	}
	for k, line := range all {
		f.p.text("cx-t", middle, x, top+4.5+float64(k)*14.5, line)
	}
	f.p.text("cx-s", middle, x, top+5+float64(len(all))*14.5, count)
}

// wrapped breaks a name into at most two lines of a width: at its spaces, else after a hyphen, an underscore or a full stop.
func wrapped(name string, width float64) []string {
	if measure(name, fontSize) <= width || strings.ContainsAny(name, " ") {
		return lines(name, fontSize, width)
	}
	at := 0
	for i := range name {
		if i > 0 && strings.ContainsRune("-_.", rune(name[i-1])) && measure(name[:i], fontSize) <= width {
			at = i
		}
	}
	if at == 0 {
		return lines(name, fontSize, width)
	}
	return []string{name[:at], fit(name[at:], fontSize, width)}
}

// foot says below a map what it covers, and how many moves are not drawn.
func (c PathMap) foot(p *pen, more int64) {
	foot := c.covers()
	if more > 0 {
		foot += " " + number.Of(more, "smaller move is", "smaller moves are") + " not drawn."
	}
	for _, line := range lines(strings.TrimSpace(foot), smallSize, p.width) {
		p.text("cx-s", start, 0, p.height+14, line)
		p.height += 18
	}
}
