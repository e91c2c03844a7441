package insight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/cx/insight/internal/tell"
	"cairncx.dev/cairn/cx/insight/number"
	"cairncx.dev/cairn/internal/smallgroup"
)

// Backlog is what is late: open runs that owe what a promise should have brought by the moment of the view.
type Backlog struct {
	Basis

	// List has a promise of a journey each, the one with the most late runs first.
	List []Late `json:"backlog"`
}

// Late are the open runs that are late with one promise.
type Late struct {
	Journey string `json:"journey"`
	Promise string `json:"promise"`
	LateRuns

	// Groups are the runs by the column that was asked for, the most late ones first, without groups that have no open run.
	Groups []LateGroup `json:"groups,omitempty"`
}

// LateGroup are the late runs of a group. The hidden groups have no numbers.
type LateGroup struct {
	Value string `json:"value"`
	LateRuns
}

// LateRuns counts open runs with a promise.
type LateRuns struct {
	// Made are the runs that made the promise, Open those of them that are open, and Late the open ones that are late: the promise was broken, or its due time has
	// passed while its clock went, and it was neither kept since nor withdrawn. A run counts once, however often it made the promise. A silent run is not open.
	Made int64 `json:"made"`
	Open int64 `json:"open"`
	Late int64 `json:"late"`
	// Longest is the time since the earliest due time of the late runs; 0 without a late run.
	Longest time.Duration `json:"longest_overdue_ns"`
	// Hidden means that the promise was made to fewer than five customers, or that those would follow from it. All numbers are then 0.
	Hidden bool `json:"hidden,omitempty"`
}

// Backlog answers which open runs are late, by promise. The period of the question bounds when runs began, and mostly there is none. Group is the column by
// which it tells groups apart; "" is none. It needs the right [Numbers]. [View.Runs] lists the runs: with [RunsOf.Broke], and the condition that
// [Outcome] is "open". It also lists runs that kept the promise after they had broken it, which owe nothing.
func (v *View) Backlog(ctx context.Context, w Which, group Column) (Backlog, error) {
	answer := Backlog{List: []Late{}}
	if group != "" {
		if err := v.checkColumn(group); err != nil {
			return answer, err
		}
	}
	err := v.ask(ctx, "Backlog", &w, func(p *pick, chunks []*cases.Chunk) {
		var column *access
		if group != "" {
			a := p.column(group)
			column = &a
		}
		q := fan(p, chunks, func() *backlogQuestion {
			return &backlogQuestion{pick: p, group: column, all: map[promiseKey]*lateTally{}}
		})
		answer.Basis = p.basis(&w, chunks)
		if answer.Hidden = smallgroup.Small(q.people.Size()); !answer.Hidden {
			answer.Runs, answer.List = q.runs, q.answer()
		}
	})
	return answer, err
}

// backlogQuestion is one question while it is answered.
type backlogQuestion struct {
	*pick

	group  *access
	all    map[promiseKey]*lateTally
	list   []promise // of the run in hand
	people smallgroup.People
	runs   int64
}

// lateTally counts the runs of a promise: all, and by the text of the column.
type lateTally struct {
	all    lateCount
	groups map[string]*lateCount
}

type lateCount struct {
	people                    smallgroup.People
	made, open, late, longest int64
}

func (n *lateCount) add(who uint64, open, late bool, since int64) {
	n.people.AddSome(who)
	n.made++
	n.open += int64(bit(open))
	if late {
		n.late++
		n.longest = max(n.longest, since)
	}
}

func (n *lateCount) merge(o *lateCount) {
	n.people.Merge(&o.people)
	n.made, n.open, n.late, n.longest = n.made+o.made, n.open+o.open, n.late+o.late, max(n.longest, o.longest)
}

func (n *lateCount) runs(hidden bool) LateRuns {
	if hidden {
		return LateRuns{Hidden: true}
	}
	return LateRuns{Made: n.made, Open: n.open, Late: n.late, Longest: time.Duration(n.longest) * time.Microsecond}
}

func (q *backlogQuestion) add(_ *pick, c *cases.Chunk, rows []uint16) {
	crowd(&q.people, c, rows)
	q.runs += int64(len(rows))
	for _, row := range rows {
		q.run(c, int(row))
	}
}

