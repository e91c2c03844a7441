package chart

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
)

// Stop is a place on the way, such as a stage or an outcome.
type Stop struct {
	Name string
	N    int64 // runs that were there
}

// Move is how often runs went from one stop directly to another.
type Move struct {
	From, To int // indexes of the stops; the same one is a repetition
	N        int64
	Median   time.Duration // of the time between the two. The default is not shown
}

// PathMap is the way of runs through stops in their intended order. Moves to the next stop are straight; those that skip stops pass on one
// side, and those that go back on the other. A move is as wide as its count.
type PathMap struct {
	About
	Stops []Stop // at most 16 are shown
	Moves []Move // the 40 largest are shown
	// Runs is how many runs the map covers, of how many. The default is not shown.
	Runs, Of int64
	// Least is how many moves a shown one has at least, and a stop with a number. The default is [Least]; a negative number shows all.
	Least int64
}

const mostStops = 16

// shown returns the stops and moves of the picture, the moves from the largest to the smallest, and how many are left out.
func (c PathMap) shown() (stops []Stop, moves []Move, more int64) {
	kept, _ := cut(c.Stops, mostStops)
	stops = slices.Clone(kept)
	for i := range stops {
		stops[i].Name = clean(stops[i].Name)
		if stops[i].Name == "" {
			stops[i].Name = number.Count(int64(i) + 1)
		}
	}
	for _, m := range c.Moves {
		switch {
		case m.N <= 0:
		case m.From < 0 || m.To < 0 || m.From >= len(stops) || m.To >= len(stops) || m.N < atLeast(c.Least):
			more++
		default:
			moves = append(moves, m)
		}
	}
	slices.SortStableFunc(moves, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	moves, rest := cut(moves, most)
	return stops, moves, more + rest
}

func (c PathMap) table() Table {
	stops, moves, more := c.shown()
	out := Table{Head: []string{"From", "To", "n", "Median time"}, Text: []bool{true, true}, More: more}
	var e extent
	for _, m := range moves {
		e.add(float64(m.N))
	}
	for _, m := range moves {
		median := number.None // a column of empty cells has a heading for nothing
		if m.Median > 0 {
			median = number.Duration(m.Median)
		}
		out.Rows = append(out.Rows, []string{stops[m.From].Name, stops[m.To].Name, number.Count(m.N), median})
		out.bars = append(out.bars, barOf(float64(m.N), e, true, m.tone()))
	}
	return out
}

// tone sets what goes back apart.
func (m Move) tone() Tone {
	if m.To <= m.From {
		return Bad
	}
	return Main
}

func (c PathMap) covers() string {
	if c.Of <= 0 || c.Runs < 0 {
		return ""
	}
	return fmt.Sprintf("Covers %s of %s (%s).", number.Count(c.Runs), number.Of(c.Of, "run", "runs"), number.Share(float64(c.Runs)/float64(c.Of)))
}

func (PathMap) kind() string { return "Paths" }

func (c PathMap) finding() string {
	stops, moves, _ := c.shown()
	s := fmt.Sprintf("%s and %s. %s", number.Of(int64(len(stops)), "stop", "stops"), number.Of(int64(len(moves)), "move", "moves"), c.covers())
	if len(moves) > 0 {
		m := moves[0]
		s += fmt.Sprintf(" The most frequent: from %s to %s, %s times.", stops[m.From].Name, stops[m.To].Name, number.Count(m.N))
	}
	for _, m := range moves {
		if m.To <= m.From {
			word := "back from "
			if m.To == m.From {
				word = "again from "
			}
			return s + fmt.Sprintf(" The most frequent way %s%s to %s, %s times.", word, stops[m.From].Name, stops[m.To].Name, number.Count(m.N))
		}
	}
	return s
}

// ground is where the boxes of a map are. Along is the direction of the way, across the other one.
type ground struct {
	p             *pen
	level         bool // the way goes to the right, otherwise down
	center        float64
	first, pitch  float64
	along, across float64 // half of a box
	step          float64 // between lanes
	base          float64 // the first lane's distance from the boxes
	taken         []rect
}

type rect struct{ x, y, w, h float64 }

func (r rect) meets(o rect) bool {
	return r.x < o.x+o.w && o.x < r.x+r.w && r.y < o.y+o.h && o.y < r.y+r.h
}

// at returns the point that is u along the way and v to its side: above a level way, and on the right of one that goes down.
func (g *ground) at(u, v float64) (x, y float64) {
	if g.level {
		return u, g.center - v
	}
	return g.center + v, u
}

func (g *ground) place(i int) float64 { return g.first + float64(i)*g.pitch }

func (c PathMap) draw(p *pen) { c.paint(p, 0) }

// paint draws the map below so much room, and returns where its boxes are.
func (c PathMap) paint(p *pen, top float64) *ground {
	stops, moves, more := c.shown()
	if len(stops) == 0 {
		p.nothing()
		return &ground{p: p}
	}
	lanes, over, under := assign(moves)
	g := p.lay(stops, over, under, top)
	largest := int64(1)
	if len(moves) > 0 {
		largest = moves[0].N
	}
	for i := range stops {
		g.reserve(i)
	}
	for i := len(moves) - 1; i >= 0; i-- { // the largest last, above the others
		g.move(moves[i], lanes[i], 1.5+8*float64(moves[i].N)/float64(largest))
	}
	for i, s := range stops {
		g.box(i, s, atLeast(c.Least))
	}
	for i, m := range moves { // the largest first, so that it has its label
		g.label(m, lanes[i])
	}
	c.foot(p, more)
	return g
}

// assign gives each move that is not straight a lane, so that those beside one another do not cross: the shorter ones are inside. It returns
// the lanes, and how many there are on each side.
func assign(moves []Move) (lanes []int, over, under int) {
	type reach struct{ low, high float64 }
	of := func(m Move) reach {
		if m.From == m.To {
			return reach{float64(m.From) - 0.3, float64(m.From) + 0.3}
		}
		return reach{float64(min(m.From, m.To)), float64(max(m.From, m.To))}
	}
	lanes = make([]int, len(moves))
	order := make([]int, len(moves))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		ra, rb := of(moves[a]), of(moves[b])
		return cmp.Or(cmp.Compare(ra.high-ra.low, rb.high-rb.low), cmp.Compare(ra.low, rb.low))
	})
	var sides [2][][]reach
	for _, i := range order {
		m := moves[i]
		if m.To == m.From+1 {
			continue
		}
		side := 0
		if m.To <= m.From {
			side = 1
		}
		r, lane := of(m), 0
		for lane < len(sides[side]) && slices.ContainsFunc(sides[side][lane], func(o reach) bool { return r.low < o.high && o.low < r.high }) {
			lane++
		}
		if lane == len(sides[side]) {
			sides[side] = append(sides[side], nil)
		}
		sides[side][lane] = append(sides[side][lane], r)
		lanes[i] = lane
	}
	return lanes, len(sides[0]), len(sides[1])
}

