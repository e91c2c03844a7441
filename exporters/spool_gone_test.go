package exporters_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
)

// many makes a directory that a process left with 100 undelivered events in several segments.
func many(t *testing.T) (dir string, segs []string) {
	t.Helper()
	dir = quick(t)
	s, err := exporters.NewSpool(dir, &fake{export: func(context.Context, []event.Event) error { return errSink }}, exporters.WithMaxBytes(64<<10))
	must(t, err)
	for i := range 10 {
		must(t, s.Export(context.Background(), spooled(i*10, i*10+10, 300)))
	}
	must(t, s.Shutdown(context.Background()))
	segs, err = filepath.Glob(filepath.Join(dir, "*.events1"))
	must(t, err)
	if len(segs) < 5 {
		t.Fatal(segs)
	}
	return dir, segs
}

// TestSpoolFilesGone: whatever is done to the files between two processes, each event is delivered or
// counted as damaged.
func TestSpoolFilesGone(t *testing.T) {
	t.Parallel()
	name := func(n string) string { return strings.Repeat("0", 20-len(n)) + n + ".events1" }
	for _, c := range []struct {
		name, reason string
		harm         func(t *testing.T, dir string, segs []string) error
		damaged      bool // some are gone, else all are delivered
	}{
		{"the first segment is gone", "the cursor is before it", func(_ *testing.T, _ string, s []string) error { return os.Remove(s[0]) }, true},
		{"the last segment is gone", "the cursor says how many there were", func(_ *testing.T, _ string, s []string) error { return os.Remove(s[len(s)-1]) }, true},
		{"the last segment is empty", "as above", func(_ *testing.T, _ string, s []string) error { return os.Truncate(s[len(s)-1], 0) }, true},
		{"all segments are gone", "as above", func(_ *testing.T, _ string, s []string) error {
			var errs []error
			for _, seg := range s {
				errs = append(errs, os.Remove(seg))
			}
			return errors.Join(errs...)
		}, true},
		{"the cursor is gone", "what is in doubt is delivered again", func(_ *testing.T, dir string, _ []string) error { return os.Remove(filepath.Join(dir, "cursor")) }, false},
		{"the cursor is of another directory", "it is beyond the records, none of which is done", func(t *testing.T, dir string, _ []string) error {
			other := quick(t)
			s := newSpool(t, other, &fake{})
			for i := range 50 {
				must(t, s.Export(context.Background(), spooled(i*100, i*100+100, 1)))
			}
			must(t, s.Drain(context.Background()))
			must(t, s.Shutdown(context.Background()))
			b, err := os.ReadFile(filepath.Join(other, "cursor"))
			must(t, err)
			return os.WriteFile(filepath.Join(dir, "cursor"), b, 0o600)
		}, false},
		{"a segment has another name", "it gets its own again", func(_ *testing.T, dir string, s []string) error {
			return os.Rename(s[0], filepath.Join(dir, name("900")))
		}, false},
		{"a copy of a segment", "its records are there already", func(_ *testing.T, dir string, s []string) error {
			b, err := os.ReadFile(s[0])
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, name("900")), b, 0o600)
		}, false},
		{"a folder is named as a segment", "it is none", func(_ *testing.T, dir string, _ []string) error {
			return os.Mkdir(filepath.Join(dir, name("900")), 0o700)
		}, false},
		{"a folder is named as the next segment", "as above", func(_ *testing.T, dir string, _ []string) error {
			return os.Mkdir(filepath.Join(dir, name("101")), 0o700)
		}, false},
		{"a segment that only has a name", "nothing is in it", func(_ *testing.T, dir string, _ []string) error {
			return os.WriteFile(filepath.Join(dir, name("101")), nil, 0o600)
		}, false},
		{"the lock is gone", "it is made again", func(_ *testing.T, dir string, _ []string) error { return os.Remove(filepath.Join(dir, "lock")) }, false},
		{"the lock is a folder", "it is set aside", func(_ *testing.T, dir string, _ []string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "lock")), os.MkdirAll(filepath.Join(dir, "lock", "x"), 0o700))
		}, false},
		{"the cursor is a folder", "it is set aside", func(_ *testing.T, dir string, _ []string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "cursor")), os.MkdirAll(filepath.Join(dir, "cursor", "x"), 0o700))
		}, false},
		{"zeros at the beginning of a segment", "the checksums are wrong", func(_ *testing.T, _ string, s []string) error {
			f, err := os.OpenFile(s[1], os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			_, err = f.Write(make([]byte, 4096))
			return errors.Join(err, f.Close())
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, segs := many(t)
			must(t, c.harm(t, dir, segs))
			got, st := found(t, dir)
			slices.Sort(got)
			if n := len(slices.Compact(got)); n+int(st.Damaged) != 100 || (st.Damaged > 0) != c.damaged || st.Dropped != st.Damaged {
				t.Errorf("%d delivered, %+v: %s", n, st, c.reason)
			}
			if again, st := found(t, dir); len(again) != 0 || st.Damaged != 0 {
				t.Errorf("the next process delivers %d again, and says %+v", len(again), st)
			}
		})
	}
}

