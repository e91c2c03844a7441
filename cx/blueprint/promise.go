package blueprint

import (
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/journey"
)

// Promise is one promise of a journey: something that is to happen to each of its customers in time. See [journey.Promise].
type Promise struct {
	// Name is the name of the promise within its journey.
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// From is what makes the promise: a stage of the journey, when the customer enters it; a touchpoint, when it is over; or
	// "start", the beginning of the run, which is the default. A name of both a stage and a touchpoint is the stage. The
	// touchpoint is one of this journey or of none. See [journey.Since] and [journey.SinceTouchpoint].
	From string `json:"from,omitempty" yaml:"from,omitempty"`
	// Until is what keeps the promise: a stage or a touchpoint as in From, or "end", the end of the run as completed, which is
	// the default. See [journey.Until] and [journey.UntilTouchpoint].
	Until string `json:"until,omitempty" yaml:"until,omitempty"`
	// Within is the time until the promise is due. Business days need Hours.
	Within Within `json:"within" yaml:"within"`
	// Hours names the hours of the blueprint in which the time counts. "" counts every hour. See [journey.Hours].
	Hours string `json:"hours,omitempty" yaml:"hours,omitempty"`
	// Pause names the stages in which the time does not count. See [journey.Pauses].
	Pause []string `json:"pause,omitempty" yaml:"pause,omitempty"`
	// Target is the share of the promises that is to be kept; 0 sets no target. See [journey.Target].
	Target Share `json:"target,omitempty" yaml:"target,omitempty"`
}

// definer makes the definitions of a blueprint. Definitions of one definer share their hours and maintenances.
type definer struct {
	blueprint   *Blueprint
	hours       map[string]*calendar.Hours
	maintenance []calendar.Maintenance
	objectives  map[[2]string][]string // the names of those on a promise, by journey and promise
}

func (d *definer) calendar(name string) *calendar.Hours {
	h, known := d.hours[name]
	if !known {
		h, _ = d.blueprint.Calendar(name)
		if d.hours == nil {
			d.hours = map[string]*calendar.Hours{}
		}
		d.hours[name] = h
	}
	return h
}

// promise returns the option that declares the promise of the journey.
func (d *definer) promise(j *Journey, p *Promise) journey.Option {
	opts := []journey.PromiseOption{
		journey.Pauses(p.Pause...), journey.Target(float64(p.Target)), journey.BusinessDays(p.Within.Days), journey.Maintenance(d.maintenanceOf(j.Name, p.Name)...),
	}
	if h := d.calendar(p.Hours); h != nil {
		opts = append(opts, journey.Hours(h))
	}
	switch {
	case p.From == "":
	case p.From == journey.AtStart || j.hasStage(p.From):
		opts = append(opts, journey.Since(p.From))
	default:
		opts = append(opts, journey.SinceTouchpoint(p.From))
	}
	switch {
	case p.Until == "":
	case p.Until == journey.AtEnd || j.hasStage(p.Until):
		opts = append(opts, journey.Until(p.Until))
	default:
		opts = append(opts, journey.UntilTouchpoint(p.Until))
	}
	return journey.Promise(p.Name, time.Duration(p.Within.Duration), opts...)
}

func (j *Journey) hasStage(name string) bool {
	return slices.ContainsFunc(j.Stages, func(s Stage) bool { return s.Name == name })
}

// moments knows what may make, keep and pause the promises of one journey.
type moments struct {
	*problems
	blueprint   *Blueprint
	journey     *Journey
	stages      []string
	stage       map[string]bool
	touchpoints homes
}

