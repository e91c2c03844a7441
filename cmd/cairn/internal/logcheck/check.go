package logcheck

import (
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/series"
	"cairncx.dev/cairn/cx/blueprint"
)

// Config says what a log is checked against.
type Config struct {
	Blueprint *blueprint.Blueprint
	// Location is the zone in which it is midnight, or a weekend. Nil is UTC.
	Location *time.Location
	// Now is the time after which a row is in the future.
	Now time.Time
	// Columns are the names of the columns that the log has beside those of the case, the activity and the time. Row.Filled has a bit for each.
	Columns []string
	// Spool has the memory of the times between rows.
	Spool *series.Spool
}

// MaxColumns is how many columns a Config may have.
const MaxColumns = 64

// Row is one row of the log. The caller gives the rows in the order of time.
type Row struct {
	At    time.Time
	Place Place
	// Case is the ID of the run, and Activity the name of what happened, as the log has them.
	Case, Activity string
	// Steps are the touchpoints that the row stands for. A row of a log of events has one with its own journey.
	Steps []Step
	// Known says that the blueprint has the activity. A known row without Steps is left out.
	Known bool
	// Plain says that the row is no activity, such as an answer to a survey. Only its time is checked.
	Plain bool
	// Filled has a bit for each of Config.Columns that is not empty.
	Filled uint64
}

// Step is a touchpoint of a row.
type Step struct {
	Journey, Touchpoint string
	// Ends says that the touchpoint ends its journey here.
	Ends bool
}

// Checker collects what is dubious in a log. It is not safe for concurrent use.
type Checker struct {
	cfg        Config
	journeys   []*journeyState
	names      map[string]int // index of a journey
	cases      map[string]*caseState
	activities map[string]*activityState
	used       map[string]bool // touchpoints
	rejected   int64
	rows       int64
	first      time.Time
	last       time.Time
	filled     []int64
	channels   map[string]bool

	counts map[Kind]int64
	wheres map[Kind]Place
	// forward and backward count rows that come later in their case, by their place in the file.
	forward, backward       int64
	forwardWhere, backWhere Place
}

// journeyState is what the checker knows of a journey.
type journeyState struct {
	name     string
	abandon  time.Duration
	ends     bool // a touchpoint ends it
	runs     int64
	ended    int64 // runs that a touchpoint ended
	gaps     *series.Series
	byEnd    map[string]*endState // by the touchpoint that ends
	silences int64
}

// endState counts the runs that a touchpoint ended, and those of them that went on.
type endState struct{ ended, on int64 }

// caseState is what the checker knows of a case.
type caseState struct {
	first, last time.Time
	place       Place
	now         []string // activities at the last time
	runs        []runState
}

// runState is what the checker knows of a run.
type runState struct {
	journey int
	last    time.Time
	place   Place // of the last row
	end     time.Time
	by      *endState // nil if the run has no end
	on      bool      // it went on after its end
	silent  bool      // it went on after abandon_after
}

type activityState struct {
	rows, weekend int64
	known         bool
	place         Place
}

// New returns a Checker.
func New(cfg Config) *Checker {
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	c := &Checker{
		cfg: cfg, names: map[string]int{}, cases: map[string]*caseState{}, activities: map[string]*activityState{}, used: map[string]bool{},
		filled: make([]int64, min(len(cfg.Columns), MaxColumns)), channels: map[string]bool{}, counts: map[Kind]int64{}, wheres: map[Kind]Place{},
	}
	for i := range cfg.Blueprint.Journeys {
		j := &cfg.Blueprint.Journeys[i]
		c.names[j.Name] = len(c.journeys)
		c.journeys = append(c.journeys, &journeyState{name: j.Name, abandon: time.Duration(j.AbandonAfter), gaps: cfg.Spool.Series(), byEnd: map[string]*endState{}})
	}
	for i := range cfg.Blueprint.Touchpoints {
		t := &cfg.Blueprint.Touchpoints[i]
		if k, ok := c.names[t.Journey]; ok && t.Ends != "" {
			c.journeys[k].ends = true
		}
	}
	return c
}

// Reject counts a row that cannot be read.
func (c *Checker) Reject(at Place) {
	c.rejected++
	c.found(Rejected, at)
}

// Channel notes a spelling of a channel that the blueprint does not have.
func (c *Checker) Channel(spelling string) {
	const most = 10_000
	if len(c.channels) < most {
		c.channels[spelling] = true
	}
}