// lay decides where the boxes are: in columns, if there are few and the picture is wide, otherwise in rows.
func (p *pen) lay(stops []Stop, over, under int, top float64) *ground {
	n := len(stops)
	g := &ground{p: p, base: 24, step: 26}
	const space = 44
	if g.level = !p.narrow() && fits(stops, p.width/float64(n)-space-8); g.level {
		column := p.width / float64(n)
		g.along, g.across = min((column-space)/2, 90), 27
		g.pitch = min(column, 2*g.along+110)
		g.first = (p.width - g.pitch*float64(n-1)) / 2
		room := func(lanes int) float64 {
			if lanes == 0 {
				return 4
			}
			return g.base + float64(lanes-1)*g.step + 14
		}
		g.center = room(over) + g.across
		p.height = g.center + g.across + room(under)
		return g
	}
	g.along, g.across = 22, pick(p, 95.0, 58.0)
	if slices.ContainsFunc(stops, func(s Stop) bool { return measure(s.Name, fontSize) > 2*g.across-8 }) {
		g.along = 30 // two lines
	}
	g.pitch, g.first, g.center = 2*g.along+40, g.along+4+top, p.width/2
	side := p.width/2 - g.across - 26
	g.base = pick(p, 26.0, 20.0)
	g.step = min(32, (side-g.base)/max(float64(max(over, under)-1), 1))
	p.height = g.first + g.pitch*float64(n-1) + g.along + 10
	return g
}

// fits reports whether the names of the stops have room in boxes of a width, in two lines.
func fits(stops []Stop, width float64) bool {
	for _, s := range stops {
		if strings.Join(lines(s.Name, fontSize, width), " ") != strings.Join(strings.Fields(s.Name), " ") {
			return false
		}
	}
	return len(stops) <= 6
}

