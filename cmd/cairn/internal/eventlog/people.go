package eventlog

import (
	"errors"
	"fmt"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// PeopleColumns has the names of the columns of contacts with people, in a log with a row for each contact, or for each part of one. All
// are optional. Wait, Talk, Hold and Wrap are times: seconds, with a fraction or without, or h:mm:ss or m:ss. Group is the team or line,
// Resource the employee, and Intent what the customer wants solved.
type PeopleColumns struct {
	Wait, Talk, Hold, Wrap  string
	Group, Resource, Intent string
}

// Any reports whether one of the columns says that a person was asked. An intent alone does not.
func (c *PeopleColumns) Any() bool {
	return c.Wait != "" || c.Talk != "" || c.Hold != "" || c.Wrap != "" || c.Group != "" || c.Resource != ""
}

// People is what the columns of PeopleColumns say in one row. Said has a bit for each time whose text is not empty, by the constants
// SaidWait to SaidWrap.
type People struct {
	Wait, Talk, Hold, Wrap  time.Duration
	Said                    uint8
	Group, Resource, Intent []byte
}

// The bits of People.Said.
const (
	SaidWait = 1 << iota
	SaidTalk
	SaidHold
	SaidWrap
)

// Any reports whether the row says that a person was asked. An intent alone does not.
func (p *People) Any() bool { return p.Said != 0 || len(p.Group) > 0 || len(p.Resource) > 0 }

// People returns what the row says of people. Its slices are the row's. It is empty for a row of JSON.
func (r *Row) People() (p People) {
	rest := r.people
	for column := colWait; column < numColumns && len(rest) > 0; column++ {
		size, n := readLen(rest)
		text := rest[n : n+size]
		rest = rest[n+size:]
		if size == 0 {
			continue
		}
		switch column {
		case colGroup:
			p.Group = text
		case colResource:
			p.Resource = text
		case colIntent:
			p.Intent = text
		default:
			d, _ := parseLength(text) // faultyPeople has accepted it
			p.Said |= 1 << (column - colWait)
			into := [...]*time.Duration{&p.Wait, &p.Talk, &p.Hold, &p.Wrap}
			*into[column-colWait] = d //nolint:gosec // the other columns are handled above
		}
	}
	return p
}

// helped returns the texts of the columns of people, each behind its length, or nil if all are empty. They are valid until the next row.
func (s *csvSource) helped(fields [][]byte, line int) ([]byte, error) {
	s.people = s.people[:0]
	said := false
	for column := colWait; column < numColumns; column++ {
		text := trim(s.field(fields, column))
		if len(text) > 0 {
			said = true
			if why := s.faultyPeople(text, column, line); why != "" {
				return nil, fmt.Errorf("the %s, in the column %q, %s", columnNames[column], s.log.cfg.Columns.list()[column], why)
			}
		}
		s.people = append(appendLen(s.people, len(text)), text...)
	}
	if !said {
		return nil, nil
	}
	return s.people, nil
}

// faultyPeople returns what is wrong with a text that is not empty, or "".
func (s *csvSource) faultyPeople(text []byte, column, line int) string {
	switch column {
	case colGroup, colResource, colIntent:
		if why := s.log.faultyText(s.in, text, column, line); why != "" {
			return why
		}
		most := event.MaxName
		if column == colResource {
			most = event.MaxID
		}
		if len(text) > most || !event.ValidID(string(text)) {
			return fmt.Sprintf("is longer than %d bytes, or has a control character", most)
		}
	default:
		switch _, err := parseLength(text); {
		case errors.Is(err, errTooLong):
			return fmt.Sprintf("is longer than %d hours: give the time of one contact", event.MaxDuration/time.Hour)
		case err != nil:
			return "is not a time: write seconds, such as 12 or 12.5, or h:mm:ss or m:ss"
		}
	}
	return ""
}

var (
	errLength  = errors.New("not seconds, m:ss or h:mm:ss")
	errTooLong = errors.New("longer than event.MaxDuration")
)

// parseLength parses a time: seconds, m:ss or h:mm:ss, with a fraction of a second of any length or without. The last two parts of
// h:mm:ss, and the last one of m:ss, are below 60 and have two digits. The error is errLength for what is no such time, and errTooLong for
// one of more than [event.MaxDuration].
func parseLength(text []byte) (time.Duration, error) {
	const most = int64(event.MaxDuration / time.Second)
	var part, total int64
	parts, digits := 1, 0
	at := 0
	for ; at < len(text) && text[at] != '.'; at++ {
		switch c := text[at]; {
		case c >= '0' && c <= '9':
			part = min(part*10+int64(c-'0'), most+1)
			digits++
		case c == ':' && digits > 0 && parts < 3 && (parts == 1 || digits == 2 && part < 60):
			total, part, digits = min((total+part)*60, most+1), 0, 0
			parts++
		default:
			return 0, errLength
		}
	}
	if digits == 0 || parts > 1 && (digits != 2 || part >= 60) {
		return 0, errLength
	}
	d := time.Duration(min(total+part, most+1)) * time.Second
	if at < len(text) {
		part, ok := parseFraction(text[at+1:])
		if !ok {
			return 0, errLength
		}
		d += part
	}
	if d > event.MaxDuration {
		return 0, errTooLong
	}
	return d, nil
}

// parseFraction parses the digits behind the point of seconds. Those beyond nanoseconds are cut off.
func parseFraction(digits []byte) (d time.Duration, ok bool) {
	unit := time.Second
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		unit /= 10
		d += time.Duration(c-'0') * unit
	}
	return d, len(digits) > 0
}
