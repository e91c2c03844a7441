package report

import (
	"fmt"
	"strings"
)

// headReach is the longest heading of a first column.
const headReach = "How far they came"

// leastName is the minimum width in characters to which a name may be cut.
const leastName = 12

// write writes the part of the report about the journey.
func (j *Journey) write(b *strings.Builder, width int) {
	heading(b, j.Name, width)
	if j.empty() {
		b.WriteString(indent + "The log has no events of this journey.\n\n")
		return
	}
	counts := []string{grouped(j.Started) + " began", grouped(j.Ended.sum()) + " ended", grouped(j.Active) + " still under way"}
	if j.StartedBefore > 0 {
		counts = append(counts, grouped(j.StartedBefore)+" of the ended runs began before the log")
	}
	sentence(b, width, strings.Join(counts, " · "))
	b.WriteByte('\n')
	first := displayed(headReach)
	for i := range j.Stages {
		first = max(first, displayed(clean(j.Stages[i].Name)))
	}
	const numbers = 55 // the usual width of the other columns
	first = min(first, max(displayed(headReach), width-numbers))
	for _, t := range []*table{j.ends(), j.reach(width), j.visits(), j.promises(), j.kept(), j.settled(), j.places(), j.reasons(), j.harder(), j.afterEnd()} {
		t.first = first
		t.write(b, width)
	}
	writeTouchpoints(b, j.Touchpoints, width)
	writeFailures(b, j.Failures, width)
}

// empty reports whether the log has no event of the journey.
func (j *Journey) empty() bool {
	met := j.Started + j.Active + j.Ended.sum()
	for i := range j.Stages {
		met += j.Stages[i].Visits
	}
	for i := range j.Touchpoints {
		met += j.Touchpoints[i].Count
	}
	return met == 0
}

// endings returns the results of each outcome.
func (j *Journey) endings() []ending {
	e, d, a := &j.Ended, &j.Duration, &j.AfterEnd
	return []ending{
		{"completed", e.Completed, d.Completed, &a.Completed},
		{"failed", e.Failed, d.Failed, &a.Failed},
		{"cancelled", e.Cancelled, d.Cancelled, &a.Cancelled},
		{"abandoned", e.Abandoned, d.Abandoned, &a.Abandoned},
	}
}

type ending struct {
	name     string
	runs     int64
	duration *Duration
	after    *AfterEnd
}

// ends returns the table of outcomes and durations of runs.
func (j *Journey) ends() *table {
	t := &table{columns: append([]column{
		{head: "How they ended", least: leastName}, {head: "runs", right: true}, {head: "share", right: true, spare: 1},
	}, durationColumns()...)}
	for _, e := range j.endings() {
		if e.runs > 0 {
			t.add(append([]string{e.name, grouped(e.runs), share(e.runs, j.Ended.sum())}, e.duration.cells()...)...)
		}
	}
	return t
}

// reach returns the table of how many runs reached each stage.
func (j *Journey) reach(width int) *table {
	const least, most, wider = 20, 40, 3 // the bar gets a third of the additional width
	size := min(most, least+max(0, width-DefaultWidth)/wider)
	t := &table{columns: []column{
		{head: headReach, least: leastName},
		{head: "runs", right: true},
		{head: "of those that began", least: least / 2, spare: 1},
		{right: true},
		{head: "visits", right: true},
	}}
	for i := range j.Stages {
		s := &j.Stages[i]
		drawn := bar(s.Conversion, size)
		t.add(clean(s.Name), grouped(s.Entered), drawn, share(s.Entered, j.Started), grouped(s.Visits))
	}
	return t
}

// visits returns the table of the durations of visits.
func (j *Journey) visits() *table {
	t := &table{columns: append([]column{{head: "Time in a stage", least: leastName}}, durationColumns()...)}
	some := false
	for i := range j.Stages {
		s := &j.Stages[i]
		some = some || s.Duration.Count > 0
		t.add(append([]string{clean(s.Name)}, s.Duration.cells()...)...)
	}
	if !some {
		t.rows = nil
	}
	return t
}

