// Package scratch makes temporary files that leave nothing behind. What is in them is its users'.
package scratch

import (
	"errors"
	"fmt"
	"os"
)

// New makes a temporary file in the folder, the system's own for "". It is gone when it is closed
// and, where the system can do that, however the process ends: it has no name any more. [Close]
// closes it.
func New(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "cairn-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("a temporary file: %w: --tmp names another folder", err)
	}
	_ = os.Remove(f.Name()) // where an open file keeps its name, Close does it
	return f, nil
}

// Close closes a file that [New] made, and removes it if it is still there.
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
