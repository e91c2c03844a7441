package eventlog

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxRecord is the longest record of a CSV file, in bytes: an opening quote that nobody closes
// must not swallow the rest of the log.
const maxRecord = 256 << 10

// records reads the records of a CSV file. encoding/csv reads those with quotes in them; the
// others, nearly all, are split here, for that is several times as fast.
type records struct {
	in     *bufio.Reader // its buffer holds maxRecord and more
	comma  byte
	line   int // of the next record, counted from 1
	used   int // bytes of the buffer that the last record took
	bytes  int64
	fields [][]byte
	quotes bool  // there was a quote somewhere
	count  int64 // records, those that cannot be read among them

	text   bytes.Reader
	quoted *csv.Reader // reads from textIn, which reads from text
	textIn *bufio.Reader
	spare  []byte
}

func newRecords(in io.Reader, comma byte) *records {
	r := &records{in: bufio.NewReaderSize(in, 2*maxRecord), comma: comma, line: 1}
	r.textIn = bufio.NewReader(&r.text)
	r.quoted = csv.NewReader(r.textIn)
	r.quoted.Comma = rune(comma)
	r.quoted.FieldsPerRecord = -1
	r.quoted.ReuseRecord = true
	return r
}

// recordError is why one record cannot be read. The next one can.
type recordError struct{ why string }

// errCR is the error of lines that do not end as they should: many of them look like one.
var errCR = errors.New("a carriage return (CR) stands where a line should end in LF or CR LF: make LF of the CRs: tr '\\r' '\\n' <FILE | cairn replay … -")

func (b recordError) Error() string { return b.why }

// next returns the fields of the next record, which are good until the call after, and the line
// that it begins in. The error is a recordError, io.EOF, or one of the input.
func (r *records) next() (fields [][]byte, line int, err error) {
	for {
		r.skip(r.used)
		record, quoted, err := r.peekLine()
		if err != nil {
			return nil, r.line, err
		}
		line = r.line
		r.line++
		if record == nil || len(record) > 0 {
			r.count++
		}
		switch {
		case record == nil:
			return nil, line, recordError{fmt.Sprintf("the line is longer than %d KiB", maxRecord>>10)}
		case len(record) == 0:
			continue // an empty line is no record
		case quoted:
			r.quotes = true
			fields, err = r.parseQuoted()
			return fields, line, err
		}
		return r.split(record), line, nil
	}
}

// skip passes over n bytes of the buffer.
func (r *records) skip(n int) {
	_, _ = r.in.Discard(n) // they are in the buffer
	r.bytes += int64(n)
	r.used = 0
}

// peekLine returns the next line without its end, nil for one that is too long and has been
// passed over, and whether there is a quote in it.
func (r *records) peekLine() (line []byte, quoted bool, err error) {
	buffered, _ := r.in.Peek(r.in.Buffered()) // cannot fail
	end := bytes.IndexByte(buffered, '\n')
	if end < 0 {
		if buffered, err = r.more(len(buffered)); err != nil {
			return nil, false, err
		}
		end = bytes.IndexByte(buffered, '\n')
	}
	switch {
	case end > maxRecord, end < 0 && len(buffered) > maxRecord:
		return nil, false, r.passLine()
	case end < 0:
		line, r.used = buffered, len(buffered) // the last one
	default:
		line, r.used = buffered[:end], end+1
	}
	quoted = bytes.IndexByte(line, '"') >= 0
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, quoted, nil
}

// more reads until there is a line's end behind the first n bytes, or no more, or no room.
func (r *records) more(n int) ([]byte, error) {
	for {
		buffered, err := r.in.Peek(n + 1)
		if have := r.in.Buffered(); err == nil && have > len(buffered) {
			buffered, _ = r.in.Peek(have)
		}
		switch {
		case errors.Is(err, io.EOF):
			if len(buffered) == 0 {
				return nil, io.EOF
			}
			return buffered, nil
		case err != nil:
			return nil, fmt.Errorf("reading: %w", err)
		case len(buffered) > maxRecord, bytes.IndexByte(buffered[n:], '\n') >= 0:
			return buffered, nil
		}
		n = len(buffered)
	}
}

// passLine passes over the rest of a line.
func (r *records) passLine() error {
	const several = 8 // some may stand in a text
	crs := 0
	for {
		part, err := r.in.ReadSlice('\n')
		r.bytes += int64(len(part))
		crs += bytes.Count(part, []byte{'\r'})
		switch {
		case err == nil || errors.Is(err, io.EOF):
			if crs >= several {
				return errCR
			}
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("reading: %w", err)
		}
	}
}

func (r *records) split(line []byte) [][]byte {
	r.fields = r.fields[:0]
	for {
		i := bytes.IndexByte(line, r.comma)
		if i < 0 {
			r.fields = append(r.fields, line)
			return r.fields
		}
		r.fields = append(r.fields, line[:i])
		line = line[i+1:]
	}
}

// parseQuoted reads the record that begins in the line that was peeked and has quotes in it. Of
// one that is faulty that line only is passed over: the lines behind it may be good.
func (r *records) parseQuoted() ([][]byte, error) {
	size, lines, err := r.extent()
	if err != nil {
		return nil, err
	}
	record, _ := r.in.Peek(size) // is in the buffer: extent has seen it
	r.text.Reset(record)
	r.textIn.Reset(&r.text)
	texts, err := r.quoted.Read()
	if err != nil {
		if p := (*csv.ParseError)(nil); errors.As(err, &p) {
			err = p.Err
		}
		return nil, faultyQuote(err)
	}
	r.used, r.line = size, r.line+lines-1
	r.spare, r.fields = r.spare[:0], r.fields[:0]
	for _, t := range texts {
		r.spare = append(r.spare, t...)
	}
	at := 0
	for _, t := range texts {
		r.fields = append(r.fields, r.spare[at:at+len(t)])
		at += len(t)
	}
	return r.fields, nil
}

// extent returns how many bytes and lines the record takes: up to the first line's end that is not in
// quotes. It stops at the first quote that is not as it should be, by the rules of encoding/csv: whoever
// looked for an end behind it would look through the same bytes again for each such line.
func (r *records) extent() (size, lines int, err error) {
	buffered, _ := r.in.Peek(r.in.Buffered()) // cannot fail
	inside := false                           // of a field in quotes
	start := true                             // of a field
	closed := false                           // it ended in the quote that was just read, unless another one follows
	for i := 0; i <= maxRecord; i++ {
		if i == len(buffered) {
			more, err := r.more(i)
			if err != nil {
				return 0, 0, err
			}
			if len(more) == i { // the log ends here
				if inside {
					break
				}
				return i, lines + 1, nil
			}
			buffered = more
		}
		c := buffered[i]
		if c == '\n' {
			lines++
		}
		switch {
		case inside:
			inside = c != '"'
			closed = !inside
		case c == '\n':
			return i + 1, lines, nil
		case c == r.comma:
			start, closed = true, false
			continue
		case c == '"' && (start || closed):
			inside, closed = true, false
		case c == '"':
			return 0, 0, faultyQuote(csv.ErrBareQuote)
		case closed && c != '\r': // which may belong to the line's end
			return 0, 0, faultyQuote(csv.ErrQuote)
		}
		start, closed = false, closed && c == '"'
	}
	return 0, 0, recordError{fmt.Sprintf("a quote is opened and not closed within %d KiB", maxRecord>>10)}
}

func faultyQuote(err error) error {
	return recordError{"a quote is not as it should be: " + strings.TrimPrefix(err.Error(), "parse error ")}
}
