package jsonl

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"go.opentelemetry.io/otel"
)

// maxUnsynced bounds the lines between two fsyncs, in bytes. The exporter keeps them in memory.
const maxUnsynced = 4 << 20

// spoiled is a file whose fsync has failed. The operating system may then treat the pages that it could not write as written,
// and report success for the next fsync. The exporter therefore writes nothing more to the file, and writes the lines since
// the last good fsync again, to a new file.
type spoiled struct {
	h       handle // nil if the file was removed
	info    fs.FileInfo
	durable int64
}

func (f *file) spoil(err error) {
	otel.Handle(fmt.Errorf("cairn: jsonl: %s: an fsync has failed: what came since the last one, %d bytes, is written again to a new file: %w", f.path, len(f.unsynced), err))
	f.spoiled = &spoiled{f.f, f.info, f.durable}
	f.f = nil
}

// settle makes the written lines durable. After an error the state is unchanged, and settle may be called again. The exception
// are lines that were removed with their file: settle returns an error for them once.
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

// settled records that all lines are on the disk, or lost.
func (f *file) settled() {
	f.durable, f.unsynced = f.size, f.unsynced[:0]
	if cap(f.unsynced) > keep {
		f.unsynced = nil
	}
}

// present returns an error, once, if another program has removed the file with lines that are not durable yet. If a failed
// write has closed the file, present opens it.
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

// errRemoved is the cause of the loss of lines that were exported and not flushed.
var errRemoved = errors.New("the file was removed before it was flushed: move it away to keep what is in it")

func (f *file) lost() error {
	err := fmt.Errorf("%d bytes that were not flushed are lost: %s: %w", len(f.unsynced), f.path, errRemoved)
	f.settled()
	return err
}

// renew renames the spoiled file to a closed one, and writes the lines that it may lack to a new file.
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
		// The lines are in the new file now, so the old one need not keep them. If it does, readers keep one event of each ID.
		if info, err := s.h.Stat(); err == nil && info.Size() > s.durable {
			_ = s.h.Truncate(s.durable)
		}
		_ = s.h.Close() // the file is not used any more
	}
	return nil
}

// again writes the lines that are not durable to the new file, and syncs it.
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
	// Give this file up, too. If it was empty before, all its lines are written again, so it is removed.
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
