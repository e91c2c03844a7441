//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package exporters

import (
	"fmt"
	"os"
)

// lockDir locks nothing, as there is no lock here that would go away with its process: whoever starts
// several processes has to give each its own directory.
func lockDir(root *os.Root) (*os.File, error) {
	f, err := root.OpenFile(lockName, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	return f, nil
}

// unlockDir gives the lock back.
func unlockDir(f *os.File) error {
	if err := f.Close(); err != nil {
		return fmt.Errorf("unlocking: %w", err)
	}
	return nil
}

// syncDir does nothing: not every system here can sync a directory.
func syncDir(*os.Root) error { return nil }
