package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/number"
)

// Examples are single bad runs, to be looked at one by one.
type Examples struct {
	Basis

	Bad Bad `json:"bad"`
	// Of is how many of the selected runs are old enough, and Found how many of those are bad.
	Of    int64 `json:"of"`
	Found int64 `json:"found"`
	// AtAge, TooYoung and Warning are as in [GoesWith].
	AtAge    time.Duration `json:"at_age_ns,omitempty"`
	TooYoung int64         `json:"too_young,omitempty"`
	Warning  string        `json:"warning,omitempty"`
	// Typical are those whose time is the nearest to the median of the bad runs, the nearest first. Worst are the longest of the others, the longest first.
	Typical []Example `json:"typical"`
	Worst   []Example `json:"worst"`
}

// Example is a run with the traces of what happened in it.
type Example struct {
	ListedRun

	// Traces are the IDs of its traces, those of touchpoints that failed first, then in the order of time: at most [MaxTraces].
	Traces []string `json:"traces,omitempty"`
}

// The bounds of [View.Examples].
const (
	// MaxExamples is the most examples of a kind.
	MaxExamples = 50
	// MaxTraces is the most traces of an example.
	MaxTraces = 5
)

// Examples answers which single runs are bad: as many typical ones as each says, and as many of the worst, where each is 1 to [MaxExamples]. The conditions of the
// question say which: those of a finding of [View.GoesWith], for example. A run is bad as that question counts it. The time of a run is that from its
// beginning to its end, or its age. It needs the rights [Numbers] and [Customers]. It reads the events of the examples from the source, for their traces.
func (v *View) Examples(ctx context.Context, w Which, bad Bad, each int) (Examples, error) {
	answer := Examples{Bad: bad, Typical: []Example{}, Worst: []Example{}}
	if err := v.viewer.needs("Examples", Numbers|Customers); err != nil {
		return answer, err
	}
	if each < 1 || each > MaxExamples {
		return answer, fmt.Errorf("%w: %d examples are asked for: give 1 to %d", ErrWhich, each, MaxExamples)
	}
	var faulty error
	err := v.ask(ctx, "Examples", &w, func(p *pick, chunks []*cases.Chunk) {
		var j judge
		if j, faulty = v.judge(bad); faulty != nil {
			return
		}
		answer.Basis = p.basis(&w, chunks)
		now := p.selected(chunks)
		answer.Runs = int64(len(now.rows))
		d := judgeAll(now, j)
		age := ageOfAll(j, []*judged{d})
		answer.TooYoung = d.settle(age)
		answer.AtAge, answer.Warning = time.Duration(age)*time.Microsecond, warning(age, answer.TooYoung, j.since())
		answer.Of = int64(len(d.rows))
		answer.fill(d, each)
	})
	if err == nil {
		err = faulty
	}
	if err != nil {
		return answer, err
	}
	return answer, v.trace(ctx, append(pointers(answer.Typical), pointers(answer.Worst)...))
}

// fill picks the examples.
func (a *Examples) fill(d *judged, each int) {
	l := &lister{pick: d.pick}
	var all []placed
	for n := range d.rows {
		if d.bad[n] {
			c, row := d.place(n)
			x := placed{c: c, row: row}
			x.key = l.took(d.pick, &x)
			all = append(all, x)
		}
	}
	a.Found = int64(len(all))
	if len(all) == 0 {
		return
	}
	slices.SortFunc(all, l.compare)
	median := all[(len(all)-1)/2].key
	far := func(x *placed) int64 { return max(x.key-median, median-x.key) }
	nearest := slices.Clone(all)
	slices.SortStableFunc(nearest, func(x, y placed) int { return cmp.Compare(far(&x), far(&y)) })
	nearest = nearest[:min(len(nearest), each)]
	for _, x := range nearest {
		a.Typical = append(a.Typical, Example{ListedRun: l.listed(x)})
	}
	for i := len(all) - 1; i >= 0 && len(a.Worst) < each; i-- {
		if !slices.ContainsFunc(nearest, func(x placed) bool { return x.c == all[i].c && x.row == all[i].row }) {
			a.Worst = append(a.Worst, Example{ListedRun: l.listed(all[i])})
		}
	}
}

func pointers(list []Example) []*Example {
	all := make([]*Example, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// trace sets the traces of the examples.
func (v *View) trace(ctx context.Context, list []*Example) error {
	if len(list) == 0 {
		return nil
	}
	by := map[event.RunRef]*Example{}
	refs := make([]event.RunRef, len(list))
	for i, e := range list {
		refs[i], by[e.Run] = e.Run, e
	}
	events, _, err := v.collect(ctx, event.Query{Runs: refs})
	if err != nil {
		return err
	}
	for _, failures := range []bool{true, false} {
		for i := range events {
			e := by[events[i].Journey.Ref()]
			if e == nil || failures && events[i].Outcome != event.Failed || len(e.Traces) == MaxTraces {
				continue
			}
			if id := traceOf(&events[i]); id != "" && !slices.Contains(e.Traces, id) {
				e.Traces = append(e.Traces, id)
			}
		}
	}
	return nil
}

// traceOf returns the ID of the trace that has the event, else that of its run; "" is none.
func traceOf(e *event.Event) string {
	if e.SpanContext.TraceID().IsValid() {
		return e.SpanContext.TraceID().String()
	}
	if id := e.Journey.Root.TraceID; id.IsValid() {
		return id.String()
	}
	return ""
}

// Sentence says what the examples are of, in words.
func (a *Examples) Sentence() string {
	if a.Of == 0 {
		return strings.TrimSpace("No run is like that. " + a.Warning)
	}
	words := a.Bad.Words()
	return strings.TrimSpace(fmt.Sprintf("%s, of which %s %s. %s", thereWere(a.Of, words.Runs, words.Runs), number.Count(a.Found), words.Did, a.Warning))
}
