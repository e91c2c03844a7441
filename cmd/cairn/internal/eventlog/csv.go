package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"cairncx.dev/cairn/cx/blueprint"
	"cairncx.dev/cairn/cx/event"
)

// Columns names the columns of a CSV file. Case, Activity and Time are needed; what is empty is
// not in the log.
type Columns struct {
	Case, Activity, Time       string
	Channel, Customer, Outcome string
}

// list returns the columns with what they are for, in a fixed order.
func (c *Columns) list() [numColumns]string {
	return [numColumns]string{c.Case, c.Activity, c.Time, c.Channel, c.Customer, c.Outcome}
}

const (
	colCase = iota
	colActivity
	colTime
	colChannel
	colCustomer
	colOutcome
	numColumns
)

var columnNames = [numColumns]string{"case", "activity", "time", "channel", "customer", "outcome"}

const byteOrderMark = "\ufeff"

// csvSource reads the rows of one CSV file.
type csvSource struct {
	*records
	log    *Log
	file   string
	header int
	at     [numColumns]int // index of each column, or -1
}

// newCSV reads the header. The error says which columns it lacks.
func newCSV(l *Log, file string, r *records) (*csvSource, error) {
	s := &csvSource{records: r, log: l, file: file}
	if mark, _ := r.in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		r.skip(len(mark))
	}
	fields, line, err := r.next()
	if err != nil {
		if bad := (recordError{}); errors.As(err, &bad) {
			return nil, fmt.Errorf("%s:%d: the header cannot be read: %w", file, line, err)
		}
		return nil, fmt.Errorf("%s: there is no header, the first row, with the names of the columns: %w", file, err)
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	s.header = len(names)
	var faults []error
	for i, want := range l.cfg.Columns.list() {
		s.at[i] = -1
		if want == "" {
			continue
		}
		at := slices.Index(names, want)
		switch {
		case at < 0:
			faults = append(faults, fmt.Errorf("%s:%d: there is no column %q for %s%s", file, line, want, columnNames[i], missingHint(want, names, r.comma)))
		case slices.Contains(names[at+1:], want):
			faults = append(faults, fmt.Errorf("%s:%d: the column %q, for %s, is there twice: rename one of them", file, line, want, columnNames[i]))
		}
		s.at[i] = at
	}
	return s, errors.Join(faults...)
}

// missingHint says what may be meant by a column that is not there.
func missingHint(want string, names []string, comma byte) string {
	if len(names) == 1 {
		for _, other := range []byte{',', ';', '\t', '|'} {
			if other != comma && strings.IndexByte(names[0], other) >= 0 {
				return fmt.Sprintf(": the columns seem to be divided by %q: say --delimiter %q", other, delimiterName(other))
			}
		}
	}
	if near := blueprint.Suggest(want, names); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	const most = 30
	if len(names) > most {
		names = names[:most]
	}
	return fmt.Sprintf(": the columns are %.1000q", names)
}

func delimiterName(b byte) string {
	if b == '\t' {
		return "tab"
	}
	return string(rune(b))
}

// next reads the next row into row. It reports bad rows to the log and goes on behind them.
func (s *csvSource) next(row *Row) error {
	for {
		fields, line, err := s.records.next()
		if err == nil {
			if err = s.fill(row, fields); err == nil {
				err = s.log.check(row)
			}
			if err == nil {
				return nil
			}
		} else if bad := (recordError{}); !errors.As(err, &bad) {
			if errors.Is(err, io.EOF) {
				return io.EOF
			}
			return fmt.Errorf("%s:%d: %w", s.file, line, err)
		}
		if err := s.log.bad(s.file, line, err); err != nil {
			return err
		}
	}
}

// fill makes a row of the fields. The error says why it cannot.
func (s *csvSource) fill(row *Row, fields [][]byte) error {
	if len(fields) != s.header {
		return fmt.Errorf("there are %d fields, and %d columns in the header", len(fields), s.header)
	}
	*row = Row{Case: fields[s.at[colCase]], Customer: s.field(fields, colCustomer)}
	at, err := s.time(fields)
	if err != nil {
		return err
	}
	row.Time = at
	if row.Activity, err = s.activity(fields[s.at[colActivity]]); err != nil {
		return err
	}
	if why := faultyID(row.Case); why != "" {
		return fmt.Errorf("the case, in the column %q, %s", s.log.cfg.Columns.Case, why)
	}
	if len(row.Customer) > 0 {
		if why := faultyID(row.Customer); why != "" {
			return fmt.Errorf("the customer, in the column %q, %s", s.log.cfg.Columns.Customer, why)
		}
	}
	if text := bytes.TrimSpace(s.field(fields, colChannel)); len(text) > 0 {
		row.Channel = s.log.channel(text)
	}
	if text := bytes.TrimSpace(s.field(fields, colOutcome)); len(text) > 0 {
		var o event.Outcome
		if err := o.UnmarshalText(text); err != nil || o == event.Completed {
			return fmt.Errorf("the outcome, in the column %q, is none of ok, degraded, failed, cancelled and abandoned", s.log.cfg.Columns.Outcome)
		}
		row.Outcome = o
	}
	return nil
}

// field returns the field of a column, nil where the log does not have it.
func (s *csvSource) field(fields [][]byte, column int) []byte {
	if s.at[column] < 0 {
		return nil
	}
	return fields[s.at[column]]
}

func (s *csvSource) time(fields [][]byte) (int64, error) {
	text := bytes.TrimSpace(fields[s.at[colTime]])
	if len(text) == 0 {
		return 0, fmt.Errorf("the time, in the column %q, is empty", s.log.cfg.Columns.Time)
	}
	at, err := s.log.times.Parse(text)
	if err != nil {
		return 0, fmt.Errorf("in the column %q: %w", s.log.cfg.Columns.Time, err)
	}
	return at, s.log.cut(at)
}

func (s *csvSource) activity(text []byte) (int, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return 0, fmt.Errorf("the activity, in the column %q, is empty", s.log.cfg.Columns.Activity)
	}
	return s.log.names.number(text), nil
}
