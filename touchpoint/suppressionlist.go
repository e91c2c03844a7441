package touchpoint

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/internal/flight"
)

const (
	// maxListRow is how many bytes a row of a list may have.
	maxListRow = 64 << 10
	// listBuffer is how far the CSV reader reads ahead.
	listBuffer = 4 << 10
)

// The columns of a list.
const (
	colCustomer = iota
	colAddressee
	colReason
	colPurpose
	colChannel
	colAt
	colSource

	numColumns
)

var columnNames = [numColumns]string{"customer", "addressee", "reason", "purpose", "channel", "at", "source"}

var reasons = []SuppressionReason{Deceased, Moved, OptedOut, Minor, Complaint}

// suppressionList reads a list row by row, in memory that does not grow with it. Its faults have places and no content of the list.
type suppressionList struct {
	csv      *csv.Reader
	budget   *budget
	columns  [numColumns]int // the place of each in a row; -1 without it
	set      *importSettings
	purposes []string
	now      time.Time
	line     int // where the last row that was read ends
}

// RowError is a fault in a list that [ContactPolicy.Import] reads. It has no content of the list, which is personal data.
type RowError struct {
	// Line and Column are the place in the file, from 1. Column counts bytes; 0 is the whole row.
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"` // what is wrong, and what to do
}

// Error implements error.
func (f *RowError) Error() string {
	if f.Column == 0 {
		return fmt.Sprintf("line %d: %s", f.Line, f.Text)
	}
	return fmt.Sprintf("line %d:%d: %s", f.Line, f.Column, f.Text)
}

// errRowSize ends a list, because nothing tells where the next row begins.
var errRowSize = fmt.Errorf("the row has more than %d KiB: a quotation mark is missing here, or is not closed", maxListRow>>10)

// budget is a reader that fails when a row is too long.
type budget struct {
	io.Reader

	left int
	over bool // a row was too long; it is for good
}

// Read implements [io.Reader].
func (b *budget) Read(p []byte) (int, error) {
	if b.over = b.over || b.left <= 0; b.over {
		return 0, errRowSize
	}
	n, err := b.Reader.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err //nolint:wrapcheck // csv passes it on
}

func (b *budget) refill() { b.left = maxListRow + listBuffer }

// newSuppressionList reads the header. Its error is a *RowError, or that of the reader.
func newSuppressionList(r io.Reader, set *importSettings, purposes []string, now time.Time) (*suppressionList, error) {
	in := bufio.NewReaderSize(r, maxListRow)
	start, err := in.Peek(maxListRow)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err //nolint:wrapcheck // the caller says what was read
	}
	if bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")) {
		return nil, &RowError{Line: 1, Text: "the list is in UTF-16: save it as CSV in UTF-8"}
	}
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
		start = start[3:]
		_, _ = in.Discard(3)
	}
	b := &budget{Reader: in}
	b.refill()
	l := &suppressionList{csv: csv.NewReader(b), budget: b, set: set, purposes: purposes, now: now}
	l.csv.Comma = delimiter(start)
	l.csv.ReuseRecord = true
	header, err := l.csv.Read()
	if errors.Is(err, io.EOF) {
		return nil, &RowError{Line: 1, Text: "the list is empty: its first row has to name the columns, such as customer,reason,at,source"}
	}
	if err != nil {
		return nil, l.located(err)
	}
	return l, l.readHeader(header)
}

// delimiter returns the first of the delimiters in the first row. The names of columns have none.
func delimiter(start []byte) rune {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	if i := bytes.IndexAny(line, ",;\t"); i >= 0 {
		return rune(line[i])
	}
	return ','
}

func (l *suppressionList) readHeader(header []string) error {
	for i := range l.columns {
		l.columns[i] = -1
	}
	for i, name := range header {
		c := slices.Index(columnNames[:], strings.ToLower(strings.TrimSpace(name)))
		switch {
		case c < 0:
			return l.fault(i, fmt.Sprintf("column %d of the first row has no name that a list may have: %s. Rename it or remove it", i+1, strings.Join(columnNames[:], ", ")))
		case l.columns[c] >= 0:
			return l.fault(i, fmt.Sprintf("the column %s is there twice: remove one", columnNames[c]))
		}
		l.columns[c] = i
	}
	switch {
	case l.columns[colCustomer] < 0 && l.columns[colAddressee] < 0:
		return &RowError{Line: 1, Text: "there is no column customer or addressee: add one with the application's own IDs"}
	case l.columns[colReason] < 0:
		return &RowError{Line: 1, Text: "there is no column reason: add one with " + reasonList()}
	case l.columns[colAt] < 0 && l.set.date.IsZero():
		return &RowError{Line: 1, Text: "there is no column at: add one with the time since when each suppression holds, or give one time for the whole list"}
	}
	return nil
}

// fault returns a fault of a cell of the row that was read last.
func (l *suppressionList) fault(cell int, text string) *RowError {
	line, column := l.csv.FieldPos(cell)
	return &RowError{Line: line, Column: column, Text: text}
}

