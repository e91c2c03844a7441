package blueprint

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/slo"
)

// Maintenance is a time of planned work, in which nothing counts for an [Objective] and no promise is due. It lasts once from From to
// Until, or comes again by weekday (Open), between From and Until where they are set. See [calendar.Maintenance].
type Maintenance struct {
	Name        string `json:"name"                  yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description,omitempty"`
	// Zone is the name of the time zone of its times in the IANA database. "" is [Blueprint.Zone], which is needed then.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty"`
	// From and Until are dates with times, such as "2026-12-24 22:00", or dates, which stand for their beginning. See
	// [calendar.ParseMoment].
	From  string `json:"from,omitempty"  yaml:"from,omitempty"`
	Until string `json:"until,omitempty" yaml:"until,omitempty"`
	// Open maps weekdays to the times of the maintenance: {sun: "02:00-04:00"}. See [calendar.Open].
	Open map[string]Openings `json:"open,omitempty" yaml:"open,omitempty"`
	// Journeys and Objectives name what it applies to: the objectives and promises of these journeys, and these objectives with the promises
	// that they are about. If both are empty, it applies to all.
	Journeys   []string `json:"journeys,omitempty"   yaml:"journeys,omitempty"`
	Objectives []string `json:"objectives,omitempty" yaml:"objectives,omitempty"`
}

// maintenances returns the values of the maintenances, in their order.
func (b *Blueprint) maintenances() []calendar.Maintenance {
	list := make([]calendar.Maintenance, len(b.Maintenance))
	for i := range b.Maintenance {
		list[i] = b.Maintenance[i].define(b.Zone)
	}
	return list
}

// define returns the value of the maintenance. The zone is that of the blueprint. Texts that are no times are left out.
func (m *Maintenance) define(zone string) calendar.Maintenance {
	zone = cmp.Or(m.Zone, zone)
	value := calendar.Maintenance{Name: m.Name}
	if l, err := calendar.LoadZone(zone); err == nil {
		value.From, _ = calendar.ParseMoment(m.From, l)
		value.Until, _ = calendar.ParseMoment(m.Until, l)
	}
	if len(m.Open) > 0 {
		hours := Hours{Zone: zone, Open: m.Open}
		value.Hours = hours.define(m.Name)
	}
	return value
}

// appliesTo reports whether the maintenance concerns an objective of this name, whose events belong to this journey or, for "", to none.
func (m *Maintenance) appliesTo(objective, journey string) bool {
	return len(m.Journeys)+len(m.Objectives) == 0 || slices.Contains(m.Objectives, objective) || journey != "" && slices.Contains(m.Journeys, journey)
}

// maintenanceOf returns those of the list, which are the values of the blueprint's maintenances, that exclude events of the objective. A
// composite has no events.
func (b *Blueprint) maintenanceOf(o *slo.Objective, list []calendar.Maintenance) (some []calendar.Maintenance) {
	if len(o.Of) > 0 || len(list) == 0 {
		return nil
	}
	home := o.Journey
	if o.Touchpoint != "" {
		if t := find(b.Touchpoints, o.Touchpoint, touchpointName); t != nil {
			home = t.Journey
		}
	}
	if o.Survey != "" {
		if s := find(b.Surveys, o.Survey, surveyName); s != nil {
			home = s.Journey
		}
	}
	for i := range list {
		if b.Maintenance[i].appliesTo(o.Name, home) {
			some = append(some, list[i])
		}
	}
	return some
}

// maintenanceOf returns the maintenances in which the promise is not due: those that concern all, its journey, or an objective on it.
func (d *definer) maintenanceOf(journey, promise string) (some []calendar.Maintenance) {
	b := d.blueprint
	if len(b.Maintenance) == 0 {
		return nil
	}
	if d.maintenance == nil {
		d.maintenance, d.objectives = b.maintenances(), b.objectivesOnPromises()
	}
	for i := range b.Maintenance {
		m := &b.Maintenance[i]
		named := func(objective string) bool { return m.appliesTo(objective, journey) }
		if m.appliesTo("", journey) || slices.ContainsFunc(d.objectives[[2]string{journey, promise}], named) {
			some = append(some, d.maintenance[i])
		}
	}
	return some
}

