package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"cairncx.dev/cairn/cx/event"
)

// Columns has the names of the columns of a CSV file. Case, Activity and Time are required. An empty name means
// that the log does not have the column.
type Columns struct {
	Case, Activity, Time       string
	Channel, Customer, Outcome string
	Direction, Purpose         string
	// People are the columns of contacts with people.
	People PeopleColumns
	// Attributes are the columns that travel as attributes of the events.
	Attributes []Attribute
}

// Attribute is a column whose texts travel as the attribute with this key.
type Attribute struct{ Key, Column string }

// role returns what the column with this index is for, and its name. The attributes follow the columns of list.
func (c *Columns) role(column int) (role, name string) {
	if column >= numColumns {
		a := &c.Attributes[column-numColumns]
		return "attr." + a.Key, a.Column
	}
	return columnNames[column], c.list()[column]
}

// list returns the columns in a fixed order.
func (c *Columns) list() [numColumns]string {
	p := &c.People
	return [numColumns]string{
		c.Case, c.Activity, c.Time, c.Channel, c.Customer, c.Outcome, c.Direction, c.Purpose,
		p.Wait, p.Talk, p.Hold, p.Wrap, p.Group, p.Resource, p.Intent,
	}
}

const (
	colCase = iota
	colActivity
	colTime
	colChannel
	colCustomer
	colOutcome
	colDirection
	colPurpose
	colWait // this column and those after it are People
	colTalk
	colHold
	colWrap
	colGroup
	colResource
	colIntent
	numColumns
)

var columnNames = [numColumns]string{"case", "activity", "time", "channel", "customer", "outcome", "direction", "purpose", "wait", "talk", "hold", "wrap", "group", "resource", "intent"}

const byteOrderMark = "\ufeff"

// csvSource reads the rows of one CSV file.
type csvSource struct {
	*records
	log    *Log
	in     *input
	header int
	at     [numColumns]int // the index of each column, or -1
	attrs  []int           // the index of the column of each attribute
	texts  []byte          // the attributes of the row
	people []byte          // the columns of people of the row
	times  timeReader
}

// newCSV reads the header. The error lists the columns that the header lacks.
func newCSV(l *Log, in *input) (*csvSource, error) {
	s := &csvSource{records: newRecords(in.text, in.comma), log: l, in: in, times: l.timeReader()}
	if err := s.readHeader(); err != nil {
		return nil, err
	}
	return s, nil
}

// next reads the next row into row. It reports rows that cannot be read to the log, and continues after them. After the last
// row it checks that it has read the whole file.
func (s *csvSource) next(row *Row) error {
	for {
		fields, line, err := s.records.next()
		if err == nil {
			if err = s.fill(row, fields, line); err == nil {
				err = s.log.check(row)
			}
			if err == nil {
				s.in.rows++
				s.log.place(row, s.in, line)
				return nil
			}
			if fault := (fatalError{}); errors.As(err, &fault) {
				if err := s.in.changed(); err != nil {
					return err // the row may be incomplete
				}
				return fmt.Errorf("%s:%d: %w", s.in.name, line, fault.error)
			}
		} else if bad := (recordError{}); !errors.As(err, &bad) {
			if err == io.EOF { //nolint:errorlint // an error that wraps io.EOF is not the end
				return s.finish()
			}
			return fmt.Errorf("%s:%d: %w", s.in.name, line, err)
		}
		if err := s.log.bad(s.in.name, line, err); err != nil {
			return err
		}
	}
}

// finish returns io.EOF if the file was read to its end and has not changed.
func (s *csvSource) finish() error {
	s.in.records = s.count
	if err := s.in.finish(); err != nil {
		return err
	}
	if s.in.plain && s.bytes != s.in.size {
		return fmt.Errorf("%s: %d of its %d bytes were read as rows: %w", s.in.name, s.bytes, s.in.size, errChanged)
	}
	if was := &s.in.survey; was.whole && was.records != s.count {
		return fmt.Errorf("%s: it had %d rows and now has %d: %w", s.in.name, was.records, s.count, errChanged)
	}
	return io.EOF
}

