package calendar

import (
	"time"

	"cairncx.dev/cairn/internal/text"
)

// MaxMaintenance is the longest maintenance without Hours, and how far ahead [MaintenanceEnd] looks: 366 days.
const MaxMaintenance = 366 * 24 * time.Hour

// Maintenance is a time in which a company does not serve its customers, by plan. It lasts from a moment to just before another one, or
// it is the opened time of Hours, every week. It is a value; nothing changes it after it was given away. Safe for concurrent use.
type Maintenance struct {
	// Name has 1 to [MaxName] bytes.
	Name string
	// From is the first instant of the maintenance, and Until the first one after it. Without Hours both are set, at most
	// [MaxMaintenance] apart.
	From, Until time.Time
	// Hours are the times of a maintenance that comes again. From and Until, where they are set, bound them. nil is a maintenance that
	// takes place once.
	Hours *Hours
}

// Covers reports whether t is in the maintenance. It is at the first instant, and no more at the last one. A faulty Maintenance covers
// nothing.
func (m Maintenance) Covers(t time.Time) bool {
	switch {
	case m.Hours == nil:
		return !m.From.IsZero() && !t.Before(m.From) && t.Before(m.Until)
	case !m.From.IsZero() && t.Before(m.From), !m.Until.IsZero() && !t.Before(m.Until):
		return false
	default:
		return m.Hours.Open(t)
	}
}

// End returns the first instant after t at which the maintenance that covers t is over, in the location of t. It returns t if the
// maintenance does not cover it. See [MaintenanceEnd] for several.
func (m Maintenance) End(t time.Time) time.Time {
	if !m.Covers(t) {
		return t
	}
	end := m.Until
	if m.Hours != nil {
		if closes, _ := m.Hours.Closes(t); end.IsZero() || closes.Before(end) {
			end = closes
		}
	}
	return end.In(t.Location())
}

// Equal reports whether both have the same name, the same instants and equal Hours.
func (m Maintenance) Equal(o Maintenance) bool {
	return m.Name == o.Name && m.From.Equal(o.From) && m.Until.Equal(o.Until) && m.Hours.Equal(o.Hours)
}

// Validate returns an [*Error] with every fault of the maintenance, or nil. The paths are "name", "from", "until", "hours", and those of
// the Hours behind "hours.".
func (m Maintenance) Validate() error {
	var f faults
	if len(m.Name) == 0 || len(m.Name) > MaxName || m.Name[0] == '_' || !text.Distinct(m.Name) {
		f.add("name", "%.80q is not a valid name: a name has 1 to %d bytes of printable UTF-8 and does not begin with _%s", m.Name, MaxName, text.NameHint(m.Name))
	}
	if m.Hours == nil && m.From.IsZero() {
		f.add("from", "the beginning is missing: write one, or the hours of a maintenance that comes again")
	}
	if m.Hours == nil && m.Until.IsZero() {
		f.add("until", "the end is missing: write one")
	}
	if !m.From.IsZero() && !m.Until.IsZero() {
		switch lasts := m.Until.Sub(m.From); {
		case lasts <= 0:
			f.add("until", "%s is not after the beginning, %s: write a later end", m.Until.Format(time.RFC3339), m.From.Format(time.RFC3339))
		case m.Hours == nil && lasts > MaxMaintenance:
			f.add("until", "the maintenance lasts %d days, and at most %d are allowed: shorten it", lasts/(24*time.Hour), MaxMaintenance/(24*time.Hour))
		}
	}
	if m.Hours != nil {
		c := m.Hours.compiled()
		switch {
		case c.err != nil:
			for _, fault := range c.err.Faults {
				f.add("hours."+fault.Path, "%s", fault.Message)
			}
		case c.always:
			f.add("hours", "never end: write shorter ones, or a beginning and an end without hours")
		}
	}
	if len(f) > 0 {
		return &Error{Name: m.Name, Faults: f, of: "maintenance"}
	}
	return nil
}

// MaintenanceEnd returns the first instant at or after t at which none of the list is under way, in the location of t: the end of the
// maintenance that covers t, and of those that touch its end or overlap it. Without one that covers t it is t. It looks at most
// [MaxMaintenance] ahead, and returns t plus that where the list leaves no earlier instant.
func MaintenanceEnd(list []Maintenance, t time.Time) time.Time {
	last := t.Add(MaxMaintenance)
	for moved := true; moved && t.Before(last); {
		moved = false
		for i := range list {
			if end := list[i].End(t); end.After(t) {
				t, moved = end, true
			}
		}
	}
	if t.After(last) {
		return last
	}
	return t
}
