package main

import (
	"context"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/cx/insight/paths"
)

func askTime(ctx context.Context, o *openedTable, _ *askSettings, w insight.Which) ([]askAnswer, error) {
	got, err := o.View.Time(ctx, w)
	if err != nil {
		return nil, err
	}
	a := askAnswer{Sentences: []string{got.Sentence()}, Answer: got, foot: &got.Basis}
	for _, t := range []struct {
		head string
		of   *paths.Time
	}{{"STAGE", got.Stages}, {"TOUCHPOINT, UNTIL THE NEXT ONE", got.Touchpoints}} {
		if t.of != nil {
			a.tables = append(a.tables, timeTable(t.head, t.of))
		}
	}
	return []askAnswer{a}, nil
}

func timeTable(head string, of *paths.Time) askTable {
	t := askTable{head: []string{head, "TIME", "INTERVAL", "RUNS", "VISITS", "HALF WITHIN", "9 OF 10 WITHIN", "REWORK"}}
	for i := range of.Stages {
		s := &of.Stages[i]
		name := known(s.Name)
		if s.Wait {
			name += " (waits)"
		}
		cells := []string{name, number.Share(s.Time.Share.Value), number.Range(number.Share(s.Time.Share.Low), number.Share(s.Time.Share.High)), number.Count(s.Runs.Count), number.Count(s.Visits)}
		t.add(slices.Concat(cells, spreadCells(s.Visit), []string{number.Share(s.Again.Share.Value)})...)
	}
	if of.Before.Seconds > 0 {
		t.add("(before the first one)", number.Share(of.Before.Share.Value), number.Range(number.Share(of.Before.Share.Low), number.Share(of.Before.Share.High)))
	}
	if of.Hidden.Groups > 0 {
		t.add(number.Of(of.Hidden.Groups, "more", "more")+", of few customers", "not shown")
	}
	return t
}

func spreadCells(s paths.Spread) []string {
	if s.N == 0 {
		return []string{number.None, number.None}
	}
	return []string{number.Duration(s.Median), number.Duration(s.P90)}
}

func askFunnel(ctx context.Context, o *openedTable, s *askSettings, w insight.Which) ([]askAnswer, error) {
	got, err := o.View.Funnel(ctx, w, s.before)
	if err != nil {
		return nil, err
	}
	a := askAnswer{Sentences: []string{}, Answer: got, foot: &got.Basis}
	if got.Hidden || len(got.List) == 0 {
		a.Sentences = append(a.Sentences, got.Sentence())
	}
	for i := range got.List {
		f := &got.List[i]
		a.Sentences = append(a.Sentences, f.Sentence())
		t := askTable{head: []string{f.Journey, "REACHED", "INTERVAL", "N", "WENT ON", "INTERVAL", "OF", "HALF ARRIVE WITHIN", "LEFT HERE"}}
		for k := range f.Now.Stages {
			g := &f.Now.Stages[k]
			if g.Hidden {
				t.add(g.Name, "few customers: not shown")
				continue
			}
			left := number.None
			if g.Left.OK() {
				left = number.Count(g.Left.Count)
			}
			t.add(slices.Concat([]string{g.Name}, shareCells(g.Reached), shareCells(g.Onward), spreadCells(g.Arrival)[:1], []string{left})...)
		}
		if !f.Now.Few && f.Now.Runs > 0 {
			t.add(append([]string{"(completed)"}, shareCells(f.Now.Completed)...)...)
		}
		a.tables = append(a.tables, t)
	}
	return []askAnswer{a}, nil
}

func askPaths(ctx context.Context, o *openedTable, _ *askSettings, w insight.Which) ([]askAnswer, error) {
	got, err := o.View.Paths(ctx, w)
	if err != nil {
		return nil, err
	}
	a := askAnswer{Sentences: []string{got.Sentence()}, Answer: got, foot: &got.Basis}
	variants := askTable{head: []string{"RUNS", "SHARE", "INTERVAL", "N", "HALF WITHIN", "9 OF 10 WITHIN", "PATH"}}
	for i := range got.Variants.Shown {
		v := &got.Variants.Shown[i]
		variants.add(slices.Concat([]string{number.Count(v.Share.Count)}, shareCells(v.Share), spreadCells(v.Time), []string{pathText(v.Steps)})...)
	}
	pairs := askTable{head: []string{"FROM", "TO", "TIMES", "RUNS", "HALF WITHIN", "9 OF 10 WITHIN"}}
	for i := range got.Follows.Pairs {
		p := &got.Follows.Pairs[i]
		pairs.add(slices.Concat([]string{p.From, p.To, number.Count(p.Times), number.Count(p.Runs.Count)}, spreadCells(p.Time))...)
	}
	loops := askTable{head: []string{"DONE AGAIN", "TIMES", "RUNS", "HALF WITHIN", "IN ALL"}}
	for i := range got.Loops.Loops {
		l := &got.Loops.Loops[i]
		path := pathText(l.Steps)
		if l.Long {
			path = l.Steps[0] + " → … → " + l.Steps[len(l.Steps)-1]
		}
		loops.add(path, number.Count(l.Times), number.Count(l.Runs.Count), spreadCells(l.Round)[0], number.Seconds(l.Seconds))
	}
	detours := askTable{head: []string{"CUSTOMERS", "LONGER BY", "INTERVAL", "IN ALL", "DETOUR"}}
	for i := range got.Detours.Detours {
		d := &got.Detours.Detours[i]
		detours.add(number.Count(d.Customers), number.Duration(d.Extra), number.Range(number.Duration(d.Low), number.Duration(d.High)), number.Seconds(d.Cost), pathText(d.Steps))
	}
	a.tables = append(a.tables, variants, pairs, loops, detours)
	for _, h := range []struct {
		head string
		of   *insight.Hands
	}{{"TEAM", got.Teams}, {"QUEUE", got.Queues}} {
		if h.of != nil {
			a.tables = append(a.tables, handsTable(h.head, h.of))
		}
	}
	return []askAnswer{a}, nil
}

// handsTable has the teams or queues between which runs change hands.
func handsTable(head string, h *insight.Hands) askTable {
	t := askTable{head: []string{"FROM " + head, "TO " + head, "TIMES", "RUNS", "HALF WITHIN", "9 OF 10 WITHIN"}}
	for i := range h.Handovers.Pairs {
		p := &h.Handovers.Pairs[i]
		t.add(slices.Concat([]string{p.From, p.To, number.Count(p.Times), number.Count(p.Runs.Count)}, spreadCells(p.Time))...)
	}
	return t
}

// pathText writes a path.
func pathText(steps []string) string { return strings.Join(steps, " → ") }
