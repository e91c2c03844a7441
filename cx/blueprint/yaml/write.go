package yaml

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"cairncx.dev/cairn/cx/blueprint"
)

// Write writes the blueprint to w, in a form that [Read] reads as the same. A blueprint that is not
// valid is not written: the error is a [*blueprint.Error].
func Write(w io.Writer, b *blueprint.Blueprint) error {
	data, err := encode(b)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("yaml: write the blueprint: %w", err)
	}
	return nil
}

func encode(b *blueprint.Blueprint) ([]byte, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	var e encoder
	e.structure(reflect.ValueOf(b).Elem(), "")
	data := e.buf.Bytes()
	if len(data) > MaxSize {
		return nil, fmt.Errorf("yaml: the blueprint makes a file of %d bytes, more than the %d that are read: shorten the descriptions", len(data), MaxSize)
	}
	return data, nil
}

// Save writes the blueprint to the file at path, whole or not at all: whoever reads it meanwhile
// sees the old one. It keeps the file's permissions, and makes a new one readable by everybody.
// Comments in the file that was there are gone. A blueprint that is not valid is not saved.
func Save(path string, b *blueprint.Blueprint) error {
	data, err := encode(b)
	if err != nil {
		return err
	}
	if err := replace(path, data); err != nil {
		return fmt.Errorf("yaml: save the blueprint %s: %w", path, err)
	}
	return nil
}

// replace puts a new file in the place of the one at path, or of the one that it links to.
func replace(path string, data []byte) (err error) {
	mode := fs.FileMode(0o644)
	switch target, err := filepath.EvalSymlinks(path); {
	case err == nil:
		path = target
		info, err := os.Stat(path)
		if err != nil {
			return err //nolint:wrapcheck // Save says what it was doing
		}
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err //nolint:wrapcheck // Save says what it was doing
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".blueprint-*")
	if err != nil {
		return err //nolint:wrapcheck // Save says what it was doing
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path) //nolint:wrapcheck // Save says what it was doing
}
