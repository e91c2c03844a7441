package chart

import (
	"fmt"
	"math"
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// Change is a group's value before and after.
type Change struct {
	Name          string
	Before, After Value
	// Real is whether the two differ by more than chance.
	Real bool
}

// Changes is a quantity by group before and after, such as in two periods or releases.
type Changes struct {
	About
	Unit Unit
	Rows []Change
	// Before and After name the two. The defaults are "Before" and "After".
	Before, After string
	// LowerIsBetter is whether a smaller value is the better one.
	LowerIsBetter bool
	// Group names the column of groups. The default is "Group".
	Group string
	// Least is how many runs a shown value rests on at least. The default is [Least]; a negative number shows all.
	Least int64
}

type shownChange struct {
	Change
	before, after     bool
	beforeFew, isFew  bool
	difference        string
	worse, comparable bool
}

func (c Changes) shown() ([]shownChange, int64) {
	kept, more := cut(c.Rows, most)
	out := make([]shownChange, len(kept))
	for i, r := range kept {
		s := shownChange{Change: r}
		s.Name = clean(r.Name)
		s.Before, s.before = r.Before.shown(c.Unit, c.Least)
		s.After, s.after = r.After.shown(c.Unit, c.Least)
		s.beforeFew = !s.before && finite(r.Before.Value)
		s.isFew = !s.after && finite(r.After.Value)
		s.comparable = s.before && s.after
		if s.comparable {
			d := s.After.Value - s.Before.Value
			s.difference = difference(c.Unit, d)
			s.worse = d > 0 == c.LowerIsBetter && d != 0
		}
		s.Real = r.Real && s.comparable
		out[i] = s
	}
	return out, more
}

// difference writes a difference of values with its sign.
func difference(u Unit, d float64) string {
	if u == Share {
		return number.Points(d)
	}
	s := u.Write(d)
	if d > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

func (c Changes) names() (before, after string) {
	before, after = clean(c.Before), clean(c.After)
	if before == "" {
		before = "Before"
	}
	if after == "" {
		after = "After"
	}
	return before, after
}

func (s shownChange) verdict() string {
	switch {
	case !s.comparable:
		return ""
	case !s.Real:
		return "may be chance"
	case s.worse:
		return "worse, more than chance"
	default:
		return "better, more than chance"
	}
}

func (c Changes) table() Table {
	all, more := c.shown()
	before, after := c.names()
	var b, a columns
	b.unit, a.unit = c.Unit, c.Unit
	var e extent
	for _, s := range all {
		b.values, a.values = append(b.values, s.Before), append(a.values, s.After)
		if s.after {
			e.add(s.After.Value)
		}
	}
	out := Table{Head: []string{groupName(c.Group)}, More: more}
	out.head(b, before)
	out.head(a, after)
	out.Head = append(out.Head, "Difference", "More than chance?")
	out.Text = make([]bool, len(out.Head))
	out.Text[len(out.Head)-1] = true
	for _, s := range all {
		cells := append([]string{s.Name}, b.cells(s.Before, s.before, s.beforeFew, c.Least)...)
		cells = append(cells, a.cells(s.After, s.after, s.isFew, c.Least)...)
		out.Rows = append(out.Rows, append(cells, s.difference, s.verdict()))
		out.bars = append(out.bars, barOf(s.After.Value, e, s.after, s.tone()))
	}
	return out
}

func (s shownChange) tone() Tone {
	switch {
	case !s.Real:
		return Neutral
	case s.worse:
		return Bad
	default:
		return Main
	}
}

func (Changes) kind() string { return "Before and after" }

func (c Changes) finding() string {
	all, more := c.shown()
	sure, worse := 0, 0
	var told []string
	for _, s := range all {
		if s.Real {
			sure++
			if s.worse {
				worse++
			}
			if len(told) < 3 {
				told = append(told, fmt.Sprintf("%s from %s to %s (%s)", s.Name, c.Unit.Write(s.Before.Value), c.Unit.Write(s.After.Value), s.difference))
			}
		}
	}
	text := fmt.Sprintf("%s: %s by more than chance, %s worse.", number.Of(int64(len(all))+more, "group", "groups"),
		number.Of(int64(sure), "differs", "differ"), number.Count(int64(worse)))
	if len(told) > 0 {
		text += " " + strings.Join(told, "; ") + "."
	}
	return text
}

func (c Changes) draw(p *pen) {
	all, more := c.shown()
	var e extent
	texts := make([]row, len(all))
	for i, s := range all {
		texts[i] = row{name: s.Name, value: s.difference}
		if !s.comparable {
			texts[i].note = under(c.Least)
			if !s.beforeFew && !s.isFew {
				texts[i].note = "unknown"
			}
		}
		if s.before {
			e.add(s.Before.Value)
		}
		if s.after {
			e.add(s.After.Value)
		}
	}
	if !e.some {
		p.nothing()
		return
	}
	before, after := c.names()
	legend := []entry{
		{func(p *pen, x, y float64) { p.circle("cx-ring", x+8, y+6, 5) }, before},
		{func(p *pen, x, y float64) { p.circle("cx-f0", x+8, y+6, 5.5) }, after},
	}
	if worse, chance := verdicts(all); worse || chance {
		if worse {
			legend = append(legend, entry{func(p *pen, x, y float64) { p.diamond(x+8, y+6, 6.5) }, "worse by more than chance"})
		}
		if chance {
			legend = append(legend, entry{func(p *pen, x, y float64) { p.line("cx-maybe", x, y+6, x+16, y+6) }, "may be chance"})
		}
	}
	if more > 0 {
		legend = append(legend, entry{func(*pen, float64, float64) {}, number.Of(more, "more group is", "more groups are") + " not drawn"})
	}
	r := p.newRows(texts, p.legend(0, legend)+4)
	x := newAxis(c.Unit, e.low, e.high, pick(p, 5, 4), r.left+pick(p, 0.0, 8.0), r.right)
	p.grid(x, c.Unit, r.top, r.bottom())
	for i, s := range all {
		p.dumbbell(x, s, r.y(i))
	}
	p.words(r)
	p.height = r.bottom() + 22
}

func verdicts(all []shownChange) (worse, chance bool) {
	for _, s := range all {
		worse = worse || s.Real && s.worse
		chance = chance || s.comparable && !s.Real
	}
	return worse, chance
}

// dumbbell draws a change: a ring before, a line, and a full mark after.
func (p *pen) dumbbell(x axis, s shownChange, y float64) {
	a, b := x.at(s.Before.Value), x.at(s.After.Value)
	if s.comparable && math.Abs(a-b) > 11 {
		class := "cx-maybe"
		if s.Real {
			class = either(s.worse, "cx-d1", "cx-d0")
		}
		side := 5.5
		if b < a {
			side = -5.5
		}
		p.line(class, a+side, y, b-side, y)
	}
	if s.before {
		p.circle("cx-ring", a, y, 5)
	}
	switch {
	case !s.after:
	case s.Real && s.worse:
		p.diamond(b, y, 6.5)
	default:
		p.circle("cx-f0", b, y, 5.5)
	}
}