// promises returns the table of how many visits stalled.
func (j *Journey) promises() *table {
	t := &table{columns: []column{
		{head: "Promised time", least: leastName},
		{head: "less than", right: true},
		{head: "visits", right: true},
		{head: "stalled", right: true},
		{right: true},
	}}
	for i := range j.Stages {
		if s := &j.Stages[i]; s.Expect != nil {
			t.add(clean(s.Name), human(durationOf(*s.Expect)), grouped(s.Visits), grouped(s.Stalled), share(s.Stalled, s.Visits))
		}
	}
	return t
}

// places returns the table of the stages in which runs ended or are under way.
func (j *Journey) places() *table {
	t := &table{columns: []column{{head: "Where they ended", least: leastName}}}
	all := [...]int64{j.Ended.Completed, j.Ended.Failed, j.Ended.Cancelled, j.Ended.Abandoned, j.Active}
	for i, head := range [...]string{"completed", "failed", "cancelled", "abandoned", "under way"} {
		if all[i] > 0 {
			t.columns = append(t.columns, column{head: head, right: true}, column{right: true, spare: 1})
		}
	}
	add := func(name string, w *Where) {
		cells, here := []string{name}, [...]int64{w.Ended.Completed, w.Ended.Failed, w.Ended.Cancelled, w.Ended.Abandoned, w.Active}
		for i, n := range here {
			if all[i] > 0 {
				number, part := counted(n, all[i])
				cells = append(cells, number, part)
			}
		}
		t.add(cells...)
	}
	for i := range j.Stages {
		add(clean(j.Stages[i].Name), &j.Stages[i].Where)
	}
	if w := &j.NoStage; w.Ended.sum()+w.Active > 0 {
		add("(in no stage)", w)
	}
	if len(t.columns) == 1 {
		t.rows = nil // there are no runs
	}
	return t
}

// reasons returns the table of the causes of ends.
func (j *Journey) reasons() *table {
	t := &table{columns: []column{
		{head: "Why they ended", least: leastName}, {head: "cause", least: leastName}, {head: "runs", right: true}, {right: true},
	}}
	var rest rest
	for i, c := range j.Causes {
		if rest.has(i, c.Count) {
			continue
		}
		all := int64(0)
		for _, e := range j.endings() {
			if e.name == c.Outcome {
				all = e.runs
			}
		}
		t.add(c.Outcome, clean(c.Cause), grouped(c.Count), share(c.Count, all))
	}
	if rest.n > 0 {
		t.add(rest.name(), "", grouped(rest.count), "")
	}
	return t
}

// afterEnd returns the table of the events after the ends of runs.
func (j *Journey) afterEnd() *table {
	t := &table{columns: []column{
		{head: "After the end", least: leastName},
		{head: "runs", right: true},
		{head: "came back", right: true},
		{right: true},
		{head: "events", right: true},
		{head: "feedback", right: true, spare: 1},
		{head: "completed after all", right: true, spare: 2},
	}}
	for _, e := range j.endings() {
		if a := e.after; a.Runs > 0 {
			feedback, _ := counted(a.Feedback, 0)
			after, _ := counted(a.Completed, 0)
			t.add(e.name, grouped(e.runs), grouped(a.Runs), percent(a.Share), grouped(a.Events), feedback, after)
		}
	}
	return t
}

func durationColumns() []column {
	return []column{
		{head: "n", right: true}, {head: "half within", right: true}, {head: "9 of 10 within", right: true}, {head: "longest", right: true},
	}
}

// cells returns the cells of the duration columns.
func (d *Duration) cells() []string {
	if d == nil || d.Count == 0 {
		return []string{"0", "", "", ""}
	}
	return []string{grouped(d.Count), human(durationOf(d.P50)), human(durationOf(d.P90)), human(durationOf(d.Max))}
}

// writeTouchpoints writes the tables of touchpoints: counts, outcomes, channels and Apdex scores.
func writeTouchpoints(b *strings.Builder, list []Touchpoint, width int) {
	if t := touchpoints(list, true); t.fits(width, wide) {
		t.write(b, width)
	} else {
		touchpoints(list, false).write(b, width)
		on := table{columns: []column{{head: "Channels", least: leastName}, {head: "on", least: leastName, list: true}}}
		for i := range list {
			on.add(clean(list[i].Name), list[i].channels())
		}
		on.write(b, width)
	}
	writeApdex(b, list, width)
}