// found counts one of the kind, at the place.
func (c *Checker) found(k Kind, at Place) {
	if c.counts[k]++; c.counts[k] == 1 {
		c.wheres[k] = at
	}
}

// Add adds a row.
func (c *Checker) Add(r *Row) {
	if c.rows++; c.rows == 1 {
		c.first = r.At
	}
	c.last = r.At
	for i := range c.filled {
		if r.Filled>>i&1 == 1 {
			c.filled[i]++
		}
	}
	c.times(r)
	if r.Plain {
		return
	}
	c.activity(r)
	k := c.caseOf(r)
	if k == nil {
		return
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		c.used[s.Touchpoint] = true
		if j, ok := c.names[s.Journey]; ok {
			c.run(k, j, r, s)
		}
	}
}

// activity counts the activity of the row.
func (c *Checker) activity(r *Row) {
	a := c.activities[r.Activity]
	if a == nil {
		a = &activityState{known: r.Known, place: r.Place}
		c.activities[r.Activity] = a
	}
	a.rows++
	switch {
	case !r.Known:
		c.found(Unknown, r.Place)
	case len(r.Steps) == 0:
		c.found(LeftOut, r.Place)
	}
	if day := r.At.In(c.cfg.Location).Weekday(); day == time.Saturday || day == time.Sunday {
		a.weekend++
	}
}

// times checks the time of the row alone.
func (c *Checker) times(r *Row) {
	const first = 1990
	if r.At.In(c.cfg.Location).Year() < first {
		c.found(Early, r.Place)
	}
	if r.At.After(c.cfg.Now) {
		c.found(Future, r.Place)
	}
	if midnight(r.At.In(c.cfg.Location)) || midnight(r.At.UTC()) { // a date with an offset may be midnight in UTC only
		c.found(Midnight, r.Place)
	}
}

func midnight(t time.Time) bool {
	hour, minute, second := t.Clock()
	return hour == 0 && minute == 0 && second == 0 && t.Nanosecond() == 0
}

// caseOf checks the row against the one before in its case, and returns the case, or nil for a row without one.
func (c *Checker) caseOf(r *Row) *caseState {
	if r.Case == "" {
		return nil
	}
	k := c.cases[r.Case]
	if k == nil {
		k = &caseState{first: r.At, last: r.At, place: r.Place, now: []string{r.Activity}}
		c.cases[r.Case] = k
		return k
	}
	switch {
	case !r.At.Equal(k.last):
		if r.Place.File == k.place.File && r.Place.Line > k.place.Line {
			c.forward++
			if c.forward == 1 {
				c.forwardWhere = r.Place
			}
		} else if r.Place.File == k.place.File {
			c.backward++
			if c.backward == 1 {
				c.backWhere = r.Place
			}
		}
		k.now = k.now[:0]
	case has(k.now, r.Activity):
		c.found(Duplicates, r.Place)
	default:
		c.found(SameTime, r.Place)
	}
	k.now = append(k.now, r.Activity)
	k.last, k.place = r.At, r.Place
	return k
}

func has(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

// run adds a touchpoint of the row to its run.
func (c *Checker) run(k *caseState, journey int, r *Row, s *Step) {
	j := c.journeys[journey]
	var run *runState
	for i := range k.runs {
		if k.runs[i].journey == journey {
			run = &k.runs[i]
		}
	}
	if run == nil {
		k.runs = append(k.runs, runState{journey: journey, last: r.At})
		run = &k.runs[len(k.runs)-1]
		j.runs++
	} else if run.by == nil {
		gap := r.At.Sub(run.last)
		j.gaps.Add(gap)
		if j.abandon > 0 && gap >= j.abandon && !run.silent {
			run.silent = true
			j.silences++
			c.found(Silence, r.Place)
		}
	}
	if run.by != nil && r.At.After(run.end) && !run.on { // rows at the time of the end may have come before it
		run.on = true
		run.by.on++
		c.found(GoesOn, r.Place)
	}
	run.last, run.place = r.At, r.Place
	if s.Ends && run.by == nil {
		e := j.byEnd[s.Touchpoint]
		if e == nil {
			e = &endState{}
			j.byEnd[s.Touchpoint] = e
		}
		e.ended++
		j.ended++
		run.by, run.end = e, r.At
	}
}
