//go:build unix && !aix && !solaris

package jsonl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// lock keeps other exporters away from the file, in this process and in others, until unlock, which may
// be called again. The operating system lets go of it when the process is killed.
func lock(name string, mode fs.FileMode) (unlock func() error, err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, mode) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file, and the caller says the rest
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, errors.Join(fmt.Errorf("%w: it holds %s; name another file, or end it", ErrLocked, name), f.Close())
	case err != nil && !errors.Is(err, errors.ErrUnsupported): // some network file systems have no locks
		return nil, errors.Join(fmt.Errorf("locking %s: %w", name, err), f.Close())
	}
	return func() error {
		if err := f.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			return err //nolint:wrapcheck // it names the file
		}
		return nil
	}, nil
}
