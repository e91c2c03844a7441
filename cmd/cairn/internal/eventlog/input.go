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
)

// Stdin is the name of the standard input.
const Stdin = "-"

// input is one file that is open.
type input struct {
	name  string
	file  *os.File // nil for the standard input
	size  int64    // of a regular file, else 0
	plain bool     // a regular CSV file, not compressed: it can be read twice
	json  bool
	comma byte

	raw  io.Reader
	text io.Reader
	read atomic.Int64 // bytes of the file, compressed ones where it is
}

// Read reads from the file and counts.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.raw.Read(p)
	in.read.Add(int64(n))
	return n, err //nolint:wrapcheck // a reader returns io.EOF as it is
}

// openInput opens the file and finds out what is in it.
func openInput(name string, stdin io.Reader, comma byte) (*input, error) {
	in := &input{name: name, comma: comma, raw: stdin}
	if name == Stdin {
		in.name = "standard input"
	} else {
		f, err := os.Open(name) //nolint:gosec // the file that the user names
		if err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
		in.file, in.raw = f, f
		info, err := f.Stat()
		if err == nil && info.IsDir() {
			err = errors.New("it is a folder: name the files in it")
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("opening the log: %s: %w", name, err), in.close())
		}
		if info.Mode().IsRegular() {
			in.size = info.Size()
		}
	}
	if err := in.sniff(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", in.name, err), in.close())
	}
	return in, nil
}

// sniff looks at the beginning and sets up reading.
func (in *input) sniff() error {
	const look = 512
	buf := bufio.NewReaderSize(in, maxPartBuffer)
	start, err := buf.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading: %w", err)
	}
	gzipped := bytes.Equal(start, []byte{0x1f, 0x8b})
	if gzipped {
		z, err := gzip.NewReader(buf)
		if err != nil {
			return fmt.Errorf("it begins as gzip does, and is not: %w", err)
		}
		buf = bufio.NewReaderSize(z, maxPartBuffer)
	}
	if start, err = buf.Peek(look); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading: %w", err)
	}
	if bytes.HasPrefix(start, []byte{0xff, 0xfe}) || bytes.HasPrefix(start, []byte{0xfe, 0xff}) {
		return errors.New("it is UTF-16: convert it, with iconv or by saving it as UTF-8")
	}
	in.text = buf
	in.classify(start)
	in.plain = in.file != nil && in.size > 0 && !gzipped && !in.json
	return nil
}

// classify says what format the text has, by the file's name, else by its beginning.
func (in *input) classify(start []byte) {
	switch ext := filepath.Ext(strings.TrimSuffix(strings.ToLower(in.name), ".gz")); ext {
	case ".jsonl", ".ndjson", ".json":
		in.json = true
	case ".csv":
	case ".tsv":
		if in.comma == 0 {
			in.comma = '\t'
		}
	default:
		start = bytes.TrimLeft(bytes.TrimPrefix(start, []byte(byteOrderMark)), " \t\r\n")
		in.json = len(start) > 0 && start[0] == '{'
	}
	if in.comma == 0 {
		in.comma = ','
	}
}

// again makes it be read from its beginning, and not beyond the bytes that have been seen.
func (in *input) again(bytes int64) error {
	if _, err := in.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("%s: reading it again: %w", in.name, err)
	}
	in.read.Store(0)
	in.text = io.LimitReader(in, bytes)
	return nil
}

func (in *input) close() error {
	if in.file == nil {
		return nil
	}
	if err := in.file.Close(); err != nil {
		return fmt.Errorf("closing the log: %w", err)
	}
	return nil
}
