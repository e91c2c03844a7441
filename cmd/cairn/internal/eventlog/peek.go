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
	// JSON reports that the log has Cairn's own events. The other fields are set for CSV files only.
	JSON bool
	// Delimiter is the character between the columns.
	Delimiter byte
	// Names are the names of the columns.
	Names []string
	// Rows are the first rows, at most [PeekedRows], each with as many fields as there are columns.
	Rows [][]string
}

// PeekedRows is the maximum number of rows in Peeked.
const PeekedRows = 500

// ErrNoHeader is the error of a CSV file whose first row cannot be a header.
var ErrNoHeader = errors.New("the first row does not look like the names of columns: add a header, such as case,activity,time")

// Peek reads the beginning of a log, so that a program can guess its columns. It uses Delimiter, Encoding and
// Dir of cfg. The bytes that it reads from the standard input are lost.
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

// read sets the names and the rows from the beginning of a file.
func (p *Peeked) read(head []byte) error {
	rows, err := firstRecords(head, p.Delimiter, PeekedRows+1)
	switch {
	case err != nil:
		return fmt.Errorf("the header cannot be read: %w", err)
	case len(rows) == 0 || len(named(rows[0])) == 0:
		return errors.New("there is no header with the names of the columns: the file is empty")
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

// named returns the names that are not empty, each once. A column without a name, as pandas writes its index,
// is "".
func named(names []string) (list []string) {
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// firstRecords returns at most the given number of records from the beginning of a file, whose last record may
// be cut off. It fails if it cannot read the first record.
func firstRecords(head []byte, comma byte, most int) ([][]string, error) {
	r := newRecords(bytes.NewReader(head), comma)
	var rows [][]string
	for len(rows) < most {
		fields, _, err := r.next()
		if bad := (recordError{}); errors.As(err, &bad) && len(rows) > 0 {
			continue
		}
		if err == io.EOF { //nolint:errorlint // an error that wraps io.EOF is not the end
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
		rows = rows[:len(rows)-1] // the last row may be cut off
	}
	return rows, nil
}

// divides returns the delimiter of the columns: the one that splits most of the first rows into as many fields
// as the header. If several do, it is the one that gives the most columns.
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

// LooksLikeTime reports whether the text may be a time in one of the detected forms, and whether it is a
// number.
func LooksLikeTime(text string) (may, number bool) {
	r := (&timeReader{}).read([]byte(text))
	_, number = parseNumber([]byte(text))
	return r.forms != 0, number
}

// Forms returns the name of the detected format of the times by the names of the files, as ParseTimeFormat takes it. A file whose
// format was not detected is not among them.
func (l *Log) Forms() map[string]string {
	said := map[string]string{}
	for _, in := range l.inputs {
		if in.survey.line <= 0 || !in.auto {
			continue
		}
		for _, f := range formatNames() {
			if f.form == in.form {
				said[in.name] = f.name
				break // the first name is the usual one
			}
		}
	}
	return said
}
