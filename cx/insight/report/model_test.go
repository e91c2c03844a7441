package report_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/insight"
	"cairncx.dev/cairn/cx/insight/report"
)

// counts are what the tests count in the events themselves.
type counts struct {
	kept, broken, breaking, open             int64
	began, ended, completed, again, openRuns int64
}

// count counts the promises of a name that are due in a period, and the runs of a journey, as they are at a moment.
func count(events []event.Event, journey, promise string, p report.Period, at, friday time.Time) (n counts) {
	type one struct{ due, kept, broken, began, ended, last time.Time }
	runs := map[string]*one{}
	completed := map[string]bool{}
	for i := range events {
		e := &events[i]
		if e.Journey.Name != journey || e.Time.After(at) {
			continue
		}
		r := runs[e.Journey.ID]
		if r == nil {
			r = &one{began: e.Journey.Started}
			runs[e.Journey.ID] = r
		}
		switch e.Kind { //nolint:exhaustive // the others do not count here
		case event.PromiseMade, event.PromiseKept, event.PromiseBroken:
			if e.Promise.Name != promise {
				continue
			}
			r.due = e.Promise.Due
			if e.Kind == event.PromiseKept {
				r.kept = e.Time
			}
			if e.Kind == event.PromiseBroken {
				r.broken = e.Time
			}
		case event.JourneyEnded:
			r.ended = e.Time
			completed[e.Journey.ID] = e.Outcome == event.Completed
		case event.TouchpointEnded:
			if e.Time.After(r.last) {
				r.last = e.Time
			}
		}
	}
	in := func(t time.Time) bool { return !t.IsZero() && !t.Before(p.From) && t.Before(p.Until) }
	for id, r := range runs {
		settled := !r.kept.IsZero() || !r.broken.IsZero()
		switch {
		case !settled && !r.due.IsZero():
			n.open++
			if r.due.After(at) && !r.due.After(friday) {
				n.breaking++
			}
		case in(r.due) && !r.due.After(at) && !r.kept.IsZero():
			n.kept++
		case in(r.due) && !r.due.After(at):
			n.broken++
		}
		if in(r.began) {
			n.began++
		}
		if r.ended.IsZero() {
			n.openRuns++
		}
		if in(r.ended) {
			n.ended++
			if completed[id] {
				n.completed++
			}
			if r.last.After(r.ended) {
				n.again++
			}
		}
	}
	return n
}

// TestModel: the numbers of the report are those that a loop over the events counts.
func TestModel(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	table := tableOf(t, desk(), &c.memory)
	friday := time.Date(2026, 4, 4, 0, 0, 0, 0, berlin)
	r := made(t, table, week())
	if !r.Friday.Equal(friday) || !r.At.Equal(monday.AddDate(0, 0, 7)) {
		t.Fatalf("of %s with Friday %s", r.At, r.Friday)
	}
	var again int64
	for i := range r.Promises {
		p := &r.Promises[i]
		n := count(c.events, p.Journey, p.Name, r.Now, r.At, friday)
		if p.Now.Matured.Count != n.kept || p.Now.Matured.N != n.kept+n.broken || p.Open != n.open || p.Breaking != n.breaking {
			t.Errorf("%s: %d of %d kept, %d open, %d break: want %+v", p.Name, p.Now.Matured.Count, p.Now.Matured.N, p.Open, p.Breaking, n)
		}
		for k, point := range p.Trend {
			if want := count(c.events, p.Journey, p.Name, point.Period, r.At, friday); point.Share.Count != want.kept || point.Share.N != want.kept+want.broken {
				t.Errorf("%s, point %d: %d of %d kept, want %+v", p.Name, k, point.Share.Count, point.Share.N, want)
			}
		}
	}
	for i := range r.Journeys {
		j := &r.Journeys[i]
		n, before := count(c.events, j.Name, "", r.Now, r.At, friday), count(c.events, j.Name, "", r.Before, r.At, friday)
		again += n.again
		before7 := count(c.events, j.Name, "", r.Before, r.At.AddDate(0, 0, -7), friday).again // at the same age
		if k := slices.IndexFunc(r.Reopened, func(of report.Reopened) bool { return of.Journey == j.Name }); n.again > 0 &&
			(k < 0 || r.Reopened[k].Now.Count != n.again || r.Reopened[k].Before.Count != before7) {
			t.Errorf("taken up again of %s: %+v, want %d, and %d before", j.Name, r.Reopened, n.again, before7)
		}
		if j.Began != n.began || j.BeganBefore != before.began || j.Ended.Runs != n.ended || j.Ended.Completed.Count != n.completed || j.EndedBefore.Runs != before.ended || j.Open.Open.Count != n.openRuns {
			t.Errorf("%s: %d began (%d before), %d of %d completed (%d before), %d open: want %+v before %+v", j.Name, j.Began, j.BeganBefore, j.Ended.Completed.Count, j.Ended.Runs, j.EndedBefore.Runs, j.Open.Open.Count, n, before)
		}
	}
	if len(r.Promises) != 2 || len(r.Journeys) != 2 {
		t.Fatalf("%d promises and %d journeys, want 2 of each", len(r.Promises), len(r.Journeys))
	}
	if again == 0 {
		t.Error("nothing was taken up again")
	}
}

