package exporters_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/internal/sinktest"
	"cairncx.dev/cairn/exporters/sink"
)

// left makes a directory that a process left with n undelivered events, in two batches, and returns the
// only segment's path and contents.
func left(tb testing.TB, n int) (dir, path string, contents []byte) {
	tb.Helper()
	dir = quick(tb)
	s, err := exporters.NewSpool(dir, &fake{export: func(context.Context, []event.Event) error { return errSink }})
	must(tb, err)
	must(tb, s.Export(context.Background(), spooled(0, n/2, 3)))
	must(tb, s.Export(context.Background(), spooled(n/2, n, 3)))
	must(tb, s.Shutdown(context.Background()))
	found, err := filepath.Glob(filepath.Join(dir, "*.events1"))
	if err != nil || len(found) != 1 {
		tb.Fatal(found, err)
	}
	contents, err = os.ReadFile(found[0])
	must(tb, err)
	return dir, found[0], contents
}

// quick returns a directory in memory, where there is one: what is on the disk is the same, and syncing it
// takes no time.
func quick(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "spool")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { must(tb, os.RemoveAll(dir)) })
	return dir
}

// found opens a directory and returns what is delivered from it, and after it one more event.
func found(tb testing.TB, dir string) ([]string, exporters.SpoolStats) {
	tb.Helper()
	var got fake
	s, err := exporters.NewSpool(dir, noFlush{&got}, soon())
	must(tb, err)
	must(tb, s.Export(context.Background(), spooled(1000, 1001, 1)))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // no machine needs so long
	defer cancel()
	if err := s.Drain(ctx); err != nil {
		tb.Fatalf("%v: %+v", err, s.Stats())
	}
	st := s.Stats()
	must(tb, s.Shutdown(context.Background()))
	names := got.got()
	if len(names) == 0 || names[len(names)-1] != "1000" {
		tb.Fatalf("what came after is not delivered: %v", names)
	}
	return names[:len(names)-1], st
}

// restore puts a directory back to one segment with these contents.
func restore(tb testing.TB, path string, contents []byte) {
	tb.Helper()
	others, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	must(tb, err)
	for _, o := range others {
		must(tb, os.Remove(o))
	}
	must(tb, os.WriteFile(path, contents, 0o600))
}

// TestSpoolTornTail cuts the segment at every byte: whole records are delivered, the torn one is cut, and
// nobody calls it damage.
func TestSpoolTornTail(t *testing.T) {
	t.Parallel()
	_, path, contents := left(t, 6)
	for cut := range contents {
		restore(t, path, contents[:cut])
		got, st := found(t, filepath.Dir(path))
		whole := bytes.Count(contents[:cut], []byte{'\n'})
		if !slices.Equal(got, append([]string{}, numbered(0, whole)...)) || st.Damaged != 0 || st.Dropped != 0 {
			t.Fatalf("cut at %d of %d: %v, %+v", cut, len(contents), got, st)
		}
		// Garbage behind it is what a power cut leaves: zeros, or a piece of something.
		for _, tail := range []string{"\x00\x00\x00\x00\x00\x00\x00\x00", "\x1e0123", strings.Repeat("\x1e", 50)} {
			if cut%7 != 0 {
				continue
			}
			restore(t, path, append(slices.Clone(contents[:cut]), tail...))
			if got, st = found(t, filepath.Dir(path)); !slices.Equal(got, append([]string{}, numbered(0, whole)...)) || st.Damaged != 0 {
				t.Fatalf("cut at %d with %q behind: %v, %+v", cut, tail, got, st)
			}
		}
	}
}

// TestSpoolBitFlips flips a bit of every byte: the others are delivered, the damaged one is counted and
// set aside.
func TestSpoolBitFlips(t *testing.T) {
	t.Parallel()
	_, path, contents := left(t, 4)
	rng := rand.New(rand.NewPCG(1, 2))
	for at := range contents {
		flipped := slices.Clone(contents)
		flipped[at] ^= 1 << rng.IntN(8)
		restore(t, path, flipped)
		got, st := found(t, filepath.Dir(path))
		hit := bytes.Count(contents[:at], []byte{'\n'})
		want := append([]string{}, numbered(0, 4)...)
		if contents[at] != '\n' { // a record does not need its line break
			want = slices.Delete(want, hit, hit+1)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("flipped at %d, in record %d: %v", at, hit, got)
		}
		if aside, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "damaged.jsonl")); contents[at] != '\n' &&
			(st.Damaged != 1 || st.Dropped != 1 || !bytes.Contains(aside, []byte(`"bytes":"`))) {
			t.Fatalf("flipped at %d, in record %d: %+v, %s", at, hit, st, aside)
		}
	}
}

