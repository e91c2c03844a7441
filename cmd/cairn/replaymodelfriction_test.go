package main

import (
	"cmp"
	"slices"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
	"cairncx.dev/cairn/cx/event"
)

// modelTry is a touchpoint of a run.
type modelTry struct {
	name, outcome, channel string
	over                   time.Time
}

func modelKinds() []report.FrictionKind {
	return []report.FrictionKind{{Kind: "repeat"}, {Kind: "failure_before_success"}, {Kind: "loop"}, {Kind: "channel_switch"}, {Kind: "overdue"}}
}

// try keeps a touchpoint of a run that is not over.
func (m *model) try(row *modelRow, r *modelRun) {
	if row.kind != event.TouchpointEnded || r.over {
		return
	}
	name := row.touch
	if m.definition(name) == nil {
		name = event.Other
	}
	r.tries = append(r.tries, modelTry{name, row.outcome, cmp.Or(row.channel, "other"), row.at.Add(row.took)})
}

// friction counts what the documents of event.Friction say, by looking at every pair of touchpoints.
func (r *modelRun) friction(f *report.Friction) {
	bad := func(t modelTry) bool { return t.outcome != "ok" && t.outcome != "degraded" }
	slices.SortStableFunc(r.tries, func(a, b modelTry) int {
		order := map[bool]int{true: 0, false: 1}
		return cmp.Or(a.over.Compare(b.over), cmp.Compare(order[bad(a)], order[bad(b)]))
	})
	var counts [5]int64
	channels, stages := map[string]bool{}, map[string]bool{}
	for i, t := range r.tries {
		channels[t.channel] = true
		last := t
		for _, later := range r.tries[i+1:] {
			if later.name == t.name {
				last = later
			}
		}
		if again := slices.ContainsFunc(r.tries[i+1:], func(later modelTry) bool { return later.name == t.name }); again && bad(t) {
			counts[0]++
		}
		if t.outcome == "failed" && !bad(last) {
			counts[1]++
		}
	}
	for _, s := range r.visits {
		if stages[s] {
			counts[2]++
		}
		stages[s] = true
	}
	counts[3] = int64(max(0, len(channels)-1))
	f.Runs++
	for i, n := range counts { // no promise: nothing is overdue
		if n > 0 {
			f.Kinds[i].Runs++
			f.Kinds[i].Times += n
		}
	}
}