// TestPlanted: what was planted in the events is what the report says first, and a group that differs is named.
func TestPlanted(t *testing.T) {
	t.Parallel()
	r := made(t, tableOf(t, desk(), &newCrowd().memory), week())
	if len(r.GoesWith) == 0 || len(r.GoesWith[0].Answer.Findings) == 0 {
		t.Fatal("nothing goes with the broken promises")
	}
	held := r.GoesWith[0].Answer.Findings[0].Held
	values := map[string]string{}
	for _, h := range held {
		values[h.Column] = h.Value
	}
	if len(held) != 2 || values["team"] != "south" || values["impact"] != "high" {
		t.Errorf("first goes %+v with it, want the team south with the impact high", held)
	}
	found := false
	for _, g := range r.Groups {
		for _, in := range g.List {
			found = found || g.Column == insight.Team && in.Value == "south" && in.Differs && in.Excess > 0
			if in.Differs && in.Excess > 0 && in.Value != "south" && in.Value != "high" {
				t.Errorf("%s %s lags, which nobody planted", g.Column, in.Value)
			}
		}
	}
	if !found {
		t.Error("the team south does not lag")
	}
}

// TestPast: the report of a past week is the same when it is made later, from a table that has more.
func TestPast(t *testing.T) {
	t.Parallel()
	c := newCrowd()
	s := week()
	s.From, s.Until = monday.AddDate(0, 0, -28), monday.AddDate(0, 0, -21)
	late := made(t, tableOf(t, desk(), &c.memory), s)
	var until memory
	for _, e := range c.events {
		if e.Time.Before(s.Until.Add(time.Hour)) {
			until.events = append(until.events, e)
		}
	}
	early := made(t, tableOf(t, desk(), &until), s)
	if early.Headline != late.Headline || len(early.Lines) != len(late.Lines) {
		t.Fatalf("early %q, late %q", early.Headline, late.Headline)
	}
	for i := range early.Lines {
		if early.Lines[i].Text != late.Lines[i].Text {
			t.Errorf("early: %s\nlate: %s", early.Lines[i].Text, late.Lines[i].Text)
		}
	}
}

// TestMoreThanChance: a change is more than chance if its probability, after Benjamini and Hochberg over all of them, is at most 5%: the definition of 1995, by
// the largest rank whose probability is small enough.
func TestMoreThanChance(t *testing.T) {
	t.Parallel()
	r := made(t, tableOf(t, desk(), &newCrowd().memory), week())
	var groups, changes []*report.Change
	for i := range r.Groups {
		for n := range r.Groups[i].List {
			if g := &r.Groups[i].List[n]; g.Difference.OK() {
				groups = append(groups, &g.Change)
			}
		}
	}
	for i := range r.Promises {
		changes = append(changes, r.Promises[i].Change, r.Promises[i].ChangeYear)
	}
	for i := range r.Journeys {
		changes = append(changes, r.Journeys[i].Completed)
	}
	for i := range r.Reopened {
		changes = append(changes, r.Reopened[i].Change)
	}
	for name, list := range map[string][]*report.Change{"groups": groups, "changes": changes} {
		list = slices.DeleteFunc(list, func(c *report.Change) bool { return c == nil })
		slices.SortFunc(list, func(a, b *report.Change) int { return cmp.Compare(a.P, b.P) })
		rejected := 0
		for i, c := range list {
			if c.P <= 0.05*float64(i+1)/float64(len(list)) {
				rejected = i + 1
			}
		}
		differ := 0
		for i, c := range list {
			if c.Differs != (i < rejected) {
				t.Errorf("%s: the probability %v of rank %d of %d differs: %v, and %d of them do", name, c.P, i+1, len(list), c.Differs, rejected)
			}
			if c.Differs {
				differ++
			}
		}
		if name == "groups" && (differ == 0 || differ == len(list)) {
			t.Errorf("%d of %d groups differ, so that the test says little", differ, len(list))
		}
	}
}
