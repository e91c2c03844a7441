//go:build unix && !aix && !solaris

package jsonl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// Lock keeps other exporters away from the file, in this process and in others, until the file is closed. The operating system
// releases the lock when the process ends.
func (f osFile) Lock() error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return fmt.Errorf("%w: it holds %s; name another file, or end it", ErrLocked, f.Name())
	case err != nil && !errors.Is(err, errors.ErrUnsupported): // some network file systems have no locks
		return fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return nil
}

// lock takes the lock of a path until unlock, which may be called again. The lock is on a separate file, because the path's
// file changes. The path's file is locked too, because another program may remove the lock file.
func lock(d disk, name string, mode fs.FileMode) (unlock func() error, err error) {
	f, err := d.Open(name, os.O_RDWR|os.O_CREATE, mode)
	if err != nil {
		return nil, err
	}
	if err := f.Lock(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			return err //nolint:wrapcheck // it names the file
		}
		return nil
	}, nil
}
