package blueprint

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"cairncx.dev/cairn/cx/calendar"
	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/text"
)

// MaxActivity is the maximum size of the name of an activity of a log, in bytes.
const MaxActivity = 256

// Log says how a past event log is read: a file with a row for each activity of a case. The commands that read a log take it from here,
// and their flags override it. It has no effect on a service. At least one field is set.
//
// The case of a row is the ID of a run. A row is a touchpoint of the same name, in the journey of that touchpoint, unless Activities say
// otherwise. A case is thus a run in each journey that has a touchpoint of one of its rows.
type Log struct {
	// Columns are the columns of a CSV file, by the names in its header. The zero value leaves them to the command line.
	Columns LogColumns `json:"columns,omitzero" yaml:"columns,omitzero"`
	// Attributes maps keys of attributes to the columns whose texts travel as them, at most [event.MaxAttributes]. A key has at most
	// [event.MaxName] bytes and does not begin with "cx.".
	Attributes map[string]string `json:"attributes,omitempty" yaml:"attributes,omitempty"`
	// TimeFormat is the form of the times: a name such as "dmy" or "unix-ms", a format of strptime, or a layout of Go. "" means that the
	// reader finds out.
	TimeFormat string `json:"time_format,omitempty" yaml:"time_format,omitempty"`
	// Zone is the time zone of times without an offset, by its name in the IANA database. "" is UTC.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty"`
	// Delimiter is the character between the columns, or "tab". "" means that the reader finds out.
	Delimiter string `json:"delimiter,omitempty" yaml:"delimiter,omitempty"`
	// Encoding is the encoding of the characters, such as "windows-1252". "" is UTF-8.
	Encoding string `json:"encoding,omitempty" yaml:"encoding,omitempty"`
	// Activities maps activities of the log, at most [MaxNames] of at most [MaxActivity] bytes, to what they are for customers.
	Activities map[string]Activity `json:"activities,omitempty" yaml:"activities,omitempty"`
}

// LogColumns are the columns of a log by what they are for. Case, Activity and Time are required, and the others are "" in a log without
// them.
type LogColumns struct {
	// Case has the ID of the run, Activity what happened, and Time when it happened.
	Case     string `json:"case"     yaml:"case"`
	Activity string `json:"activity" yaml:"activity"`
	Time     string `json:"time"     yaml:"time"`
	// Channel has the channel, in the spellings of [Blueprint.Channels]; Customer an ID of the customer; Outcome the outcome of a touchpoint.
	Channel  string `json:"channel,omitempty"  yaml:"channel,omitempty"`
	Customer string `json:"customer,omitempty" yaml:"customer,omitempty"`
	Outcome  string `json:"outcome,omitempty"  yaml:"outcome,omitempty"`
	// Direction is inbound or outbound, and Purpose that of the contact policy, of contacts by the company.
	Direction string `json:"direction,omitempty" yaml:"direction,omitempty"`
	Purpose   string `json:"purpose,omitempty"   yaml:"purpose,omitempty"`
	// Wait, Talk, Hold and Wrap are times of a contact with people, Group is the team or the line, Resource the employee, and Intent what the
	// customer wants solved.
	Wait     string `json:"wait,omitempty"     yaml:"wait,omitempty"`
	Talk     string `json:"talk,omitempty"     yaml:"talk,omitempty"`
	Hold     string `json:"hold,omitempty"     yaml:"hold,omitempty"`
	Wrap     string `json:"wrap,omitempty"     yaml:"wrap,omitempty"`
	Group    string `json:"group,omitempty"    yaml:"group,omitempty"`
	Resource string `json:"resource,omitempty" yaml:"resource,omitempty"`
	Intent   string `json:"intent,omitempty"   yaml:"intent,omitempty"`
}

// Activity has the names of the touchpoints that a row with the activity stands for, at most one of each journey. The row counts for each
// of them, in this order. What a row says of employees and of contacts by the company belongs to the first. An empty Activity is no
// experience of a customer, and its rows are left out. A file may have a single name in place of a list.
type Activity []string

// Touchpoints returns the names of the touchpoints that a row with the activity stands for: those of Activities, or else the activity
// itself. It is empty if the row is to be left out. A nil Log has no Activities. The caller must not change the result.
func (l *Log) Touchpoints(activity string) []string {
	if l != nil {
		if list, ok := l.Activities[activity]; ok {
			return list
		}
	}
	return []string{activity}
}