// fatalError is the reason why reading the log cannot continue.
type fatalError struct{ error }

// fill parses the fields into the row. The error gives the reason for a failure.
func (s *csvSource) fill(row *Row, fields [][]byte, line int) error {
	if len(fields) != s.header {
		return s.miscounted(fields)
	}
	*row = Row{Case: trim(fields[s.at[colCase]])}
	at, how, err := s.time(fields, line)
	if err != nil {
		return err
	}
	row.Time = at
	activity := trim(fields[s.at[colActivity]])
	if row.Activity, err = s.activity(activity, line); err != nil {
		return err
	}
	if err := s.checkID(row.Case, colCase, line); err != nil {
		return err
	}
	customer := s.field(fields, colCustomer)
	if row.Customer = bytes.TrimSpace(customer); len(row.Customer) > 0 {
		if err := s.checkID(row.Customer, colCustomer, line); err != nil {
			return err
		}
	}
	if row.Channel, row.Outcome, err = s.details(fields, line); err != nil {
		return err
	}
	if row.Direction, row.Purpose, err = s.contact(fields, line); err != nil {
		return err
	}
	if row.people, err = s.helped(fields, line); err != nil {
		return err
	}
	if row.Attributes, err = s.attributes(fields, line); err != nil {
		return err
	}
	n := &s.log.counts
	n.local[how]++
	if len(row.Case) < len(fields[s.at[colCase]]) {
		n.trimmed[colCase]++
	}
	if len(row.Customer) < len(customer) {
		n.trimmed[colCustomer]++
	}
	if len(activity) < len(fields[s.at[colActivity]]) {
		n.trimmed[colActivity]++
	}
	return nil
}

// attributes returns the texts of the columns that travel as attributes, each behind its length. They are valid until the next
// row.
func (s *csvSource) attributes(fields [][]byte, line int) ([]byte, error) {
	if len(s.attrs) == 0 {
		return nil, nil
	}
	s.texts = s.texts[:0]
	for i, at := range s.attrs {
		text := trim(fields[at])
		if !ascii(text) || bytes.IndexByte(text, 0) >= 0 {
			if why := s.log.faultyText(s.in, text, numColumns+i, line); why != "" {
				a := &s.log.cfg.Columns.Attributes[i]
				return nil, fmt.Errorf("the attribute %q, in the column %q, %s", a.Key, a.Column, why)
			}
		}
		s.texts = append(appendLen(s.texts, len(text)), text...)
	}
	return s.texts, nil
}

// trim is bytes.TrimSpace with a fast path for a text without white space around it.
func trim(b []byte) []byte {
	if n := len(b); n > 0 && graphic(b[0]) && graphic(b[n-1]) {
		return b
	}
	return bytes.TrimSpace(b)
}

// graphic reports whether the byte is a visible ASCII character.
func graphic(c byte) bool { return c > ' ' && c < 0x7f }

// details parses the optional columns channel and outcome.
func (s *csvSource) details(fields [][]byte, line int) (c event.Channel, o event.Outcome, err error) {
	if text := bytes.TrimSpace(s.field(fields, colChannel)); len(text) > 0 {
		var ok bool
		if c, ok = s.log.channels[string(text)]; !ok {
			if why := s.log.faultyText(s.in, text, colChannel, line); why != "" {
				return c, o, fmt.Errorf("the channel, in the column %q, %s", s.log.cfg.Columns.Channel, why)
			}
			c = s.log.channel(text)
		}
	}
	if text := bytes.TrimSpace(s.field(fields, colOutcome)); len(text) > 0 {
		if err := o.UnmarshalText(text); err != nil || o == event.Completed {
			return c, o, fmt.Errorf("the outcome, in the column %q, is not one of ok, degraded, failed, cancelled and abandoned", s.log.cfg.Columns.Outcome)
		}
	}
	return c, o, nil
}

