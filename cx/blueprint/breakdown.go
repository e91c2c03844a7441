package blueprint

import (
	"cmp"
	"slices"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/internal/breakdowns"
	"cairncx.dev/cairn/journey"
)

// DefaultBreakdowns is the name of [Breakdowns] that have none.
const DefaultBreakdowns = breakdowns.DefaultName

// MaxSeverities is how many severities [Breakdowns] have at most.
const MaxSeverities = breakdowns.MaxSeverities

// MaxCustomersADay bounds [BreakdownSeverity.CustomersADay], which is below it.
const MaxCustomersADay = breakdowns.MaxCustomers

// Breakdowns says within which times the company deals with what has lastingly become worse for customers. It is a journey, of which each
// breakdown is a run: found, confirmed, planned, mended, verified. See package watch of cx/insight, whose FromBlueprint makes the journey that
// records the steps.
type Breakdowns struct {
	// Name is the name of the journey, which no other journey has. "" is [DefaultBreakdowns].
	Name        string `json:"name,omitempty"        yaml:"name,omitempty"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// Owner is the team that is told of breakdowns that have no owner yet.
	Owner string `json:"owner,omitempty" yaml:"owner,omitempty"`
	// Confirm, Plan and Mend are the times from found until a breakdown is confirmed or dismissed, has an action and an owner, and is mended.
	// The zero value is no promise. Business days need Hours.
	Confirm Within `json:"confirm,omitzero" yaml:"confirm,omitzero"`
	Plan    Within `json:"plan,omitzero"    yaml:"plan,omitzero"`
	Mend    Within `json:"mend,omitzero"    yaml:"mend,omitzero"`
	// Hours names the hours of the blueprint in which the times count. "" counts every hour.
	Hours string `json:"hours,omitempty" yaml:"hours,omitempty"`
	// Severities are other times by what a breakdown costs, at most [MaxSeverities].
	Severities []BreakdownSeverity `json:"severities,omitempty" yaml:"severities,omitempty"`
}

// BreakdownSeverity has the times of the breakdowns that cost at least so many customers a day in excess. The zero value of a time is that of the
// [Breakdowns]. The severity with the highest bound holds.
type BreakdownSeverity struct {
	Name string `json:"name" yaml:"name"`
	// CustomersADay is the number of customers a day in excess of usual from which the severity holds: more than 0, and below 1,000,000,000.
	CustomersADay float64 `json:"customers_a_day"   yaml:"customers_a_day"`
	Confirm       Within  `json:"confirm,omitzero" yaml:"confirm,omitzero"`
	Plan          Within  `json:"plan,omitzero"    yaml:"plan,omitzero"`
	Mend          Within  `json:"mend,omitzero"    yaml:"mend,omitzero"`
}

// breakdownTimes are the times by the names of their promises, with their keys.
type breakdownTimes [3]struct {
	promise, key string
	within       Within
}

func timesOfBreakdowns(confirm, plan, mend Within) breakdownTimes {
	return breakdownTimes{{breakdowns.Confirmed, "confirm", confirm}, {breakdowns.Planned, "plan", plan}, {breakdowns.Mended, "mend", mend}}
}

func (d *Breakdowns) times() breakdownTimes { return timesOfBreakdowns(d.Confirm, d.Plan, d.Mend) }

func (s *BreakdownSeverity) times() breakdownTimes {
	return timesOfBreakdowns(s.Confirm, s.Plan, s.Mend)
}

// promises returns the names of the promises.
func (d *Breakdowns) promises() (names []string) {
	for _, t := range d.times() {
		if t.within != (Within{}) {
			names = append(names, t.promise)
		}
	}
	return names
}

func breakdownSeverityName(s *BreakdownSeverity) string { return s.Name }

// BreakdownJourney returns the definition of the journey of breakdowns. It returns nil if the blueprint has no breakdowns, or not of this
// severity; a nil definition records nothing. "" is the journey itself. That of a severity has the name of the severity and those promises that have a time of
// their own in it. Each call makes a new definition.
func (b *Blueprint) BreakdownJourney(severity string) *journey.Definition {
	if b == nil || b.Breakdowns == nil {
		return nil
	}
	d := &definer{blueprint: b}
	if severity == "" {
		return d.breakdowns(b.Breakdowns)
	}
	s := find(b.Breakdowns.Severities, severity, breakdownSeverityName)
	if s == nil {
		return nil
	}
	return d.breakdownsOf(s.Name, s.times())
}

// BreakdownsName returns the name of the journey of breakdowns, and "" if the blueprint has none.
func (b *Blueprint) BreakdownsName() string {
	if b == nil || b.Breakdowns == nil {
		return ""
	}
	return cmp.Or(b.Breakdowns.Name, DefaultBreakdowns)
}

func (d *definer) breakdowns(v *Breakdowns) *journey.Definition {
	return d.breakdownsOf(d.blueprint.BreakdownsName(), v.times())
}

// breakdownsOf returns a journey with the promises that have a time.
func (d *definer) breakdownsOf(name string, times breakdownTimes) *journey.Definition {
	var hours *calendar.Hours
	if h := d.blueprint.Breakdowns.Hours; h != "" {
		hours = d.calendar(h)
	}
	var promises []journey.Option
	for _, t := range times {
		if t.within == (Within{}) {
			continue
		}
		within, opts := d.promised(d.blueprint.BreakdownsName(), t.promise, t.within, hours)
		promises = append(promises, breakdowns.Promise(t.promise, within, opts...))
	}
	return breakdowns.Define(name, promises...)
}

// isBreakdowns reports whether the journey is one of breakdowns: it has their stages, and no other promises than theirs.
func isBreakdowns(d *journey.Definition) bool {
	plain := breakdowns.Define(d.Name())
	if !slices.Equal(d.Stages(), plain.Stages()) || !slices.Equal(d.Channels(), plain.Channels()) || d.AbandonAfter() != 0 || len(d.ByHand()) > 0 {
		return false
	}
	for _, s := range d.Stages() {
		if d.Expect(s) != 0 {
			return false
		}
	}
	for p := range d.Promises() {
		if !slices.Contains(breakdowns.Promises(), p.Name) || p.Since != breakdowns.Found || p.Until != p.Name {
			return false
		}
	}
	return true
}

// addBreakdowns adds a journey of breakdowns, without severities, which a definition does not have.
func (b *Blueprint) addBreakdowns(p *problems, path string, d *journey.Definition) {
	if known := b.BreakdownJourney(""); known != nil {
		if known.Name() != d.Name() {
			p.add(path, "%.80q is a second journey of breakdowns, and a blueprint has one: leave one of them out", d.Name())
			return
		}
		p.same(path, d.Name(), known.Equal(d))
		return
	}
	if err := d.Validate(); err != nil {
		p.add(path, "%s", err)
	}
	v := &Breakdowns{Name: d.Name()}
	for x := range d.Promises() {
		w := b.within(p, path, "journey of breakdowns", d.Name(), &x, &v.Hours)
		switch x.Name {
		case breakdowns.Confirmed:
			v.Confirm = w
		case breakdowns.Planned:
			v.Plan = w
		default:
			v.Mend = w
		}
	}
	if v.Name == DefaultBreakdowns { // the default needs no key
		v.Name = ""
	}
	b.Breakdowns = v
}

// validateBreakdowns notes the faults of the breakdowns.
func (b *Blueprint) validateBreakdowns(p *problems, journeys []string) {
	v := b.Breakdowns
	if v == nil {
		return
	}
	const path = "breakdowns"
	p.about(path, v.Description, v.Owner)
	name := b.BreakdownsName()
	clash := func(names []string, what string) bool {
		if !slices.Contains(names, name) {
			return false
		}
		p.add(path+".name", "%.80q is the name of %s, too, and breakdowns are a journey of their own: give one of the two another name", name, what)
		return true
	}
	switch {
	case clash(journeys, "a journey"), clash(namesOf(b.FollowUps, followUpName), "a follow-up"), clash(namesOf(b.Actions, actionName), "an action"):
	default:
		p.name(path+".name", name)
	}
	p.hours(path+".hours", v.Hours, b)
	for _, t := range v.times() {
		p.within(path+"."+t.key, t.within, v.Hours, "breakdowns")
	}
	v.times().validateOrder(p, path, breakdownTimes{})
	if n := len(v.Severities); n > MaxSeverities {
		p.add(path+".severities", "has %d entries, and at most %d are allowed: remove some", n, MaxSeverities)
		return
	}
	p.names(path+".severities", len(v.Severities), func(i int) string { return v.Severities[i].Name })
	for i := range v.Severities {
		v.validateSeverity(p, at(path+".severities", i), i)
	}
}

func (d *Breakdowns) validateSeverity(p *problems, path string, i int) {
	s := &d.Severities[i]
	same := slices.IndexFunc(d.Severities[:i], func(o BreakdownSeverity) bool { return o.CustomersADay == s.CustomersADay })
	switch n := s.CustomersADay; {
	case n == 0:
		p.add(path+".customers_a_day", "it is missing: write from how many customers a day in excess the severity holds, such as 20")
	case !(n > 0 && n < breakdowns.MaxCustomers):
		p.add(path+".customers_a_day", "is %v: write a number of more than 0 and below %d", n, int64(breakdowns.MaxCustomers))
	case same >= 0:
		p.add(path+".customers_a_day", "the severity %.80q begins at %v, too: write another number for one of the two", d.Severities[same].Name, n)
	}
	usual := d.times()
	for k, t := range s.times() {
		if t.within != (Within{}) && usual[k].within == (Within{}) {
			p.add(path+"."+t.key, "the breakdowns have no %s: add it there for all other severities", t.key)
		}
		p.within(path+"."+t.key, t.within, d.Hours, "breakdowns")
		if t.within.longer(usual[k].within) {
			p.add(path+"."+t.key, "is %v, and %v for all other severities: a severity has no more time than the others, so write at most that, or leave it out", t.within, usual[k].within)
			return
		}
	}
	s.times().validateOrder(p, path, usual)
}

// validateOrder notes a step that is due before the one that precedes it. A time that is not set is the usual one.
func (t breakdownTimes) validateOrder(p *problems, path string, usual breakdownTimes) {
	is := func(i int) Within { return cmp.Or(t[i].within, usual[i].within) }
	own := func(i int) bool { return t[i].within != Within{} }
	for later, l := range t {
		for earlier, e := range t[:later] {
			if !own(earlier) && !own(later) || !is(earlier).longer(is(later)) {
				continue
			}
			key := l.key
			if !own(later) {
				key = e.key
			}
			p.add(path+"."+key, "%s is %v and %s is %v, and a breakdown is %s before it is %s: write a shorter time for %[1]s, or a longer one for %[3]s",
				e.key, is(earlier), l.key, is(later), e.promise, l.promise)
			return
		}
	}
}

// longer reports whether the time is longer than the other one. Business days and durations do not compare, and neither does no time.
func (w Within) longer(than Within) bool {
	if (w.Days == 0) != (than.Days == 0) || w == (Within{}) || than == (Within{}) {
		return false
	}
	return w.Days > than.Days || w.Duration > than.Duration
}
