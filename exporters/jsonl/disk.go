package jsonl

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// disk is the file system. The exporter uses that of the operating system; tests use one that fails.
type disk interface {
	// Open opens a regular file, or makes one with the flags O_CREATE and O_EXCL. It does not follow a symbolic link at the
	// end of the name, and does not wait for the other end of a pipe.
	Open(name string, flag int, mode fs.FileMode) (handle, error)
	Lstat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(name string) error
	List(folder string) ([]fs.DirEntry, error)
	// SyncFolder makes changes of names in the folder survive a power cut, if the system can sync folders.
	SyncFolder(folder string) error
	// Same reports whether a and b are the same file.
	Same(a, b fs.FileInfo) bool
	// Links returns the number of the file's names.
	Links(info fs.FileInfo) int
}

// handle is an open file.
type handle interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.Closer
	Stat() (fs.FileInfo, error)
	Chmod(mode fs.FileMode) error
	Truncate(size int64) error
	Sync() error
	Name() string
	// Lock keeps other exporters away from the file until it is closed. It returns ErrLocked if another exporter has the lock.
	Lock() error
}

// system is the file system of the operating system.
type system struct{}

var errNotRegular = errors.New("no regular file")

// Open implements [disk].
func (system) Open(name string, flag int, mode fs.FileMode) (handle, error) {
	before, err := os.Lstat(name)
	if err == nil && !before.Mode().IsRegular() && flag&os.O_EXCL == 0 {
		return nil, fmt.Errorf("%s is %s: %w: move it away", name, kind(before), errNotRegular)
	}
	f, err := os.OpenFile(name, flag|noFollow, mode) //nolint:gosec // the caller's own file, or one beside it
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file, and the caller adds the rest
	}
	now, err := f.Stat()
	if err == nil && (!now.Mode().IsRegular() || before != nil && !os.SameFile(before, now)) {
		err = fmt.Errorf("%s was replaced while it was opened: %w", name, errNotRegular)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return osFile{f}, nil
}

// Lstat implements [disk].
func (system) Lstat(name string) (fs.FileInfo, error) {
	return os.Lstat(name) //nolint:wrapcheck // it names the file
}

// Rename implements [disk].
func (system) Rename(from, to string) error {
	return os.Rename(from, to) //nolint:wrapcheck // it names both
}

// Remove implements [disk].
func (system) Remove(name string) error {
	return os.Remove(name) //nolint:wrapcheck // it names the file
}

// List implements [disk].
func (system) List(folder string) ([]fs.DirEntry, error) {
	return os.ReadDir(folder) //nolint:wrapcheck // it names the folder
}

// SyncFolder implements [disk].
func (system) SyncFolder(folder string) error {
	d, err := os.Open(folder) //nolint:gosec // the folder of the caller's own file
	if err != nil {
		return err //nolint:wrapcheck // it names the folder
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // Windows, and some network file systems
	}
	return errors.Join(err, d.Close())
}

// Same implements [disk].
func (system) Same(a, b fs.FileInfo) bool { return os.SameFile(a, b) }

// Links implements [disk].
func (system) Links(info fs.FileInfo) int { return links(info) }

type osFile struct{ *os.File }

// kind returns a description of the entry that stands in place of a file.
func kind(info fs.FileInfo) string {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	default:
		return "a device"
	}
}

// create makes a file. It removes an existing file of that name, which a crash or a stranger may have left, and never writes
// to it.
func create(d disk, name string, mode fs.FileMode) (handle, error) {
	const flags = os.O_RDWR | os.O_CREATE | os.O_EXCL
	h, err := d.Open(name, flags, mode)
	if errors.Is(err, fs.ErrExist) {
		if err := d.Remove(name); err != nil {
			return nil, err
		}
		h, err = d.Open(name, flags, mode)
	}
	return h, err
}