func (q *backlogQuestion) merge(o *backlogQuestion) {
	q.people.Merge(&o.people)
	q.runs += o.runs
	for key, others := range o.all {
		t := q.tally(key)
		t.all.merge(&others.all)
		for value, g := range others.groups {
			t.of(value).merge(g)
		}
	}
}

// run adds a run, once for each name of its promises.
func (q *backlogQuestion) run(c *cases.Chunk, row int) {
	q.list = q.promises(q.list[:0], c, row)
	if len(q.list) == 0 {
		return
	}
	stands := q.state(c, row) == open
	who := promisee(c, row, q.list)
	for i := range q.list {
		name := q.list[i].name
		if slices.ContainsFunc(q.list[:i], func(p promise) bool { return p.name == name }) {
			continue
		}
		made, late, since := q.owes(name, stands)
		if !made {
			continue
		}
		t := q.tally(promiseKey{q.named[c.Journey[row]], name})
		t.all.add(who, stands, late, since)
		if q.group != nil {
			t.of(q.group.text(q.group.code(c, row))).add(who, stands, late, since)
		}
	}
}

// owes reports whether the run in hand made promises of the name, and whether an open run is late with one of them, and since when.
func (q *backlogQuestion) owes(name uint16, stands bool) (made, late bool, since int64) {
	for i := range q.list {
		p := &q.list[i]
		if p.name != name || p.made == 0 {
			continue
		}
		made = true
		if stands && p.owed() {
			late, since = true, max(since, q.at-cmp.Or(p.due, p.broken))
		}
	}
	return made, late, since
}

func (q *backlogQuestion) tally(key promiseKey) *lateTally {
	t := q.all[key]
	if t == nil {
		t = &lateTally{groups: map[string]*lateCount{}}
		q.all[key] = t
	}
	return t
}

func (t *lateTally) of(value string) *lateCount {
	n := t.groups[value]
	if n == nil {
		n = &lateCount{}
		t.groups[value] = n
	}
	return n
}

// answer returns the promises in their order.
func (q *backlogQuestion) answer() []Late {
	list := make([]Late, 0, len(q.all))
	for key, t := range q.all {
		l := Late{
			Journey: q.t.Journeys[key.journey].Name, Promise: q.t.Names.Text(uint32(key.name)),
			LateRuns: t.all.runs(smallgroup.Small(t.all.people.Size())),
		}
		if !l.Hidden {
			l.Groups = t.list()
		}
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b Late) int {
		return cmp.Or(cmp.Compare(b.Late, a.Late), strings.Compare(a.Journey, b.Journey), strings.Compare(a.Promise, b.Promise))
	})
	return list
}

func (t *lateTally) list() (list []LateGroup) {
	people := map[string]*smallgroup.People{}
	for value, n := range t.groups {
		people[value] = &n.people
	}
	hidden := smallgroup.Hide(people)
	for value, n := range t.groups {
		if n.open > 0 || hidden[value] {
			list = append(list, LateGroup{Value: value, LateRuns: n.runs(hidden[value])})
		}
	}
	slices.SortFunc(list, func(a, b LateGroup) int {
		return cmp.Or(compareShown(a.Hidden, b.Hidden), cmp.Compare(b.Late, a.Late), strings.Compare(a.Value, b.Value))
	})
	return list
}

// Sentence says how many runs are late, in words.
func (l *Late) Sentence() string {
	promise, journey := tell.Quote(l.Promise), tell.Quote(l.Journey)
	switch {
	case l.Hidden:
		return fmt.Sprintf("The promise %s of %s was made to fewer than %d customers, whose numbers are not shown.", promise, journey, smallgroup.Min)
	case l.Open == 0:
		return fmt.Sprintf("No run of %s with the promise %s is open.", journey, promise)
	case l.Late == 0:
		return fmt.Sprintf("None of %s of %s is late with %s.", number.Of(l.Open, "open run", "open runs"), journey, promise)
	default:
		is := "are"
		if l.Late == 1 {
			is = "is"
		}
		return fmt.Sprintf("%s of %s of %s %s late with %s: the longest one %s.",
			number.Count(l.Late), number.Of(l.Open, "open run", "open runs"), journey, is, promise, wasDue(l.Longest))
	}
}
