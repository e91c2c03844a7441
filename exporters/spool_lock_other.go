//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package exporters

import "os"

// lockDir locks nothing, because these systems have no lock that ends with its process. The operator has to give each process
// a directory of its own.
func lockDir(folder) (unlock func() error, err error) {
	return func() error { return nil }, nil
}

// syncDir does nothing, because some of these systems cannot sync a directory.
func syncDir(*os.Root) error { return nil }
