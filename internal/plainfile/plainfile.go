// Package plainfile makes and checks the files of databases, for the modules that hand the path to SQLite.
package plainfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// The errors of [Ensure] that the system does not have. Ensure returns others as they are: the caller adds the path.
var (
	ErrDangling = errors.New("it is a symbolic link to a file that is not there: make that file, or give its own path")
	ErrNoFile   = errors.New("it is no regular file: give the path of one")
)

// Ensure makes the file, with the mode 0600, if there is none at the path: SQLite would make one that every user can read. It
// does not make a file through a symbolic link, because another user may have chosen the link's target. A file that exists has to
// be a regular one that can be opened for reading and writing: a pipe would block SQLite for ever.
func Ensure(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the path is the application's own
	if errors.Is(err, fs.ErrExist) {
		return existing(path)
	}
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it is about
	}
	if err := f.Close(); err != nil {
		return err //nolint:wrapcheck // as above
	}
	// The new file's name has to survive a power loss too. Not every system can sync a folder, so an error is ignored.
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}

// existing returns an error if the path cannot be opened as a regular file.
func existing(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrDangling
	case err != nil:
		return err //nolint:wrapcheck // the caller says what it is about
	case !info.Mode().IsRegular():
		return ErrNoFile
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the path is the application's own
	if err != nil {
		return err //nolint:wrapcheck // as above
	}
	return f.Close() //nolint:wrapcheck // as above
}
