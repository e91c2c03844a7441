package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

var (
	// ErrClosed is the error of a closed [Store].
	ErrClosed = errors.New("the store is closed")
	// ErrFull is the error of a call that needs more room than the disk or [WithMaxBytes] has. The call has changed nothing.
	// The store works again as soon as there is room.
	ErrFull = errors.New("the disk is full: nothing of this call was made; make room, and call again")
	// ErrNotOurs is the error of [Open] for a file of another program.
	ErrNotOurs = errors.New("the file is not a store of Cairn's: give another path")
	// ErrNewer is the error of [Open] for a file that a newer version of this package made.
	ErrNewer = errors.New("the file was made by a newer version of Cairn: update this service")
)

// errDamaged is the error for content that this package never writes.
var errDamaged = errors.New("the file is damaged: put it aside, and restore it from a copy or begin with a new one")

// code returns SQLite's primary result code, or 0.
func code(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// busy reports whether another connection has the lock.
func busy(err error) bool {
	c := code(err)
	return c == lib.SQLITE_BUSY || c == lib.SQLITE_LOCKED
}

// explain adds the file to an error, and the remedy if it is known.
func (s *Store) explain(what string, err error) error {
	switch code(err) {
	case lib.SQLITE_FULL:
		return fmt.Errorf("sqlite: %s: %s: %w (%w)", s.path, what, ErrFull, err)
	case lib.SQLITE_NOTADB:
		return fmt.Errorf("sqlite: %s: %w (%w)", s.path, ErrNotOurs, err)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return fmt.Errorf("sqlite: %s: %s: the file and its folder have to be writable by this process: %w", s.path, what, err)
	case lib.SQLITE_CORRUPT:
		return fmt.Errorf("sqlite: %s: %s: %w (%w)", s.path, what, errDamaged, err)
	}
	return fmt.Errorf("sqlite: %s: %s: %w", s.path, what, err)
}
