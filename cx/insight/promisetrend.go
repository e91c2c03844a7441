package insight

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/insight/internal/cases"
	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// MaxTrend is the most periods of [View.PromiseTrends].
const MaxTrend = 64

// PromiseTrends are the kept shares of promises, period by period.
type PromiseTrends struct {
	Basis

	// List has the promises in the order of journeys and names.
	List []PromiseTrend `json:"promises"`
}

// PromiseTrend is how one promise of a journey stands, with its kept share period by period.
type PromiseTrend struct {
	// Promise is as in [Promises.List], without groups. Its Breaking are those due at the moment of the view.
	Promise

	// Points are the periods in their order.
	Points []PromisePoint `json:"points"`
}

// PromisePoint is the kept share of the promises that fell due in a period, from From on and before Until.
type PromisePoint struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Matured is [Standing.Matured]. It is the zero value if no promise of the period is due yet.
	Matured score.Share `json:"matured"`
	// Hidden means that the promises of fewer than five customers are here, that those which are due are of fewer, or that such a number would follow from the other periods.
	Hidden bool `json:"hidden,omitempty"`
}

// PromiseTrends answers what [View.Promises] answers without a column, and which share of promises was kept, by when they fell due: in each period from one of the bounds to the next, at most [MaxTrend] of them. The
// question selects runs or promises as that of Promises does; the bounds only divide what it selects. It passes over the table once, for all promises and all periods. It needs the right [Numbers].
func (v *View) PromiseTrends(ctx context.Context, w Which, bounds []time.Time) (PromiseTrends, error) {
	answer := PromiseTrends{List: []PromiseTrend{}}
	if len(bounds) < 2 || len(bounds) > MaxTrend+1 {
		return answer, fmt.Errorf("%w: a trend has %d bounds: give 2 to %d", ErrWhich, len(bounds), MaxTrend+1)
	}
	at := make([]int64, len(bounds))
	for i := range bounds {
		if at[i] = micros(bounds[i]); i > 0 && at[i] <= at[i-1] {
			return answer, fmt.Errorf("%w: the bounds of a trend are not in their order: %s comes after %s", ErrWhich, bounds[i].Format(time.RFC3339), bounds[i-1].Format(time.RFC3339))
		}
	}
	err := v.ask(ctx, askTrends, &w, func(p *pick, chunks []*cases.Chunk) {
		q := fan(p, chunks, func() *trendQuestion { return &trendQuestion{pick: p, bounds: at, all: map[promiseKey]*trendTally{}} })
		answer.Basis = p.basis(&w, chunks)
		if answer.Hidden = smallgroup.Small(q.people.Size()); !answer.Hidden {
			answer.Runs, answer.List = q.runs, q.answer(bounds)
		}
	})
	return answer, err
}

// trendQuestion is one question while it is answered.
type trendQuestion struct {
	*pick

	bounds []int64
	all    map[promiseKey]*trendTally
	list   []promise // of the run in hand
	people smallgroup.People
	runs   int64
}

// trendTally counts a promise: all of it, and the kept share by period.
type trendTally struct {
	all   standing
	parts []trendPart
}

// trendPart counts the promises of a period: those that are due, and of them those that are kept.
type trendPart struct {
	people, ripe  smallgroup.People
	matured, kept int64
}

func (q *trendQuestion) add(_ *pick, c *cases.Chunk, rows []uint16) {
	crowd(&q.people, c, rows)
	q.runs += int64(len(rows))
	for _, row := range rows {
		q.list = q.promises(q.list[:0], c, int(row))
		for i := range q.list {
			p := &q.list[i]
			if p.made == 0 || q.by == FellDue && (p.due == 0 || p.due < q.from || p.due >= q.until) {
				continue
			}
			t, who := q.of(promiseKey{q.named[c.Journey[row]], p.name}), promisee(c, int(row), q.list)
			t.all.add(p, q.at, q.at, who, p.owed() && q.state(c, int(row)) == open)
			if at := q.part(p.due); at >= 0 {
				t.parts[at].add(p, q.at, who)
			}
		}
	}
}

// part returns the number of the period in which the time is, and -1 outside of all.
func (q *trendQuestion) part(due int64) int {
	if due < q.bounds[0] || due >= q.bounds[len(q.bounds)-1] {
		return -1
	}
	at, exact := slices.BinarySearch(q.bounds, due)
	if !exact {
		at--
	}
	return at
}

func (k *trendPart) add(p *promise, at int64, who uint64) {
	k.people.AddSome(who)
	if p.kept == 0 && p.broken == 0 || !p.mature(at) {
		return
	}
	k.ripe.AddSome(who)
	k.matured++
	k.kept += int64(bit(p.kept != 0))
}

func (k *trendPart) merge(o *trendPart) {
	k.people.Merge(&o.people)
	k.ripe.Merge(&o.ripe)
	k.matured, k.kept = k.matured+o.matured, k.kept+o.kept
}

// of returns the tally of a promise.
func (q *trendQuestion) of(key promiseKey) *trendTally {
	t := q.all[key]
	if t == nil {
		t = &trendTally{parts: make([]trendPart, len(q.bounds)-1)}
		q.all[key] = t
	}
	return t
}

func (q *trendQuestion) merge(o *trendQuestion) {
	q.people.Merge(&o.people)
	q.runs += o.runs
	for key, others := range o.all {
		t := q.of(key)
		t.all.merge(&others.all)
		for i := range others.parts {
			t.parts[i].merge(&others.parts[i])
		}
	}
}

// hidden returns the numbers of the periods that are hidden: those of few customers, those in which the promises that are due are of few, and those from which, and from the whole, these would follow.
func (t *trendTally) hidden() map[string]bool {
	people, ripe := map[string]*smallgroup.People{}, map[string]*smallgroup.People{}
	for i := range t.parts {
		people[strconv.Itoa(i)], ripe[strconv.Itoa(i)] = &t.parts[i].people, &t.parts[i].ripe
	}
	all := smallgroup.Hide(people)
	maps.Copy(all, smallgroup.Hide(ripe))
	return all
}

// answer returns the promises in their order.
func (q *trendQuestion) answer(bounds []time.Time) []PromiseTrend {
	list, says := make([]PromiseTrend, 0, len(q.all)), q.v.table.promised()
	for key, of := range q.all {
		t := PromiseTrend{Promise: Promise{
			Journey: q.t.Journeys[key.journey].Name, Name: q.t.Names.Text(uint32(key.name)),
			Standing: of.all.standing(smallgroup.Small(of.all.people.Size()), q.v.table.confidence),
		}}
		says.add(&t.Promise)
		hidden := of.hidden()
		for i := range of.parts {
			point := PromisePoint{From: bounds[i], Until: bounds[i+1], Hidden: t.Hidden || hidden[strconv.Itoa(i)]}
			if k := &of.parts[i]; !point.Hidden && k.matured > 0 {
				point.Matured = score.ShareOf(k.kept, k.matured, q.v.table.confidence)
			}
			t.Points = append(t.Points, point)
		}
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b PromiseTrend) int {
		return cmp.Or(strings.Compare(a.Journey, b.Journey), strings.Compare(a.Name, b.Name))
	})
	return list
}
