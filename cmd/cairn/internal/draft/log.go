package draft

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// LogSection is the part of a draft that says how the log is read.
type LogSection struct {
	blueprint.Log

	// Unused are the names of columns that the draft does not use.
	Unused []string
	// Unfit says that the header has a name which a blueprint cannot have.
	Unfit bool
	// AsUTC says that the times have no offset, and that the user has not named a zone.
	AsUTC bool
}

// log writes how the log is read. It writes nothing for a log that says nothing.
func (f *file) log(l *LogSection) {
	if l == nil {
		return
	}
	if l.Unfit {
		f.line("# A column has a name that a blueprint cannot have: rename it in the log, or set --map each time.")
		return
	}
	c := &l.Columns
	if *c == (blueprint.LogColumns{}) && l.Encoding == "" {
		return
	}
	f.line("# How the log is read. Each command that reads it takes that from here.")
	f.line("log:")
	if *c != (blueprint.LogColumns{}) {
		columns := []string{"case: " + quote(c.Case), "activity: " + quote(c.Activity), "time: " + quote(c.Time)}
		for _, o := range [][2]string{
			{"channel", c.Channel},
			{"customer", c.Customer},
			{"outcome", c.Outcome},
			{"direction", c.Direction},
			{"purpose", c.Purpose},
			{"wait", c.Wait},
			{"talk", c.Talk},
			{"hold", c.Hold},
			{"wrap", c.Wrap},
			{"group", c.Group},
			{"resource", c.Resource},
			{"intent", c.Intent},
		} {
			if o[1] != "" {
				columns = append(columns, o[0]+": "+quote(o[1]))
			}
		}
		f.line("  columns: {%s}", strings.Join(columns, ", "))
	}
	if c.Customer != "" {
		f.line("  # The customer column is used with --customer-key-file only.")
	}
	if len(l.Unused) > 0 {
		f.line("  # Columns that are not used. Add one to attributes to compare by it, if it has no personal data: %s", shown(cut(strings.Join(l.Unused, ", "))))
	}
	f.attributes(l.Attributes)
	for _, o := range [][2]string{{"time_format", l.TimeFormat}, {"zone", l.Zone}, {"delimiter", l.Delimiter}, {"encoding", l.Encoding}} {
		if o[1] != "" {
			f.line("  %s: %s", o[0], quote(o[1]))
		}
	}
	switch {
	case l.AsUTC:
		f.line("  # The times have no offset and are read as UTC. If they are the times of a place, add: zone: Europe/London")
	case l.Zone == "" && *c != (blueprint.LogColumns{}):
		f.line("  # Days, weeks and months of a report begin at midnight UTC. If those of a place count, add: zone: Europe/London")
	}
	if *c != (blueprint.LogColumns{}) {
		f.line("  # An activity may be touchpoints of other names, each of another journey, or none:")
		f.line("  #   activities: {Resolve ticket: [resolved, closed], Assign team: []}")
	}
}

func (f *file) attributes(list map[string]string) {
	if len(list) == 0 {
		return
	}
	pairs := make([]string, 0, len(list))
	for _, key := range slices.Sorted(maps.Keys(list)) {
		pairs = append(pairs, quote(key)+": "+quote(list[key]))
	}
	f.line("  attributes: {%s}", strings.Join(pairs, ", "))
}

// The bounds of a column that becomes an attribute: it has a few values, each of several rows.
const (
	mostValues  = 40
	rowsOfValue = 3
)

// ofPerson matches what the names of columns with people have in them, in lower case and without anything but letters and digits.
var ofPerson = regexp.MustCompile(`resource|agent|employee|user|name|mail|owner|assignee|assignedto|operator|person|clerk|phone|address|customer|client|contact|mitarbeiter|bearbeiter|kunde|telefon|birth|gender`)

// ofGroup matches names of columns with groups of people, which are no persons.
var ofGroup = regexp.MustCompile(`(group|gruppe|team|queue|department|abteilung)$`)

// GuessAttributes returns the columns that may travel as attributes, by their keys, and the names of the others that have no role. A column
// with few values is one, unless its name may be that of a column with people.
func GuessAttributes(p *eventlog.Peeked, c *eventlog.Columns) (attributes map[string]string, unused []string) {
	taken := map[string]bool{"": true, c.Case: true, c.Direction: true, c.Purpose: true, c.People.Wait: true, c.People.Talk: true, c.People.Hold: true, c.People.Wrap: true, c.People.Group: true, c.People.Resource: true, c.People.Intent: true}
	for _, r := range roles() {
		taken[*r.into(c)] = true
	}
	attributes = map[string]string{}
	for _, a := range c.Attributes {
		taken[a.Column], attributes[a.Key] = true, a.Column
	}
	for i, name := range p.Names {
		if taken[name] || strings.TrimSpace(name) == "" || !once(p.Names, name) {
			continue
		}
		key := keyOf(name)
		if _, there := attributes[key]; !there && len(attributes) < event.MaxAttributes && mayTravel(look(name, p.Rows, i)) && event.ValidName(key) {
			attributes[key] = name
		} else {
			unused = append(unused, name)
		}
	}
	return attributes, unused
}

// mayTravel reports whether the values of a column are few and name no people, as far as its name and its first rows show.
func mayTravel(c *column) bool {
	return c.distinct > 1 && c.distinct <= mostValues && rowsOfValue*c.distinct <= len(c.values) && c.times == 0 && c.valid == 1 &&
		(!ofPerson.MatchString(c.folded) || ofGroup.MatchString(c.folded)) && event.ValidID(c.name)
}

// keyOf returns the key of an attribute for a column: its name in lower case, with a dash for what is no letter and no digit.
func keyOf(column string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Join(strings.FieldsFunc(column, notInKey), "-")), "cx.", "")
}

func notInKey(r rune) bool { return fold(string(r)) == "" }
