package exporters

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"go.opentelemetry.io/otel"
)

// disk is the folder of a spool, or of a file of dead letters. There is the operating system's; tests have
// one that fails.
type disk interface {
	// Open opens a regular file, or makes one with the flags O_CREATE and O_EXCL. It follows no symbolic
	// link and does not wait for the other end of a pipe. The error is errNotOurs for what must not be
	// written to, or is no file.
	Open(name string, flag int) (diskFile, error)
	Lstat(name string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(name string) error
	List() ([]fs.DirEntry, error)
	// SyncFolder makes a change of the names outlive a power cut, where folders can be synced.
	SyncFolder() error
	// Present returns an error when the folder is not at its path any more.
	Present() error
	// Lock keeps other spools away from the folder until unlock. It returns ErrSpoolLocked when one has it.
	Lock() (unlock func() error, err error)
	// Same reports whether both are one file.
	Same(a, b fs.FileInfo) bool
	Path() string
	Close() error
}

// diskFile is an open file.
type diskFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
	Sync() error
}

var (
	errNotOurs = errors.New("it is no regular file, or has a second name, or is another user's in a folder to which every user may write")
	errGone    = errors.New("the folder is not at its path any more: was it removed, moved, or mounted over? Make it again and restart")
)

// folder is the operating system's disk.
type folder struct {
	root *os.Root
	path string // absolute
}

// openFolder opens a folder that is there.
func openFolder(dir string) (disk, error) {
	path, err := filepath.Abs(dir) // a service may change its folder
	if err != nil {
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
	return folder{root, path}, nil
}

// Open implements [disk].
func (d folder) Open(name string, flag int) (diskFile, error) {
	before, err := d.root.Lstat(name)
	if err == nil && flag&os.O_EXCL == 0 && !d.ours(before, flag) {
		return nil, fmt.Errorf("%s: %w", name, errNotOurs)
	}
	f, err := d.root.OpenFile(name, flag|nonBlock, 0o600)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file, and the caller says the rest
	}
	now, err := f.Stat()
	if err == nil && (!d.ours(now, flag) || before != nil && !os.SameFile(before, now)) {
		err = fmt.Errorf("%s: %w", name, errNotOurs) // another program has put it there meanwhile
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ours reports whether the file may be used: what is only read may have a second name.
func (d folder) ours(info fs.FileInfo, flag int) bool {
	if !info.Mode().IsRegular() || flag&(os.O_WRONLY|os.O_RDWR) != 0 && links(info) > 1 {
		return false
	}
	at, err := d.root.Stat(".")
	return err != nil || !strange(info, at)
}

// Lstat implements [disk].
func (d folder) Lstat(name string) (fs.FileInfo, error) {
	return d.root.Lstat(name) //nolint:wrapcheck // it names the file
}

// Rename implements [disk].
func (d folder) Rename(from, to string) error {
	return d.root.Rename(from, to) //nolint:wrapcheck // it names both
}

// Remove implements [disk].
func (d folder) Remove(name string) error {
	return d.root.Remove(name) //nolint:wrapcheck // it names the file
}

// List implements [disk].
func (d folder) List() ([]fs.DirEntry, error) {
	return fs.ReadDir(d.root.FS(), ".") //nolint:wrapcheck // it names the folder
}

// SyncFolder implements [disk].
func (d folder) SyncFolder() error { return syncDir(d.root) }

// Present implements [disk].
func (d folder) Present() error {
	now, err := os.Stat(d.path)
	if err == nil {
		var own fs.FileInfo
		if own, err = d.root.Stat("."); err == nil && os.SameFile(now, own) {
			return nil
		}
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", d.path, errGone)
	}
	return fmt.Errorf("looking for the folder: %w", err)
}

// Lock implements [disk].
func (d folder) Lock() (unlock func() error, err error) { return lockDir(d) }

// Same implements [disk].
func (d folder) Same(a, b fs.FileInfo) bool { return os.SameFile(a, b) }

// Path implements [disk].
func (d folder) Path() string { return d.path }

// Close implements [disk].
func (d folder) Close() error {
	return d.root.Close() //nolint:wrapcheck // it names the folder
}

// setAside gives what has the name another one, under which it is not touched any more.
func setAside(d disk, name string) error {
	const most = 1000
	for n := 1; n <= most; n++ {
		aside := fmt.Sprintf("%s.aside%d", name, n)
		if _, err := d.Lstat(aside); err == nil {
			continue
		}
		if err := d.Rename(name, aside); err != nil {
			return fmt.Errorf("setting %s aside: %w", name, err)
		}
		otel.Handle(fmt.Errorf("cairn: exporters: %s: %s is not what it has to be, and was set aside as %s: look at it, and remove it", d.Path(), name, aside)) //nolint:err113 // a report, no caller branches on it
		return nil
	}
	return fmt.Errorf("setting %s aside: there are %d others: remove them", name, most) //nolint:err113 // read by people
}

// create makes a file. A file that has its name already is removed if it is an empty file, else set aside.
func create(d disk, name string) (diskFile, error) {
	const flags = os.O_RDWR | os.O_CREATE | os.O_EXCL
	f, err := d.Open(name, flags)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	info, err := d.Lstat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("making %s: %w", name, err)
	case info.Mode().IsRegular() && info.Size() == 0:
		err = d.Remove(name)
	default:
		err = setAside(d, name)
	}
	if err != nil {
		return nil, err
	}
	return d.Open(name, flags)
}

// openOrMake opens a file to write to. What has its name and is not ours is set aside, but for a folder: that
// is no stranger's trap, and more likely a wrong name.
func openOrMake(d disk, name string) (f diskFile, made bool, err error) {
	f, err = d.Open(name, os.O_RDWR)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, errNotOurs):
		if info, statErr := d.Lstat(name); statErr == nil && info.IsDir() {
			return nil, false, err
		}
		if err := setAside(d, name); err != nil {
			return nil, false, err
		}
	default:
		return f, false, err
	}
	f, err = d.Open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	return f, true, err
}

// medium reports whether the disk itself says that it cannot read a place.
func medium(err error) bool { return errors.Is(err, syscall.EIO) }
