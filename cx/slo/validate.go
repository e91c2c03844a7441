package slo

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/assist"
	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/text"
)

// MaxObjectives is how many objectives a set has at most.
const MaxObjectives = 1000

// maxRunbook is the maximum length of the address of a runbook, in bytes.
const maxRunbook = 2048

// Validate returns an [*Error] for each faulty objective of a set, joined, or nil. To the faults of [Objective.Validate] it adds what only
// the set shows: two objectives of one name, and parts of a composite that are missing, are composites themselves or have another window.
func Validate(objs []Objective) error {
	if len(objs) > MaxObjectives {
		return fmt.Errorf("slo: there are %d objectives, and at most %d are allowed: remove some", len(objs), MaxObjectives)
	}
	first := make(map[string]*Objective, len(objs))
	var all []error
	for i := range objs {
		if _, twice := first[objs[i].Name]; !twice {
			first[objs[i].Name] = &objs[i]
		}
	}
	for i := range objs {
		o := &objs[i]
		f := o.faults()
		if first[o.Name] != o && o.Name != "" {
			f.add("name", "another objective has this name, too: rename one of the two")
		}
		o.checkParts(&f, first)
		all = append(all, f.of(o.Name))
	}
	return errors.Join(all...)
}

// checkParts notes the faults of parts that the set shows.
func (o *Objective) checkParts(f *faults, set map[string]*Objective) {
	for i, p := range o.Of {
		path := at("of", i) + ".objective"
		switch part := set[p.Objective]; {
		case p.Objective == "" || p.Objective == o.Name: // a fault of its own
		case part == nil:
			f.add(path, "there is no objective %.80q: name one of the set", p.Objective)
		case len(part.Of) > 0:
			f.add(path, "%.80q is a composite itself: name its parts", p.Objective)
		case part.Window != o.Window:
			f.add(path, "%.80q has the window %v and not %v: give both the same, because a share of other days cannot be added", p.Objective, windowText(part.Window), windowText(o.Window))
		}
	}
}

func windowText(w Window) string {
	s := cmp.Or(w.String(), "none")
	if w.Zone != "" {
		s += " in " + w.Zone
	}
	return s
}

// Validate returns an [*Error] with every fault of the objective, or nil. It does not know other objectives and definitions: [Validate] knows
// the set, and the client knows the names of journeys, promises, touchpoints and surveys.
func (o *Objective) Validate() error {
	f := o.faults()
	return f.of(o.Name)
}

func (o *Objective) faults() faults {
	var f faults
	f.name("name", o.Name)
	if len(o.Description) > event.MaxText || !utf8.ValidString(o.Description) {
		f.add("description", "has %d bytes, and may have at most %d bytes of valid UTF-8: shorten or correct it", len(o.Description), event.MaxText)
	}
	if o.Owner != "" {
		f.name("owner", o.Owner)
	}
	if u, err := url.Parse(o.Runbook); o.Runbook != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(o.Runbook) > maxRunbook) {
		f.add("runbook", "%.80q is no address of a page: write one, such as https://wiki.example/checkout, in at most %d bytes", o.Runbook, maxRunbook)
	}
	o.checkSubject(&f)
	switch {
	case o.Target >= 1:
		f.add("target", "is %s: a target is less than 100%%, because the rest is the budget for bad events: write less, such as 99.9%%", text.Percent(o.Target))
	case !(o.Target > 0):
		f.add("target", "is %s: write a share of more than 0 and less than 1, such as 0.95", text.Percent(o.Target))
	}
	if err := o.Window.Validate(); err != nil {
		f.add("window", "%s", strings.TrimPrefix(err.Error(), "slo: "))
	}
	if len(o.Of) > 0 {
		o.checkComposite(&f)
		return f
	}
	if s := o.Subject(); s != 0 {
		o.checkCriteria(&f, s)
		o.checkExcept(&f, s)
	}
	if o.MinEvents < 0 {
		f.add("min_events", "is %d: write the number of events below which there is not enough to say, or 0", o.MinEvents)
	}
	o.checkBy(&f)
	o.checkMaintenance(&f)
	return f
}

