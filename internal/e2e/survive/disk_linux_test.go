package survive_test

import (
	"os"
	"syscall"
	"testing"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// disk returns a folder that is a small file system of its own, which every user can go into.
func disk(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "cairn-disk-") // not t.TempDir: other users cannot go there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(folder) })
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=16m,mode=755"); err != nil {
		servers.Skip(t, "a disk of one's own takes the rights of root to mount it: %v", err)
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
