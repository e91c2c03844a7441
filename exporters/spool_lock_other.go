//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package exporters

import "os"

// lockDir locks nothing, as there is no lock here that would go away with its process: several processes
// need a directory each.
func lockDir(folder) (unlock func() error, err error) {
	return func() error { return nil }, nil
}

// syncDir does nothing: not every system here can sync a directory.
func syncDir(*os.Root) error { return nil }
