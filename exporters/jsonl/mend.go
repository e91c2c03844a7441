package jsonl

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"cairncx.dev/cairn/cx/event"
)

// mend makes the file end with a whole line, and returns its size. If the bytes after the last line break are a whole event,
// mend adds the line break. Otherwise it cuts them off, because the exporter has never acknowledged them. mend returns an
// error and changes nothing if the file cannot be one of this package. If there are zeros before the end, the error is
// errDamaged.
func mend(f handle) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	was := info.Size()
	size, err := trimmed(f, was)
	if err != nil {
		return 0, err
	}
	var torn []byte
	if size > 0 {
		if err := sound(f, size); err != nil {
			return 0, err
		}
		if torn, err = tail(f, size); err != nil {
			return 0, err
		}
	}
	switch {
	case len(torn) == 0 && size == was:
		return size, nil
	case whole(torn):
		if err := f.Truncate(size); err != nil {
			return 0, err
		}
		if _, err := f.Write([]byte{'\n'}); err != nil {
			return 0, err //nolint:wrapcheck // it names the file
		}
		return size + 1, f.Sync()
	default:
		size -= int64(len(torn))
		if err := f.Truncate(size); err != nil {
			return 0, err
		}
		return size, f.Sync()
	}
}

// tail returns the bytes after the last line break. It returns an error if the file cannot be one of this package.
func tail(f handle, size int64) ([]byte, error) {
	first := make([]byte, 1)
	if _, err := f.ReadAt(first, 0); err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	if first[0] != '{' {
		return nil, fmt.Errorf("%w: %s begins with %q; move it away or name another", ErrForeign, f.Name(), first)
	}
	last := make([]byte, min(size, event.MaxJSON+1)) // the longest line, with its line break
	if _, err := f.ReadAt(last, size-int64(len(last))); err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	end := bytes.LastIndexByte(last, '\n') + 1
	if end == 0 && int64(len(last)) < size {
		return nil, fmt.Errorf("%w: %s has no line break in its last %d bytes; move it away or name another", ErrForeign, f.Name(), len(last))
	}
	return last[end:], nil
}

func whole(line []byte) bool {
	_, err := event.ParseJSON(line)
	return err == nil
}

// trimmed returns the file's size without the zeros at its end. A file system may leave zeros after a power cut, if it had
// allocated blocks that were never written. No line ends with a zero.
func trimmed(f handle, size int64) (int64, error) {
	block := make([]byte, 4<<10)
	for size > 0 {
		part := block[:min(size, int64(len(block)))]
		if _, err := f.ReadAt(part, size-int64(len(part))); err != nil {
			return 0, err //nolint:wrapcheck // it names the file
		}
		left := len(bytes.TrimRight(part, "\x00"))
		size -= int64(len(part) - left)
		if left > 0 {
			break
		}
	}
	return size, nil
}

// sound returns errDamaged if the file has zeros in it, because no line has one. A power cut leaves zeros in blocks that were
// allocated and not written, at any place.
func sound(f handle, size int64) error {
	block := make([]byte, min(size, 256<<10))
	for at := int64(0); at < size; {
		n, err := f.ReadAt(block[:min(int64(len(block)), size-at)], at)
		if bytes.IndexByte(block[:n], 0) >= 0 {
			return errDamaged
		}
		at += int64(n)
		if err != nil && (!errors.Is(err, io.EOF) || at < size) {
			return err //nolint:wrapcheck // it names the file
		}
	}
	return nil
}