// box draws a stop.
func (g *ground) box(i int, s Stop, least int64) {
	x, y := g.at(g.place(i), 0)
	w, h := g.across*2, g.along*2
	if g.level {
		w, h = h, w
	}
	g.p.tag("rect", "cx-box", "x", x-w/2, "y", y-h/2, "width", w, "height", h, "rx", 6.0)
	all := lines(s.Name, fontSize, w-8)
	count := ""
	if s.N > 0 && s.N >= least {
		count = "n " + number.Count(s.N)
	}
	top := y - float64(len(all)-1)*7.5
	if count != "" {
		top -= 7
	}
	for k, line := range all {
		g.p.text("cx-t", middle, x, top+4.5+float64(k)*15, line)
	}
	g.p.text("cx-s", middle, x, top+5+float64(len(all))*15, count)
}

// reserve keeps labels off a box.
func (g *ground) reserve(i int) {
	x, y := g.at(g.place(i), 0)
	w, h := g.across*2, g.along*2
	if g.level {
		w, h = h, w
	}
	g.taken = append(g.taken, rect{x - w/2, y - h/2, w, h})
}

func (g *ground) depth(lane int) float64 { return g.base + float64(lane)*g.step }

// side is on which side of the way a move passes.
func (m Move) side() float64 {
	if m.To <= m.From {
		return -1
	}
	return 1
}

// move draws a move with its head.
func (g *ground) move(m Move, lane int, width float64) {
	class := "cx-m" + either(m.tone() == Bad, "1", "0")
	head := 6 + width*0.5
	if m.To == m.From+1 {
		u0, u1 := g.place(m.From)+g.along, g.place(m.To)-g.along
		x0, y0 := g.at(u0, 0)
		x1, y1 := g.at(u1-head+1, 0)
		g.p.stroke(class, trace("M", x0, y0, "L", x1, y1), width)
		g.head(class, u1, 0, 1, 0, head, width)
		return
	}
	u0, u1 := g.ends(m, lane)
	side := m.side()
	edge, depth := side*g.across, side*(g.across+g.depth(lane)/0.75)
	x0, y0 := g.at(u0, edge)
	ax, ay := g.at(u0, depth)
	bx, by := g.at(u1, depth)
	x1, y1 := g.at(u1, edge+side*(head-1))
	g.p.stroke(class, trace("M", x0, y0, "C", ax, ay, bx, by, x1, y1), width)
	g.head(class, u1, edge, 0, -side, head, width)
}

// ends returns where a move that is not straight leaves its box and where it arrives.
func (g *ground) ends(m Move, lane int) (from, to float64) {
	d := max(g.along-7-6*float64(lane), 3)
	if m.To > m.From {
		return g.place(m.From) + d, g.place(m.To) - d
	}
	return g.place(m.From) - d, g.place(m.To) + d
}

// head draws an arrow's head whose tip is at a point, in a direction.
func (g *ground) head(class string, u, v, du, dv, length, width float64) {
	half := max(4.5, width*0.5+3)
	x, y := g.at(u, v)
	ax, ay := g.at(u-du*length-dv*half, v-dv*length+du*half)
	bx, by := g.at(u-du*length+dv*half, v-dv*length-du*half)
	g.p.path(class+"h", trace("M", x, y, "L", ax, ay, "L", bx, by, "Z"))
}

// stroke draws a line of a width.
func (p *pen) stroke(class, d string, width float64) {
	p.tag("path", class, "d", d, "stroke-width", width)
}

// label writes the count of a move, unless another label is there. The table has all counts.
func (g *ground) label(m Move, lane int) {
	text := number.Count(m.N)
	w := measure(text, smallSize)
	var x, y float64
	switch {
	case m.To == m.From+1 && g.level:
		x, y = g.at((g.place(m.From)+g.place(m.To))/2-3, 14)
	case m.To == m.From+1:
		x, y = g.at((g.place(m.From)+g.place(m.To))/2-2, 12+w/2)
	default:
		u0, u1 := g.ends(m, lane)
		x, y = g.at((u0+u1)/2, m.side()*(g.across+g.depth(lane)))
	}
	x = min(max(x, w/2), g.p.width-w/2)
	box := rect{x - w/2 - 1, y - 8, w + 2, 16}
	for _, o := range g.taken {
		if o.meets(box) {
			return
		}
	}
	g.taken = append(g.taken, box)
	g.p.text("cx-s cx-h", middle, x, y+4, text)
}
