package exporters

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir takes the directory's lock: a file that no other process may open, or remove, as long as it is open here.
// The system closes it when the process dies. It returns ErrSpoolLocked when another spool has it.
func lockDir(d folder) (unlock func() error, err error) {
	path := filepath.Join(d.path, lockName)
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL|syscall.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	const sharingViolation = syscall.Errno(32)
	if errors.Is(err, sharingViolation) {
		err = ErrSpoolLocked
	}
	if err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	f := os.NewFile(uintptr(h), path)
	return func() error {
		if err := f.Close(); err != nil {
			return fmt.Errorf("unlocking: %w", err)
		}
		return nil
	}, nil
}

// syncDir does nothing: Windows' file systems keep names in their journal, and sync no directories.
func syncDir(*os.Root) error { return nil }
