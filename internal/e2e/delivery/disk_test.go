//go:build linux

package delivery_test

import (
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"cairncx.dev/cairn/internal/e2e/servers"
)

// TestFullDiskSurvives: a Flush that fails because the disk is full has acknowledged and damaged nothing. The
// events acknowledged before it arrive, and so do the events that a child records again once there is room,
// whichever process is killed meanwhile.
func TestFullDiskSurvives(t *testing.T) {
	t.Parallel()
	kills := 40
	if sample() {
		kills = 6
	}
	for _, c := range []struct {
		name, reason string
		limit        uint64
		folder       func(t *testing.T) string
	}{
		{"a limit on files", "each write beyond the limit is cut short: this needs no rights", 24 << 10, (*testing.T).TempDir},
		{"a small disk", "no data can be written and no file created", 0, smallDisk},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			began, random := time.Now(), seed(t)
			t.Logf("%s; CAIRN_DELIVERY_SEED=%d", c.reason, random)
			kind := sinkKind{start: startHTTP("own", "/lines", jsonLines), refuses: true}
			folder := c.folder(t)
			at, sink := kind.start(t, rand.New(rand.NewPCG(random, 3)))
			h := &history{
				t: t, at: at, sink: sink, spool: filepath.Join(folder, "spool"), killsAt: map[string]int{},
				rng: rand.New(rand.NewPCG(random, 1)), order: order{Bytes: spoolBytes, FileBytes: c.limit, DiskFull: true},
			}
			h.run(kills, 0)
			got := sink.read(t)
			h.check(&kind, got)
			if h.noSpace == 0 {
				t.Error("the disk was never full")
			}
			t.Logf("%d kills %v, the disk was full %d times, %d events acknowledged, %d in the sink, %d of them again; most on the disk %d KiB; %v",
				kills, h.killsAt, h.noSpace, h.acked, len(got), h.again, h.mostDisk>>10, time.Since(began).Round(100*time.Millisecond))
		})
	}
}

// smallDisk returns a folder that is a file system of its own, smaller than the spool's bound.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=192k"); err != nil {
		servers.Skip(t, "mounting a small disk needs the rights of root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return folder
}
