package insight

import (
	"cmp"
	"context"
	"fmt"
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

// PromiseTrend is the kept share of one promise, period by period.
type PromiseTrend struct {
	Journey string `json:"journey"`
	Name    string `json:"name"`
	// Points are the periods in their order.
	Points []PromisePoint `json:"points"`
}

// PromisePoint is the kept share of the promises that fell due in a period, from From on and before Until.
type PromisePoint struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Matured is [Standing.Matured]. It is the zero value if no promise of the period is due yet, or those are of fewer than five customers.
	Matured score.Share `json:"matured"`
	// Hidden means that the promises of fewer than five customers are here, or that those would follow from the other periods.
	Hidden bool `json:"hidden,omitempty"`
}

// PromiseTrends answers which share of promises was kept, by when they fell due: in each period from one of the bounds to the next, at most [MaxTrend] of them. The
// question selects runs or promises as that of [View.Promises] does. It passes over the table once, for all promises and all periods. It needs the right [Numbers].
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
		q := fan(p, chunks, func() *trendQuestion { return &trendQuestion{pick: p, bounds: at, all: map[promiseKey][]standing{}} })
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
	all    map[promiseKey][]standing // by period
	list   []promise                 // of the run in hand
	people smallgroup.People
	runs   int64
}

func (q *trendQuestion) add(_ *pick, c *cases.Chunk, rows []uint16) {
	crowd(&q.people, c, rows)
	q.runs += int64(len(rows))
	for _, row := range rows {
		q.list = q.promises(q.list[:0], c, int(row))
		for i := range q.list {
			p := &q.list[i]
			if p.made == 0 || p.due == 0 || q.by == FellDue && (p.due < q.from || p.due >= q.until) {
				continue
			}
			at, exact := slices.BinarySearch(q.bounds, p.due)
			if !exact {
				at--
			}
			if at < 0 || at >= len(q.bounds)-1 {
				continue
			}
			q.of(promiseKey{q.named[c.Journey[row]], p.name})[at].add(p, q.at, q.at, promisee(c, int(row), q.list), false)
		}
	}
}

// of returns the periods of a promise.
func (q *trendQuestion) of(key promiseKey) []standing {
	list := q.all[key]
	if list == nil {
		list = make([]standing, len(q.bounds)-1)
		q.all[key] = list
	}
	return list
}

func (q *trendQuestion) merge(o *trendQuestion) {
	q.people.Merge(&o.people)
	q.runs += o.runs
	for key, others := range o.all {
		list := q.of(key)
		for i := range others {
			list[i].merge(&others[i])
		}
	}
}

// answer returns the promises in their order.
func (q *trendQuestion) answer(bounds []time.Time) []PromiseTrend {
	list := make([]PromiseTrend, 0, len(q.all))
	for key, periods := range q.all {
		t := PromiseTrend{Journey: q.t.Journeys[key.journey].Name, Name: q.t.Names.Text(uint32(key.name))}
		people := map[string]*smallgroup.People{}
		for i := range periods {
			people[strconv.Itoa(i)] = &periods[i].people
		}
		hidden := smallgroup.Hide(people)
		for i := range periods {
			point := PromisePoint{From: bounds[i], Until: bounds[i+1], Hidden: hidden[strconv.Itoa(i)]}
			if s := &periods[i]; !point.Hidden {
				point.Matured = shareOf(&s.ripe, s.maturedKept, s.matured, q.v.table.confidence)
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
