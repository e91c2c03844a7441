package draft

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/event"
)

// Count counts the content of a log. Its caller adds the rows in the order of time, from one goroutine.
type Count struct {
	rows       int64
	spool      *series.Spool
	journeys   map[string]*journeyCount
	activities map[string]*activityCount
	surveys    map[string]*surveyCount
	channels   map[string]bool
}

// toldApart is the maximum number of different journeys, and of different activities, in a Count. It counts all others as one.
const toldApart = 20_000

type journeyCount struct {
	name   string
	rows   int64
	cases  map[string]*caseCount
	stages []string // in the order of their first occurrence
}

type caseCount struct {
	last  *activityCount
	at    int64
	steps int64
	met   map[*activityCount]bool
}

type activityCount struct {
	name     string
	journeys map[*journeyCount]int64
	stages   map[string]int64
	rows     int64
	cases    int64
	starts   int64 // cases that begin with the activity
	ends     int64 // cases that end with the activity
	place    int64 // the sum over cases of the position of its first row, counted from 0
	next     *series.Series
	after    map[*activityCount]int64 // how often each activity comes next
}

type surveyCount struct {
	name  string
	scale event.Scale
	rows  int64
}

// NewCount returns a Count that stores durations in the spool.
func NewCount(spool *series.Spool) *Count {
	return &Count{
		spool: spool, journeys: map[string]*journeyCount{}, activities: map[string]*activityCount{},
		surveys: map[string]*surveyCount{}, channels: map[string]bool{},
	}
}

// Rows returns the number of rows that were counted.
func (c *Count) Rows() int64 { return c.rows }

// Channel records a spelling of a channel.
func (c *Count) Channel(spelling string) {
	const most = 10_000
	if len(c.channels) < most {
		c.channels[spelling] = true
	}
}

// Row counts a row of a CSV file: an activity in a case of the journey.
func (c *Count) Row(journey, id, activity string, at int64) {
	c.rows++
	c.meet(c.journey(journey), id, c.activity(activity), at)
}

// Event counts one of Cairn's own events.
func (c *Count) Event(e *event.Event) {
	c.rows++
	var j *journeyCount
	if e.Journey.Name != "" && e.Journey.Name != event.Other {
		j = c.journey(e.Journey.Name)
		if e.Stage != "" && !slices.Contains(j.stages, e.Stage) && len(j.stages) < mostNames {
			j.stages = append(j.stages, e.Stage)
		}
	}
	switch {
	case e.Kind == event.TouchpointEnded && e.Touchpoint != "" && e.Touchpoint != event.Other:
		a := c.activity(e.Touchpoint)
		a.stages[e.Stage]++
		if j != nil && e.Journey.ID != "" {
			c.meet(j, e.Journey.ID, a, e.Time.UnixNano())
		} else {
			a.rows++
		}
	case e.Feedback != nil && e.Feedback.Survey != "" && e.Feedback.Scale != 0:
		s := c.surveys[e.Feedback.Survey]
		if s == nil && len(c.surveys) < mostNames {
			s = &surveyCount{name: e.Feedback.Survey, scale: e.Feedback.Scale}
			c.surveys[s.name] = s
		}
		if s != nil {
			s.rows++
		}
	}
}

func (c *Count) journey(name string) *journeyCount {
	j := c.journeys[name]
	if j == nil && len(c.journeys) >= toldApart {
		name = event.Other
		j = c.journeys[name]
	}
	if j == nil {
		j = &journeyCount{name: name, cases: map[string]*caseCount{}}
		c.journeys[name] = j
	}
	return j
}

func (c *Count) activity(name string) *activityCount {
	a := c.activities[name]
	if a == nil && len(c.activities) >= toldApart {
		name = event.Other
		a = c.activities[name]
	}
	if a == nil {
		a = &activityCount{
			name: name, journeys: map[*journeyCount]int64{}, stages: map[string]int64{},
			next: c.spool.Series(), after: map[*activityCount]int64{},
		}
		c.activities[name] = a
	}
	return a
}

// meet counts an activity in a case of the journey.
func (c *Count) meet(j *journeyCount, id string, a *activityCount, at int64) {
	j.rows++
	a.rows++
	a.journeys[j]++
	k := j.cases[id]
	if k == nil {
		k = &caseCount{met: map[*activityCount]bool{}}
		j.cases[id] = k
		a.starts++
	} else {
		k.last.ends--
		k.last.next.Add(time.Duration(at - k.at))
		k.last.after[a]++
	}
	if !k.met[a] {
		k.met[a] = true
		a.cases++
		a.place += k.steps
	}
	k.steps++
	k.last, k.at = a, at
	a.ends++
}

// home returns the journey of most of the activity's rows, or nil.
func (a *activityCount) home() *journeyCount {
	return most(a.journeys, func(j *journeyCount) string { return j.name })
}

// most returns the key with the highest count. Among several, it returns the one with the first name.
func most[K comparable](counts map[K]int64, name func(K) string) (best K) {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(name(a), name(b)))
	})
	if len(keys) > 0 {
		best = keys[0]
	}
	return best
}
