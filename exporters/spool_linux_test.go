package exporters_test

import (
	"syscall"
	"testing"

	"cairncx.dev/cairn/exporters/internal/sinktest"
)

// mountSmall mounts a file system of one megabyte.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		sinktest.Skip(t, "mounting is not allowed here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}
