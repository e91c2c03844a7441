package report

import (
	"slices"

	"cairncx.dev/cairn/internal/text"
)

// missing says what the report has nothing about, and what to add to have it.
func (m *maker) missing() {
	r := m.r
	add := func(s Section, said string) { r.Missing = append(r.Missing, Line{Section: s, Text: said}) }
	if r.Foot.Rows == 0 {
		add(SectionFlow, "Load a source that has runs of journeys: an archive, a file of events, or a log whose log: in the blueprint says what a run is.")
		return
	}
	switch {
	case len(r.Promises) > 0:
	case m.hidden:
		add(SectionPromises, "Its promises are to fewer than five customers, whose numbers are not shown. A longer period, or fewer conditions, have more.")
	default:
		add(SectionPromises, "It has no promises. To see whether customers get what they are promised in time, give a journey of the blueprint promises, "+
			"such as promises: [{name: solved, within: 2bd, hours: office, target: 90%}].")
	}
	for i := range r.Promises {
		if p := &r.Promises[i]; p.Target == 0 {
			add(SectionPromises, "It has no target for "+quote(p.Name)+". Write one beside the promise in the blueprint, such as target: 90%, to see whether it is met.")
			break
		}
	}
	if len(r.Promises) > 0 && len(r.Groups) == 0 && !r.Now.IsZero() && len(m.settings.By) > 0 && r.fellDue() {
		add(SectionGroups, "It has no groups to compare by "+m.columns()+". Give the events such an attribute, or map a column of the log in log.attributes of the blueprint.")
	}
	if v := r.Voice; v != nil && !v.Now.Hidden && !v.said() {
		add(SectionVoice, "It has nothing that customers said. Add surveys to the blueprint and ask customers, or give a file of what they said.")
	}
}

// fellDue reports whether a promise that is shown fell due in the period: without one there is nothing to compare, whatever the columns.
func (r *Report) fellDue() bool {
	return slices.ContainsFunc(r.Promises, func(p Promise) bool { return p.Now.Made > 0 })
}

// columns returns the names of the columns that groups are told apart by.
func (m *maker) columns() string {
	names := make([]string, len(m.settings.By))
	for i, c := range m.settings.By {
		names[i] = columnName(c)
	}
	return text.List(names, "or")
}
