package backtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/cx/slo"
)

// Counts are the events of objectives, by result and time. It is an [event.Processor], so that a client which replays a log can fill it:
// a processor hears of every event once, and of what the client makes of events, such as abandonments and broken promises. It is safe for
// concurrent use.
type Counts struct {
	objectives []slo.Objective
	judge      *slo.Judge

	mu     sync.Mutex
	lists  []results // by objective
	sorted bool
	first  int64 // the time of the first event of the log, whatever it is about
	last   int64
	heard  bool
	into   []slo.Verdict
}

// results are the times of an objective's events by their result, in Unix milliseconds.
type results [numResults][]int64

const numResults = int(slo.Excluded) + 1 // the result 0 stays empty

// NewCounts returns empty Counts of the objectives, which should be valid: see [slo.Validate].
func NewCounts(objectives []slo.Objective) *Counts {
	objectives = slices.Clone(objectives)
	return &Counts{objectives: objectives, judge: slo.NewJudge(objectives), lists: make([]results, len(objectives))}
}

// Process implements [event.Processor]: it counts the event for each objective that it is about. It keeps nothing of the event but its
// time.
func (c *Counts) Process(_ context.Context, e *event.Event) {
	at := roundUp(slo.Moment(e))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.widen(at)
	c.into = c.judge.Verdicts(c.into[:0], e)
	for _, v := range c.into {
		list := &c.lists[v.Index][v.Result]
		*list = append(*list, at)
		c.sorted = false
	}
}

// Shutdown implements [event.Processor]. It does nothing.
func (c *Counts) Shutdown(context.Context) error { return nil }

// Cover says that the log goes from one time to the other, although no event of an objective may be so early or so late. Without it the
// log begins and ends with the first and the last event that Process has seen.
func (c *Counts) Cover(from, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.widen(roundUp(from))
	c.widen(roundUp(until))
}

func (c *Counts) widen(at int64) {
	if !c.heard {
		c.first, c.last, c.heard = at, at, true
	}
	c.first, c.last = min(c.first, at), max(c.last, at)
}

// roundUp returns a time in milliseconds, rounded up: a counter shows an event at a scrape after it, and not before.
func roundUp(t time.Time) int64 {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}

// sort puts all times in order.
func (c *Counts) sort() {
	if c.sorted {
		return
	}
	for i := range c.lists {
		for r := range c.lists[i] {
			slices.Sort(c.lists[i][r])
		}
	}
	c.sorted = true
}

// Between returns the counts of an objective by its name, after from and up to and including until, as the range of a query of Prometheus
// has it. They are zero for an unknown name.
func (c *Counts) Between(objective string, from, until time.Time) slo.Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sort()
	i := slices.IndexFunc(c.objectives, func(o slo.Objective) bool { return o.Name == objective })
	if i < 0 {
		return slo.Counts{}
	}
	return c.lists[i].between(from.UnixMilli(), until.UnixMilli())
}

// between returns the counts after from and up to until.
func (r *results) between(from, until int64) slo.Counts {
	count := func(result slo.Result) int64 { return upTo(r[result], until) - upTo(r[result], from) }
	return slo.Counts{Good: count(slo.Good), Bad: count(slo.Bad), Excluded: count(slo.Excluded)}
}

// upTo returns how many of the sorted times are not after t.
func upTo(times []int64, t int64) int64 {
	n, _ := slices.BinarySearch(times, t+1)
	return int64(n)
}