// validatePromises notes the faults of the journey's promises.
func (b *Blueprint) validatePromises(p *problems, path string, j *Journey, touchpoints homes, d *definer) {
	m := moments{problems: p, blueprint: b, journey: j, stage: make(map[string]bool, len(j.Stages)), touchpoints: touchpoints}
	for i, s := range j.Stages {
		if s.Name == journey.AtStart || s.Name == journey.AtEnd {
			p.add(at(path+".stages", i)+".name", "%q stands for the beginning or the end of a journey in its promises: rename the stage", s.Name)
		}
		m.stages = append(m.stages, s.Name)
		m.stage[s.Name] = true
	}
	byHand := path + ".by_hand"
	if n := len(j.Promises); n > journey.MaxPromises {
		p.add(path+".promises", "has %d entries, and a run can have %d promises: remove some", n, journey.MaxPromises)
	} else if all := n + len(j.ByHand); all > journey.MaxPromises {
		p.add(byHand, "has %d entries, and the journey %d promises: a run can have %d together: remove some", len(j.ByHand), n, journey.MaxPromises)
	}
	p.names(path+".promises", min(len(j.Promises), journey.MaxPromises), func(i int) string { return j.Promises[i].Name })
	p.list(byHand, min(len(j.ByHand), journey.MaxPromises), func(i int) (string, string) { return at(byHand, i), j.ByHand[i] })
	for i, name := range j.ByHand {
		if k := slices.IndexFunc(j.Promises, func(p Promise) bool { return p.Name == name }); k >= 0 {
			p.add(at(byHand, i), "%.80q is the promise at %s, too: remove one of the two", name, at(path+".promises", k))
		}
	}
	for i := range j.Promises {
		m.validate(at(path+".promises", i), &j.Promises[i])
	}
	m.validateOpenings(path+".promises", d)
}

// validateOpenings notes the promises whose runs would have to remember too much of their hours.
func (m *moments) validateOpenings(path string, d *definer) {
	sum, most := 0, 0
	for i := range m.journey.Promises[:min(len(m.journey.Promises), journey.MaxPromises)] {
		p := &m.journey.Promises[i]
		if len(p.Pause) == 0 || p.Hours == "" || p.Within.Validate() != nil {
			continue
		}
		n := (&journey.Promised{Within: time.Duration(p.Within.Duration), Days: p.Within.Days, Hours: d.calendar(p.Hours), Pauses: p.Pause}).Openings()
		if n > journey.MaxOpenings {
			m.add(at(path, i)+".within", "is %v, and the promise pauses: the hours %.80q may have more than %d openings in twice that time, which a run remembers at most: "+
				"write a shorter time, or remove pause or hours", p.Within, p.Hours, journey.MaxOpenings)
			return // the sum says nothing new
		}
		sum, most = sum+n, max(most, n)
	}
	if sum+most/2 > journey.MaxRunOpenings {
		m.add(path, "a run may have to remember %d openings for the promises with pause and hours, and can remember %d: write shorter times, or remove pause or hours",
			sum+most/2, journey.MaxRunOpenings)
	}
}

func (m *moments) validate(path string, p *Promise) {
	m.about(path, p.Description, "")
	m.moment(path+".from", p.From, journey.AtStart)
	m.moment(path+".until", p.Until, journey.AtEnd)
	if _, touchpoint := m.touchpoints.of[p.Until]; touchpoint && p.From == p.Until && !m.stage[p.Until] && p.Until != journey.AtEnd {
		m.add(path+".until", "the touchpoint %.80q makes the promise, too, and would keep it at once: write another stage or touchpoint", p.Until)
	}
	if err := p.Within.Validate(); err != nil {
		m.add(path+".within", "%s", strings.TrimPrefix(err.Error(), "blueprint: "))
	}
	m.hours(path+".hours", p.Hours, m.blueprint)
	if p.Hours == "" && p.Within.Days > 0 {
		m.add(path+".hours", "%v counts business days, and no hours say which days these are: add hours, or write a duration", p.Within)
	}
	m.references(path+".pause", p.Pause, m.stage, m.stages, "stage", m.journey.Name, m.touchpoints.of)
	if len(m.stages) > 0 && !slices.ContainsFunc(m.stages, func(s string) bool { return !slices.Contains(p.Pause, s) }) {
		m.add(path+".pause", "has every stage of the journey %.80q, so that the time never ends: remove the stages in which the customer waits for you", m.journey.Name)
	}
	if !(p.Target >= 0 && p.Target <= 1) {
		m.add(path+".target", "is %v: write more than 0%% and at most 100%%", p.Target)
	}
}

