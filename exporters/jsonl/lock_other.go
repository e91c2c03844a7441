//go:build !unix || aix || solaris

package jsonl

import "io/fs"

// Lock does nothing, because this system has no such lock. The application must use one exporter for a file.
func (f osFile) Lock() error { return nil }

// lock does nothing, for the same reason.
func lock(disk, string, fs.FileMode) (unlock func() error, err error) {
	return func() error { return nil }, nil
}
