//go:build !linux

package sqlite_test

import (
	"testing"

	"cairncx.dev/cairn/cx/stores/sqlite"
)

func fullDisk(t *testing.T) (*sqlite.Store, func(*testing.T)) {
	skip(t, "mounting a small disk is known on Linux only")
	return nil, nil
}
