package insight

import (
	"context"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
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
	// Begun is how many runs have begun since [Live.Since], open or ended. FewBegun means that those are of fewer than five customers; Begun is then 0.
	Begun    int64 `json:"begun"`
	FewBegun bool  `json:"few_begun,omitempty"`
	// Hidden means that the runs of the journey are of fewer than five customers. All numbers are then 0.
	Hidden bool `json:"hidden,omitempty"`
}

// Live answers how many runs are open, how old the oldest one is, and how many have begun since a time, by journey. The period of the question bounds when runs
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
	people smallgroup.People
	runs   int64
}

type liveTally struct {
	runs, open, oldest, begun int64
	people                    smallgroup.People
	beginners                 smallgroup.Crowd
}

func (q *liveQuestion) add(_ *pick, c *cases.Chunk, rows []uint16) {
	crowd(&q.people, c, rows)
	q.runs += int64(len(rows))
	for _, row := range rows {
		t := &q.all[q.named[c.Journey[row]]]
		t.runs++
		if t.people.Size() < smallgroup.Enough {
			t.people.Add(customer(c, int(row)))
		}
		if c.Base[row] >= q.since {
			t.begun++
			t.beginners.Add(customer(c, int(row)))
		}
		if q.state(c, int(row)) == open {
			t.open++
			t.oldest = max(t.oldest, q.at-c.Base[row])
		}
	}
}

func (q *liveQuestion) merge(o *liveQuestion) {
	q.people.Merge(&o.people)
	q.runs += o.runs
	for i := range o.all {
		t, other := &q.all[i], &o.all[i]
		t.runs, t.open, t.oldest, t.begun = t.runs+other.runs, t.open+other.open, max(t.oldest, other.oldest), t.begun+other.begun
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
