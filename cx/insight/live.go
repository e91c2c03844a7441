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

// Live is what goes on at the moment of the view.
type Live struct {
	Basis

	// Since is from when on [LiveRuns.Begun] counts.
	Since time.Time `json:"since,omitzero"`
	// List has the journeys in the order of their names.
	List []LiveRuns `json:"live"`
}

// LiveRuns are the open runs of a journey.
type LiveRuns struct {
	Journey string `json:"journey"`
	// Open is how many runs are open, and Oldest is the age of the oldest one; 0 without one. A silent run is not open.
	Open   int64         `json:"open"`
	Oldest time.Duration `json:"oldest_ns"`
	// Late is how many of the open runs owe what a promise should have brought by the moment, as [View.Backlog] counts them, whichever promise it is. Longest is the time
	// since the earliest due time of these. Next is how many open runs have a promise that is due later, and whose clock does not stand still.
	Late    int64         `json:"late"`
	Longest time.Duration `json:"longest_overdue_ns"`
	Next    int64         `json:"next"`
	// Begun is how many runs have begun since [Live.Since], open or ended. FewBegun means that those are of fewer than five customers; Begun is then 0.
	Begun    int64 `json:"begun"`
	FewBegun bool  `json:"few_begun,omitempty"`
	// Hidden means that the runs of the journey are of fewer than five customers. All numbers are then 0.
	Hidden bool `json:"hidden,omitempty"`
}

// Live answers how many runs are open, how old the oldest one is, how many of them are late, and how many have begun since a time, by journey. The period of the question bounds when runs
// began, and mostly there is none. It passes over the table once. It needs the right [Numbers].
func (v *View) Live(ctx context.Context, w Which, since time.Time) (Live, error) {
	answer := Live{Since: since, List: []LiveRuns{}}
	err := v.ask(ctx, "Live", &w, func(p *pick, chunks []*cases.Chunk) {
		q := fan(p, chunks, func() *liveQuestion {
			return &liveQuestion{pick: p, since: micros(since), all: make([]liveTally, len(p.t.Journeys))}
		})
		answer.Basis = p.basis(&w, chunks)
		if answer.Hidden = smallgroup.Small(q.people.Size()); !answer.Hidden {
			answer.Runs, answer.List = q.runs, q.answer()
		}
	})
	return answer, err
}

// liveQuestion is one question while it is answered.
type liveQuestion struct {
	*pick

	since  int64
	all    []liveTally // by code of the journey
	list   []promise   // of the run in hand
	people smallgroup.People
	runs   int64
}

type liveTally struct {
	runs, open, oldest, begun int64
	late, longest, next       int64
	people                    smallgroup.People
	beginners                 smallgroup.Crowd
}

func (q *liveQuestion) add(_ *pick, c *cases.Chunk, rows []uint16) {
	crowd(&q.people, c, rows)
	q.runs += int64(len(rows))
	for _, row := range rows {
		t := &q.all[q.named[c.Journey[row]]]
		t.runs++
		t.people.AddSome(customer(c, int(row)))
		if c.Base[row] >= q.since {
			t.begun++
			t.beginners.Add(customer(c, int(row)))
		}
		if q.state(c, int(row)) == open {
			t.open++
			t.oldest = max(t.oldest, q.at-c.Base[row])
			q.list = q.promises(q.list[:0], c, int(row))
			t.owe(q.list, q.at)
		}
	}
}

// owe counts an open run by its promises.
func (t *liveTally) owe(list []promise, at int64) {
	late, next := false, false
	for i := range list {
		switch p := &list[i]; {
		case p.made == 0:
		case p.owed():
			late, t.longest = true, max(t.longest, at-cmp.Or(p.due, p.broken))
		case !p.settled() && p.stopped == 0 && p.due != 0:
			next = true
		}
	}
	t.late += int64(bit(late))
	t.next += int64(bit(next))
}

func (q *liveQuestion) merge(o *liveQuestion) {
	q.people.Merge(&o.people)
	q.runs += o.runs
	for i := range o.all {
		t, other := &q.all[i], &o.all[i]
		t.runs, t.open, t.oldest, t.begun = t.runs+other.runs, t.open+other.open, max(t.oldest, other.oldest), t.begun+other.begun
		t.late, t.longest, t.next = t.late+other.late, max(t.longest, other.longest), t.next+other.next
		t.people.Merge(&other.people)
		t.beginners.Merge(&other.beginners)
	}
}

// answer returns the journeys in their order.
func (q *liveQuestion) answer() []LiveRuns {
	list := []LiveRuns{}
	for code := range q.all {
		t := &q.all[code]
		if t.runs == 0 {
			continue
		}
		one := LiveRuns{Journey: q.t.Journeys[code].Name}
		if one.Hidden = smallgroup.Small(t.people.Size()); !one.Hidden {
			one.Late, one.Longest, one.Next = t.late, time.Duration(t.longest)*time.Microsecond, t.next
			one.Open, one.Oldest = t.open, time.Duration(t.oldest)*time.Microsecond
			if one.FewBegun = t.begun > 0 && t.beginners.Few(); !one.FewBegun {
				one.Begun = t.begun
			}
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b LiveRuns) int { return strings.Compare(a.Journey, b.Journey) })
	return list
}

// Sentence says how many runs are late, in words. It is empty without one.
func (l *LiveRuns) Sentence() string {
	if l.Late == 0 {
		return ""
	}
	is := "are"
	if l.Late == 1 {
		is = "is"
	}
	return fmt.Sprintf("%s of %s of %s %s late with a promise: the longest one %s.",
		number.Count(l.Late), number.Of(l.Open, "open run", "open runs"), tell.Quote(l.Journey), is, wasDue(l.Longest))
}

// wasDue says how long ago something was due.
func wasDue(ago time.Duration) string {
	if ago < time.Second {
		return "is due now"
	}
	return "was due " + number.Spell(ago) + " ago"
}
