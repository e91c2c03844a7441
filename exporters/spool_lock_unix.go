//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package exporters

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockDir takes the directory's lock, which the system gives back when the process dies, however it
// does. It returns ErrSpoolLocked when somebody else has it.
func lockDir(root *os.Root) (*os.File, error) {
	f, err := root.OpenFile(lockName, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrSpoolLocked
	}
	return nil, errors.Join(fmt.Errorf("locking: %w", err), f.Close())
}

// unlockDir gives the lock back. Closing the file would not do: a process that is being started at this
// moment has it open too, until it runs its own program.
func unlockDir(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	if err := errors.Join(err, f.Close()); err != nil {
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
