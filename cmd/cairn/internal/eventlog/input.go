package eventlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// Stdin is the name of the standard input.
const Stdin = "-"

// input is one open file of a log.
type input struct {
	name     string
	index    int       // among the files
	file     *os.File  // nil for the standard input
	size     int64     // the size of a regular file when it was opened, or 0
	modified time.Time // the modification time of a regular file when it was opened
	plain    bool      // a regular, uncompressed CSV file in UTF-8, which can be read twice and in parts
	json     bool
	comma    byte // 0 until the header has been read
	tab      bool // the name suggests tabs
	encoding *Encoding
	tape     *tape // nil for a regular file

	raw  io.Reader
	buf  *bufio.Reader // reads from the input
	text io.Reader
	read atomic.Int64 // bytes of the file, compressed ones if it is compressed

	survey  survey
	form    form
	auto    bool // the form was detected
	records int64
	rows    int64
}

// Read reads from the file and counts the bytes.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.raw.Read(p)
	in.read.Add(int64(n))
	return n, err //nolint:wrapcheck // a reader returns io.EOF as it is
}

// openInput opens the file and detects its format.
func openInput(cfg *Config, name string, stdin io.Reader) (*input, error) {
	in := &input{name: name, comma: cfg.Delimiter, encoding: cfg.Encoding, raw: stdin}
	file, isFile := stdin.(*os.File)
	converted := cfg.Converted[name]
	switch {
	case converted != nil:
		in.raw, in.encoding, isFile = converted, nil, false
	case name == Stdin:
		in.name = "standard input"
	default:
		f, err := os.Open(name) //nolint:gosec // the file that the user names
		if err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
		in.file, in.raw, file, isFile = f, f, f, true
	}
	if isFile {
		info, err := file.Stat()
		if err == nil && info.IsDir() {
			err = errors.New("it is a folder: name the files in it")
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("opening the log: %s: %w", in.name, err), in.close())
		}
		if in.file != nil && info.Mode().IsRegular() {
			in.size, in.modified = info.Size(), info.ModTime()
		}
	}
	if in.size == 0 {
		in.tape = &tape{from: in.raw, dir: cfg.Dir}
		in.raw = in.tape
	}
	if err := in.sniff(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", in.name, err), in.close())
	}
	in.json = in.json || converted != nil // also if it has no line
	return in, nil
}

// sniff examines the beginning of the file and sets up the readers.
func (in *input) sniff() error {
	const look = 4096
	in.buf = bufio.NewReaderSize(in, maxPartBuffer)
	buf := in.buf
	start, err := buf.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading: %w", err)
	}
	gzipped := bytes.Equal(start, []byte{0x1f, 0x8b})
	if gzipped {
		z, err := gzip.NewReader(buf)
		if err != nil {
			return fmt.Errorf("it begins like gzip and is not valid gzip: %w", err)
		}
		buf = bufio.NewReaderSize(&gunzip{z: z}, maxPartBuffer)
	}
	if start, err = buf.Peek(look); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading: %w", err)
	}
	if err := foreign(start); err != nil {
		return err
	}
	if in.encoding == nil {
		if err := wide(start); err != nil {
			return err
		}
	} else {
		if err := in.encoding.against(start); err != nil {
			return err
		}
		buf = bufio.NewReaderSize(in.encoding.Reader(buf), maxPartBuffer)
		if start, err = buf.Peek(look); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("reading: %w", err)
		}
	}
	in.text = buf
	in.plain = in.file != nil && in.size > 0 && !gzipped && in.encoding == nil
	if err := in.classify(start); err != nil {
		return err
	}
	in.plain = in.plain && !in.json
	return nil
}

// classify detects the format of the text from its beginning and the file's name.
func (in *input) classify(start []byte) error {
	start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte(byteOrderMark)), " \t\r\n")
	object := len(start) > 0 && start[0] == '{'
	switch ext := filepath.Ext(strings.TrimSuffix(strings.ToLower(in.name), ".gz")); ext {
	case ".jsonl", ".ndjson", ".json":
		in.json = true
	case ".csv":
		in.json = object && firstOf(start[1:]) == '"'
	case ".tsv":
		in.json = object && firstOf(start[1:]) == '"'
		in.tab = true
	default:
		in.json = object
	}
	switch {
	case len(start) > 0 && start[0] == '[' && (firstOf(start[1:]) == '{' || in.json && firstOf(start[1:]) != 0 && len(bytes.TrimSpace(firstLine(start))) == 1):
		return errors.New("it is a JSON array: write one event on each line: jq -c '.[]' FILE | cairn replay … -")
	case in.json && object && len(bytes.TrimSpace(firstLine(start))) == 1 && len(start) > 1:
		return errors.New("an event takes several lines: write one event on each line: jq -c . FILE | cairn replay … -")
	}
	return nil
}

// firstOf returns the first byte that is not white space, or 0.
func firstOf(b []byte) byte {
	if b = bytes.TrimLeft(b, " \t\r\n"); len(b) > 0 {
		return b[0]
	}
	return 0
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return line
}

// again restarts the input at its beginning.
func (in *input) again() error {
	if in.tape != nil {
		in.tape.rewind()
	} else if _, err := in.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%s: reading it again: %w", in.name, err)
	}
	in.read.Store(0)
	if in.plain {
		in.text = io.LimitReader(in, in.size) // finish reports data that was appended in the meantime
		return nil
	}
	if err := in.sniff(); err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	return nil
}

// errChanged is the error of a file that changed while it was read.
var errChanged = errors.New("it was changed while it was read, and part of a log makes no report: replay it when no program writes to it any more, or replay a copy")

// finish compares, after the last row, the number of bytes read with the size of the file.
func (in *input) finish() error {
	if !in.plain && in.buf.Buffered() > 0 {
		return fmt.Errorf("%s: at least %d bytes follow the end of its data and were not read: remove them", in.name, in.buf.Buffered())
	}
	if err := in.changed(); err != nil {
		return err
	}
	if read := in.read.Load(); in.size > 0 && read != in.size {
		return fmt.Errorf("%s: %d of its %d bytes were read: %w", in.name, read, in.size, errChanged)
	}
	return nil
}

// changed returns an error if the file has changed since it was opened.
func (in *input) changed() error {
	if in.size == 0 {
		return nil
	}
	info, err := in.file.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", in.name, err)
	case info.Size() != in.size:
		return fmt.Errorf("%s: it had %d bytes and now has %d: %w", in.name, in.size, info.Size(), errChanged)
	case !info.ModTime().Equal(in.modified):
		return fmt.Errorf("%s: %w", in.name, errChanged)
	default:
		return nil
	}
}

func (in *input) close() error {
	err := in.tape.close()
	if in.file == nil {
		return err
	}
	if fault := in.file.Close(); fault != nil {
		err = errors.Join(err, fmt.Errorf("closing the log: %w", fault))
	}
	return err
}

// gunzip reads all members of a gzip file. It returns an error if other data follows a member.
type gunzip struct {
	z *gzip.Reader
}

// Read implements [io.Reader].
func (g *gunzip) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	switch {
	case errors.Is(err, gzip.ErrHeader):
		err = errors.New("other data follows the compressed data: the file is damaged, or uncompressed data was appended")
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the compressed data is cut off: copy the file again: %w", err)
	}
	return n, err
}
