package jsonl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// file is a file that is rotated.
type file struct {
	path    string
	cfg     config
	archive *archive
	unlock  func() error

	f     *os.File // nil where it has to be opened
	info  fs.FileInfo
	size  int64
	since time.Time // when it was opened, or last written to before that
}

func newFile(path string, c config) (*file, error) {
	if path == "" {
		return nil, fmt.Errorf("%w: the path is empty: name a file, such as events.jsonl", ErrOption)
	}
	path, err := filepath.Abs(path) // a service may change its folder
	if err != nil {
		return nil, fmt.Errorf("jsonl: %w", err)
	}
	unlock, err := lock(path+".lock", c.mode)
	if err != nil {
		return nil, fmt.Errorf("jsonl: %s: %w", path, err)
	}
	f := &file{path: path, cfg: c, unlock: unlock}
	f.archive, err = newArchive(path, c)
	if err == nil {
		err = f.open()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("jsonl: %w", err), unlock())
	}
	f.archive.tidy()
	return f, nil
}

// open opens or makes the file, and mends its end.
func (f *file) open() error {
	before, err := os.Stat(f.path)
	switch {
	case err == nil && !before.Mode().IsRegular():
		return fmt.Errorf("%w: %s is no regular file: use NewWriter for a pipe or a device", ErrOption, f.path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err //nolint:wrapcheck // it names the file, and the caller says the rest
	}
	made := err != nil
	h, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, f.cfg.mode)
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	if err := f.opened(h, made); err != nil {
		return errors.Join(err, h.Close())
	}
	f.f = h
	return nil
}

func (f *file) opened(h *os.File, made bool) error {
	if made {
		if err := errors.Join(h.Chmod(f.cfg.mode), syncFolder(f.path)); err != nil {
			return err
		}
	}
	size, err := mend(h)
	if err != nil {
		return err
	}
	if f.info, err = h.Stat(); err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	f.size, f.since = size, time.Now()
	if size > 0 {
		f.since = f.info.ModTime()
	}
	return nil
}

// write implements [output].
func (f *file) write(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	if err := f.ready(len(lines)); err != nil {
		return hint(err)
	}
	_, err := f.f.Write(lines)
	if err == nil && f.cfg.sync == EveryBatch {
		err = f.f.Sync()
	}
	if err == nil {
		f.size += int64(len(lines))
		return nil
	}
	// The batch is exported again: nothing of it is left. What cannot be cut off now is when it is
	// opened again.
	if cut := f.f.Truncate(f.size); cut != nil {
		err = errors.Join(err, cut, f.f.Close())
		f.f = nil
	}
	return hint(err)
}

// ready opens the file where somebody has taken it away, and closes it where it is full or old.
func (f *file) ready(n int) error {
	if f.f != nil {
		now, err := os.Stat(f.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err //nolint:wrapcheck // it names the file, and the caller says the rest
		}
		if err != nil || !os.SameFile(now, f.info) {
			err = errors.Join(f.f.Sync(), f.f.Close())
			f.f = nil
			if err != nil {
				return err
			}
		} else {
			f.size = now.Size() // somebody may have emptied it
		}
	}
	if f.f == nil {
		if err := f.open(); err != nil {
			return err
		}
	}
	old := time.Since(f.since) >= f.cfg.age
	if f.size == 0 {
		if old {
			f.since = time.Now()
		}
		return nil
	}
	if old || f.size > f.cfg.size-int64(n) {
		return f.rotate()
	}
	return nil
}

// rotate closes the file, gives it its name among the closed ones, and opens a new one. When it fails on
// the way the next batch goes on from there.
func (f *file) rotate() error {
	if err := f.f.Sync(); err != nil {
		return err //nolint:wrapcheck // it names the file, and the caller says the rest
	}
	err := f.f.Close()
	f.f = nil
	if err == nil {
		err = f.archive.add()
	}
	return errors.Join(err, f.open())
}

// sync implements [output].
func (f *file) sync() error {
	if f.f == nil {
		return nil
	}
	return hint(f.f.Sync())
}

// close implements [output].
func (f *file) close() error {
	if f.f != nil {
		if err := f.f.Sync(); err != nil {
			return hint(err)
		}
		h := f.f
		f.f = nil
		if err := h.Close(); err != nil {
			return hint(err)
		}
	}
	return nil
}

// idle implements [output].
func (f *file) idle(ctx context.Context) error {
	if err := f.archive.stop(ctx); err != nil {
		return err
	}
	return f.unlock()
}

// hint says what to do about the error.
func hint(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk is full; make room, or bound what is kept with WithMaxFiles: %w", err)
	case errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("the file may not grow; lower WithMaxSize or raise the limit (ulimit -f): %w", err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder is gone; make it again: %w", err)
	default:
		return err
	}
}

// syncFolder makes a change of the names in the path's folder outlive a power cut. Where folders cannot be
// synced it does nothing.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err //nolint:wrapcheck // it names the folder
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // Windows, and some network file systems
	}
	return errors.Join(err, d.Close())
}
