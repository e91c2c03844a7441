package main

import (
	"context"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/feedback/score"
)

func askOutcomes(ctx context.Context, o *openedTable, _ *askSettings, w insight.Which) ([]askAnswer, error) {
	got, err := o.View.Outcomes(ctx, w)
	if err != nil {
		return nil, err
	}
	a := askAnswer{Sentences: []string{got.Sentence()}, Answer: got, foot: &got.Basis}
	if got.Runs == 0 {
		return []askAnswer{a}, nil
	}
	ends := askTable{head: []string{"HOW THEY ENDED", "RUNS", "SHARE", "INTERVAL", "N"}}
	for _, end := range []struct {
		name string
		of   score.Share
	}{{"completed", got.Completed}, {"failed", got.Failed}, {"cancelled", got.Cancelled}, {"silent", got.Silent}, {"open", got.Open}} {
		if end.of.Count > 0 {
			ends.add(append([]string{end.name, number.Count(end.of.Count)}, shareCells(end.of)...)...)
		}
	}
	if got.Unknown > 0 {
		ends.add("not known", number.Count(got.Unknown), number.None, number.None, number.None)
	}
	a.tables = append(a.tables, ends)
	if got.Open.Count > 0 {
		ages := askTable{head: []string{"OPEN FOR", "RUNS"}}
		for _, age := range got.Ages {
			ages.add(ageText(age.From, age.Until), number.Count(age.Count))
		}
		a.tables = append(a.tables, ages)
	}
	return []askAnswer{a}, nil
}

// ageText writes a span of ages.
func ageText(from, until time.Duration) string {
	switch {
	case from == 0:
		return "less than " + number.Spell(until)
	case until == 0:
		return number.Spell(from) + " and more"
	default:
		return number.Spell(from) + " to " + number.Spell(until)
	}
}

func askReopened(ctx context.Context, o *openedTable, _ *askSettings, w insight.Which) ([]askAnswer, error) {
	got, err := o.View.Reopened(ctx, w)
	if err != nil {
		return nil, err
	}
	a := askAnswer{Answer: got, foot: &got.Basis}
	if got.Hidden {
		a.Sentences = []string{tooFew}
		return []askAnswer{a}, nil
	}
	all := askTable{head: []string{"AFTER", "AGAIN", "SHARE", "INTERVAL", "N", "HALF WITHIN", "9 OF 10 WITHIN"}}
	if len(got.Ends) == 0 {
		a.Sentences = append(a.Sentences, "No run has ended by completion, failure or cancellation.")
	}
	for i, r := range slices.Concat(got.Ends, got.Promises) {
		name := "the end of " + r.Journey
		if r.Promise != "" {
			name = "the promise " + r.Promise + " of " + r.Journey
		}
		if r.OK() || i < len(got.Ends) && !r.Hidden {
			a.Sentences = append(a.Sentences, r.Sentence())
		}
		took := []string{number.None, number.None}
		if r.Cost.N > 0 {
			took = []string{number.Duration(r.Cost.Median), number.Duration(r.Cost.P90)}
		}
		if !r.Hidden && r.OK() {
			all.add(slices.Concat([]string{name, number.Count(r.Count)}, shareCells(r.Share), took)...)
		}
	}
	a.tables = append(a.tables, all)
	for i := range got.Ends {
		of := &got.Ends[i]
		a.tables = append(a.tables, namedTable("WHAT CAME BEFORE THE END OF "+of.Journey, of.Before), namedTable("WHAT CAME AFTER IT", of.With))
	}
	return []askAnswer{a}, nil
}

func namedTable(head string, names []insight.Named) askTable {
	t := askTable{head: []string{head, "RUNS", "SHARE", "INTERVAL", "N"}}
	for _, n := range names {
		name := known(n.Name)
		if n.Hidden {
			name = "(several, of few customers)"
		}
		t.add(append([]string{name, number.Count(n.Count)}, shareCells(n.Share)...)...)
	}
	return t
}

// tooFew is what an answer says that is about too few customers.
const tooFew = "The question is about fewer than five customers, whose numbers are not shown."

func askPromises(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	due := s.due
	if due.IsZero() {
		due = o.At.In(o.Zone).AddDate(0, 0, 7)
	}
	columns := s.by
	if len(columns) == 0 {
		columns = []insight.Column{""}
	}
	var answers []askAnswer
	for i, by := range columns {
		got, err := o.View.Promises(ctx, w, due, by)
		if err != nil {
			return nil, err
		}
		a := askAnswer{Column: string(by), Answer: got, foot: &got.Basis, Sentences: []string{}}
		switch {
		case got.Hidden:
			a.Sentences = append(a.Sentences, tooFew)
		case len(got.List) == 0:
			a.Sentences = append(a.Sentences, "No promise was made.")
		}
		all := askTable{head: promiseHead("PROMISE")}
		for k := range got.List {
			p := &got.List[k]
			if i == 0 {
				a.Sentences = append(a.Sentences, p.Sentence(got.By.In(o.Zone)))
			}
			if p.Hidden {
				continue
			}
			all.add(promiseCells(p.Journey+": "+p.Name, &p.Standing)...)
		}
		if i == 0 {
			a.tables = append(a.tables, all)
		}
		for k := range got.List {
			a.groups(&got.List[k], by)
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// groups adds the table of a promise by a column.
func (a *askAnswer) groups(p *insight.Promise, by insight.Column) {
	t := askTable{head: promiseHead(p.Journey + ": " + p.Name + " by " + string(by))}
	for k := range p.Groups {
		g := &p.Groups[k]
		if g.Hidden {
			t.add(known(g.Value), "few customers: not shown")
			continue
		}
		t.add(promiseCells(known(g.Value), &g.Standing)...)
	}
	if len(t.rows) > 0 {
		a.tables = append(a.tables, t)
	}
}

func promiseHead(first string) []string {
	return []string{shown(first), "KEPT", "INTERVAL", "N", "MADE", "BROKEN", "OPEN", "OVERDUE", "BREAKING"}
}

func promiseCells(name string, p *insight.Standing) []string {
	cells := append([]string{name}, shareCells(p.Kept)...)
	for _, n := range []int64{p.Made, p.Broken, p.Open, p.Overdue, p.Breaking} {
		cells = append(cells, number.Count(n))
	}
	return cells
}

func askPeriods(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	before := *s.before
	before.Journey, before.Where = w.Journey, w.Where
	got, err := o.View.ComparePeriods(ctx, w, before, s.measure)
	if err != nil {
		return nil, err
	}
	a := askAnswer{Sentences: []string{got.Sentence()}, Answer: got, foot: &got.Now}
	if got.Now.Hidden || got.Before.Hidden {
		return []askAnswer{a}, nil
	}
	t := askTable{head: []string{"PERIOD", "SHARE", "INTERVAL", "N", "TOO YOUNG"}}
	t.add(slices.Concat([]string{spanText(got.Now.From, got.Now.Until, o.Zone)}, shareCells(got.Share), []string{number.Count(got.TooYoung)})...)
	t.add(slices.Concat([]string{spanText(got.Before.From, got.Before.Until, o.Zone)}, shareCells(got.ShareBefore), []string{number.Count(got.TooYoungBefore)})...)
	a.tables = append(a.tables, t)
	return []askAnswer{a}, nil
}
