// Package scratch makes temporary files that the system removes even if the process is killed. The callers choose their
// content.
package scratch

import (
	"errors"
	"fmt"
	"os"
)

// New makes a temporary file in dir, or in the system's folder for temporary files if dir is "". Where the
// system allows it, New removes the file's name at once, so that the file disappears when it is closed or the
// process ends. [Close] closes the file.
func New(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "cairn-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("creating a temporary file: %w: set --tmp to another folder", err)
	}
	_ = os.Remove(f.Name()) // if an open file has to keep its name on this system, Close removes it
	return f, nil
}

// Close closes a file that [New] made, and removes it if it still has a name.
func Close(f *os.File) error {
	err := f.Close()
	if gone := os.Remove(f.Name()); gone != nil && !errors.Is(gone, os.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	if err != nil {
		return fmt.Errorf("removing a temporary file: %w", err)
	}
	return nil
}
