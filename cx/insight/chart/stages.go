package chart

import (
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/insight/number"
)

// Stage is the time that runs spend in a stage. What is negative counts as zero.
type Stage struct {
	Name string
	Work float64 // seconds of all runs together while something happens; a sum can be longer than a time.Duration
	Wait float64 // seconds of all runs together while they wait
	Runs int64   // that were in the stage
	// Median is the time that half of the runs spend there at most. The default is not shown.
	Median time.Duration
}

// Stages is where the time goes: each stage's share of all time, and which part of it is waiting.
type Stages struct {
	About
	Rows []Stage
	// Work and Wait name the two parts. The defaults are "Work" and "Wait". Without a Wait the picture has one part.
	Work, Wait string
	// Least is how many runs a shown stage has at least. The default is [Least]; a negative number shows all.
	Least int64
}

type shownStage struct {
	name             string
	work, wait, both float64 // seconds
	part             float64 // of all time
	runs             int64
	median           time.Duration
	ok               bool
}

func (c Stages) shown() (out []shownStage, waits bool, more int64) {
	var sum float64
	for _, s := range c.Rows {
		sum += positive(s.Work) + positive(s.Wait)
	}
	kept, more := cut(c.Rows, most)
	out = make([]shownStage, len(kept))
	for i, s := range kept {
		v := shownStage{name: clean(s.Name), ok: s.Runs >= atLeast(c.Least)}
		if v.ok {
			v.work, v.wait, v.runs, v.median = positive(s.Work), positive(s.Wait), s.Runs, s.Median
			v.both = v.work + v.wait
			waits = waits || v.wait > 0
			if sum > 0 {
				v.part = v.both / sum
			}
		}
		out[i] = v
	}
	return out, waits, more
}

// positive is a time that counts: zero in place of one that is negative or no number, and at most 1e18 seconds, so that sums stay numbers.
func positive(s float64) float64 {
	if s > 0 {
		return min(s, 1e18)
	}
	return 0
}

func (c Stages) names() (work, wait string) {
	work, wait = clean(c.Work), clean(c.Wait)
	if work == "" {
		work = "Work"
	}
	if wait == "" {
		wait = "Wait"
	}
	return work, wait
}

func (c Stages) table() Table {
	all, waits, more := c.shown()
	work, wait := c.names()
	out := Table{Head: []string{"Stage", "Share of all time", "Time"}, More: more}
	if waits {
		out.keys = map[int]Tone{3: Main, 4: Neutral}
		out.Head = append(out.Head, work, wait)
	}
	out.Head = append(out.Head, "Median", "n")
	longest := 0.0
	for _, s := range all {
		longest = max(longest, s.both)
	}
	for _, s := range all {
		cells := []string{s.name, number.None, ""}
		if s.ok {
			cells = []string{s.name, number.Share(s.part), number.Seconds(s.both)}
		}
		if waits && s.ok {
			cells = append(cells, number.Seconds(s.work), number.Seconds(s.wait))
		} else if waits {
			cells = append(cells, "", "")
		}
		median, n, bar := "", few(c.Least), []part(nil)
		if s.ok {
			n = number.Count(s.runs)
			if s.median > 0 {
				median = number.Duration(s.median)
			}
			if longest > 0 {
				bar = []part{{share: s.work / longest, tone: Main}, {share: s.wait / longest, tone: Neutral}}
			}
		}
		out.Rows = append(out.Rows, append(cells, median, n))
		out.bars = append(out.bars, bar)
	}
	return out
}

func (Stages) kind() string { return "Time by stage" }

func (c Stages) finding() string {
	all, waits, _ := c.shown()
	if len(all) == 0 {
		return "No stage has enough runs to show its time."
	}
	top, wait, both := all[0], 0.0, 0.0
	for _, s := range all {
		if s.both > top.both {
			top = s
		}
		wait += s.wait
		both += s.both
	}
	if both == 0 {
		return "No stage has enough runs to show its time."
	}
	text := fmt.Sprintf("Most of the time goes to %s: %s of it, %s in %s.", top.name, number.Share(top.part), number.Seconds(top.both),
		number.Of(top.runs, "run", "runs"))
	if _, name := c.names(); waits {
		text += fmt.Sprintf(" %s: %s of all time.", name, number.Share(wait/both))
	}
	return text
}

func (c Stages) draw(p *pen) {
	all, waits, _ := c.shown()
	longest := 0.0
	texts := make([]row, len(all))
	for i, s := range all {
		longest = max(longest, s.part)
		texts[i] = row{name: s.name, note: under(c.Least)}
		if s.ok {
			texts[i].value, texts[i].note = number.Share(s.part), number.Seconds(s.both)
		}
	}
	if longest == 0 {
		p.nothing()
		return
	}
	var legend []entry
	if work, wait := c.names(); waits {
		legend = []entry{{swatch(Main), work}, {swatch(Neutral), wait}}
	}
	r := p.newRows(texts, p.legend(0, legend)+pick(p, 4.0, 0.0))
	x := newAxis(Share, 0, longest, pick(p, 5, 4), r.left, r.right)
	p.grid(x, Share, r.top, r.bottom())
	for i, s := range all {
		if !s.ok || s.both == 0 {
			continue
		}
		width := x.at(s.part) - x.a
		work := width * (s.work / s.both)
		if s.work > 0 {
			p.bar(Main, x.a, r.y(i)-r.mark/2, max(work-1.5, 0.75), r.mark)
		}
		if s.wait > 0 {
			p.bar(Neutral, x.a+work, r.y(i)-r.mark/2, max(width-work, 0.75), r.mark)
		}
	}
	p.words(r)
	p.height = r.bottom() + 22
}