// TestSpoolGoneMeanwhile: files are removed under a running spool. Nothing is acknowledged into nothing, and
// what is gone is counted.
func TestSpoolGoneMeanwhile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, reason string
		harm         func(dir string) error
		goesOn       bool // Export takes more
	}{
		{"the folder", "nothing can be kept", os.RemoveAll, false},
		{"the folder, and made again", "it is another one", func(dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)) }, false},
		{"the folder is moved", "the next process would look in the wrong place", func(dir string) error { return os.Rename(dir, dir+".away") }, false},
		{"all files", "new ones are made", func(dir string) error {
			names, err := filepath.Glob(filepath.Join(dir, "*"))
			for _, n := range names {
				err = errors.Join(err, os.Remove(n))
			}
			return err
		}, true},
		{"the last segment", "a new one is made", func(dir string) error {
			names, err := filepath.Glob(filepath.Join(dir, "*.events1"))
			return errors.Join(err, os.Remove(names[len(names)-1]))
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			dir, g := filepath.Join(quick(t), "spool"), newGate()
			s := newSpool(t, dir, g, exporters.WithMaxBytes(64<<10))
			for i := range 10 {
				must(t, s.Export(ctx, spooled(i*10, i*10+10, 300)))
			}
			must(t, s.Flush(ctx))
			must(t, c.harm(dir))
			err := s.Flush(ctx)
			if err == nil {
				t.Errorf("Flush says nil, and the files are gone: %s", c.reason)
			}
			told := err != nil && strings.Contains(err.Error(), "were damaged on the disk, or removed from it") // if it was read already
			n := 100
			if err := s.Export(ctx, spooled(100, 110, 300)); (err == nil) != c.goesOn {
				t.Errorf("Export says %v: %s", err, c.reason)
			} else if err == nil {
				n = 110
			}
			close(g.open)
			must(t, s.Drain(ctx))
			if got, st := g.got(), s.Stats(); len(got)+int(st.Damaged) != n {
				t.Errorf("%d delivered of %d, %+v: %s", len(got), n, st, c.reason)
			} else if st.Damaged > 0 {
				if err := s.Flush(ctx); err == nil && !told {
					t.Errorf("%d were lost, and no Flush has said so", st.Damaged)
				}
			}
			if c.goesOn {
				must(t, s.Flush(ctx))
			}
		})
	}
}

// TestSpoolLockRemoved: the directory itself is locked.
func TestSpoolLockRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newSpool(t, dir, &fake{})
	must(t, os.Remove(filepath.Join(dir, "lock")))
	if _, err := exporters.NewSpool(dir, &fake{}); !errors.Is(err, exporters.ErrSpoolLocked) {
		t.Fatalf("a second owner is told %v", err)
	}
	must(t, s.Shutdown(context.Background()))
	newSpool(t, dir, &fake{})
}

// TestSpoolCannotOpen: a segment that cannot be opened for now is not given up.
func TestSpoolCannotOpen(t *testing.T) {
	t.Parallel()
	for _, fault := range []error{syscall.EMFILE, syscall.EACCES, syscall.ENOMEM} {
		synctest.Test(t, func(t *testing.T) {
			m := newModel()
			var got fake
			left := 50
			m.fail = func(_ int, does string) error {
				if left > 0 && strings.HasPrefix(does, "open 0") && m.calls > 40 {
					left--
					return fault
				}
				return nil
			}
			s, err := onDisk(m, &got)
			must(t, err)
			for i := range 10 {
				for s.Export(t.Context(), spooled(i*10, i*10+10, 600)) != nil {
					time.Sleep(time.Second) // of the bubble
				}
			}
			must(t, s.Drain(t.Context()))
			must(t, s.Shutdown(t.Context()))
			same(t, got.got(), numbered(0, 100), fault.Error())
			if st := s.Stats(); st.Damaged != 0 || left > 0 {
				t.Errorf("%+v, %d opens have not failed", st, left)
			}
		})
	}
}

// TestSpoolBadBlock: of a block that the disk cannot read only the records in it are lost.
func TestSpoolBadBlock(t *testing.T) {
	t.Parallel()
	const bad = 4096 * 2
	m := newModel()
	synctest.Test(t, func(t *testing.T) {
		s, err := onDisk(m, &fake{export: func(context.Context, []event.Event) error { return errSink }})
		must(t, err)
		for i := range 8 {
			must(t, s.Export(t.Context(), spooled(i, i+1, 900)))
		}
		must(t, s.Shutdown(t.Context()))
	})
	m = m.after(kill)
	m.Bad = func(name string, at, n int64) error {
		if strings.HasSuffix(name, ".events1") && strings.HasPrefix(name, "0000000000000000000") && at < bad/2+200 && at+n > bad/2 {
			return syscall.EIO
		}
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		var got fake
		s, err := onDisk(m, &got)
		must(t, err)
		must(t, s.Drain(t.Context()))
		must(t, s.Shutdown(t.Context()))
		if st := s.Stats(); len(got.got())+int(st.Damaged) != 8 || st.Damaged == 0 || st.Damaged > 5 {
			t.Errorf("%v delivered, %+v", got.got(), st)
		}
	})
}
