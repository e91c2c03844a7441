package jsonl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.opentelemetry.io/otel"
)

// file is the rotated file of an exporter.
type file struct {
	path    string
	cfg     config
	archive *archive
	unlock  func() error

	f     handle // nil if it has to be opened
	info  fs.FileInfo
	size  int64
	since time.Time // the start of its age: its opening, or its last write before that

	durable  int64  // the part of size that is on the disk
	unsynced []byte // the lines after durable, to be written again if an fsync fails
	spoiled  *spoiled
	told     error // lost lines, for the next Flush to return
}

func newFile(path string, c config) (*file, error) {
	if path == "" {
		return nil, fmt.Errorf("%w: the path is empty: name a file, such as events.jsonl", ErrOption)
	}
	path, err := filepath.Abs(path) // the process may change its working directory
	if err != nil {
		return nil, fmt.Errorf("the path: %w", err)
	}
	unlock, err := lock(c.disk, path+".lock", c.mode)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &file{path: path, cfg: c, unlock: unlock}
	f.archive, err = newArchive(path, c)
	if err == nil {
		err = f.resume()
	}
	if err == nil {
		err = f.open()
	}
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	f.archive.tidy()
	return f, nil
}

// open opens or makes the file, and repairs it.
func (f *file) open() error {
	const tries = 4 // each try sets a file aside
	var err error
	for range tries {
		h, openErr := f.handle()
		if openErr != nil {
			return openErr
		}
		if err = f.opened(h); err == nil {
			f.f = h
			return nil
		}
		switch {
		case errors.Is(err, errDamaged):
			err = f.salvage(h)
		case errors.Is(err, errLinked):
			err = f.unlink()
		default:
			return errors.Join(err, h.Close())
		}
		if err = errors.Join(err, h.Close()); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s is damaged each time that it is mended: %w", f.path, errDamaged)
}

// errLinked is the error of opened for a file with a second name.
var errLinked = errors.New("it has another name besides")

// unlink renames a file that has a second name, so that the lines go to a new file that has no other name.
func (f *file) unlink() error {
	aside, err := f.setAside()
	if err == nil {
		otel.Handle(fmt.Errorf("cairn: jsonl: %s is %s now, and a new file is begun: it had a second name, a hard link, that another user may have given it", //nolint:err113 // a report, no caller branches on it
			f.path, filepath.Base(aside)))
	}
	return err
}

// handle opens the file, or makes it.
func (f *file) handle() (handle, error) {
	before, err := f.cfg.disk.Lstat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return f.made()
	}
	if err == nil {
		err = f.refused(before)
	}
	if err != nil {
		return nil, err
	}
	return f.cfg.disk.Open(f.path, os.O_RDWR|os.O_APPEND, f.cfg.mode)
}

// made makes the file.
func (f *file) made() (handle, error) {
	h, err := f.cfg.disk.Open(f.path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, f.cfg.mode)
	if err != nil {
		return nil, err
	}
	if err := h.Chmod(f.cfg.mode); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// refused returns an error if the exporter must not write to the entry that has the file's name.
func (f *file) refused(before fs.FileInfo) error {
	switch {
	case before.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%w: %s is a symbolic link: name the file that it points to", ErrOption, f.path)
	case !before.Mode().IsRegular():
		return fmt.Errorf("%w: %s is no regular file: use NewWriter for a pipe or a device", ErrOption, f.path)
	}
	folder, err := f.cfg.disk.Lstat(f.archive.folder)
	if err != nil {
		return err
	}
	if strange(before, folder) {
		return fmt.Errorf("%w: %s belongs to another user, in a folder to which every user may write; name one of your own", ErrForeign, f.path)
	}
	return nil
}

// opened locks and repairs the file.
func (f *file) opened(h handle) error {
	if err := h.Lock(); err != nil {
		return err
	}
	// This is needed also for an existing file: the process that made it may have ended before the name was on the disk.
	if err := f.cfg.disk.SyncFolder(f.archive.folder); err != nil {
		return err
	}
	info, err := h.Stat()
	if err != nil {
		return err
	}
	if f.cfg.disk.Links(info) > 1 {
		return errLinked
	}
	size, err := mend(h)
	if err != nil {
		return err
	}
	f.info, f.size, f.durable, f.since = info, size, size, time.Now()
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
		if err = f.f.Sync(); err != nil {
			f.spoil(err)
			return hint(err) // the file does not write this batch again, because its caller has it
		}
		f.durable = f.size + int64(len(lines))
	}
	if err == nil {
		f.size += int64(len(lines))
		if f.cfg.sync != EveryBatch {
			f.unsynced = append(f.unsynced, lines...)
		}
		return nil
	}
	// The caller exports the batch again, so the file must keep nothing of it. If it cannot be cut off now, the next open cuts
	// it off.
	if cut := f.f.Truncate(f.size); cut != nil {
		err = errors.Join(err, cut, f.f.Close())
		f.f = nil
	}
	return hint(err)
}

// ready prepares the file for a batch of n bytes. It opens a new file if another program has moved the file away, and rotates
// the file if it is full or old.
func (f *file) ready(n int) error {
	if f.spoiled != nil || len(f.unsynced) > 0 && len(f.unsynced)+n > maxUnsynced {
		if err := f.settleEarlier(); err != nil {
			return err
		}
	}
	if f.f != nil {
		now, err := f.cfg.disk.Lstat(f.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err != nil || !f.cfg.disk.Same(now, f.info) {
			err = f.leave()
			if err != nil {
				return err
			}
		} else {
			f.size = now.Size() // another program may have truncated it
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

// leave closes a file that another program has moved away, after its lines are on the disk.
func (f *file) leave() error {
	if err := f.settleEarlier(); err != nil || f.f == nil {
		return err
	}
	if now, err := f.cfg.disk.Lstat(f.path); err == nil && f.cfg.disk.Same(now, f.info) {
		return nil // settle has written its lines to a new file
	}
	err := f.f.Close()
	f.f = nil
	return err //nolint:wrapcheck // it names the file
}

// settleEarlier settles the lines of earlier batches, before the next batch is written. If lines are lost, the next batch is
// not among them, so settleEarlier returns nil and the next Flush returns the error.
func (f *file) settleEarlier() error {
	err := f.settle()
	if errors.Is(err, errRemoved) {
		otel.Handle(fmt.Errorf("cairn: jsonl: %w", err))
		f.told, err = errors.Join(f.told, err), nil
	}
	return err
}

// rotate closes the file, renames it to a closed file, and opens a new one. If a step fails, the next batch continues from
// there.
func (f *file) rotate() error {
	was := f.f
	if err := f.settleEarlier(); err != nil {
		return err
	}
	if f.f == nil {
		return f.open()
	}
	if f.f != was {
		return nil // settle has opened a new file
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
	err := errors.Join(f.told, f.settle())
	f.told = nil
	return hint(err)
}

// close implements [output].
func (f *file) close() error {
	if err := f.settle(); err != nil {
		return hint(err)
	}
	if f.f != nil {
		h := f.f
		f.f = nil
		if err := h.Close(); err != nil {
			return hint(err)
		}
	}
	return nil
}

// release implements [output].
func (f *file) release() error {
	f.archive.wait()
	return f.unlock()
}

// hurry implements [output].
func (f *file) hurry() { f.archive.abort.Store(true) }

// hint adds a remedy to the error.
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
