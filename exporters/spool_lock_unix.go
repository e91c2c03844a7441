//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package exporters

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockDir locks the directory. The operating system releases the lock when the process ends, also after kill -9. lockDir returns
// ErrSpoolLocked if another spool has the lock. It locks the directory itself, because another program could remove a lock
// file while the spool runs. It also locks a file, for directories that cannot be locked, such as those of NFS, and for
// processes with an earlier version, which lock the file alone.
func lockDir(d folder) (unlock func() error, err error) {
	dir, err := d.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	if err := flock(dir); errors.Is(err, ErrSpoolLocked) {
		return nil, errors.Join(fmt.Errorf("locking: %w", err), dir.Close())
	}
	f, _, err := openOrMake(d, lockName)
	if errors.Is(err, errNotOurs) { // such as a folder with that name
		if err = setAside(d, lockName); err == nil {
			f, _, err = openOrMake(d, lockName)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the lock: %w", err), freed(dir))
	}
	file, ok := f.(*os.File)
	if ok {
		err = flock(file)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking: %w", err), f.Close(), freed(dir))
	}
	return func() error { return errors.Join(freed(file), freed(dir)) }, nil
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrSpoolLocked
		default:
			return err //nolint:wrapcheck // the caller says what it was doing
		}
	}
}

// freed releases a lock. Closing the file is not enough: a child process that is being started inherits the open file until it
// executes its own program.
func freed(f *os.File) error {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // it fails where the file cannot be locked, and then there is no lock
	if err := f.Close(); err != nil {
		return fmt.Errorf("unlocking: %w", err)
	}
	return nil
}

// syncDir makes the names in the directory durable.
func syncDir(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("opening the directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("syncing the directory: %w", err)
	}
	return nil
}