// located returns an error of the CSV reader as a fault, if it is one of the list.
func (l *suppressionList) located(err error) error {
	if l.budget.over {
		return &fatalError{RowError{Line: l.line + 1, Text: errRowSize.Error()}}
	}
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return err
	}
	l.line = p.Line
	f := &RowError{Line: p.StartLine, Text: "the row cannot be read"}
	switch {
	case errors.Is(p.Err, csv.ErrBareQuote):
		f.Line, f.Column, f.Text = p.Line, p.Column, `a quotation mark is inside a cell: put the cell in quotation marks, and write "" for each inside`
	case errors.Is(p.Err, csv.ErrQuote):
		f.Line, f.Column, f.Text = p.Line, p.Column, `a quotation mark is not closed, or the cell goes on after it: write "" for a quotation mark inside a cell`
	case errors.Is(p.Err, csv.ErrFieldCount):
		f.Text = fmt.Sprintf("the row has not the %d cells of the first row: put a cell in quotation marks that contains the delimiter", l.csv.FieldsPerRecord)
	}
	return f
}

// fatalError is a fault after which the rest of the list cannot be read.
type fatalError struct{ RowError }

// next returns the next suppression and the line of its row. The error is io.EOF at the end, a *RowError for a row after which the
// next one can be read, and else ends the list.
func (l *suppressionList) next() (s flight.Listed, line int, err error) {
	for {
		l.budget.refill()
		row, err := l.csv.Read()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				err = l.located(err)
			}
			return s, 0, err
		}
		l.line, _ = l.csv.FieldPos(len(row) - 1)
		if !slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" }) {
			continue // the empty rows at the end of a sheet
		}
		line, _ = l.csv.FieldPos(0)
		s, fault := l.suppression(row)
		if fault != nil {
			return s, line, fault
		}
		return s, line, nil
	}
}

// cell returns the cell of the column in the row, without spaces around it.
func (l *suppressionList) cell(row []string, column int) string {
	if l.columns[column] < 0 {
		return ""
	}
	return strings.TrimSpace(row[l.columns[column]])
}

func (l *suppressionList) suppression(row []string) (s flight.Listed, fault *RowError) {
	s.Kind = flight.Suppressed
	bad := func(column int, text string) (flight.Listed, *RowError) {
		return flight.Listed{}, l.fault(max(l.columns[column], 0), text)
	}
	if s.Subject, fault = l.subject(row); fault != nil {
		return s, fault
	}
	reason := SuppressionReason(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(l.cell(row, colReason))))
	if !slices.Contains(reasons, reason) {
		return bad(colReason, "the reason is not one of "+reasonList())
	}
	s.Reason = string(reason)
	if s.Purpose = strings.Clone(l.cell(row, colPurpose)); s.Purpose != "" && !slices.Contains(l.purposes, s.Purpose) {
		return bad(colPurpose, fmt.Sprintf("the contact policy has no such purpose: it has %q. Leave the cell empty for every purpose", l.purposes))
	}
	if channel := strings.ToLower(l.cell(row, colChannel)); channel != "" && s.Channel.UnmarshalText([]byte(channel)) != nil {
		return bad(colChannel, "there is no such channel: use email, phone, post, chat, mobile, social or another of package event, or leave the cell empty for every channel")
	}
	var wrong string
	if s.At, wrong = l.time(l.cell(row, colAt)); wrong != "" {
		return bad(colAt, wrong)
	}
	if s.Source = strings.Clone(l.cell(row, colSource)); s.Source == "" {
		s.Source = l.set.source
	}
	if s.Source != "" && !event.ValidName(s.Source) {
		return bad(colSource, fmt.Sprintf("the source is not 1 to %d bytes of printable UTF-8 that do not begin with _", event.MaxName))
	}
	return s, nil
}

// subject returns the ID of the customer or the addressee.
func (l *suppressionList) subject(row []string) (id string, fault *RowError) {
	of := -1
	for _, c := range []int{colCustomer, colAddressee} {
		if l.cell(row, c) == "" {
			continue
		}
		if of >= 0 {
			return "", l.fault(l.columns[c], "the row has a customer and an addressee: make two rows of it")
		}
		of = c
	}
	if of < 0 {
		return "", l.fault(0, "the row names neither a customer nor an addressee: fill in one cell")
	}
	switch id = row[l.columns[of]]; {
	case id != l.cell(row, of):
		return "", l.fault(l.columns[of], "the ID has a space before or after it, so that it is another ID: remove the space")
	case !utf8.ValidString(id):
		return "", l.fault(l.columns[of], "the ID is not UTF-8: save the list as CSV in UTF-8")
	case !event.ValidID(id):
		return "", l.fault(l.columns[of], fmt.Sprintf("the ID is not 1 to %d bytes of UTF-8 without control characters", event.MaxID))
	}
	return strings.Clone(id), nil
}

// time returns the time of a cell, or says what is wrong with it. A date is its beginning.
func (l *suppressionList) time(text string) (at time.Time, wrong string) {
	if text == "" {
		if l.set.date.IsZero() {
			return at, "the cell at is empty: write since when the suppression holds, such as 2026-03-31 or 2026-03-31T18:00:00Z"
		}
		return l.set.date, ""
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.ParseInLocation(time.DateOnly, text, l.set.zone)
	}
	switch {
	case err != nil:
		return at, "the time cannot be read: write it as 2026-03-31 or 2026-03-31T18:00:00Z"
	case !event.ValidTime(at):
		return at, "the time is before 1970 or after 2252"
	case at.Sub(l.now) > event.MaxAhead:
		return at, "the time is in the future: correct it, or give the zone of the list's dates"
	}
	return at, ""
}

func reasonList() string {
	names := make([]string, len(reasons))
	for i, r := range reasons {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}
