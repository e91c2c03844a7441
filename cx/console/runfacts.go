package console

import (
	"fmt"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/text"
)

// shortHash is as much of a pseudonym as people compare.
func shortHash(hash string) string {
	if len(hash) > 12 {
		return hash[:12] + "…"
	}
	return hash
}

// stateTones are how states look.
var stateTones = map[string]string{
	"completed": "good", "kept": "good", "failed": "bad", "broken": "bad", "overdue": "bad", "abandoned": "bad",
}

func (v *visit) runFacts(s *insight.RunSummary) (list []fact) {
	add := func(name, says string) {
		if says != "" {
			list = append(list, fact{Name: name, Says: says})
		}
	}
	began := v.clock(s.Began)
	if !s.Known {
		began += " (first event)"
	}
	add("Began", began)
	if !s.Ended.IsZero() {
		add("Ended", v.clock(s.Ended)+", after "+number.Duration(s.Ended.Sub(s.Began)))
	}
	add("Cause", s.Cause)
	if s.Value != nil {
		add("Value", text.Money(s.Value.Amount, s.Value.Currency))
	}
	if s.Touchpoints > 0 {
		says := number.Of(int64(s.Touchpoints), "interaction", "interactions")
		if s.Failures > 0 {
			says += fmt.Sprintf(", %s failed", number.Count(int64(s.Failures)))
		}
		if s.After > 0 {
			says += fmt.Sprintf(", %s after the end", number.Count(int64(s.After)))
		}
		add("Interactions", says)
	}
	if s.Waited > 0 {
		add("Waited", number.Duration(s.Waited)+" for people")
	}
	if s.Transfers > 0 {
		add("Handed on", number.Of(int64(s.Transfers), "time", "times"))
	}
	add("Segment", s.Segment)
	return list
}

// promiseRow is a promise to one run.
type promiseRow struct{ Name, State, Tone, When string }

type runPromises struct {
	Rows  []promiseRow
	Empty *empty
}

func (v *visit) runPromises(s *insight.RunSummary) runPromises {
	var list runPromises
	for i := range s.Promises {
		p := &s.Promises[i]
		row := promiseRow{Name: p.Name, State: p.State, Tone: stateTones[p.State]}
		if p.Number > 1 {
			row.Name += " " + number.Count(int64(p.Number))
		}
		switch {
		case !p.Late.IsZero():
			row.When = "kept " + number.Duration(p.Late.Sub(p.Due)) + " late, " + v.clock(p.Late)
		case !p.Settled.IsZero():
			row.When = v.clock(p.Settled)
		case !p.Stopped.IsZero():
			row.When = "its clock stands still since " + v.clock(p.Stopped)
		case !p.Due.IsZero():
			row.When = "due " + v.clock(p.Due)
		}
		list.Rows = append(list.Rows, row)
	}
	if len(list.Rows) == 0 {
		list.Empty = &empty{"Nothing was promised in this run.", "Promises of the blueprint are listed here, with their due times."}
	}
	return list
}

// summaries are runs in a list.
func (v *visit) summaries(runs []insight.RunSummary) (list []runRow) {
	for i := range runs {
		s := &runs[i]
		row := runRow{ID: s.Run.ID, Journey: s.Run.Name, State: s.State, Tone: stateTones[s.State], Began: v.clock(s.Began), Link: v.runLink(s.Run), Where: s.Stage}
		list = append(list, row)
	}
	return list
}
