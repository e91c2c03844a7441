package insight

import (
	"context"
	"fmt"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/paths"
)

// Funnels says how far runs come along the stages of their journeys.
type Funnels struct {
	Basis

	// Before is what the funnels are compared with; nil without a comparison.
	Before *Basis `json:"before,omitempty"`
	// List has a funnel for each journey that has stages in the blueprint, in its order.
	List []Funnel `json:"funnels"`
}

// Funnel says how far the runs of one journey come.
type Funnel struct {
	Journey string `json:"journey"`
	// Unknown is the number of runs that have ended, of which the table does not know when. They are left out.
	Unknown int64 `json:"unknown,omitempty"`
	// Now is the funnel. Only runs that are old enough are in it: the age is that at which runs of the journey have come to its last stage and
	// were completed, of all periods that the table has.
	Now paths.Funnel `json:"now"`
	// Before is the funnel of the other selection, at the same age, and Change is how Now differs from it. Change is nil if they are not
	// comparable: Why says why in words. Both is the number of runs that are in both selections; the intervals hold if there are none.
	Before *paths.Funnel       `json:"before,omitempty"`
	Change *paths.FunnelChange `json:"change,omitempty"`
	Why    string              `json:"why,omitempty"`
	Both   int64               `json:"both,omitempty"`
}

// Funnel answers how far runs come along the stages of their journey, and how that differs from another selection, such as the period before; nil is
// none. It needs the right [Numbers].
func (v *View) Funnel(ctx context.Context, w Which, before *Which) (Funnels, error) {
	answer := Funnels{List: []Funnel{}}
	if before != nil {
		if err := v.check(before, false); err != nil {
			return answer, err
		}
	}
	var faulty error
	err := v.ask(ctx, "Funnel", &w, func(p *pick, chunks []*cases.Chunk) {
		answer.Basis = p.basis(&w, chunks)
		now := p.selected(chunks)
		if answer.Hidden = now.few(); !answer.Hidden {
			answer.Runs = int64(len(now.rows))
		}
		var then *selected
		if before != nil {
			q, err := v.pick(ctx, before)
			if err != nil {
				faulty = err
				return
			}
			basis := q.basis(before, chunks)
			if then = q.selected(chunks); then.few() {
				basis.Hidden = true
			} else {
				basis.Runs = int64(len(then.rows))
			}
			answer.Before = &basis
		}
		if answer.Hidden {
			return
		}
		for i := range v.table.blueprint.Journeys {
			if j := &v.table.blueprint.Journeys[i]; len(j.Stages) > 0 && p.about(j.Name) {
				answer.List = append(answer.List, v.funnel(j, w.Namespace, now, then))
			}
		}
	})
	if err == nil {
		err = faulty
	}
	return answer, err
}

// funnel returns that of one journey.
func (v *View) funnel(j *blueprint.Journey, namespace string, now, then *selected) Funnel {
	answer := Funnel{Journey: j.Name}
	stages := make([]string, len(j.Stages))
	for i := range j.Stages {
		stages[i] = j.Stages[i].Name
	}
	age := paths.Age{}
	if p, err := v.pick(now.ctx, &Which{Journey: j.Name, Namespace: namespace}); err == nil {
		all, _ := p.selected(now.chunks).known()
		of := all.stepper(byStage).paths()
		if age = of.FunnelAge(stages); age.Age > 0 {
			if end := of.EndAge(); end.Age > age.Age {
				age = end
			}
		}
	}
	now, answer.Unknown = now.of(j.Name).known()
	answer.Now = now.funnel(stages, age)
	if then == nil {
		return answer
	}
	then = then.of(j.Name)
	answer.Both = both(now.rows, then.rows)
	then, _ = then.known()
	before := then.funnel(stages, age)
	answer.Before = &before
	change, err := answer.Now.Since(before)
	if err != nil {
		answer.Why = strings.TrimPrefix(err.Error(), paths.ErrIncomparable.Error()+": ")
		return answer
	}
	answer.Change = &change
	return answer
}

// alone reports whether the question is about this journey and no other one.
func (p *pick) alone(journey string) bool {
	for code, run := range p.t.Journeys {
		if p.journeys[code] && run.Name != journey {
			return false
		}
	}
	return true
}

// of returns the runs of the journey.
func (s *selected) of(journey string) *selected {
	if s.alone(journey) {
		return s
	}
	return s.keep(func(c *cases.Chunk, row int) bool { return s.t.Journeys[c.Journey[row]].Name == journey })
}

// funnel returns how far the runs come.
func (s *selected) funnel(stages []string, age paths.Age) paths.Funnel {
	return s.stepper(byStage).paths().Funnel(stages, age)
}

// Sentence says how far runs come and what has changed, in words.
func (f *Funnel) Sentence() string {
	said := fmt.Sprintf("%q: %s", f.Journey, f.Now.Sentence())
	switch {
	case f.Change != nil:
		said += " Compared with before: " + f.Change.Sentence()
	case f.Why != "":
		said += " It is not compared with before: " + f.Why + "."
	}
	if f.Both > 0 {
		said += fmt.Sprintf(" %s in both selections, and the interval does not hold for them.", number.Of(f.Both, "run is", "runs are"))
	}
	return said
}

// Sentence says how far runs of all journeys come, in words.
func (f *Funnels) Sentence() string {
	if f.Hidden {
		return few()
	}
	if len(f.List) == 0 {
		return "No journey of these runs has stages in the blueprint: add its stages, in their promised order."
	}
	said := make([]string, len(f.List))
	for i := range f.List {
		said[i] = f.List[i].Sentence()
	}
	return strings.Join(said, " ")
}
