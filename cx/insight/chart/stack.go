package chart

import (
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/insight/number"
)

// Part is one of the parts of each whole, such as an outcome.
type Part struct {
	Name string
	Tone Tone
}

// Whole is a row of a stack: how many of it are of each part, in the order of the parts. A negative count is none, and a missing one too.
type Whole struct {
	Name   string
	Counts []int64
}

// Stack is what parts one or several wholes have, such as the outcomes of journeys. Every row is a bar of the same length.
type Stack struct {
	About
	Parts []Part // at most six; each has its own tone
	Rows  []Whole
	// Group names the column of rows. The default is "Group".
	Group string
	// Least is how many runs a shown row has at least. The default is [Least]; a negative number shows all.
	Least int64
}

type shownWhole struct {
	name   string
	counts []int64
	sum    int64
	ok     bool
}

func (c Stack) shown() (parts []Part, _ []shownWhole, more int64) {
	parts, _ = cut(c.Parts, int(tones))
	parts = append([]Part(nil), parts...)
	for i := range parts {
		parts[i].Name, parts[i].Tone = clean(parts[i].Name), min(parts[i].Tone, tones-1)
	}
	kept, more := cut(c.Rows, most)
	out := make([]shownWhole, len(kept))
	for i, w := range kept {
		s := shownWhole{name: clean(w.Name), counts: make([]int64, len(parts))}
		for k := range parts {
			if k < len(w.Counts) {
				s.counts[k] = min(max(w.Counts[k], 0), 1e17) // so that the sum cannot overflow
				s.sum += s.counts[k]
			}
		}
		s.ok = s.sum > 0 && s.sum >= atLeast(c.Least)
		out[i] = s
	}
	return parts, out, more
}

func (c Stack) table() Table {
	parts, all, more := c.shown()
	out := Table{Head: []string{groupName(c.Group)}, More: more}
	out.keys = map[int]Tone{}
	for _, p := range parts {
		out.keys[len(out.Head)] = p.Tone
		out.Head = append(out.Head, p.Name)
	}
	out.Head = append(out.Head, "n")
	for _, w := range all {
		cells := []string{w.name}
		var bar []part
		for k, n := range w.counts {
			switch {
			case !w.ok:
				cells = append(cells, number.None)
			default:
				cells = append(cells, number.Count(n)+" ("+number.Share(float64(n)/float64(w.sum))+")")
				bar = append(bar, part{share: float64(n) / float64(w.sum), tone: parts[k].Tone})
			}
		}
		n := number.Count(w.sum)
		if !w.ok {
			n = few(c.Least)
		}
		out.Rows = append(out.Rows, append(cells, n))
		out.bars = append(out.bars, bar)
	}
	return out
}

func (Stack) kind() string { return "Shares" }

func (c Stack) finding() string {
	parts, all, _ := c.shown()
	for _, w := range all {
		if !w.ok {
			continue
		}
		var told []string
		for k, n := range w.counts {
			told = append(told, parts[k].Name+" "+number.Share(float64(n)/float64(w.sum)))
		}
		s := fmt.Sprintf("%s, n %s: %s.", w.name, number.Count(w.sum), strings.Join(told, ", "))
		if rest := int64(len(c.Rows)) - 1; rest > 0 {
			s += " " + number.Of(rest, "other row is", "other rows are") + " in the table."
		}
		return s
	}
	return "No row has enough runs to show its parts."
}

func (c Stack) draw(p *pen) {
	parts, all, _ := c.shown()
	legend := make([]entry, 0, len(parts))
	for _, part := range parts {
		legend = append(legend, entry{swatch(part.Tone), part.Name})
	}
	texts := make([]row, len(all))
	for i, w := range all {
		texts[i] = row{name: w.name, note: "n " + number.Count(w.sum)}
		if !w.ok {
			texts[i].note = under(c.Least)
		}
	}
	if len(all) == 0 || len(parts) == 0 {
		p.nothing()
		return
	}
	r := p.newRows(texts, p.legend(0, legend)+4)
	r.mark = pick(p, 22.0, 20.0)
	for i, w := range all {
		if !w.ok {
			continue
		}
		x := r.left
		for k, n := range w.counts {
			width := float64(n) / float64(w.sum) * (r.right - r.left)
			if n == 0 {
				continue
			}
			p.piece(parts[k].Tone, x, r.y(i), width, r.mark, number.Share(float64(n)/float64(w.sum)))
			x += width
		}
	}
	p.words(r)
	p.height = r.bottom() + 2
}

// piece draws a part of a bar with a gap after it, and its text inside if there is room.
func (p *pen) piece(t Tone, x, y, width, height float64, text string) {
	p.bar(t, x, y-height/2, max(width-1.5, 0.75), height)
	if w := measure(text, smallSize); w+10 <= width {
		if t != Main { // the texture must not cross the text
			p.plain(t, x+(width-1.5-w)/2-3, y-8, w+6, 16)
		}
		p.text("cx-on", middle, x+(width-1.5)/2, y+4.2, text)
	}
}
