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

// maxRecord is the maximum length of a CSV record in bytes. It keeps an opening quote without a closing one
// from swallowing the rest of the log.
const maxRecord = 256 << 10

// records reads the records of a CSV file. It splits records without quotes, which are nearly all, by itself,
// and leaves records with quotes to encoding/csv, which is several times slower.
type records struct {
	in     *bufio.Reader // its buffer holds more than maxRecord bytes
	comma  byte
	line   int // the line of the next record, counted from 1
	used   int // bytes of the buffer that belong to the last record
	bytes  int64
	fields [][]byte
	quotes bool  // a record had a quote
	count  int64 // all records, including those that cannot be read

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

// recordError is the reason why one record cannot be read. The next record may be readable.
type recordError struct{ why string }

// errCR is the error of lines that end in CR alone, which look like one long line.
var errCR = errors.New("a carriage return (CR) stands where a line should end in LF or CR LF: convert each CR to LF: tr '\\r' '\\n' <FILE | cairn replay … -")

func (b recordError) Error() string { return b.why }

// next returns the fields of the next record and the line in which it begins. The fields are valid until the
// next call. The error is a recordError, io.EOF, or an error of the input.
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
			continue // an empty line is not a record
		case quoted:
			r.quotes = true
			fields, err = r.parseQuoted()
			return fields, line, err
		}
		return r.split(record), line, nil
	}
}

// skip discards n bytes of the buffer.
func (r *records) skip(n int) {
	_, _ = r.in.Discard(n) // cannot fail: the bytes are in the buffer
	r.bytes += int64(n)
	r.used = 0
}

// peekLine returns the next line without its end, and whether it has a quote. It skips a line that is too long
// and returns nil for it.
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
		line, r.used = buffered, len(buffered) // the last line
	default:
		line, r.used = buffered[:end], end+1
	}
	quoted = bytes.IndexByte(line, '"') >= 0
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, quoted, nil
}

// more reads until there is a line end after the first n bytes, the input ends, or the buffer is full.
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

// passLine skips the rest of a line.
func (r *records) passLine() error {
	const several = 8 // a text may contain a few
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

// parseQuoted reads the record with quotes that begins in the current line. If the record is faulty, it skips
// that line only, because the following lines may be good.
func (r *records) parseQuoted() ([][]byte, error) {
	size, lines, err := r.extent()
	if err != nil {
		return nil, err
	}
	record, _ := r.in.Peek(size) // cannot fail: extent has seen the bytes in the buffer
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

// extent returns the number of bytes and lines of the record, which ends at the first line end outside quotes.
// It stops at the first quote that violates the rules of encoding/csv. Without that, every such line would
// search the same bytes again for an end.
func (r *records) extent() (size, lines int, err error) {
	buffered, _ := r.in.Peek(r.in.Buffered()) // cannot fail
	inside := false                           // inside a quoted field
	start := true                             // at the start of a field
	closed := false                           // the field ended in the last quote, unless another quote follows
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
		case closed && c != '\r': // CR may belong to the line end
			return 0, 0, faultyQuote(csv.ErrQuote)
		}
		start, closed = false, closed && c == '"'
	}
	return 0, 0, recordError{fmt.Sprintf("a quote is opened and not closed within %d KiB", maxRecord>>10)}
}

func faultyQuote(err error) error {
	return recordError{"a quote is misplaced: " + strings.TrimPrefix(err.Error(), "parse error ")}
}