// moment notes the fault of what makes or keeps a promise. The reserved name is the one that can do so: the start makes promises, and
// the end keeps them.
func (m *moments) moment(path, name, reserved string) {
	if name == "" || name == reserved || m.stage[name] {
		return
	}
	switch name {
	case journey.AtStart:
		m.add(path, `"start" is the beginning of the journey, and keeps no promise: write a stage, a touchpoint or "end"`)
		return
	case journey.AtEnd:
		m.add(path, `"end" is the end of the journey, and makes no promise: write a stage, a touchpoint or "start"`)
		return
	}
	own := m.journey.Name
	if home, known := m.touchpoints.of[name]; known {
		if home != "" && home != own {
			m.add(path, "the touchpoint %.80q belongs to the journey %.80q: write a stage or a touchpoint of the journey %.80q", name, home, own)
		}
		return
	}
	touchpoints := slices.Concat(m.touchpoints.in[own], m.touchpoints.in[""])
	known := append(slices.Concat(m.stages, touchpoints), reserved)
	has := allOf("its stages are", m.stages) + allOf("the touchpoints are", touchpoints)
	m.unknown(path, name, known, "the journey %.80q has neither a stage nor a touchpoint %.80q%s", own, name, has)
}

// references checks that each name of a list is known in the journey and occurs once. The keys of touchpoints
// get a message of their own, because they are easily taken for a stage.
func (p *problems) references(path string, list []string, known map[string]bool, names []string, what, journey string, touchpoints map[string]string) {
	seen := map[string]string{}
	for i, name := range list {
		where := at(path, i)
		first, twice := seen[name]
		_, touchpoint := touchpoints[name]
		switch {
		case !known[name] && touchpoint:
			p.add(where, "%.80q is a touchpoint and no %s: write a %[2]s of the journey %.80[3]q%s", name, what, journey, allOf("it has", names))
		case !known[name]:
			p.unknown(where, name, names, "the journey %.80q has no %s %.80q%s", journey, what, name, allOf("it has", names))
		case twice:
			p.add(where, "%.80q occurs twice, first at %s: remove one of them", name, first)
		default:
			seen[name] = where
		}
	}
}

// keeping knows the promises of each journey, for the touchpoints that keep them.
type keeping map[string]struct {
	names  []string
	known  map[string]bool
	madeBy map[string]string // the touchpoint that makes a promise
}

func promisesOf(journeys []Journey) keeping {
	all := make(keeping, len(journeys))
	for i := range journeys {
		j := &journeys[i]
		if _, there := all[j.Name]; there {
			continue
		}
		its := all[j.Name]
		its.known, its.madeBy = make(map[string]bool, len(j.Promises)), map[string]string{}
		for k := range j.Promises {
			promise := &j.Promises[k]
			its.names = append(its.names, promise.Name)
			its.known[promise.Name] = true
			if !j.hasStage(promise.From) {
				its.madeBy[promise.Name] = promise.From
			}
		}
		for _, name := range j.ByHand {
			its.names = append(its.names, name)
			its.known[name] = true
		}
		all[j.Name] = its
	}
	return all
}

// validateKeeps notes the faults of the promises that a touchpoint keeps.
func (t *Touchpoint) validateKeeps(p *problems, path string, promises keeping) {
	its, known := promises[t.Journey]
	switch {
	case len(t.Keeps) == 0:
	case t.Journey == "":
		p.add(path, "needs a journey: add the journey that the promise belongs to")
	case known: // an unknown journey has a problem of its own
		p.references(path, t.Keeps, its.known, its.names, "promise", t.Journey, nil)
		for i, promise := range t.Keeps {
			if from := its.madeBy[promise]; from == t.Name && from != "" && from != journey.AtStart {
				p.add(at(path, i), "the touchpoint makes the promise %.80q, too, and would keep it at once: remove it here, or change its from", promise)
			}
		}
	}
}
