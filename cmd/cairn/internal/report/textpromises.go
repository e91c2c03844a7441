package report

import (
	"fmt"
	"strconv"
)

// kept returns the table of what became of the promises.
func (j *Journey) kept() *table {
	t := &table{columns: []column{
		{head: "Promise", least: leastName},
		{head: "made", right: true, spare: 2},
		{head: "withdrawn", right: true, spare: 1},
		{head: "open", right: true},
		{head: "broken", right: true},
		{head: "kept", right: true},
		{right: true},
		{head: "n", right: true},
		{head: "target", right: true},
		{},
	}}
	for i := range j.Promises {
		p := &j.Promises[i]
		target, met := p.target()
		t.add(clean(p.Name), grouped(p.Made), grouped(p.Withdrawn), grouped(p.Open), grouped(p.Broken),
			grouped(p.Kept), share(p.Kept, p.Samples), grouped(p.Samples), target, met)
		if n := p.OpenPastDue; n > 0 {
			t.notes = append(t.notes, fmt.Sprintf("%s: %s past the due time that was promised, and the clock has stopped.",
				clean(p.Name), plural(n, "open promise is", "open promises are")))
		}
	}
	return t
}

// target returns the target as a percentage, and whether it is met. Both are "" if they are not known.
func (p *Promise) target() (share, met string) {
	if p.Target == nil {
		return "", ""
	}
	const all, digits = 100, 6
	share = strconv.FormatFloat(all**p.Target, 'g', digits, 64) + "%"
	switch {
	case p.TargetMet == nil:
		return share, ""
	case *p.TargetMet:
		return share, "met"
	default:
		return share, "missed"
	}
}

// settled returns the table of how long promises took until they were kept or broken.
func (j *Journey) settled() *table {
	t := &table{columns: []column{
		{head: "How long it took", least: leastName},
		{},
		{head: "n", right: true},
		{head: "half within", right: true},
		{head: "9 of 10", right: true},
		{head: "99 of 100", right: true},
		{head: "longest", right: true},
	}}
	for i := range j.Promises {
		p := &j.Promises[i]
		for _, c := range []struct {
			how  string
			took *PromiseDuration
		}{{"kept", &p.UntilKept}, {"broken", &p.UntilBroken}, {"late", &p.KeptLate}} {
			if d := c.took; d.Count > 0 {
				t.add(clean(p.Name), c.how, grouped(d.Count), human(durationOf(d.P50)), human(durationOf(d.P90)),
					human(durationOf(d.P99)), human(durationOf(d.Max)))
			}
		}
	}
	return t
}
