package survive_test

import (
	"os"
	"syscall"
	"testing"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// disk returns a folder that is a small file system of its own. Every user can enter it.
func disk(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "cairn-disk-") // not t.TempDir, which other users cannot enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(folder) })
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=16m,mode=755"); err != nil {
		servers.Skip(t, "mounting a small disk needs the rights of root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// own gives the folder to the owner of another one.
func own(t *testing.T, folder, like string) {
	t.Helper()
	var of syscall.Stat_t
	if err := syscall.Stat(like, &of); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, int(of.Uid), int(of.Gid)); err != nil {
		t.Fatal(err)
	}
}
