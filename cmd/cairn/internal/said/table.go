package said

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// table reads the rows of a CSV file.
func (r *reader) table(ctx context.Context, text *bufio.Reader) error {
	head, err := text.Peek(maxHead)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return fmt.Errorf("reading: %w", err)
	}
	c := csv.NewReader(text)
	c.Comma, c.FieldsPerRecord, c.LazyQuotes = r.delimiter(head), -1, false
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty: it needs a header with the names of the columns, and a row for each thing that a customer said")
	}
	if err != nil {
		return fmt.Errorf("the header: %w", malformed(err))
	}
	fields, err := r.header(header)
	if err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err //nolint:wrapcheck // the caller knows what it has stopped
		}
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			line, _ := c.FieldPos(0)
			err = r.record(line, record, fields)
		} else {
			err = r.unreadable(err)
		}
		if err != nil {
			return err
		}
	}
}

const maxHead = 4096

// unreadable takes the error of a record.
func (r *reader) unreadable(err error) error {
	var at *csv.ParseError
	if !errors.As(err, &at) {
		return fmt.Errorf("reading: %w", err)
	}
	return r.bad(at.StartLine, malformed(err))
}

// malformed returns the reason without the place, which the caller adds.
func malformed(err error) error {
	var at *csv.ParseError
	if errors.As(err, &at) {
		return fmt.Errorf("it is no row of CSV: %w", at.Err)
	}
	return err
}

// record takes one record.
func (r *reader) record(line int, record []string, fields []int) error {
	if len(record) != len(fields) {
		return r.bad(line, fmt.Errorf("it has %d columns, and the header has %d", len(record), len(fields)))
	}
	var v values
	for i, text := range record {
		if f := fields[i]; f >= 0 {
			v[f] = text
		}
	}
	return r.row(line, &v)
}

// delimiter returns the character between the columns.
func (r *reader) delimiter(head []byte) rune {
	if r.cfg.Delimiter != 0 {
		return rune(r.cfg.Delimiter)
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	at := r.cfg.Columns.column(Time)
	for _, c := range ",;\t|" {
		names := csv.NewReader(bytes.NewReader(first))
		names.Comma = c
		if list, err := names.Read(); err == nil && slices.ContainsFunc(list, func(s string) bool { return strings.TrimSpace(s) == at }) && len(list) > 1 {
			return c
		}
	}
	return ','
}

// header returns the field of each column, or -1.
func (r *reader) header(names []string) ([]int, error) {
	fields := make([]int, len(names))
	var found [numFields]bool
	for i, name := range names {
		name = strings.TrimSpace(name)
		f, ok := r.cfg.Columns.of(name)
		switch {
		case !ok:
			fields[i] = -1
			if err := r.without(1, name); err != nil {
				return nil, err
			}
			continue
		case found[f]:
			return nil, fmt.Errorf("the header has the column %.80q twice: rename one", name)
		}
		found[f], fields[i] = true, int(f)
	}
	for f := range numFields {
		if column, mapped := r.cfg.Columns[f]; mapped && !found[f] {
			return nil, fmt.Errorf("the header has no column %.80q for %s: the columns are %s", column, f, listed(names))
		}
	}
	if !found[Time] {
		return nil, fmt.Errorf("the header has no column time: name the one that has it with --feedback-map time=COLUMN: the columns are %s", listed(names))
	}
	return fields, nil
}

// listed returns the names of the columns for a message.
func listed(names []string) string {
	const most = 20
	list := make([]string, 0, most+1)
	for _, name := range names[:min(len(names), most)] {
		list = append(list, fmt.Sprintf("%.40q", name))
	}
	if len(names) > most {
		list = append(list, "…")
	}
	return strings.Join(list, ", ")
}
