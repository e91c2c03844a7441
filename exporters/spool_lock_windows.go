package exporters

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockDir locks the directory with a file that no other process can open or remove while this process has it open. The operating
// system closes the file when the process ends. lockDir returns ErrSpoolLocked if another spool has the lock.
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

// syncDir does nothing, because the file systems of Windows keep names in their journal and cannot sync a directory.
func syncDir(*os.Root) error { return nil }
