package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// putFile writes a file as a whole: the name has what it had until all of the data is on the disk, so that a full disk or a process that is
// killed leaves no half of it. What is no regular file, such as a pipe, is written to as it is.
func putFile(name string, data []byte) error {
	mode := fs.FileMode(0o644) // others are to read it
	info, err := os.Stat(name)
	if err == nil {
		if !info.Mode().IsRegular() {
			return writeThrough(name, data, mode)
		}
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return err //nolint:wrapcheck // it names the file
		}
		mode = info.Mode().Perm()
	}
	staged := name + "." + rand.Text() + stagedSuffix
	switch err := stage(staged, data, mode, info != nil); {
	case errors.Is(err, fs.ErrPermission) && info != nil:
		return writeThrough(name, data, mode) // in a folder to which only the file is open
	case err == nil:
		if err = os.Rename(staged, name); err == nil {
			return nil
		}
		fallthrough
	default:
		_ = os.Remove(staged)
		var at *fs.PathError
		if errors.As(err, &at) {
			at.Path = name // the user does not know the other one
		}
		return err //nolint:wrapcheck // it names the file
	}
}

// stage writes a new file to the disk, with the mode as it is if that is of a file that it is to replace.
func stage(name string, data []byte, mode fs.FileMode, exact bool) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // beside the file that the user names
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	_, err = f.Write(data)
	if exact {
		err = errors.Join(err, f.Chmod(mode))
	}
	return errors.Join(err, f.Sync(), f.Close())
}

func writeThrough(name string, data []byte, mode fs.FileMode) error {
	return os.WriteFile(name, data, mode) //nolint:wrapcheck // it names the file
}

// sameFile reports whether both names are of one file, also of one that is not there yet.
func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	y, err2 := os.Stat(b)
	if err == nil && err2 == nil {
		return x.Mode().IsRegular() && os.SameFile(x, y)
	}
	x1, err := filepath.Abs(a)
	y1, err2 := filepath.Abs(b)
	return err == nil && err2 == nil && x1 == y1
}