// contact parses the optional columns direction and purpose. A row with a purpose and without a direction is outbound.
func (s *csvSource) contact(fields [][]byte, line int) (d event.Direction, purpose []byte, err error) {
	if purpose = trim(s.field(fields, colPurpose)); len(purpose) > 0 {
		if why := s.log.faultyText(s.in, purpose, colPurpose, line); why != "" {
			return d, nil, fmt.Errorf("the purpose, in the column %q, %s", s.log.cfg.Columns.Purpose, why)
		}
		if !event.ValidName(string(purpose)) {
			return d, nil, fmt.Errorf("the purpose, in the column %q, is not a name of 1 to %d bytes of printable UTF-8 that do not begin with _", s.log.cfg.Columns.Purpose, event.MaxName)
		}
		d = event.Outbound
	}
	if text := trim(s.field(fields, colDirection)); len(text) > 0 {
		if err := d.UnmarshalText(text); err != nil {
			return d, nil, fmt.Errorf("the direction, in the column %q, is not one of inbound and outbound", s.log.cfg.Columns.Direction)
		}
	}
	return d, purpose, nil
}

// miscounted returns the error of a row with too many or too few fields.
func (s *csvSource) miscounted(fields [][]byte) error {
	err := fmt.Errorf("the row has %d fields, and the header has %d columns", len(fields), s.header)
	for _, f := range fields {
		// A quoted field may contain a CR.
		if i := bytes.IndexByte(f, '\r'); i >= 0 && len(fields) > s.header {
			return fatalError{fmt.Errorf("%w: %w", err, errCR)}
		}
	}
	return err
}

// field returns the field of a column, or nil if the log does not have the column.
func (s *csvSource) field(fields [][]byte, column int) []byte {
	if s.at[column] < 0 {
		return nil
	}
	return fields[s.at[column]]
}

func (s *csvSource) time(fields [][]byte, line int) (int64, local, error) {
	text := trim(fields[s.at[colTime]])
	column := s.log.cfg.Columns.Time
	if len(text) == 0 {
		return 0, 0, fmt.Errorf("the time, in the column %q, is empty", column)
	}
	at, how, ok := s.times.as(s.in.form, text)
	if !ok {
		return 0, 0, s.noTime(text, line)
	}
	return at, how, nil
}

// noTime returns the error of a text that is not a time in the form of its column. If another form fits the
// text, the form of the column is uncertain and the log cannot be read.
func (s *csvSource) noTime(text []byte, line int) error {
	column := s.log.cfg.Columns.Time
	if !s.in.auto {
		return fmt.Errorf("in the column %q: %w in the --time-format %s: its form is %q (9 is a digit, a is a letter)", column, errTime, s.log.cfg.TimeFormat, shape(text))
	}
	r := s.times.read(text)
	one := s.in.survey
	switch {
	case r.forms != 0:
		one.forms, one.clash, one.clashing = 0, line, r.forms
		return fatalError{one.fault(column)}
	case r.why == whyNumber && numberForms.has(s.in.form):
		return fatalError{errImplausible(column)}
	}
	if one.line > 0 { // other rows have shown the form
		return fmt.Errorf("in the column %q: %w", column, r.faultIn(text, "a time as in the other rows: "+forms(1<<s.in.form).String()))
	}
	return fmt.Errorf("in the column %q: %w", column, r.fault(text))
}

// activity returns the number of the activity.
func (s *csvSource) activity(text []byte, line int) (int, error) {
	if number, ok := s.log.names.numbers[string(text)]; ok {
		return number, nil
	}
	column := s.log.cfg.Columns.Activity
	if len(text) == 0 {
		return 0, fmt.Errorf("the activity, in the column %q, is empty", column)
	}
	if why := s.log.faultyText(s.in, text, colActivity, line); why != "" {
		return 0, fmt.Errorf("the activity, in the column %q, %s", column, why)
	}
	return s.log.names.number(text), nil
}

// checkID returns an error if the ID of a case or a customer is invalid.
func (s *csvSource) checkID(id []byte, column, line int) error {
	why := faultyID(id)
	if why == "" {
		return nil
	}
	if why == whyText {
		if why = s.log.faultyText(s.in, id, column, line); why == "" {
			if why = faultyUTF8(id); why == "" {
				return nil
			}
		}
	}
	return fmt.Errorf("the %s, in the column %q, %s", columnNames[column], s.log.cfg.Columns.list()[column], why)
}
