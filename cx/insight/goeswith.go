package insight

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/contrast"
	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/smallgroup"
)

// GoesWith says what goes with bad runs.
type GoesWith struct {
	Basis

	// Before is the basis of the other selection, if the question is what got worse since; nil otherwise. Both is the number of runs that are in both
	// selections: they count as runs of now.
	Before *Basis `json:"before,omitempty"`
	Both   int64  `json:"both,omitempty"`
	Bad    Bad    `json:"bad"`
	// Answer has the findings, the first one with the most customers in excess.
	Answer contrast.Answer `json:"answer"`
	// AtAge is the age at which runs are compared, because some are too young; 0 if all are old enough. For reopened runs it is the time since their end.
	// TooYoung are those that are left out. NotAsked are runs that the question is not about, such as those without an answer. Warning says the first two in
	// words.
	AtAge    time.Duration `json:"at_age_ns,omitempty"`
	TooYoung int64         `json:"too_young,omitempty"`
	NotAsked int64         `json:"not_asked,omitempty"`
	Warning  string        `json:"warning,omitempty"`
	// Columns are those that took part, and LeftOut those that follow from a bad run, or that the viewer may not see.
	Columns []Column  `json:"columns"`
	LeftOut []LeftOut `json:"left_out"`
}

// GoesWith answers what goes with bad runs. It names the values of columns, and the pairs of values, that bad runs have more often than the others, and says
// what it would gain if the runs that have them did as well as the others. Package contrast has the method. It needs the right [Numbers]; the column
// [Account] takes part with the right [Customers].
func (v *View) GoesWith(ctx context.Context, w Which, bad Bad) (GoesWith, error) {
	return v.contrast(ctx, "GoesWith", &w, nil, bad)
}

// GotWorse answers what got worse between two selections of runs, such as two weeks. It names the values, and the pairs of values, whose runs have a share of bad
// ones that rose by more than that of the other runs. It needs what [View.GoesWith] needs.
func (v *View) GotWorse(ctx context.Context, now, before Which, bad Bad) (GoesWith, error) {
	return v.contrast(ctx, "GotWorse", &now, &before, bad)
}

func (v *View) contrast(ctx context.Context, question string, w, before *Which, bad Bad) (GoesWith, error) {
	answer := GoesWith{Bad: bad, Columns: []Column{}, LeftOut: []LeftOut{}, Answer: contrast.Answer{Findings: []contrast.Finding{}}}
	if before != nil {
		if err := v.check(before, false); err != nil {
			return answer, err
		}
	}
	var faulty error
	err := v.ask(ctx, question, w, func(p *pick, chunks []*cases.Chunk) {
		var q *pick
		if before != nil {
			if q, faulty = v.pick(ctx, before); faulty != nil {
				return
			}
		}
		var j judge
		if j, faulty = v.judge(bad); faulty == nil {
			faulty = answer.fill(w, before, p, q, chunks, j)
		}
	})
	if err == nil {
		err = faulty
	}
	return answer, err
}

// fill answers the question about the runs of p and, if there is one, of q before.
func (a *GoesWith) fill(w, before *Which, p, q *pick, chunks []*cases.Chunk, j judge) error {
	now := p.selected(chunks)
	a.Basis = p.basis(w, chunks)
	if a.Hidden = now.few(); !a.Hidden {
		a.Runs = int64(len(now.rows))
	}
	sides := []*judged{judgeAll(now, j)}
	if q != nil {
		then := q.selected(chunks)
		basis := q.basis(before, chunks)
		if basis.Hidden = then.few(); !basis.Hidden {
			basis.Runs = int64(len(then.rows))
		}
		a.Before = &basis
		if !a.Hidden && !basis.Hidden {
			a.Both = both(now.rows, then.rows)
		}
		sides = append(sides, judgeAll(then.without(now), j))
	}
	if a.Hidden || a.Before != nil && a.Before.Hidden {
		return nil
	}
	age := ageOfAll(j, sides)
	in := contrast.Input{}
	taking := &selected{pick: p, chunks: chunks}
	for i, side := range sides {
		a.NotAsked += side.without
		a.TooYoung += side.settle(age)
		if smallgroup.Small(side.people.Size()) {
			a.hide(i)
			return nil
		}
		taking.rows = append(taking.rows, side.rows...)
	}
	a.AtAge, a.Warning = time.Duration(age)*time.Microsecond, warning(age, a.TooYoung, j.since())
	in.Runs, in.Bad = len(taking.rows), contrast.NewBits(len(taking.rows))
	n := 0
	for _, side := range sides {
		for _, bad := range side.bad {
			if bad {
				in.Bad.Set(n)
			}
			n++
		}
	}
	if q != nil {
		in.Now = contrast.NewBits(in.Runs)
		for i := range sides[0].rows {
			in.Now.Set(i)
		}
	}
	in.Customers = taking.customers()
	a.LeftOut = p.v.leftOut(j.kind)
	in.Columns, a.Columns = taking.columns(a.LeftOut)
	if q == nil && !j.among && byChance(w, j.kind) && slices.Contains(a.Columns, Arm) {
		in.Randomized = string(Arm)
	}
	var err error
	a.Answer, err = contrast.Find(p.ctx, in, contrast.Options{Workers: p.v.workers})
	return err
}

