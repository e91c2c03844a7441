package logcheck

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/blueprint"
)

// Result is what was found.
type Result struct {
	Rows  int64     `json:"rows"` // with those that cannot be read
	Cases int64     `json:"cases"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// Findings has those that count first, each list in the order of the kinds.
	Findings []Finding `json:"findings"`
}

// Result returns what was found. Rows may be added afterwards, for another result.
func (c *Checker) Result() (*Result, error) {
	r := &Result{Rows: c.rows + c.rejected, Cases: int64(len(c.cases)), First: c.first.UTC(), Last: c.last.UTC(), Findings: []Finding{}}
	unended, err := c.unended()
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Concat(c.counted(), unended, c.ends(), c.dates(), c.notes()) {
		if f.N == 0 {
			continue
		}
		if at, ok := c.wheres[f.Kind]; ok && f.Where == nil {
			f.Where = &at
		}
		f.share()
		r.Findings = append(r.Findings, f)
	}
	return r, nil
}

// of returns a finding of the kind with its count.
func (c *Checker) of(k Kind, of int64, what, title, remedy string) Finding {
	return Finding{Kind: k, N: c.counts[k], Of: of, What: what, Title: title, Remedy: remedy}
}

// counted returns the findings about rows that cannot be read or have an unknown activity.
func (c *Checker) counted() []Finding {
	unknown := c.of(Unknown, c.rows, "rows", "activities that are no touchpoints",
		"Add touchpoints of these names, map them under log.activities, or leave them out there with [].")
	known := touchpoints(c.cfg.Blueprint)
	if l := c.cfg.Blueprint.Log; l != nil {
		known = append(known, slices.Sorted(maps.Keys(l.Activities))...)
	}
	var items []Item
	for name, a := range c.activities {
		if !a.known {
			items = append(items, Item{Name: name, N: a.rows, Meant: blueprint.Suggest(name, known)})
		}
	}
	unknown.items(items)
	return []Finding{
		c.of(Rejected, c.rows+c.rejected, "rows", "rows that cannot be read", "Correct the rows that are listed above, or say under log how they are written."),
		unknown,
	}
}

func touchpoints(b *blueprint.Blueprint) []string {
	list := make([]string, len(b.Touchpoints))
	for i := range b.Touchpoints {
		list[i] = b.Touchpoints[i].Name
	}
	return list
}

// silencePercent is the percentage of the times between rows of a run that are shorter than what counts as silence.
const silencePercent = 99

// unended returns the findings about runs without an end.
func (c *Checker) unended() ([]Finding, error) {
	never := c.of(NoEnd, 0, "runs", "journeys that nothing ends",
		"Add ends: completed to the touchpoint with which the customer has what he or she came for, or abandon_after to the journey.")
	silent := c.of(Unended, 0, "runs", "runs without an end in which nothing happens any more",
		"Give another touchpoint ends, such as ends: cancelled, or set abandon_after. A run that is still open is not among these.")
	var nevers, silents []Item
	for i, j := range c.journeys {
		never.Of += j.runs
		switch {
		case j.abandon > 0 || j.runs == 0: // time ends it
			continue
		case !j.ends && j.ended == 0:
			never.N += j.runs
			nevers = append(nevers, Item{Name: j.name, N: j.runs})
			continue
		}
		long, err := j.gaps.Quantile(silencePercent)
		if err != nil {
			return nil, fmt.Errorf("the times between rows: %w", err)
		}
		n, where := c.silentRuns(i, long)
		silent.N += n
		silent.Of += j.runs
		if n > 0 {
			silents = append(silents, Item{Name: j.name, N: n, Of: j.runs, Note: fmt.Sprintf("silent for more than %s, which %d of 100 steps take at most", blueprint.Duration(long.Round(time.Second)), silencePercent)})
			silent.Where = where
		}
	}
	never.items(nevers)
	silent.items(silents)
	return []Finding{never, silent}, nil
}

// silentRuns counts the runs of the journey without an end in which nothing happened for longer than that before the end of the log. It
// returns where the last row of the one is that has been silent for longest.
func (c *Checker) silentRuns(journey int, long time.Duration) (n int64, where *Place) {
	var oldest time.Time
	for _, k := range c.cases {
		for i := range k.runs {
			r := &k.runs[i]
			if r.journey != journey || r.by != nil || c.last.Sub(r.last) <= long {
				continue
			}
			n++
			if where == nil || r.last.Before(oldest) || r.last.Equal(oldest) && before(r.place, *where) {
				oldest, where = r.last, new(r.place)
			}
		}
	}
	return n, where
}

func before(a, b Place) bool { return a.File < b.File || a.File == b.File && a.Line < b.Line }

// ends returns the finding about runs that go on after their end.
func (c *Checker) ends() []Finding {
	f := c.of(GoesOn, 0, "ended runs", "runs that go on after a touchpoint has ended them",
		"Let the last touchpoint end the journey, or make what comes after the end a journey of its own: log.activities can map one activity to both.")
	var items []Item
	for _, j := range c.journeys {
		f.Of += j.ended
		for name, e := range j.byEnd {
			if e.on > 0 {
				items = append(items, Item{Name: name, N: e.on, Of: e.ended})
			}
		}
	}
	f.items(items)
	return []Finding{f}
}

// years is the span of a case from which on it is dubious.
const years = 2 * 365 * 24 * time.Hour

// dates returns the findings about times.
func (c *Checker) dates() []Finding {
	long := c.of(Years, int64(len(c.cases)), "cases", "cases that span more than two years", "See whether the column of the case is the right one, and whether IDs are used again.")
	var oldest time.Time
	for _, k := range c.cases {
		if k.last.Sub(k.first) <= years {
			continue
		}
		long.N++
		if long.Where == nil || k.first.Before(oldest) || k.first.Equal(oldest) && before(k.place, *long.Where) {
			oldest, long.Where = k.first, new(k.place)
		}
	}
	return []Finding{
		c.of(Early, c.rows, "rows", "times before 1990", "See whether the column of the time is the right one, and log.time_format its form. An empty time is often 1970 or 1900."),
		c.of(Future, c.rows, "rows", "times in the future", "See whether log.time_format and log.zone are right: the day and the month may be exchanged."),
		c.of(Midnight, c.rows, "rows", "times at midnight exactly", "These are dates without a time of day. Export the time, or promise days and no hours."),
		long,
		c.order(),
		c.of(Duplicates, c.rows, "rows", "rows that occur twice: the same case, activity and time", "Export each row once. A replay counts both."),
	}
}

// minority is the greatest share of the rows that may contradict the order of a file for the file to have one.
const minority = 0.1

// order returns the finding about rows whose time contradicts their place in a file that has the rows of a case in the order of time, or in
// the reverse order.
func (c *Checker) order() Finding {
	n, where := c.backward, c.backWhere
	if c.forward < c.backward {
		n, where = c.forward, c.forwardWhere
	}
	f := Finding{
		Kind: Order, N: n, Of: c.forward + c.backward, What: "rows after another of their case", Title: "times that contradict the order of the rows",
		Remedy: "The other rows of a case are in the order of time. See whether these times were entered later or by hand.",
	}
	if float64(f.N) > minority*float64(f.Of) { // the file is in no order
		f.N = 0
	}
	if f.N > 0 {
		f.Where = &where
	}
	return f
}

// notes returns the findings that do not count against the log.
func (c *Checker) notes() []Finding {
	runs := int64(0)
	var silences []Item
	for _, j := range c.journeys {
		runs += j.runs
		if j.silences > 0 {
			silences = append(silences, Item{Name: j.name, N: j.silences, Of: j.runs, Note: "abandon_after: " + blueprint.Duration(j.abandon).String()})
		}
	}
	silence := c.of(Silence, runs, "runs", "runs that go on after a silence of abandon_after", "They count as abandoned. Set a longer abandon_after if their customers did not leave.")
	silence.items(silences)
	list := []Finding{
		c.unused(), silence, c.weekends(),
		c.of(LeftOut, c.rows, "rows", "rows that log.activities leaves out", "Nothing, if no customer notices them."),
		c.of(SameTime, c.rows, "rows", "different activities of a case at the same time", "Their order is that of the file. Times to the minute or the day hide which came first."),
		c.empty(), c.spellings(),
	}
	for i := range list {
		list[i].Note = true
	}
	return list
}

// unused returns the names of the blueprint that never occur, and the unknown activity that was probably meant.
func (c *Checker) unused() Finding {
	b := c.cfg.Blueprint
	f := Finding{Kind: Unused, What: "names", Title: "names of the blueprint that never occur", Remedy: "Correct the name, or remove it if no customer meets it."}
	var unknown []string
	for _, name := range slices.Sorted(maps.Keys(c.activities)) {
		if !c.activities[name].known {
			unknown = append(unknown, name)
		}
	}
	var items []Item
	missing := func(kind, name string) {
		items = append(items, Item{Name: name, N: 0, Meant: blueprint.Suggest(name, unknown), Note: kind})
	}
	for i := range b.Touchpoints {
		if f.Of++; !c.used[b.Touchpoints[i].Name] {
			missing("touchpoint", b.Touchpoints[i].Name)
		}
	}
	for _, j := range c.journeys {
		if f.Of++; j.runs == 0 {
			missing("journey", j.name)
		}
	}
	if b.Log != nil {
		for _, activity := range slices.Sorted(maps.Keys(b.Log.Activities)) {
			if f.Of++; c.activities[activity] == nil {
				missing("activity of the log", activity)
			}
		}
	}
	f.N = int64(len(items))
	f.items(items)
	return f
}

// weekends returns the activities that occur at weekends almost alone.
func (c *Checker) weekends() Finding {
	const enough, most = 30, 0.9
	f := Finding{
		Kind: Weekend, Of: int64(len(c.activities)), What: "activities", Title: "activities that occur on Saturdays and Sundays only, or nearly so",
		Remedy: "If they do not, log.time_format may exchange the day and the month, or log.zone is wrong.",
	}
	var items []Item
	for name, a := range c.activities {
		if a.rows >= enough && float64(a.weekend) >= most*float64(a.rows) {
			items = append(items, Item{Name: name, N: a.weekend, Of: a.rows})
		}
	}
	f.N = int64(len(items))
	f.items(items)
	return f
}

// empty returns the columns without a value.
func (c *Checker) empty() Finding {
	f := Finding{Kind: Empty, Of: int64(len(c.filled)), What: "columns", Title: "columns without a value", Remedy: "Name another column under log, or remove it there."}
	if c.rows == 0 {
		return f
	}
	for i, n := range c.filled {
		if n == 0 {
			f.N++
			f.Items = append(f.Items, Item{Name: c.cfg.Columns[i]})
		}
	}
	return f
}

// spellings returns the channels that the blueprint does not have.
func (c *Checker) spellings() Finding {
	f := Finding{Kind: Channels, N: int64(len(c.channels)), Of: int64(len(c.channels)), What: "spellings", Title: "channels that the blueprint does not have", Remedy: "They count as other. Add them under channels."}
	items := make([]Item, 0, len(c.channels))
	for name := range c.channels {
		items = append(items, Item{Name: name})
	}
	f.items(items)
	return f
}
