package insight

import (
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/feedback/score"
	"cairncx.dev/cairn/internal/smallgroup"
)

// causeWeeks counts what customers say by week, and which causes they name.
type causeWeeks struct {
	names weekNames
	all   map[string]*spoken            // by the name of the week
	by    map[string]map[string]*spoken // by cause and week
	few   map[string]bool               // weeks that are hidden; nil is not known yet
}

// spoken is how often something was said, and by whom.
type spoken struct {
	n      int64
	people smallgroup.People
}

func newCauseWeeks(zone *time.Location) *causeWeeks {
	return &causeWeeks{names: weekNames{zone: zone}, all: map[string]*spoken{}, by: map[string]map[string]*spoken{}}
}

func (c *causeWeeks) add(u *utterance, causes []string) {
	week := c.names.name(u.at)
	addSpoken(c.all, week, u.who)
	for _, cause := range causes {
		if c.by[cause] == nil {
			c.by[cause] = map[string]*spoken{}
		}
		addSpoken(c.by[cause], week, u.who)
	}
}

func addSpoken(to map[string]*spoken, week string, who uint64) {
	s := to[week]
	if s == nil {
		s = &spoken{}
		to[week] = s
	}
	s.n++
	s.people.AddSome(who)
}

// hideWeeks returns which weeks are hidden.
func hideWeeks(weeks map[string]*spoken) map[string]bool {
	people := map[string]*smallgroup.People{}
	for week, s := range weeks {
		people[week] = &s.people
	}
	return smallgroup.Hide(people)
}

// of returns the weeks of a cause. A week in which no customer names it has the share 0.
func (c *causeWeeks) of(cause string, confidence float64) []CauseWeek {
	if c.few == nil {
		c.few = hideWeeks(c.all)
	}
	its := c.by[cause]
	few := hideWeeks(its)
	list := make([]CauseWeek, 0, len(c.all))
	for _, week := range slices.Sorted(maps.Keys(c.all)) {
		from, _ := time.Parse(time.RFC3339, week)
		one := CauseWeek{From: from.In(c.names.zone), Hidden: c.few[week] || few[week]}
		if !one.Hidden {
			n := int64(0)
			if s := its[week]; s != nil {
				n = s.n
			}
			one.Share = score.ShareOf(n, c.all[week].n, confidence)
		}
		list = append(list, one)
	}
	return list
}
