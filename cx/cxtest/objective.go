package cxtest

import (
	"fmt"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// Objective asserts how many events an objective has counted, as the metric cx.slo.events does. If an assertion does not hold, it fails
// the test without stopping it, and lists the events of that result. Every assertion returns the Objective, so that assertions can be
// chained.
type Objective struct {
	r     *Recorder
	name  string
	judge *slo.Judge // nil for an objective that the client does not have, or that counts nothing
}

// Objective returns the assertions about an objective of cx.WithObjectives or of the blueprint. The test fails if the client has no
// objective of this name, and for a composite, which counts nothing itself: assert its parts.
func (r *Recorder) Objective(name string) *Objective {
	r.tb.Helper()
	o := &Objective{r: r, name: name}
	all := r.client.Objectives()
	i := slices.IndexFunc(all, func(s slo.Status) bool { return s.Name == name })
	switch {
	case i < 0:
		names := make([]string, 0, len(all))
		for _, s := range all {
			names = append(names, s.Name)
		}
		r.tb.Errorf("objective %s: the client has no such objective, it has %q: give the Recorder cx.WithObjectives or cx.WithBlueprint", name, names)
	case all[i].Objective.Subject() == slo.OfObjectives:
		r.tb.Errorf("objective %s: it is a composite, which counts nothing itself: assert its parts", name)
	default:
		o.judge = slo.NewJudge([]slo.Objective{all[i].Objective})
	}
	return o
}

// Good asserts how many events were good.
func (o *Objective) Good(want int) *Objective { o.r.tb.Helper(); return o.count(slo.Good, want) }

// Bad asserts how many events were bad.
func (o *Objective) Bad(want int) *Objective { o.r.tb.Helper(); return o.count(slo.Bad, want) }

// Excluded asserts how many events were excluded: they are in no ratio.
func (o *Objective) Excluded(want int) *Objective {
	o.r.tb.Helper()
	return o.count(slo.Excluded, want)
}

func (o *Objective) count(result slo.Result, want int) *Objective {
	o.r.tb.Helper()
	if o.judge == nil {
		return o
	}
	all := o.r.Events()
	var got []*event.Event
	for i := range all {
		for _, v := range o.judge.Verdicts(nil, &all[i]) {
			if v.Result == result {
				got = append(got, &all[i])
			}
		}
	}
	if len(got) == want {
		return o
	}
	var b strings.Builder
	for i, e := range got {
		fmt.Fprintf(&b, "\n  number %d: %s", i+1, e.AppendJSON(nil))
	}
	o.r.tb.Errorf("objective %s: it has counted %d as %s, want %d%s\n%s", o.name, len(got), result, want, b.String(), story(all))
	return o
}
