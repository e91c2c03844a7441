package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"cairncx.dev/cairn/cx/blueprint"
)

// delimiters are the delimiters that the package detects.
const delimiters = ",;\t|"

// readHeader finds the columns in the first row. It detects the delimiter unless the caller has set one.
func (s *csvSource) readHeader() error {
	if mark, _ := s.records.in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		s.skip(len(mark))
	}
	head, err := s.records.in.Peek(maxRecord)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: reading: %w", s.in.name, err)
	}
	head, line := s.divider(head)
	if err := lineEnd(head); err != nil {
		return fmt.Errorf("%s:%d: %w", s.in.name, line, err)
	}
	if s.comma == 0 {
		s.setComma(s.guess(head))
	}
	fields, line, err := s.records.next()
	if err != nil {
		if bad := (recordError{}); errors.As(err, &bad) {
			return fmt.Errorf("%s:%d: the header cannot be read: %w", s.in.name, line, err)
		}
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: there is no header with the names of the columns: the file is empty", s.in.name)
		}
		return fmt.Errorf("%s: there is no header with the names of the columns: %w", s.in.name, err)
	}
	s.count--
	names := make([]string, len(fields))
	for i, f := range fields {
		if !utf8.Valid(f) {
			return fmt.Errorf("%s:%d: the header is not UTF-8, in column %d of %d: %s", s.in.name, line, i+1, len(fields), sayEncoding)
		}
		names[i] = string(f)
	}
	s.header = len(names)
	var faults []error
	s.at, s.attrs, faults = findColumns(&s.log.cfg.Columns, names)
	hint := ""
	for i, fault := range faults {
		if missing := (missingColumnError{}); errors.As(fault, &missing) {
			fault = fmt.Errorf("%w%s", fault, s.hint(missing.name, names, &hint))
		}
		faults[i] = fmt.Errorf("%s:%d: %w", s.in.name, line, fault)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w%s", errors.Join(faults...), hint)
	}
	return nil
}

// missingColumnError is the error of a column that the header does not have.
type missingColumnError struct{ name, role string }

func (m missingColumnError) Error() string {
	return fmt.Sprintf("there is no column %q for %s", m.name, m.role)
}

// divider reads the line sep=; with which Excel states the delimiter, if the file has one.
func (s *csvSource) divider(head []byte) (rest []byte, line int) {
	const sep = "sep="
	if !bytes.HasPrefix(head, []byte(sep)) || len(head) <= len(sep)+1 {
		return head, s.line
	}
	end := len(sep) + 1
	if head[end] == '\r' {
		end++
	}
	if end >= len(head) || head[end] != '\n' {
		return head, s.line
	}
	if s.comma == 0 {
		s.setComma(head[len(sep)])
	}
	s.skip(end + 1)
	s.line++
	head, _ = s.records.in.Peek(maxRecord)
	return head, s.line
}

func (s *csvSource) setComma(c byte) {
	s.comma, s.in.comma = c, c
	s.quoted.Comma = rune(c)
}

// lineEnd returns an error if the end of the first line is invalid, or nil.
func lineEnd(head []byte) error {
	inside := false
	for i, c := range head {
		switch {
		case c == '"':
			inside = !inside
		case inside:
		case c == '\n':
			return nil
		case c == '\r' && (i+1 == len(head) || head[i+1] != '\n'):
			return errCR
		case c == 0:
			return errors.New("there are NUL bytes in the header: the file is damaged or is not a CSV file: export the log as CSV UTF-8")
		}
	}
	return nil
}

// guess returns the delimiter with which the header has the most of the named columns.
func (s *csvSource) guess(head []byte) byte {
	all := delimiters
	if s.in.tab {
		all = "\t,;|"
	}
	best, most := all[0], 0
	for _, c := range []byte(all) {
		fields, _, err := newRecords(bytes.NewReader(head), c).next()
		if err != nil {
			continue
		}
		names := make([]string, len(fields))
		for i, f := range fields {
			names[i] = string(f)
		}
		at, attrs, _ := findColumns(&s.log.cfg.Columns, names)
		if found := numColumns + len(attrs) - strings.Count(fmt.Sprint(at, attrs), "-1"); found > most {
			best, most = c, found
		}
	}
	return best
}

// findColumns returns the index of each column by its name, and of the column of each attribute. It compares exact names first,
// and then names without the spaces around them. The index of a column that is not there is -1.
func findColumns(c *Columns, names []string) (at [numColumns]int, attrs []int, faults []error) {
	trimmed := make([]string, len(names))
	for i, n := range names {
		trimmed[i] = strings.TrimSpace(n)
	}
	find := func(column int) int {
		role, want := c.role(column)
		if want == "" {
			return -1
		}
		list := names
		if !slices.Contains(names, want) {
			list, want = trimmed, strings.TrimSpace(want)
		}
		i := slices.Index(list, want)
		if i < 0 {
			faults = append(faults, missingColumnError{want, role})
		} else if slices.Contains(list[i+1:], want) {
			faults = append(faults, fmt.Errorf("the column %q, for %s, occurs twice: rename one of them", want, role))
		}
		return i
	}
	for i := range at {
		at[i] = find(i)
	}
	for i := range c.Attributes {
		attrs = append(attrs, find(numColumns+i))
	}
	return at, attrs, faults
}

// hint returns a suggestion for a column that the header does not have. It writes a hint about the whole first row to all.
func (s *csvSource) hint(want string, names []string, all *string) string {
	if len(names) == 1 {
		for _, other := range []byte(delimiters) {
			if other != s.comma && strings.IndexByte(names[0], other) >= 0 {
				*all = fmt.Sprintf(": the columns seem to be separated by %q: set --delimiter %q", delimiterName(other), delimiterName(other))
				return ""
			}
		}
	}
	if !looksLikeHeader(names) {
		*all = ": the first row does not look like the names of columns: add a header"
		return ""
	}
	if near := blueprint.Suggest(want, names); near != "" {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	const most = 30
	*all = fmt.Sprintf(": the columns are %.1000q", names[:min(len(names), most)])
	return ""
}

// looksLikeHeader reports whether the fields may be names of columns. Otherwise they may be a row of the log,
// whose values must not appear in a message, because they may be a customer's data.
func looksLikeHeader(names []string) bool {
	const longest, digits = 64, 4
	t := &timeReader{}
	seen := map[string]bool{}
	for _, n := range names {
		n = strings.TrimSpace(n)
		count := 0
		for _, c := range []byte(n) {
			if isDigit(c) {
				count++
			}
		}
		if n == "" || len(n) > longest || count >= digits || seen[n] || strings.ContainsAny(n, "@\x00\r\n") || t.read([]byte(n)).forms != 0 {
			return false
		}
		if _, isNumber := parseNumber([]byte(n)); isNumber {
			return false
		}
		seen[n] = true
	}
	return true
}

func delimiterName(b byte) string {
	if b == '\t' {
		return "tab"
	}
	return string(rune(b))
}
