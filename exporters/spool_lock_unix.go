//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package exporters

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockDir takes the directory's lock, which the system gives back when the process dies, however it
// does. It returns ErrSpoolLocked when another spool has it. The lock is the directory itself, which cannot be
// removed while its files are used. The file besides it is for directories that cannot be locked, as those of
// NFS, and for processes with an earlier version, which lock that alone.
func lockDir(d folder) (unlock func() error, err error) {
	dir, err := d.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	if err := flock(dir); errors.Is(err, ErrSpoolLocked) {
		return nil, errors.Join(fmt.Errorf("locking: %w", err), dir.Close())
	}
	f, _, err := openOrMake(d, lockName)
	if errors.Is(err, errNotOurs) { // a folder
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

// freed gives a lock back. Closing the file would not do: a process that is being started at this
// moment has it open too, until it runs its own program.
func freed(f *os.File) error {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // where it cannot be locked it is not
	if err := f.Close(); err != nil {
		return fmt.Errorf("unlocking: %w", err)
	}
	return nil
}

// syncDir makes the directory's names durable.
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
