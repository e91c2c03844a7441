package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"cairncx.dev/cairn/cmd/cairn/internal/scratch"
)

// tape makes an input that can be read only once readable a second time. It keeps the bytes that are read before [tape.rewind],
// in memory up to a bound and in a temporary file beyond it.
type tape struct {
	from io.Reader
	dir  string

	kept     []byte
	file     *os.File
	inFile   int64
	playing  io.Reader // reads the kept bytes after rewind
	finished bool      // the tape keeps no further bytes
}

// maxKept is the number of bytes that a tape keeps in memory.
const maxKept = 1 << 20

// Read implements [io.Reader].
func (t *tape) Read(p []byte) (int, error) {
	if t.playing != nil {
		n, err := t.playing.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) {
			return n, err //nolint:wrapcheck // a reader returns errors as they are
		}
		t.playing, t.kept = nil, nil
	}
	n, err := t.from.Read(p)
	if n > 0 && !t.finished {
		if keep := t.keep(p[:n]); keep != nil {
			return 0, keep
		}
	}
	return n, err //nolint:wrapcheck // a reader returns io.EOF as it is
}

func (t *tape) keep(p []byte) error {
	if t.file == nil && len(t.kept)+len(p) <= maxKept {
		t.kept = append(t.kept, p...)
		return nil
	}
	if t.file == nil {
		f, err := scratch.New(t.dir)
		if err != nil {
			return err
		}
		t.file = f
	}
	if _, err := t.file.WriteAt(p, t.inFile); err != nil {
		return fmt.Errorf("buffering the log in a temporary file: %w: set --tmp to a folder with more space", err)
	}
	t.inFile += int64(len(p))
	return nil
}

// rewind makes the tape read its input again from the beginning. It may be called once.
func (t *tape) rewind() {
	parts := []io.Reader{bytes.NewReader(t.kept)}
	if t.file != nil {
		parts = append(parts, io.NewSectionReader(t.file, 0, t.inFile))
	}
	t.playing, t.finished = io.MultiReader(parts...), true
}

// stop ends the keeping of bytes, for an input that is read only once.
func (t *tape) stop() {
	if t != nil {
		t.finished = true
	}
}

func (t *tape) close() error {
	if t == nil || t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return scratch.Close(f)
}