// hide takes away the numbers of the selection that has too few runs which are old enough.
func (a *GoesWith) hide(side int) {
	if side == 0 {
		a.Hidden, a.Runs = true, 0
	} else {
		a.Before.Hidden, a.Before.Runs = true, 0
	}
	a.NotAsked, a.TooYoung, a.Both = 0, 0, 0
}

// byChance reports whether the arms of an experiment are assigned by chance among the runs of the question, too.
func byChance(w *Which, kind badKind) bool {
	ended := w.By == Ended && (!w.From.IsZero() || !w.Until.IsZero())
	return !ended && (kind == badNotCompleted || kind == badEnd || kind == badTouchpoint) &&
		!slices.ContainsFunc(w.Where, func(c Where) bool { return slices.Contains(later, c.Column) })
}

// without returns the runs that are not in the other selection. Both are in order.
func (s *selected) without(o *selected) *selected {
	kept := &selected{pick: s.pick, chunks: s.chunks}
	others := o.rows
	for n, at := range s.rows {
		for len(others) > 0 && others[0] < at {
			others = others[1:]
		}
		if len(others) == 0 || others[0] != at {
			c, row := s.place(n)
			kept.rows = append(kept.rows, at)
			kept.people.AddSome(customer(c, row))
		}
	}
	return kept
}

// judged are the runs of a selection that the question is about, and how they are judged.
type judged struct {
	selected

	judge   judge
	trials  []trial
	bad     []bool
	without int64 // runs that the question is not about
}

// judgeAll judges the runs.
func judgeAll(s *selected, j judge) *judged {
	d := &judged{selected: selected{pick: s.pick, chunks: s.chunks, rows: make([]uint32, 0, len(s.rows))}, trials: make([]trial, 0, len(s.rows)), judge: j}
	for n, at := range s.rows {
		c, row := s.place(n)
		if t, ok := j.trial(s.pick, c, row); ok {
			d.rows, d.trials = append(d.rows, at), append(d.trials, t)
		} else {
			d.without++
		}
	}
	return d
}

// ageOfAll returns the age at which runs are compared, and 0 if all are old enough.
func ageOfAll(j judge, sides []*judged) int64 {
	if !j.ages {
		return 0
	}
	var overs spans
	youngest := int64(math.MaxInt64)
	for _, side := range sides {
		for n := range side.trials {
			t := &side.trials[n]
			youngest = min(youngest, t.age)
			if t.over >= 0 {
				overs.add(t.over)
			}
		}
	}
	needed := oldEnough(&overs)
	switch {
	case youngest >= needed:
		return 0
	case len(sides) == 1:
		return needed
	default:
		return ageOf(needed, sides[0].ages(), sides[1].ages())
	}
}

// ages returns the ages of the runs.
func (d *judged) ages() *spans {
	var list spans
	for n := range d.trials {
		list.add(d.trials[n].age)
	}
	return &list
}

// settle leaves out the runs that are too young, judges the others by what had happened at the age, and returns the number of those that are left out.
func (d *judged) settle(age int64) (young int64) {
	kept := d.rows[:0]
	d.people = smallgroup.People{}
	for n, at := range d.rows {
		t := &d.trials[n]
		if t.young || t.age < age {
			young++
			continue
		}
		c, row := d.place(n)
		d.people.AddSome(customer(c, row))
		hit := t.hit >= 0 && (age == 0 || t.hit <= age)
		kept, d.bad = append(kept, at), append(d.bad, hit != d.judge.inverse)
	}
	d.rows, d.trials = kept, nil
	return young
}

// customers returns the customer of each run.
func (s *selected) customers() []uint64 {
	list := make([]uint64, len(s.rows))
	for n := range list {
		c, row := s.place(n)
		list[n] = customer(c, row)
	}
	return list
}

// Sentences returns what goes with bad runs in sentences, one for each finding after the first one, which says the share.
func (a *GoesWith) Sentences() []string {
	if a.Hidden || a.Before != nil && a.Before.Hidden {
		return []string{few()}
	}
	if a.Answer.Whole.N == 0 {
		return []string{strings.TrimSpace("There were no runs to compare. " + a.Warning)}
	}
	words := a.Bad.Words()
	said := []string{fmt.Sprintf("%s, of which %s %s.", thereWere(a.Answer.Whole.N, words.Runs, words.Runs), share(a.Answer.Whole), words.Did)}
	if a.Warning != "" {
		said[0] += " " + a.Warning
	}
	if len(a.Answer.Findings) == 0 {
		said[0] += fmt.Sprintf(" Nothing goes with it by more than chance: %s and %s were tested.",
			number.Of(int64(a.Answer.Values), "value", "values"), number.Of(int64(a.Answer.Pairs), "pair", "pairs"))
	}
	for i := range a.Answer.Findings {
		said = append(said, a.Answer.Findings[i].Sentence(words))
	}
	return said
}

// Sentence returns the sentences as one text.
func (a *GoesWith) Sentence() string { return strings.Join(a.Sentences(), " ") }
