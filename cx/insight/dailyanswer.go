package insight

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"cairncx.dev/cairn/cx/stats/control"
	"cairncx.dev/cairn/internal/smallgroup"
)

// answer fills the answer.
func (q *dailyQuestion) answer(a *Daily, settings *DailySettings) {
	a.First, a.Days = time.UnixMicro(q.days.from()).In(q.days.zone), q.days.len()
	if a.Days == 0 {
		return
	}
	q.whole()
	out := q.outDays()
	changes := q.changes()
	anew := map[string]int{} // by journey
	for i := range changes {
		if c := &changes[i]; c.Kind == VersionChange {
			anew[c.Journey] = max(anew[c.Journey], a.Number(c.Day))
		}
	}
	people := q.people
	for key, t := range q.charts {
		people.Merge(&t.people)
		chart := DailyChart{Subject: q.words.subject(key)}
		switch {
		case !q.words.has(&chart.Subject):
			continue
		case t.people.Few():
			a.Small++
			continue
		}
		if chart.About == AboutPromise {
			chart.Anew = anew[chart.Journey]
		}
		chart.fill(t, a.First.Weekday(), out.of(chart.Journey))
		a.Charts = append(a.Charts, chart)
	}
	if a.Hidden = people.Few(); a.Hidden {
		a.Small, a.Runs = 0, 0
		return
	}
	a.Changes = append(a.Changes, changes...)
	a.leaveOut(settings.Charts)
}

// whole gives the charts of causes the ends of their journeys.
func (q *dailyQuestion) whole() {
	for key, t := range q.charts {
		if key.about != chartCause {
			continue
		}
		if of := q.charts[chartKey{chartJourney, key.journey, 0}]; of != nil {
			copy(t.n, of.n)
			t.people = of.people
		}
	}
	for key := range q.charts {
		if !q.wants[key.about] {
			delete(q.charts, key)
		}
	}
}

// fill sets the days.
func (c *DailyChart) fill(t *dailyTally, first time.Weekday, out []bool) {
	c.Series = control.Series{First: first, Days: make([]control.Day, len(t.n))}
	for i := range t.n {
		d := control.Day{N: int64(t.n[i]), Bad: int64(t.bad[i]), Out: out != nil && out[i] || i < c.Anew}
		if !d.Out {
			c.N, c.Bad = c.N+d.N, c.Bad+d.Bad
		}
		c.Series.Days[i] = d
	}
}

// leaveOut leaves out the charts with the fewest events, so that there are no more than most, and puts the others in their order.
func (a *Daily) leaveOut(most int) {
	slices.SortFunc(a.Charts, func(x, y DailyChart) int { return cmp.Or(cmp.Compare(y.N, x.N), x.Compare(y.Subject)) })
	if a.Beyond = max(0, len(a.Charts)-most); a.Beyond > 0 {
		a.Charts = slices.Clip(a.Charts[:most])
	}
	slices.SortFunc(a.Charts, func(x, y DailyChart) int { return x.Compare(y.Subject) })
}

// ChangeKind is the kind of a [DailyChange].
type ChangeKind string

// The kinds.
const (
	ReleaseChange     ChangeKind = "release"     // runs of another release begin
	ExperimentChange  ChangeKind = "experiment"  // runs in arms of an experiment begin
	VersionChange     ChangeKind = "version"     // most of the runs that begin are promised by another version of the blueprint: a target, a promise or a stage may be new
	MaintenanceChange ChangeKind = "maintenance" // the maintenance of the blueprint takes place
)

// DailyChange is something that changed on a day. That a share changed on the same day does not say that it changed because of it.
type DailyChange struct {
	Kind ChangeKind `json:"kind"`
	// Journey is the journey whose runs have it. It is empty for a maintenance of all, or of several.
	Journey string `json:"journey,omitempty"`
	// Name is the release, the experiment, the version or the maintenance.
	Name string `json:"name"`
	// Day is the beginning of the first day of it. A release and an experiment begin on the first day on which they have at least 5% of the journey's runs that
	// begin, and a version on the first one on which it has half of them. What is there from the first day with runs on is no change, nor is what fewer than
	// five customers have.
	Day time.Time `json:"day"`
}

type beginKey struct {
	journey uint16
	kind    uint8  // of beginKinds; its number of columns is all runs
	code    uint32 // of the column
}

// beginKinds are the columns whose values change.
var beginKinds = [...]struct {
	column Column
	kind   ChangeKind
	share  float64
}{{Release, ReleaseChange, 0.05}, {Arm, ExperimentChange, 0.05}, {Version, VersionChange, 0.5}}

// beginning has the runs that began, by day.
type beginning struct {
	days   map[int]uint32
	people smallgroup.Crowd
}

func (b *beginning) add(day int, who uint64) {
	b.days[day]++
	if !b.people.Enough() {
		b.people.Add(who)
	}
}

func (b *beginning) merge(o *beginning) {
	for d, n := range o.days {
		b.days[d] += n
	}
	b.people.Merge(&o.people)
}

// changes returns what changed, in the order of time.
func (q *dailyQuestion) changes() []DailyChange {
	found := map[DailyChange]bool{}
	firsts := map[DailyChange]int{}
	for key, b := range q.begins {
		if int(key.kind) == len(beginKinds) || b.people.Few() {
			continue
		}
		kind := &beginKinds[key.kind]
		all := q.begins[beginKey{key.journey, uint8(len(beginKinds)), 0}]
		c := DailyChange{Kind: kind.kind, Journey: q.words.journey[key.journey], Name: q.beginName(key)}
		if day := b.first(all, kind.share); c.Name != "" && day >= 0 {
			if was, again := firsts[c]; !again || day < was {
				firsts[c] = day
			}
		}
	}
	earliest := map[string]int{} // the first day with runs, by journey
	for key, b := range q.begins {
		if int(key.kind) == len(beginKinds) {
			earliest[q.words.journey[key.journey]] = slices.Min(slices.Collect(maps.Keys(b.days)))
		}
	}
	for c, n := range firsts {
		if n > earliest[c.Journey] {
			c.Day = time.UnixMicro(q.days.bounds[n]).In(q.days.zone)
			found[c] = true
		}
	}
	for _, c := range q.maintenances() {
		found[c] = true
	}
	return slices.SortedFunc(maps.Keys(found), func(x, y DailyChange) int {
		return cmp.Or(x.Day.Compare(y.Day), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Journey, y.Journey), cmp.Compare(x.Name, y.Name))
	})
}

// first returns the first day on which at least that share of all has it, and -1 if there is none.
func (b *beginning) first(all *beginning, share float64) int {
	for _, d := range slices.Sorted(maps.Keys(b.days)) {
		if float64(b.days[d]) >= share*float64(all.days[d]) {
			return d
		}
	}
	return -1
}
