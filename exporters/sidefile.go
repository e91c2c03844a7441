package exporters

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
)

// errSideFull is why a dead letter is lost.
var errSideFull = errors.New("it is full: move it away, and a new one begins")

// sideFile is a file of lines with a bound. A line is durable when it is written. Safe for concurrent use,
// by one process; others may move the file away. Anything else that has its name, such as a planted
// link, is set aside.
type sideFile struct {
	disk  disk
	name  string
	limit int64

	mu sync.Mutex
}

// path returns where the file is, for people.
func (s *sideFile) path() string { return filepath.Join(s.disk.Path(), s.name) }

// try says whether the file can be written to, without leaving one where there was none.
func (s *sideFile) try() error {
	f, made, err := openOrMake(s.disk, s.name)
	if err == nil {
		err = f.Close()
	}
	if made && err == nil {
		err = s.disk.Remove(s.name)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.path(), err)
	}
	return nil
}

// write appends the lines, each of which ends with LF.
func (s *sideFile) write(lines []byte) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, _, err := openOrMake(s.disk, s.name)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path(), err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", s.path(), err)
	}
	size := info.Size()
	if size+int64(len(lines)) > s.limit {
		return fmt.Errorf("%s: %w", s.path(), errSideFull)
	}
	if last := []byte{'\n'}; size > 0 {
		if _, err := f.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...) // behind a line that was torn
		}
	}
	if _, err := f.WriteAt(lines, size); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", s.path(), err), f.Truncate(size))
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("%s: %w", s.path(), err)
	}
	if size == 0 {
		return s.disk.SyncFolder()
	}
	return nil
}

// keep sets a damaged piece of a segment aside, a megabyte of it at most.
func (s *sideFile) keep(f io.ReaderAt, segment string, from, to int64) error {
	b := make([]byte, min(to-from, 1<<20))
	n, _ := f.ReadAt(b, from)
	line, err := json.Marshal(struct {
		Segment string `json:"segment"`
		Offset  int64  `json:"offset"`
		Length  int64  `json:"length"`
		Bytes   []byte `json:"bytes"`
	}{segment, from, to - from, b[:n]})
	if err != nil {
		return fmt.Errorf("%s: %w", s.path(), err)
	}
	return s.write(append(line, '\n'))
}