// checkSubject notes that the objective is not about exactly one thing, and names that are none.
func (o *Objective) checkSubject(f *faults) {
	for _, n := range []struct{ path, name string }{{"journey", o.Journey}, {"promise", o.Promise}, {"touchpoint", o.Touchpoint}, {"survey", o.Survey}, {"queue", o.Queue}, {"effort", o.Effort}} {
		if n.name != "" {
			f.name(n.path, n.name)
		}
	}
	if o.Promise != "" && o.Journey == "" {
		f.add("promise", "needs a journey: add the journey that promises it")
		return
	}
	if o.Subject() != 0 {
		return
	}
	if o.Journey+o.Touchpoint+o.Survey+o.Queue+o.Effort == "" && len(o.Of) == 0 {
		f.add("", "is about nothing: name a journey, a promise of a journey, a touchpoint, a survey, a queue, the efforts about an intent, or the objectives that it is a composite of")
		return
	}
	f.add("", "is about several things: name one of a journey, a touchpoint, a survey, a queue, an effort and a list of objectives, and write an objective for each of the others")
}

// checkComposite notes the faults of a composite.
func (o *Objective) checkComposite(f *faults) {
	seen := map[string]int{}
	for i, p := range o.Of {
		path := at("of", i)
		before, twice := seen[p.Objective]
		switch {
		case p.Objective == "":
			f.add(path+".objective", "the name is missing: add one")
		case p.Objective == o.Name:
			f.add(path+".objective", "is the objective itself: name another one")
		case twice:
			f.add(path+".objective", "%.80q occurs twice, first at %s: add up their weights", p.Objective, at("of", before))
		default:
			seen[p.Objective] = i
		}
		if !(p.Weight >= MinWeight && p.Weight <= MaxWeight) {
			f.add(path+".weight", "is %v: write a number from 0.000001 to 1000000", p.Weight)
		}
	}
	for _, part := range []struct {
		path string
		set  bool
	}{
		{"good", !o.Good.isZero()}, {"except", !o.Except.isZero()}, {"min_events", o.MinEvents != 0}, {"by", len(o.By) > 0}, {"maintenance", len(o.Maintenance) > 0},
	} {
		if part.set {
			f.add(part.path, "a composite counts no events of its own: write it at its parts")
		}
	}
}

func (c *Criteria) isZero() bool {
	return len(c.Outcomes)+len(c.Zones)+len(c.Verdicts) == 0 && c.Within == 0 && c.ScoreAtLeast == nil && c.ScoreAtMost == nil && !c.ofQueue()
}

// ofQueue reports whether the criteria have any that only a queue can have.
func (c *Criteria) ofQueue() bool {
	return c.ServiceLevel != (assist.Level{}) || c.WaitWithin != 0 || c.FirstReplyWithin != 0 || c.OpenHours
}

func (e *Except) isZero() bool {
	return len(e.Actors)+len(e.Channels)+len(e.Segments)+len(e.Outcomes)+len(e.Causes) == 0
}

func (o *Objective) checkBy(f *faults) {
	for i, d := range o.By {
		if _, err := ParseDimension(string(d)); err != nil {
			f.add(at("by", i), "%s", strings.TrimPrefix(err.Error(), "slo: "))
		} else if slices.Index(o.By, d) < i {
			f.add(at("by", i), "%q occurs twice: remove one", d)
		}
	}
}

func (o *Objective) checkMaintenance(f *faults) {
	if len(o.Maintenance) > MaxExcepted {
		f.add("maintenance", "has %d entries, and at most %d are allowed: remove those that are past", len(o.Maintenance), MaxExcepted)
		return
	}
	valid, last := true, time.Unix(0, 0)
	for i := range o.Maintenance {
		m := &o.Maintenance[i]
		var invalid *calendar.Error
		if errors.As(m.Validate(), &invalid) {
			valid = false
			for _, fault := range invalid.Faults {
				f.add(at("maintenance", i)+"."+fault.Path, "%s", fault.Message)
			}
		}
		if slices.ContainsFunc(o.Maintenance[:i], func(b Maintenance) bool { return b.Name == m.Name }) && m.Name != "" {
			f.add(at("maintenance", i)+".name", "%.80q occurs twice: rename one of them", m.Name)
		}
		for _, t := range []time.Time{m.From, m.Until} {
			if t.After(last) {
				last = t
			}
		}
	}
	if valid && calendar.MaintenanceEnd(o.Maintenance, last).Sub(last) >= calendar.MaxMaintenance {
		f.add("maintenance", "leaves no time, so nothing would count: shorten the hours of one")
	}
}

// name notes a name that is none.
func (f *faults) name(path, name string) {
	if !event.ValidName(name) {
		f.add(path, "%.80q is not a valid name: a name has 1 to %d bytes of printable UTF-8 and does not begin with _%s", name, event.MaxName, text.NameHint(name))
	}
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
