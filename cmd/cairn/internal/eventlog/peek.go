package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Peeked is the beginning of a log.
type Peeked struct {
	// JSON is that the log has Cairn's own events. The rest is of CSV files.
	JSON bool
	// Delimiter stands between the columns.
	Delimiter byte
	// Names are those of the columns.
	Names []string
	// Rows are the first ones, at most [PeekedRows], each with as many fields as there are columns.
	Rows [][]string
}

// PeekedRows bounds the rows of Peeked.
const PeekedRows = 500

// ErrNoHeader is the error of a CSV file whose first row cannot be the names of columns.
var ErrNoHeader = errors.New("the first row does not look like the names of columns: the log needs a header, such as case,activity,time")

// Peek reads the beginning of a log, for a program that finds out what its columns are. It uses
// Delimiter, Encoding and Dir of cfg. What it reads of the standard input is lost.
func Peek(cfg Config, name string, stdin io.Reader) (p *Peeked, err error) {
	in, err := openInput(&cfg, name, stdin)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	if in.json {
		return &Peeked{JSON: true}, nil
	}
	l := &Log{cfg: cfg}
	s := &csvSource{records: newRecords(in.text, in.comma), log: l, in: in, times: l.timeReader()}
	if mark, _ := s.records.in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		s.skip(len(mark))
	}
	head, err := s.records.in.Peek(maxRecord)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: reading: %w", in.name, err)
	}
	head, line := s.divider(head)
	if err := lineEnd(head); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", in.name, line, err)
	}
	p = &Peeked{Delimiter: s.comma}
	if p.Delimiter == 0 {
		p.Delimiter = divides(head, in.tab)
	}
	if err := p.read(head); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", in.name, line, err)
	}
	return p, nil
}

// read takes the names and the rows out of the beginning of a file.
func (p *Peeked) read(head []byte) error {
	rows, err := firstRecords(head, p.Delimiter, PeekedRows+1)
	switch {
	case err != nil:
		return fmt.Errorf("the header cannot be read: %w", err)
	case len(rows) == 0 || len(named(rows[0])) == 0:
		return errors.New("there is no header, the first row, with the names of the columns: the file is empty")
	case !utf8.ValidString(strings.Join(rows[0], "")):
		return fmt.Errorf("the header is not UTF-8: %s", sayEncoding)
	case !looksLikeHeader(named(rows[0])):
		return ErrNoHeader
	}
	p.Names = rows[0]
	for _, row := range rows[1:] {
		if len(row) == len(p.Names) {
			p.Rows = append(p.Rows, row)
		}
	}
	return nil
}

// named returns the names that are there, each once: a column that pandas has no name for is "".
func named(names []string) (list []string) {
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// firstRecords returns at most so many records of what may be cut off in the middle of one. It fails if the first one
// cannot be read.
func firstRecords(head []byte, comma byte, most int) ([][]string, error) {
	r := newRecords(bytes.NewReader(head), comma)
	var rows [][]string
	for len(rows) < most {
		fields, _, err := r.next()
		if bad := (recordError{}); errors.As(err, &bad) && len(rows) > 0 {
			continue
		}
		if err == io.EOF { //nolint:errorlint // an error that only wraps it is not the end
			break
		}
		if err != nil {
			if len(rows) > 0 {
				break
			}
			return nil, err
		}
		row := make([]string, len(fields))
		for i, f := range fields {
			row[i] = string(trim(f))
		}
		rows = append(rows, row)
	}
	if len(head) == maxRecord && len(rows) > 1 {
		rows = rows[:len(rows)-1] // it may be cut off
	}
	return rows, nil
}

// divides says what divides the columns: that which most of the first rows have as often as the header, and of
// several the one with which there are the most columns.
func divides(head []byte, tab bool) byte {
	all := delimiters
	if tab {
		all = "\t,;|"
	}
	best, most := all[0], 1
	for _, c := range []byte(all) {
		const some = 50
		rows, err := firstRecords(head, c, some)
		if err != nil || len(rows) == 0 {
			continue
		}
		alike := 0
		for _, row := range rows {
			if len(row) == len(rows[0]) {
				alike++
			}
		}
		if columns := len(rows[0]); 2*alike > len(rows) && columns > most {
			best, most = c, columns
		}
	}
	return best
}

// LooksLikeTime reports whether the text may be a time, in any of the forms that a column shows by itself, and
// whether it is a number.
func LooksLikeTime(text string) (may, number bool) {
	r := (&timeReader{}).read([]byte(text))
	_, number = parseNumber([]byte(text))
	return r.forms != 0, number
}

// Forms says in words how the times of each CSV file are written, by the file's name, where that was found out.
func (l *Log) Forms() map[string]string {
	said := map[string]string{}
	for _, in := range l.inputs {
		if in.survey.line > 0 { // it is of CSV, has times, and no form was said
			said[in.name] = (forms(1) << in.form).String()
		}
	}
	return said
}
