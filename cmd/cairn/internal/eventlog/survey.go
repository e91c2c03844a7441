package eventlog

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// survey is the knowledge about the times of some rows of a CSV file before the second pass reads them.
type survey struct {
	forms forms // the forms that fit all times
	order [numForms + 2]order
	line  int   // the line of the first time, 0 if there was none
	first forms // the forms that fit the first time
	// clash is the line of the first time that no form of the earlier times fits. clashing has the forms that
	// fit it.
	clash    int
	clashing forms
	odd      int // the line of the first number that is not a plausible time

	records int64
	whole   bool // the survey covers the file to its end
	quoted  bool // there is a quote, and other parts are surveyed too
	err     error
}

// order is the knowledge about the order of some times in one form.
type order struct {
	first, last int64
	any, broken bool
}

func (o *order) take(at int64) {
	if !o.any {
		o.any, o.first = true, at
	} else if at < o.last {
		o.broken = true
	}
	o.last = at
}

// behind adds the order of the following rows.
func (o *order) behind(next *order) {
	if !next.any {
		return
	}
	o.broken = o.broken || next.broken || o.any && next.first < o.last
	if !o.any {
		o.first = next.first
	}
	o.any, o.last = true, next.last
}

// take surveys one row, if it can be read.
func (s *survey) take(src *csvSource, fields [][]byte, line int) {
	if len(fields) != src.header {
		return
	}
	text := trim(fields[src.at[colTime]])
	if said := src.log.cfg.TimeFormat; said != nil {
		if at, _, ok := src.times.as(said.form, text); ok {
			s.order[said.form].take(at)
		}
		return
	}
	if s.forms == 1<<formYear { // the usual case from the second row on
		if at, _, ok := src.times.as(formYear, text); ok {
			s.order[formYear].take(at)
			return
		}
	}
	r := src.times.read(text)
	if r.forms == 0 {
		if r.why == whyNumber && s.odd == 0 {
			s.odd = line
		}
		return
	}
	if s.line == 0 {
		s.line, s.first = line, r.forms
	}
	if s.forms &= r.forms; s.forms == 0 {
		if s.clash == 0 {
			s.clash, s.clashing = line, r.forms
		}
		return
	}
	for left := s.forms; left != 0; left &= left - 1 {
		f := form(bits.TrailingZeros16(uint16(left)))
		s.order[f].take(r.at[f.index()])
	}
}

// enough reports whether further rows cannot change the result: the form is certain and, unless formOnly is
// set, the rows are known to be out of order.
func (s *survey) enough(src *csvSource, formOnly bool) bool {
	f, certain := s.forms.one()
	if said := src.log.cfg.TimeFormat; said != nil {
		f, certain = said.form, true
	}
	return s.clash > 0 || certain && (formOnly || s.order[f].broken)
}

// behind adds the survey of the following rows.
func (s *survey) behind(next *survey) {
	s.forms &= next.forms
	for f := range s.order {
		s.order[f].behind(&next.order[f])
	}
	if s.line == 0 {
		s.line, s.first = next.line, next.first
	}
	if s.odd == 0 {
		s.odd = next.odd
	}
	s.quoted = s.quoted || next.quoted
	s.records += next.records
	s.whole = s.whole && next.whole
	s.err = errors.Join(s.err, next.err)
}

const sayFormat = "set their format, such as --time-format '%Y-%m-%d %H:%M:%S'"

// fault returns an error if the column is not in one form, or nil.
func (s *survey) fault(column string) error {
	switch {
	case s.clash > 0:
		return fmt.Errorf("the times in the column %q are written in different ways: on line %d with %s, on line %d with %s: %s; rows in another format are then skipped",
			column, s.line, s.first, s.clash, s.clashing, sayFormat)
	case s.odd > 0 && (s.line == 0 || s.forms&numberForms != 0):
		return errImplausible(column)
	default:
		return nil
	}
}

// where returns the line of fault's error.
func (s *survey) where() int { return max(s.clash, s.odd) }

func errImplausible(column string) error {
	return fmt.Errorf("the column %q has a number that is not a plausible time, or one whose digits a spreadsheet has cut (1.4E+12): numbers count as times only if the whole column is from 2000 to 2099, "+
		"as Unix time in seconds, milliseconds, microseconds or nanoseconds, as days of a spreadsheet, or as dates such as 20260131: "+
		"set what they are with --time-format unix, unix-ms, unix-us, unix-ns, excel, excel-1904 or compact", column)
}

// String describes the forms in words.
func (f forms) String() string {
	words := [numForms]string{
		"the year first", "a month's name", "the day first", "the month first", "two digits of the year first",
		"Unix seconds", "Unix milliseconds", "Unix microseconds", "Unix nanoseconds", "days of a spreadsheet", "a date without dashes",
	}
	var said []string
	for i, w := range words {
		if f.has(form(i)) {
			said = append(said, w)
		}
	}
	return strings.Join(said, " or ")
}

// decide chooses the form of the times of every file, and returns an error if it cannot. Files whose dates fit
// several forms are decided together, as if they were one file.
func (l *Log) decide() error {
	for _, in := range l.inputs {
		if in.json {
			continue
		}
		if said := l.cfg.TimeFormat; said != nil {
			in.form = said.form
			continue
		}
		if err := in.survey.fault(l.cfg.Columns.Time); err != nil {
			if err := in.changed(); err != nil {
				return err
			}
			return fmt.Errorf("%s:%d: %w", in.name, in.survey.where(), err)
		}
		in.auto = true
		in.form, _ = in.survey.forms.one()
	}
	if l.cfg.TimeFormat != nil {
		return nil
	}
	for _, family := range []forms{orderForms, unixForms} {
		if err := l.agree(family); err != nil {
			return err
		}
	}
	return nil
}

// agree chooses the form of a family that fits every file whose times are in that family.
func (l *Log) agree(family forms) error {
	common := family
	var those []*input
	for _, in := range l.inputs {
		if in.json || in.survey.line == 0 || in.survey.forms&family == 0 {
			continue
		}
		those = append(those, in)
		if common&in.survey.forms == 0 {
			return fmt.Errorf("%s: the times in the column %q have %s, those of %s have %s: replay the files separately, each with its own --time-format",
				in.name, l.cfg.Columns.Time, in.survey.forms, those[0].name, common)
		}
		common &= in.survey.forms
	}
	if len(those) == 0 {
		return nil
	}
	f, ok := common.one()
	if !ok {
		return fmt.Errorf("%s:%d: the times in the column %q may have %s, and no row of the log decides which: set --time-format %s",
			those[0].name, those[0].survey.line, l.cfg.Columns.Time, common, strings.Join(common.names(), " or "))
	}
	for _, in := range those {
		in.form = f
	}
	return nil
}

// names returns the names of the forms for --time-format.
func (f forms) names() []string {
	var list []string
	for _, n := range formatNames() {
		if n.form < numForms && f.has(n.form) {
			list = append(list, n.name)
		}
	}
	return list
}