// TestSpoolCursorDamaged: what is in doubt is delivered again, never lost.
func TestSpoolCursorDamaged(t *testing.T) {
	t.Parallel()
	dir, path, contents := left(t, 10)
	cursor := filepath.Join(dir, "cursor")
	for _, junk := range []string{"", "x", strings.Repeat("\x00", 9000), strings.Repeat("f", 9000)} {
		restore(t, path, contents)
		must(t, os.WriteFile(cursor, []byte(junk), 0o600))
		if got, _ := found(t, dir); !slices.Equal(got, numbered(0, 10)) {
			t.Errorf("%.10q: %v", junk, got)
		}
	}
	got, _ := found(t, dir)
	if len(got) != 0 {
		t.Errorf("delivered again: %v", got)
	}
	saved, err := os.ReadFile(cursor)
	must(t, err)
	for at := range saved {
		if at%4096 >= 60 || at >= 8192 {
			continue // not in the places
		}
		bent := slices.Clone(saved)
		bent[at] ^= 4
		must(t, os.WriteFile(cursor, bent, 0o600))
		var again fake
		s, err := exporters.NewSpool(dir, &again)
		must(t, err)
		must(t, s.Export(context.Background(), spooled(0, 1, 1)))
		must(t, s.Drain(context.Background()))
		must(t, s.Shutdown(context.Background()))
		if names := again.got(); names[len(names)-1] != "0" {
			t.Fatalf("bent at %d: %v", at, names)
		}
	}
}

// TestSpoolSegmentGone: somebody removes or empties a segment. The rest is delivered, and what is gone is
// counted.
func TestSpoolSegmentGone(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"halved":  func(path string) error { return os.Truncate(path, 3000) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, err := exporters.NewSpool(dir, &fake{export: func(context.Context, []event.Event) error { return errSink }}, exporters.WithMaxBytes(64<<10))
			must(t, err)
			for i := range 10 {
				must(t, s.Export(context.Background(), spooled(i*10, i*10+10, 300)))
			}
			must(t, s.Shutdown(context.Background()))
			segs, err := filepath.Glob(filepath.Join(dir, "*.events1"))
			must(t, err)
			if len(segs) < 5 {
				t.Fatal(segs)
			}
			must(t, harm(segs[2]))
			got, st := found(t, dir)
			if len(got)+int(st.Damaged) != 100 || st.Damaged == 0 {
				t.Errorf("%d delivered, %+v", len(got), st)
			}
		})
	}
}

// TestSpoolSegmentGoneMeanwhile: the same while the spool has the directory open.
func TestSpoolSegmentGoneMeanwhile(t *testing.T) {
	t.Parallel()
	dir, g := t.TempDir(), newGate()
	s := newSpool(t, dir, g, exporters.WithMaxBytes(64<<10))
	for i := range 10 {
		must(t, s.Export(context.Background(), spooled(i*10, i*10+10, 300)))
	}
	segs, err := filepath.Glob(filepath.Join(dir, "*.events1"))
	must(t, err)
	must(t, os.Remove(segs[2]))
	must(t, os.Truncate(segs[3], 100))
	close(g.open)
	must(t, s.Drain(context.Background()))
	if got, st := g.got(), s.Stats(); len(got)+int(st.Damaged) != 100 || st.Damaged == 0 || got[len(got)-1] != "99" {
		t.Errorf("%d delivered, %+v", len(got), st)
	}
}

// TestSpoolDiskFull: Export fails, nothing is damaged, and it goes on when there is room.
func TestSpoolDiskFull(t *testing.T) {
	mnt := small(t)
	ballast := filepath.Join(mnt, "ballast")
	must(t, os.WriteFile(ballast, make([]byte, 300<<10), 0o600))
	g := newGate()
	s := newSpool(t, filepath.Join(mnt, "spool"), g)
	n, failed := 0, 0
	export := func() bool {
		if err := s.Export(context.Background(), spooled(n, n+37, 200)); err != nil {
			if _, ok := sink.RetryDelay(err); !ok {
				t.Fatalf("it is not transient: %v", err)
			}
			failed++
			return false
		}
		n += 37
		return true
	}
	for export() {
	}
	for range 5 {
		export()
	}
	must(t, os.Remove(ballast))
	for export() {
	}
	if failed < 2 {
		t.Errorf("the disk was full %d times", failed)
	}
	close(g.open)
	must(t, s.Drain(context.Background()))
	for range 100 {
		if !export() {
			t.Fatalf("there is room again: %+v", s.Stats())
		}
		must(t, s.Drain(context.Background()))
	}
	must(t, s.Shutdown(context.Background()))
	same(t, g.got(), numbered(0, n), "what was acknowledged, once and in order")
	if st := s.Stats(); st.Dropped != 0 {
		t.Errorf("%+v", st)
	}
}

func small(t *testing.T) string {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		sinktest.Skip(t, "a small file system can only be mounted by root on Linux")
	}
	mnt := t.TempDir()
	mountSmall(t, mnt)
	return mnt
}

// FuzzSpoolRecord: whatever a segment holds, the spool opens, delivers what is whole, and takes new events.
func FuzzSpoolRecord(f *testing.F) {
	_, _, contents := left(f, 4)
	f.Add(contents, uint16(0), byte(0))
	f.Add(contents[:len(contents)-5], uint16(40), byte(1))
	f.Add(append(slices.Clone(contents), contents...), uint16(3), byte(0x1e))
	f.Add([]byte("\x1e\x1e\n\n\x1e00000000 0000000000000001 ffffffff {}\n"), uint16(0), byte(0))
	f.Add([]byte("\x1e00000000 ffffffffffffffff 00000000 \n"), uint16(0), byte(0))
	dir := quick(f)
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip byte) {
		if len(b) > 1<<20 {
			return
		}
		b = slices.Clone(b)
		if int(at) < len(b) {
			b[at] ^= flip
		}
		restore(t, filepath.Join(dir, fmt.Sprintf("%020d.events1", 1)), b)
		found(t, dir)
	})
}