// objectivesOnPromises returns the names of the objectives on promises, by journey and promise.
func (b *Blueprint) objectivesOnPromises() map[[2]string][]string {
	all := map[[2]string][]string{}
	add := func(o *Objective) {
		if o.Promise != "" {
			key := [2]string{o.Journey, o.Promise}
			all[key] = append(all[key], o.Name)
		}
	}
	for i := range b.Objectives {
		add(&b.Objectives[i])
	}
	for _, o := range b.implied() {
		add(&o.Objective)
	}
	return all
}

// validateZone notes the fault of the blueprint's zone.
func (b *Blueprint) validateZone(p *problems) {
	if b.Zone == "" {
		return
	}
	if _, err := calendar.LoadZone(b.Zone); err != nil {
		p.add("zone", "%s", strings.TrimPrefix(err.Error(), "zone: "))
	}
}

// validateMaintenance notes the faults of the maintenances.
func (b *Blueprint) validateMaintenance(p *problems, journeys []string, objectives map[string]*Objective) {
	journeys = append(slices.Clip(journeys), namesOf(b.FollowUps, followUpName)...)
	if name := b.BreakdownsName(); name != "" {
		journeys = append(journeys, name)
	}
	if n := len(b.Maintenance); n > slo.MaxExcepted {
		p.add("maintenance", "has %d entries, and at most %d are allowed: remove those that are past", n, slo.MaxExcepted)
		return
	}
	p.names("maintenance", len(b.Maintenance), func(i int) string { return b.Maintenance[i].Name })
	known := slices.Sorted(maps.Keys(objectives))
	for i := range b.Maintenance {
		m, path := &b.Maintenance[i], at("maintenance", i)
		p.about(path, m.Description, "")
		if m.validateTimes(p, path, b.Zone) {
			m.validateValue(p, path, b.Zone)
		}
		for k, name := range m.Journeys {
			if where := at(path+".journeys", k); !slices.Contains(journeys, name) {
				p.unknown(where, name, journeys, "there is no journey %.80q%s", name, allOf("the journeys are", journeys))
			} else if slices.Index(m.Journeys, name) < k {
				p.add(where, "%.80q occurs twice: remove one of them", name)
			}
		}
		for k, name := range m.Objectives {
			where := at(path+".objectives", k)
			switch o := objectives[name]; {
			case o == nil:
				p.unknown(where, name, known, "there is no objective %.80q%s", name, allOf("the objectives are", known))
			case len(o.Of) > 0:
				p.add(where, "%.80q is a composite, which counts no events: name its parts", name)
			case slices.Index(m.Objectives, name) < k:
				p.add(where, "%.80q occurs twice: remove one of them", name)
			}
		}
	}
}

// validateTimes notes texts that are no times and a zone that is missing or unknown. It reports whether there are none.
func (m *Maintenance) validateTimes(p *problems, path, zone string) bool {
	before := len(p.found)
	switch {
	case m.Zone == "" && zone == "":
		p.add(path+".zone", "the zone is missing: add one here, such as zone: Europe/London, or one for the whole file")
	case m.Zone != "":
		if _, err := calendar.LoadZone(m.Zone); err != nil {
			p.add(path+".zone", "%s", strings.TrimPrefix(err.Error(), "zone: "))
		}
	}
	moment := func(key, text string, needed bool) {
		if text == "" && !needed {
			return
		}
		if text == "" {
			p.add(path+"."+key, "is missing: write a date and a time, such as 2026-12-24 22:00, or the weekdays on which the maintenance comes again, as open")
			return
		}
		if _, err := calendar.ParseMoment(text, time.UTC); err != nil {
			p.add(path+"."+key, "%s", err)
		}
	}
	moment("from", m.From, len(m.Open) == 0)
	moment("until", m.Until, len(m.Open) == 0)
	return len(p.found) == before
}

// validateValue notes the faults of the maintenance as a whole.
func (m *Maintenance) validateValue(p *problems, path, zone string) {
	if _, err := calendar.LoadZone(cmp.Or(m.Zone, zone)); err != nil {
		return // the problem is that of the zone
	}
	var invalid *calendar.Error
	if !errors.As(m.define(zone).Validate(), &invalid) {
		return
	}
	for _, f := range invalid.Faults {
		switch where := strings.TrimPrefix(f.Path, "hours."); where {
		case "name": // a problem of its own
		case "hours":
			p.add(path+".open", "%s", f.Message)
		default:
			p.add(path+"."+where, "%s", f.Message)
		}
	}
}
