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

// Write writes the blueprint to w in a form that [Read] reads as the same blueprint. It does not write an
// invalid blueprint and returns a [*blueprint.Error] instead.
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
		return nil, fmt.Errorf("yaml: the blueprint takes %d bytes, more than the %d that Load accepts: shorten the descriptions", len(data), MaxSize)
	}
	return data, nil
}

// Save writes the blueprint to the file at path. It replaces the file atomically: a concurrent reader sees
// either the old content or the new. Save keeps the permissions of an existing file and gives a new file the
// mode 0644. The comments of an existing file are lost. Save does not write an invalid blueprint and returns a
// [*blueprint.Error] instead.
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

// replace replaces the file at path, or the file that path links to.
func replace(path string, data []byte) (err error) {
	mode := fs.FileMode(0o644)
	switch target, err := filepath.EvalSymlinks(path); {
	case err == nil:
		path = target
		info, err := os.Stat(path)
		if err != nil {
			return err //nolint:wrapcheck // Save adds the context
		}
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err //nolint:wrapcheck // Save adds the context
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".blueprint-*")
	if err != nil {
		return err //nolint:wrapcheck // Save adds the context
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
	return os.Rename(f.Name(), path) //nolint:wrapcheck // Save adds the context
}
