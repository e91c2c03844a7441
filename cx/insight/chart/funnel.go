package chart

import (
	"fmt"
	"slices"

	"cairncx.dev/cairn/cx/insight/number"
)

// Step is a step of a funnel.
type Step struct {
	Name string
	N    int64 // how many runs reach the step
	// Done is how many of them come no farther and are not lost, because they are completed. The default is none.
	Done int64
	// Apart is how many of them were not at the step before, such as those that completed without it; a negative number is not known. The default is none.
	Apart int64
	// Interval is that of the share of the first step's runs that reach this one. The default is none.
	Interval Interval
}

// Funnel is how many of the runs that begin reach each step. A step may have more runs than the one before it, if runs can enter there.
type Funnel struct {
	About
	Steps []Step
	// Least is how many runs a shown step has at least. The default is [Least]; a negative number shows all.
	Least int64
}

type shownStep struct {
	Step
	ok   bool
	part float64 // of the first step
	last float64 // of the step before, or a negative number
	went int64   // from the step before
}

func (c Funnel) shown() ([]shownStep, int64) {
	kept, more := cut(c.Steps, most)
	out := make([]shownStep, len(kept))
	for i, s := range kept {
		s.Name, s.N = clean(s.Name), max(s.N, 0)
		out[i] = shownStep{Step: s, ok: s.N == 0 || s.N >= atLeast(c.Least), last: -1}
		if out[i].Done = min(max(s.Done, 0), s.N); out[i].Done < atLeast(c.Least) {
			out[i].Done = 0
		}
		if !out[i].ok {
			out[i].N, out[i].Done, out[i].Interval = 0, 0, Interval{}
		}
		if first := max(kept[0].N, 0); out[i].ok && first > 0 && out[0].ok {
			out[i].part = float64(s.N) / float64(first)
		}
		if i == 0 || out[i].part == 0 && s.N > 0 {
			out[i].Interval = Interval{}
		}
		went := s.N - max(s.Apart, 0)
		if i > 0 && out[i].ok && out[i-1].ok && out[i-1].N > 0 && s.Apart >= 0 && went >= 0 && went <= out[i-1].N-out[i-1].Done { // else runs pass the step before by
			out[i].last, out[i].went = float64(went)/float64(out[i-1].N), went
		}
	}
	return out, more
}

func (c Funnel) table() Table {
	all, more := c.shown()
	out := Table{Head: []string{"Step", "n", "Share of the first", "95% interval", "Share of the step before"}, More: more}
	done := slices.ContainsFunc(all, func(s shownStep) bool { return s.Done > 0 })
	if done {
		out.Head = append(out.Head, "Completed without a later one")
	}
	for _, s := range all {
		cells := []string{s.Name, few(c.Least), number.None, "", ""}
		var bar []part
		if s.ok {
			cells = []string{s.Name, number.Count(s.N), number.Share(s.part), Share.interval(s.Interval), ""}
			bar = []part{{share: s.part, tone: Main}}
		}
		if s.last >= 0 {
			cells[4] = number.Share(s.last)
		}
		if done {
			cells = append(cells, "")
			if s.Done > 0 {
				cells[5] = number.Count(s.Done)
			}
		}
		out.Rows = append(out.Rows, cells)
		out.bars = append(out.bars, bar)
	}
	return out
}

func (Funnel) kind() string { return "Funnel" }

func (c Funnel) finding() string {
	all, _ := c.shown()
	if len(all) == 0 || !all[0].ok || all[0].N == 0 {
		return "Too few runs begin to show a funnel."
	}
	worst, end := -1, all[len(all)-1]
	for i, s := range all {
		if s.last >= 0 && (worst < 0 || stays(all, i) < stays(all, worst)) {
			worst = i
		}
	}
	text := fmt.Sprintf("%s begin with %s.", number.Of(all[0].N, "run", "runs"), all[0].Name)
	if end.ok && len(all) > 1 {
		text += fmt.Sprintf(" %s, %s, reach %s.", number.Count(end.N), Share.write(Value{Value: end.part, Interval: end.Interval}), end.Name)
	}
	if worst > 0 && stays(all, worst) < 1 {
		text += fmt.Sprintf(" Most are lost between %s and %s: %s go on", all[worst-1].Name, all[worst].Name, number.Share(all[worst].last))
		if done := all[worst-1].Done; done > 0 {
			text += fmt.Sprintf(", and %s completed without that", number.Count(done))
		}
		text += "."
	}
	return text
}

// stays is the share of the runs of the step before that go on or are completed without the step.
func stays(all []shownStep, step int) float64 {
	return all[step].last + float64(all[step-1].Done)/float64(all[step-1].N)
}

func (c Funnel) draw(p *pen) {
	all, _ := c.shown()
	if len(all) == 0 || !all[0].ok || all[0].N == 0 {
		p.nothing()
		return
	}
	longest := 1.0
	texts := make([]row, len(all))
	for i, s := range all {
		longest = max(longest, s.part, s.Interval.High)
		texts[i] = row{name: s.Name, value: number.Share(s.part), note: "n " + number.Count(s.N)}
		if !s.ok {
			texts[i].value, texts[i].note = "", under(c.Least)
		}
	}
	r := p.newRows(texts, 0)
	r.pitch = pick(p, 46.0, 64.0)
	r.mark = pick(p, 22.0, 18.0)
	x := axis{low: 0, high: longest, a: r.left, b: r.right}
	for i, s := range all {
		if !s.ok {
			continue
		}
		y := r.y(i) - pick(p, 6.0, 0.0)
		p.plain(Main, x.a, y-r.mark/2, max(x.at(s.part)-x.a, 1), r.mark)
		p.whisker(x, Value{Value: s.part, Interval: s.Interval}, y)
		if i+1 < len(all) && all[i+1].last >= 0 {
			p.lost(x, y+r.mark/2, s, all[i+1])
		}
	}
	r.top -= pick(p, 6.0, 0.0)
	p.words(r)
	p.height = r.bottom() - pick(p, 6.0, 18.0)
}

// lost says how many go on to the next step, below a bar.
func (p *pen) lost(x axis, y float64, from, to shownStep) {
	text := number.Share(to.last) + " go on"
	if from.Done > 0 {
		text += ", " + number.Count(from.Done) + " completed without"
	}
	if n := from.N - to.went - from.Done; n > 0 {
		text += ", " + number.Count(n) + " do not"
	}
	p.path("cx-arrow", trace("M", x.a+4, y+3, "V", y+15, "M", x.a+1, y+12, "L", x.a+4, y+15, "L", x.a+7, y+12))
	p.text("cx-s", start, x.a+13, y+15, fit(text, smallSize, p.width-x.a-13))
}
