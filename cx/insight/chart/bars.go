package chart

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// Bar is a group and its value.
type Bar struct {
	Name string
	Value
	Tone Tone // such as Bad, of a group that is worse than the others by more than chance
}

// Bars is a quantity by group, such as the slowest teams or the causes of complaints. The rows keep their order.
type Bars struct {
	About
	Unit Unit
	Rows []Bar
	// Line is what the groups are compared with, such as all of them together. The default is none.
	Line *Line
	// Tones says what a tone other than Main means. A tone without a meaning is not explained.
	Tones []Meaning
	// Group names the column of groups. The default is "Group".
	Group string
	// Least is how many runs a shown group has at least. The default is [Least]; a negative number shows all.
	Least int64
}

// Meaning says what a tone stands for.
type Meaning struct {
	Tone Tone
	Text string
}

type shownBar struct {
	Bar
	ok, few bool
}

func (c Bars) shown() ([]shownBar, int64) {
	kept, more := cut(c.Rows, most)
	out := make([]shownBar, len(kept))
	for i, b := range kept {
		v, ok := b.shown(c.Unit, c.Least)
		out[i] = shownBar{Bar{clean(b.Name), v, min(b.Tone, tones-1)}, ok, !ok && finite(b.Value.Value) && (b.N > 0 || c.Unit == Count)}
	}
	return out, more
}

func (c Bars) extent(all []shownBar) (e extent, some bool) {
	e.line(c.Line)
	for _, b := range all {
		if b.ok {
			e.value(b.Value)
			some = true
		}
	}
	return e, some
}

func groupName(s string) string {
	if s = clean(s); s != "" {
		return s
	}
	return "Group"
}

func (c Bars) table() Table {
	all, more := c.shown()
	cols := columns{unit: c.Unit}
	for _, b := range all {
		cols.values = append(cols.values, b.Value)
	}
	out := Table{Head: []string{groupName(c.Group)}, More: more}
	out.head(cols, "")
	e, _ := c.extent(all)
	explained := false
	for _, b := range all {
		explained = explained || b.ok && c.meaning(b.Tone) != ""
	}
	if explained {
		out.Head = append(out.Head, "Remark")
		out.Text = make([]bool, len(out.Head))
		out.Text[len(out.Head)-1] = true
	}
	for _, b := range all {
		cells := append([]string{b.Name}, cols.cells(b.Value, b.ok, b.few, c.Least)...)
		if explained {
			cells = append(cells, either(b.ok, c.meaning(b.Tone), ""))
		}
		out.Rows = append(out.Rows, cells)
		out.bars = append(out.bars, barOf(b.Value.Value, e, b.ok, b.Tone))
	}
	return out
}

// meaning says what a tone stands for, or "".
func (c Bars) meaning(t Tone) string {
	for _, m := range c.Tones {
		if m.Tone == t {
			return clean(m.Text)
		}
	}
	return ""
}

func (Bars) kind() string { return "Comparison" }

func (c Bars) finding() string {
	all, more := c.shown()
	var told []string
	for _, b := range all {
		if b.ok && len(told) < 3 {
			told = append(told, fmt.Sprintf("%s %s", b.Name, c.Unit.write(b.Value)))
		}
	}
	if len(told) == 0 {
		return "No group has enough runs to show a value."
	}
	s := number.Of(int64(len(all))+more, "group", "groups") + ": " + strings.Join(told, "; ")
	if len(all) > len(told) {
		s += "; and others"
	}
	if l, ok := c.Line.known(); ok {
		s += ". Compared with " + cmpLabel(l.Label)
	}
	return s + "."
}

func (c Bars) draw(p *pen) {
	all, more := c.shown()
	e, some := c.extent(all)
	if !some {
		p.nothing()
		return
	}
	texts := make([]row, len(all))
	for i, b := range all {
		texts[i] = row{name: b.Name, value: c.Unit.Write(b.Value.Value)}
		if b.ok && (columns{c.Unit, []Value{b.Value}}).counts() {
			texts[i].note = "n " + number.Count(b.N)
		}
		if !b.ok {
			texts[i].value, texts[i].note = "", under(c.Least)
			if !b.few {
				texts[i].note = "unknown"
			}
		}
	}
	line, aimed := c.Line.known()
	top := p.legend(0, c.legendOf(all, more))
	if aimed {
		top += 20
	}
	r := p.newRows(texts, top)
	x := newAxis(c.Unit, e.low, e.high, pick(p, 5, 4), r.left, r.right)
	p.grid(x, c.Unit, r.top, r.bottom())
	for i, b := range all {
		if !b.ok {
			continue
		}
		zero, at := x.at(0), x.at(b.Value.Value)
		p.bar(b.Tone, min(zero, at), r.y(i)-r.mark/2, max(at-zero, zero-at, 1), r.mark)
		p.whisker(x, b.Value, r.y(i))
	}
	if aimed {
		p.upright(x, line, r.top, r.bottom())
	}
	p.words(r)
	p.height = r.bottom() + 22
}

// whisker draws the interval of a value over its bar.
func (p *pen) whisker(x axis, v Value, y float64) {
	if !v.Interval.known() {
		return
	}
	a, b := x.at(v.Interval.Low), x.at(v.Interval.High)
	for _, class := range []string{"cx-whisker-on", "cx-whisker"} {
		p.path(class, trace("M", a, y, "H", b, "M", a, y-4, "V", y+4, "M", b, y-4, "V", y+4))
	}
}

func (c Bars) legendOf(all []shownBar, more int64) []entry {
	var out []entry
	has := func(t Tone) bool {
		for _, b := range all {
			if b.ok && b.Tone == t {
				return true
			}
		}
		return false
	}
	for _, m := range c.Tones {
		if m.Tone < tones && has(m.Tone) {
			out = append(out, entry{swatch(m.Tone), clean(m.Text)})
		}
	}
	for _, b := range all {
		if b.Interval.known() {
			out = append(out, entry{func(p *pen, x, y float64) {
				p.path("cx-whisker", trace("M", x, y+6, "H", x+16, "M", x, y+2, "V", y+10, "M", x+16, y+2, "V", y+10))
			}, "95% interval"})
			break
		}
	}
	if more > 0 {
		out = append(out, entry{func(*pen, float64, float64) {}, number.Of(more, "more group is", "more groups are") + " not drawn"})
	}
	return out
}
