package insight

import (
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
)

// failsAt returns the trial of the runs with a touchpoint: a run is hit when it fails there.
func failsAt(touchpoint string) func(*pick, *cases.Chunk, int) (trial, bool) {
	return touches(touchpoint, func(o event.Outcome) bool { return o != event.Failed })
}

// endsIn returns the trial of the runs that came to a stage: a run is hit when it ends there without being completed.
func endsIn(stage string) func(*pick, *cases.Chunk, int) (trial, bool) {
	return func(p *pick, c *cases.Chunk, row int) (t trial, ok bool) {
		how, ended := p.stands(c, row)
		if how == unknown {
			return t, false
		}
		t = trial{age: p.at - c.Base[row], hit: -1, over: -1}
		codes, last := p.t.Codes(), uint16(0)
		for _, w := range c.Words(row) {
			code := &codes[cases.CodeOf(w)]
			at := c.At(row, w)
			if code.Kind != cases.Entered && code.Kind != cases.Touched || code.Stage == 0 || code.Late || at > p.at || ended != 0 && at > ended {
				continue
			}
			last = code.Stage
			ok = ok || p.t.Stages.Text(uint32(last)) == stage
		}
		if last == 0 && ended != 0 && c.Stage != nil {
			last = c.Stage[row]
			ok = p.t.Stages.Text(uint32(last)) == stage
		}
		if ended != 0 {
			t.over = ended - c.Base[row]
			if how != completed && p.t.Stages.Text(uint32(last)) == stage {
				t.hit = t.over
			}
		}
		return t, ok
	}
}

// endsFor returns the trial of all runs: a run is hit when it ends for the cause without being completed.
func endsFor(cause string) func(*pick, *cases.Chunk, int) (trial, bool) {
	return func(p *pick, c *cases.Chunk, row int) (t trial, ok bool) {
		how, ended := p.stands(c, row)
		if how == unknown {
			return t, false
		}
		t = trial{age: p.at - c.Base[row], hit: -1, over: -1}
		if ended != 0 {
			t.over = ended - c.Base[row]
			if how != completed && p.t.Causes.Text(uint32(c.EndCause(row))) == cause {
				t.hit = t.over
			}
		}
		return t, true
	}
}

// answers returns the trial of the runs with an answer to a survey: a run is hit when the last one is negative.
func answers(survey string) func(*pick, *cases.Chunk, int) (trial, bool) {
	return func(p *pick, c *cases.Chunk, row int) (t trial, ok bool) {
		t = trial{age: p.at - c.Base[row], hit: -1, over: -1}
		codes, last := p.t.Codes(), int64(0)
		for _, w := range c.Words(row) {
			code, at := &codes[cases.CodeOf(w)], c.At(row, w)
			if code.Kind != cases.Answered || code.Verdict == 0 || p.t.Names.Text(uint32(code.Name)) != survey || at > p.at || ok && at < last {
				continue
			}
			ok, last, t.hit = true, at, -1
			if code.Verdict == event.Negative {
				t.hit = 0
			}
		}
		return t, ok
	}
}
