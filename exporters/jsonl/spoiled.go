package jsonl

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"go.opentelemetry.io/otel"
)

// maxUnsynced is how many bytes of lines are written at most before they are fsynced: so many are kept in
// memory.
const maxUnsynced = 4 << 20

// spoiled is a file of which an fsync has failed. The operating system takes what it could not write for
// written then, and says that the next fsync went well: nothing more is written to the file, and what came
// since the last good fsync is written again, to a new one.
type spoiled struct {
	h       handle // nil where the file was removed
	info    fs.FileInfo
	durable int64
}

func (f *file) spoil(err error) {
	otel.Handle(fmt.Errorf("cairn: jsonl: %s: an fsync has failed: what came since the last one, %d bytes, is written again to a new file: %w", f.path, len(f.unsynced), err))
	f.spoiled = &spoiled{f.f, f.info, f.durable}
	f.f = nil
}

// settle makes what was written durable. After an error everything is as it was, and it may be called again,
// but for lines that were removed with their file: those it tells once.
func (f *file) settle() error {
	if f.spoiled == nil && len(f.unsynced) > 0 {
		if err := f.present(); err != nil {
			return err
		}
	}
	if f.spoiled == nil && f.f != nil {
		err := f.f.Sync()
		if err == nil {
			f.settled()
			return nil
		}
		f.spoil(err)
	}
	if f.spoiled == nil {
		return nil
	}
	return f.renew()
}

// settled notes that everything is on the disk, or gone.
func (f *file) settled() {
	f.durable, f.unsynced = f.size, f.unsynced[:0]
	if cap(f.unsynced) > keep {
		f.unsynced = nil
	}
}

// present returns an error, once, where another program has removed the lines that are not durable yet, with their
// file. It opens the file where it was closed after a failed write.
func (f *file) present() error {
	if f.f == nil {
		was, durable := f.info, f.durable
		if err := f.open(); err != nil {
			return err
		}
		if f.cfg.disk.Same(was, f.info) {
			f.durable = durable
			return nil
		}
		return f.lost()
	}
	info, err := f.f.Stat()
	if err != nil {
		return err
	}
	if f.cfg.disk.Links(info) > 0 {
		return nil
	}
	err = f.lost()
	err = errors.Join(err, f.f.Close())
	f.f = nil
	return err
}

// errRemoved is why lines are lost that were exported and not flushed.
var errRemoved = errors.New("the file was removed before it was flushed: move it away to keep what is in it")

func (f *file) lost() error {
	err := fmt.Errorf("%d bytes that were not flushed are lost: %s: %w", len(f.unsynced), f.path, errRemoved)
	f.settled()
	return err
}

// renew gives the spoiled file a name among the closed ones, and writes what it may not have to a new one.
func (f *file) renew() error {
	s := f.spoiled
	if f.f == nil {
		if now, err := f.cfg.disk.Lstat(f.path); err == nil && f.cfg.disk.Same(now, s.info) {
			if err := f.archive.add(); err != nil {
				return err
			}
		}
		if err := f.open(); err != nil {
			return err
		}
	}
	if err := f.again(); err != nil {
		return err
	}
	f.spoiled = nil
	if s.h != nil {
		// The lines that are in the new file now need not be there twice. Readers keep one of each ID if it is.
		if info, err := s.h.Stat(); err == nil && info.Size() > s.durable {
			_ = s.h.Truncate(s.durable)
		}
		_ = s.h.Close() // it is given up
	}
	return nil
}

// again writes the lines that are not durable to the file, and syncs it.
func (f *file) again() error {
	_, err := f.f.Write(f.unsynced)
	if err == nil {
		err = f.f.Sync()
	}
	if err == nil {
		f.size += int64(len(f.unsynced))
		f.durable, f.unsynced = f.size, nil
		return nil
	}
	// This one is given up, too. Nothing is in it that is not written again, if it was empty.
	err = errors.Join(err, f.f.Truncate(f.size))
	if f.size == 0 {
		err = errors.Join(err, remove(f.cfg.disk, f.path))
	} else {
		err = errors.Join(err, f.archive.add())
	}
	err = errors.Join(err, f.f.Close())
	f.f = nil
	return fmt.Errorf("writing %d bytes again, to %s: %w", len(f.unsynced), filepath.Base(f.path), err)
}
