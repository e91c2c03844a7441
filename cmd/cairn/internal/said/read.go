package said

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"cairncx.dev/cairn/cmd/cairn/internal/eventlog"
	"cairncx.dev/cairn/cx/event"
)

// Config says how files are read.
type Config struct {
	// Columns are the columns of the fields. Default: each field has the column of its name.
	Columns Columns
	// Source is the source of rows that name none.
	Source string
	// Delimiter separates the columns of a CSV file, an ASCII character. Default: comma, semicolon, tab or |, the one with which
	// the header has the column of the time.
	Delimiter byte
	// Times reads the times. The zero value reads those without an offset as UTC.
	Times eventlog.Times
	// Encoding is the encoding of the file; nil is UTF-8.
	Encoding *eventlog.Encoding
	// Scale returns the scale of a survey. Default: that of the published question with this name.
	Scale func(survey string) (event.Scale, bool)
	// Channel returns the channel that a spelling stands for. Default: the constants of package event.
	Channel func(spelling string) event.Channel
	// Pseudonym returns the pseudonym of a customer's own ID. Default: customers are left out.
	Pseudonym func(id string) string
	// Bad is called for each row that is skipped. If it returns an error, reading stops with that error.
	Bad func(line int, err error) error
	// Unused is called for each column, or key of JSON, that no field has, once, with the line in which it was found first.
	// If it returns an error, reading stops with that error.
	Unused func(line int, column string) error
}

// maxRow is the maximum length of a row, in bytes: more than any event may have.
const maxRow = 1 << 20

// maxUnused is how many different columns without a field are told.
const maxUnused = 100

// reader reads one file.
type reader struct {
	cfg    Config
	out    *bufio.Writer
	line   int // the line of out that comes next
	seen   map[[16]byte]int
	unused map[string]bool
	buf    []byte
}

// Convert reads a file, which may be compressed with gzip, and writes a line of JSON for each row that can be read. It stops when ctx is
// done, or writing fails.
func Convert(ctx context.Context, cfg Config, in io.Reader, out io.Writer) error {
	r := &reader{cfg: cfg, out: bufio.NewWriter(out), line: 1, seen: map[[16]byte]int{}, unused: map[string]bool{}}
	text, err := plain(in)
	if err != nil {
		return err
	}
	if cfg.Encoding != nil {
		text = bufio.NewReader(cfg.Encoding.Reader(text))
	}
	skipMark(text)
	start, err := text.Peek(1)
	for err == nil && bytes.ContainsAny(start[len(start)-1:], " \t\r\n") && len(start) < 1<<10 {
		start, err = text.Peek(len(start) + 1)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading: %w", err)
	}
	if bytes.HasPrefix(bytes.TrimLeft(start, " \t\r\n"), []byte("{")) {
		err = r.objects(ctx, text)
	} else {
		err = r.table(ctx, text)
	}
	return errors.Join(err, r.out.Flush())
}

// plain returns a reader of the file without its compression.
func plain(in io.Reader) (*bufio.Reader, error) {
	buf := bufio.NewReader(in)
	if start, _ := buf.Peek(2); !bytes.Equal(start, []byte{0x1f, 0x8b}) {
		return buf, nil
	}
	z, err := gzip.NewReader(buf)
	if err != nil {
		return nil, fmt.Errorf("it begins like gzip and is not valid gzip: %w", err)
	}
	return bufio.NewReader(z), nil
}

// skipMark skips a byte order mark.
func skipMark(in *bufio.Reader) {
	const mark = "\ufeff"
	if start, _ := in.Peek(len(mark)); string(start) == mark {
		_, _ = in.Discard(len(mark))
	}
}

// values are the texts of a row by field.
type values [numFields]string

// row takes a row that begins in the line of the file.
func (r *reader) row(line int, v *values) error {
	e, err := r.event(v)
	if err != nil {
		return r.bad(line, err)
	}
	for ; r.line < line; r.line++ {
		_ = r.out.WriteByte('\n') // Write says if it fails
	}
	r.buf = append(e.AppendJSON(r.buf[:0]), '\n')
	r.line++
	if _, err = r.out.Write(r.buf); err != nil {
		return fmt.Errorf("passing a row on: %w", err)
	}
	return nil
}

func (r *reader) bad(line int, err error) error {
	if r.cfg.Bad == nil {
		return nil
	}
	return r.cfg.Bad(line, err)
}

// without notes that no field is in the column.
func (r *reader) without(line int, column string) error {
	if r.cfg.Unused == nil || r.unused[column] || len(r.unused) >= maxUnused {
		return nil
	}
	r.unused[column] = true
	return r.cfg.Unused(line, column)
}

// name returns how messages name the field.
func (r *reader) name(f Field) string {
	if column := r.cfg.Columns.column(f); column != f.String() {
		return fmt.Sprintf("the %s, in the column %.80q,", words(f), column)
	}
	return "the " + words(f)
}

func words(f Field) string { return strings.ReplaceAll(f.String(), "_", " ") }

// instant parses a time.
func (r *reader) instant(f Field, text string) (time.Time, error) {
	ns, err := r.cfg.Times.Parse([]byte(text))
	if err != nil && r.cfg.Times.Format == nil {
		err = fmt.Errorf("%w, or set --feedback-time-format, such as dmy or mdy", err)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is %w", r.name(f), err)
	}
	return time.Unix(0, ns).UTC(), nil
}
