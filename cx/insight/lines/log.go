package lines

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cairncx.dev/cairn/cx/event"
)

// log is one path: its closed files and the file itself, in the order in which they were written.
type log struct {
	path   string
	files  []*file
	from   int   // the file that is read first
	offset int64 // and where
}

// file is one file of a log.
type file struct {
	name    string
	held    *os.File // the current file, which is open while a call lasts, because it may get another name; nil for a closed file
	skipped func(name string, line int64, err error) error

	marked bool
	first  string
}

// open finds the files of a log. It opens the current file before it lists the closed ones: a file that is rotated meanwhile is then
// there twice, and never missing.
func (s *Source) open(path string) (*log, error) {
	l := &log{path: path}
	current, err := openRegular(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	closed, err := closedFiles(path)
	for _, name := range closed {
		l.files = append(l.files, &file{name: name, skipped: s.skip})
	}
	if current != nil {
		l.files = append(l.files, &file{name: path, held: current, skipped: s.skip})
	}
	if err == nil && current != nil && len(closed) > 0 {
		err = l.once()
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// openRegular opens a file that is neither a folder nor a pipe.
func openRegular(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is no regular file: %w", ErrNoFile)
	}
	if err != nil {
		return nil, err
	}
	return os.Open(name) //nolint:gosec,wrapcheck // the path is the caller's own; as above
}

// once drops the current file if it is one of the closed files by now.
func (l *log) once() error {
	last := len(l.files) - 1
	now, err := l.files[last].mark()
	if err != nil || now == "" {
		return err
	}
	was, err := l.files[last-1].mark()
	if err == nil && was == now {
		err = l.files[last].held.Close()
		l.files = l.files[:last]
	}
	return err //nolint:wrapcheck // Scan adds the path
}

func (l *log) close() {
	for _, f := range l.files {
		if f.held != nil {
			_ = f.held.Close() // it was only read
		}
	}
}

// handle returns the open file, and what closes it. A closed file may have been gzipped since it was listed. The file is nil if it was
// removed, because it is old.
func (f *file) handle() (h *os.File, done func(), err error) {
	if f.held != nil {
		return f.held, func() {}, nil
	}
	for _, name := range []string{f.name, f.name + ".gz"} {
		h, err = openRegular(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return h, func() { _ = h.Close() }, err
		}
	}
	return nil, func() {}, nil
}

// seek finds the place, and reports whether it is there. The zero place is the beginning.
func (l *log) seek(p place) (found bool, err error) {
	if p.File == "" {
		return true, nil
	}
	for i := len(l.files) - 1; i >= 0; i-- {
		mark, err := l.files[i].mark()
		if err != nil {
			return false, err
		}
		if mark != p.File {
			continue
		}
		whole, err := l.files[i].has(p.Offset)
		if whole {
			l.from, l.offset = i, p.Offset
		}
		return whole, err
	}
	return false, nil
}

// closedFiles returns the closed files of a file of exporters/jsonl, sorted. Where there are a file and its gzipped form, it returns the file.
func closedFiles(path string) ([]string, error) {
	const stamp = "20060102T150405.000000000Z"
	ext := filepath.Ext(path)
	prefix := strings.TrimSuffix(filepath.Base(path), ext) + "-"
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err //nolint:wrapcheck // Scan adds the path
	}
	var names []string
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		plain := strings.TrimSuffix(rest, ".gz")
		at, ok2 := strings.CutSuffix(plain, ext)
		if _, err := time.Parse(stamp, at); !ok || !ok2 || err != nil || !e.Type().IsRegular() {
			continue
		}
		names = append(names, filepath.Join(filepath.Dir(path), e.Name()))
	}
	slices.Sort(names) // a file sorts before its gzipped form
	return slices.CompactFunc(names, func(a, b string) bool { return a+".gz" == b }), nil
}

// has reports whether the file is so long. A gzipped file is no longer written, so that it is not asked.
func (f *file) has(offset int64) (bool, error) {
	h, done, err := f.handle()
	if err != nil || h == nil {
		return false, err
	}
	defer done()
	zipped, err := gzipped(h)
	if err != nil || zipped {
		return zipped, err
	}
	info, err := h.Stat()
	return err == nil && info.Size() >= offset, err //nolint:wrapcheck // Scan adds the path
}

func gzipped(h *os.File) (bool, error) {
	var magic [2]byte
	if _, err := h.ReadAt(magic[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return false, err //nolint:wrapcheck // Scan adds the path
	}
	return magic == [2]byte{0x1f, 0x8b}, nil
}

// mark returns what tells the file from others: the digest of its first line, or "" if that is not complete.
func (f *file) mark() (string, error) {
	if f.marked {
		return f.first, nil
	}
	h, done, err := f.handle()
	if err != nil || h == nil {
		return "", err
	}
	defer done()
	r, err := reader(h, 0)
	if err != nil {
		return "", err
	}
	line, _, err := take(r, nil)
	line = plain(line, 0)
	switch {
	case errors.Is(err, io.EOF):
		if _, err := event.ParseJSON(line); err != nil {
			return "", nil // it may be the beginning of an event
		}
	case err != nil && !errors.Is(err, errLong):
		return "", err
	}
	sum := sha256.Sum256(line)
	f.first, f.marked = hex.EncodeToString(sum[:12]), true
	return f.first, nil
}

// reader returns a reader from the offset on, which counts unpacked bytes.
func reader(h *os.File, offset int64) (*bufio.Reader, error) {
	zipped, err := gzipped(h)
	if err != nil {
		return nil, err
	}
	if !zipped {
		_, err := h.Seek(offset, io.SeekStart)
		return bufio.NewReaderSize(h, 1<<16), err
	}
	if _, err := h.Seek(0, io.SeekStart); err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	z, err := gzip.NewReader(h)
	if err != nil {
		return nil, err //nolint:wrapcheck // as above
	}
	r := bufio.NewReaderSize(z, 1<<16)
	_, err = io.CopyN(io.Discard, r, offset)
	return r, err //nolint:wrapcheck // as above
}

const lineEnd = "\r\n"

// byteOrderMark begins files that some editors have saved.
var byteOrderMark = []byte("\ufeff")

// errLong is the error of take for a line that no event has, which was passed over.
var errLong = errors.New("the line is too long")

// take appends the next line with its line break to b, and returns both with the length of the line. It returns io.EOF with a line without a line break,
// and errLong with the beginning of a line that is longer than any event.
func take(r *bufio.Reader, b []byte) (all []byte, length int64, err error) {
	for from := len(b); ; {
		part, err := r.ReadSlice('\n')
		length += int64(len(part))
		if room := event.MaxJSON + 2 - (len(b) - from); len(part) > room {
			part = part[:room]
		}
		b = append(b, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == nil && length > int64(len(b)-from):
			return b, length, errLong
		default:
			return b, length, err //nolint:wrapcheck // Scan adds the path
		}
	}
}

// plain returns the line at the offset without its end, and without the mark that may begin a file.
func plain(line []byte, offset int64) []byte {
	line = bytes.TrimRight(line, lineEnd)
	if offset == 0 {
		line = bytes.TrimPrefix(line, byteOrderMark)
	}
	return line
}

// lineNumber returns the number of the line after n others, and 0 if the beginning of the file was not read.
func lineNumber(begun int64, n int) int64 {
	if begun > 0 {
		return 0
	}
	return int64(n) + 1
}