// validateLog notes the faults of the log. The reader of the log checks TimeFormat and Encoding.
func (b *Blueprint) validateLog(p *problems) {
	l := b.Log
	if l == nil {
		return
	}
	if l.Columns == (LogColumns{}) && len(l.Attributes)+len(l.Activities) == 0 && l.TimeFormat+l.Zone+l.Delimiter+l.Encoding == "" {
		p.add("log", "says nothing: add columns: {case: …, activity: …, time: …}, or remove the key")
		return
	}
	l.validateColumns(p)
	if l.Zone != "" {
		if _, err := calendar.LoadZone(l.Zone); err != nil {
			p.add("log.zone", "%s", strings.TrimPrefix(err.Error(), "zone: "))
		}
	}
	if d := l.Delimiter; d != "" && d != "tab" && (len(d) != 1 || d[0] <= ' ' || d[0] >= 0x7f || d[0] == '"') {
		p.add("log.delimiter", "%.80q is not one character: write , or ; or | or tab", d)
	}
	p.logText("log.time_format", l.TimeFormat, event.MaxName)
	p.logText("log.encoding", l.Encoding, event.MaxName)
	l.validateActivities(p, b)
}

func (l *Log) validateColumns(p *problems) {
	for _, c := range l.Columns.all() {
		path := "log.columns." + c.key
		if c.needed && c.column == "" && l.Columns != (LogColumns{}) {
			p.add(path, "the column is missing: name the one with %s", c.about)
		}
		p.logText(path, c.column, event.MaxLine)
	}
	if len(l.Attributes) > event.MaxAttributes {
		p.add("log.attributes", "has %d entries, and an event has at most %d attributes: remove some", len(l.Attributes), event.MaxAttributes)
		return
	}
	for _, key := range slices.Sorted(maps.Keys(l.Attributes)) {
		path := "log.attributes[" + strconv.Quote(key) + "]"
		switch {
		case key == "" || len(key) > event.MaxName || !text.Printable(key):
			p.add(path, "%.80q is not a key of 1 to %d bytes of printable UTF-8, such as team", key, event.MaxName)
		case strings.HasPrefix(key, "cx."):
			p.add(path, "%.80q: keys that begin with cx. are Cairn's own: choose another one", key)
		}
		if l.Attributes[key] == "" {
			p.add(path, "the column is missing: name one of the log")
		}
		p.logText(path, l.Attributes[key], event.MaxLine)
	}
}

// logColumn is one column of a log.
type logColumn struct {
	key, column, about string
	needed             bool
}

// all returns the columns in the order of the fields.
func (c *LogColumns) all() []logColumn {
	return []logColumn{
		{"case", c.Case, "the ID of the run", true},
		{"activity", c.Activity, "what happened", true},
		{"time", c.Time, "the time", true},
		{"channel", c.Channel, "", false},
		{"customer", c.Customer, "", false},
		{"outcome", c.Outcome, "", false},
		{"direction", c.Direction, "", false},
		{"purpose", c.Purpose, "", false},
		{"wait", c.Wait, "", false},
		{"talk", c.Talk, "", false},
		{"hold", c.Hold, "", false},
		{"wrap", c.Wrap, "", false},
		{"group", c.Group, "", false},
		{"resource", c.Resource, "", false},
		{"intent", c.Intent, "", false},
	}
}

// validateActivities checks that each activity stands for touchpoints of the blueprint, at most one of each journey.
func (l *Log) validateActivities(p *problems, b *Blueprint) {
	if len(l.Activities) > MaxNames {
		p.add("log.activities", "has %d entries, and at most %d are allowed: give touchpoints the names of activities, which need no entry", len(l.Activities), MaxNames)
		return
	}
	known := namesOf(b.Touchpoints, touchpointName)
	journeys := make(map[string]string, len(known))
	for i := range b.Touchpoints {
		journeys[b.Touchpoints[i].Name] = b.Touchpoints[i].Journey
	}
	for _, activity := range slices.Sorted(maps.Keys(l.Activities)) {
		path := "log.activities[" + strconv.Quote(activity) + "]"
		if activity == "" || len(activity) > MaxActivity || !text.Distinct(activity) || strings.TrimSpace(activity) != activity {
			p.add(path, "%.80q is not an activity of 1 to %d bytes of printable UTF-8 without spaces around it%s", activity, MaxActivity, text.NameHint(activity))
		}
		of := map[string]string{} // the touchpoint by its journey
		for i, name := range l.Activities[activity] {
			journey, ok := journeys[name]
			switch first, twice := of[journey]; {
			case !ok:
				p.unknown(at(path, i), name, known, "there is no touchpoint %.80q%s", name, allOf("the touchpoints are", known))
			case twice && first == name:
				p.add(at(path, i), "%.80q occurs twice: remove one of them", name)
			case twice && journey != "":
				p.add(at(path, i), "%.80q is in the journey %.80q, as is %.80q: a row is one touchpoint of a journey: remove one of them", name, journey, first)
			default:
				of[journey] = name
			}
		}
	}
}

// logText checks a text of the log that may be empty.
func (p *problems) logText(path, s string, most int) {
	if s != "" && (len(s) > most || !text.Printable(s) || strings.TrimSpace(s) == "") {
		p.add(path, "%.80q is not a text of at most %d bytes of printable UTF-8", s, most)
	}
}