func (o *Outcomes) list() [5]int64 {
	return [...]int64{o.OK, o.Degraded, o.Failed, o.Cancelled, o.Abandoned}
}

// touchpoints returns the table of counts and outcomes of touchpoints, with the channels if on is set.
func touchpoints(list []Touchpoint, on bool) *table {
	var all [5]int64
	for i := range list {
		for k, n := range list[i].Outcomes.list() {
			all[k] += n
		}
	}
	allOK := all[1]+all[2]+all[3]+all[4] == 0
	t := &table{columns: []column{{head: "Touchpoint", least: leastName}, {head: "times", right: true}}}
	for k, head := range [...]string{"ok", "degraded", "failed", "cancelled", "abandoned"} {
		if all[k] > 0 && !allOK {
			t.columns = append(t.columns, column{head: head, right: true}, column{right: true, spare: 1})
		}
	}
	if on {
		const least = 18
		t.columns = append(t.columns, column{head: "on", least: least, list: true, dispensable: true})
	}
	for i := range list {
		p := &list[i]
		cells := []string{clean(p.Name), grouped(p.Count)}
		for k, n := range p.Outcomes.list() {
			if all[k] > 0 && !allOK {
				number, part := counted(n, p.Count)
				cells = append(cells, number, part)
			}
		}
		if on {
			cells = append(cells, p.channels())
		}
		t.add(cells...)
	}
	if allOK && all[0] > 0 {
		t.notes = append(t.notes, "All of them were ok.")
	}
	return t
}

// writeApdex writes the table of Apdex scores.
func writeApdex(b *strings.Builder, list []Touchpoint, width int) {
	t := table{columns: []column{
		{head: "Apdex", least: leastName},
		{head: "target", right: true},
		{head: "score"},
		{head: byChance, spare: 2},
		{head: "n", right: true},
		{head: "satisfied", right: true},
		{head: "tolerating", right: true},
		{head: "frustrated", right: true},
		{head: "no duration", right: true, spare: 1},
	}}
	marked, nothing := false, false
	for i := range list {
		a := list[i].Apdex
		if a == nil {
			continue
		}
		score, by := "NS", ""
		if a.Score != nil {
			score = fmt.Sprintf("%.2f", *a.Score)
			if a.Interval != nil {
				by = steps(a.Interval.Low) + " to " + steps(a.Interval.High)
			}
			if a.Small {
				score += "*"
				marked = true
			}
		}
		nothing = nothing || a.Score == nil
		without, _ := counted(a.Unmeasured, 0)
		t.add(clean(list[i].Name), human(durationOf(a.Target)), score, by, grouped(a.Samples),
			grouped(a.Satisfied), grouped(a.Tolerating), grouped(a.Frustrated), without)
	}
	if marked {
		t.notes = append(t.notes, "* fewer than 100 samples.")
	}
	if nothing {
		t.notes = append(t.notes, "NS: no samples. The log has no interactions, or none with a duration.")
	}
	t.write(b, width)
}

// writeFailures writes the table of failures.
func writeFailures(b *strings.Builder, list []Failure, width int) {
	if len(list) == 0 {
		return
	}
	t := table{columns: []column{
		{head: "What failed", least: leastName}, {head: "times", right: true}, {head: "cause", least: leastName}, {head: "error type", least: leastName},
	}}
	var rest rest
	for i, f := range list {
		if rest.has(i, f.Count) {
			continue
		}
		cause := f.Cause
		if cause == "" {
			cause = "(unknown)"
		}
		t.add(clean(f.Touchpoint), grouped(f.Count), clean(cause), clean(f.ErrorType))
	}
	if rest.n > 0 {
		t.add(rest.name(), grouped(rest.count), "", "")
	}
	t.write(b, width)
}

// channels lists the channels of a touchpoint, with the most used first.
func (t *Touchpoint) channels() string {
	names := channelsOf(t.Channels)
	if len(names) == 1 {
		return names[0]
	}
	for i, n := range names {
		names[i] = n + " " + percent(ratio(t.Channels[n], t.Count))
	}
	return strings.Join(names, ", ")
}
