package sqlarchive_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters"
	"cairncx.dev/cairn/exporters/sink"
	"cairncx.dev/cairn/exporters/sqlarchive"
)

// waits checks that an Export and a Ping within that time fail with an error that passes, and says so.
func waits(t *testing.T, a *sqlarchive.Archive, within time.Duration, says string) {
	t.Helper()
	for what, call := range map[string]func(context.Context) error{
		"Export": func(ctx context.Context) error { return a.Export(ctx, run("waits", "")) }, "Ping": a.Ping,
	} {
		ctx, cancel := context.WithTimeout(background, within) // of its own
		err := call(ctx)
		cancel()
		var partial *sink.PartialError
		if err == nil || sink.IsPermanent(err) || errors.As(err, &partial) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want an error that passes, with %q in it", what, err, says)
		}
	}
}

// copyTo copies the file, as it is now, to the path.
func copyTo(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// overwrite overwrites the file from the offset on, where it is.
func overwrite(t *testing.T, path string, offset int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, int(info.Size()-offset)), offset)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// restore puts the file aside and its copy in its place, as the document has it, or else writes over it.
func restore(t *testing.T, path string, inPlace bool) {
	t.Helper()
	aside := []string{"-wal", "-shm", ""}
	if inPlace {
		copyTo(t, path+".copy", path)
		aside = aside[:2]
	}
	for _, suffix := range aside {
		if err := os.Rename(path+suffix, path+suffix+".damaged"); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if inPlace {
		return
	}
	if err := os.Rename(path+".copy", path); err != nil {
		t.Fatal(err)
	}
}

// TestRestored: while the file is not what it was, events wait. A copy that is moved to its place is taken
// up, and nothing that waited is lost.
func TestRestored(t *testing.T) {
	t.Parallel()
	aside := func(t *testing.T, path string) {
		t.Helper()
		if err := os.Rename(path, path+".aside"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, says, reason string
		harm               func(t *testing.T, path string)
		restart, inPlace   bool
	}{
		{"pages are damaged", "damaged", "what is in events is not what damaged it", func(t *testing.T, path string) { overwrite(t, path, 4096) }, false, false},
		{"pages are damaged, and written over", "damaged", "not everybody reads that a copy is to be moved there", func(t *testing.T, path string) { overwrite(t, path, 4096) }, false, true},
		{"all is damaged", "damaged", "a disk may return anything", func(t *testing.T, path string) { overwrite(t, path, 0) }, false, false},
		{"damaged at the start", "damaged", "a service that is restarted has to start", func(t *testing.T, path string) { overwrite(t, path, 4096) }, true, false},
		{"gone", "gone", "what is written to a file without a name is lost with the process", aside, false, false},
		{"another's", "another path", "what is not ours is not written to", func(t *testing.T, path string) {
			aside(t, path)
			do(t, raw(t, path), "CREATE TABLE theirs (id INTEGER)")
		}, false, false},
		{"newer", "newer version", "an old version would damage what it does not know", func(t *testing.T, path string) {
			aside(t, path)
			copyTo(t, path+".copy", path)
			do(t, raw(t, path), "PRAGMA user_version = 99")
		}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := temp(t)
			a := open(t, path)
			export(t, a, run("before", "")...)
			// Another program's write makes a's next transaction read the file anew.
			db := raw(t, path)
			do(t, db, "UPDATE journeys SET segment = 'x'; PRAGMA wal_checkpoint(TRUNCATE)")
			copyTo(t, path, path+".copy")
			db.Close()
			if c.restart {
				_ = a.Shutdown(background)
			}
			c.harm(t, path)
			if c.restart {
				a = open(t, path)
			}
			for range 2 {
				waits(t, a, time.Minute, c.says)
			}
			restore(t, path, c.inPlace)
			export(t, a, run("waits", "")...)
			if err := a.Ping(background); err != nil {
				t.Error(err)
			}
			if got, want := len(kept(t, raw(t, path))), 2*len(run("", "")); got != want {
				t.Errorf("%d events are there, want %d: %s", got, want, c.reason)
			}
		})
	}
}

// TestBegunAnew: an empty file that is moved to the archive's place becomes one.
func TestBegunAnew(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a := open(t, path)
	export(t, a, run("before", "")...)
	err := errors.Join(os.WriteFile(path+".new", nil, 0o600), os.Rename(path, path+".aside"), os.Rename(path+"-wal", path+"-wal.aside"),
		os.Rename(path+"-shm", path+"-shm.aside"), os.Rename(path+".new", path))
	if err != nil {
		t.Fatal(err)
	}
	export(t, a, run("after", "")...)
	if got := rows(t, raw(t, path), "SELECT run FROM journeys"); len(got) != 1 || got[0] != "after" {
		t.Errorf("the runs are %q, want the one after", got)
	}
}

// TestLockedAtStart: another process that has the file for itself does not keep a service from starting.
func TestLockedAtStart(t *testing.T) {
	t.Parallel()
	path := temp(t)
	_ = open(t, path).Shutdown(background)
	db := raw(t, path)
	do(t, db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
	a := open(t, path, sqlarchive.WithOpenTimeout(20*time.Millisecond))
	waits(t, a, 30*time.Millisecond, "")
	do(t, db, "ROLLBACK")
	db.Close()
	export(t, a, run("a", "")...)
}

// failures passes the errors of another exporter on.
type failures struct {
	event.Exporter

	errs chan error
}

func (f *failures) Export(ctx context.Context, events []event.Event) error {
	err := f.Exporter.Export(ctx, events)
	if err != nil {
		select {
		case f.errs <- err:
		default:
		}
	}
	return err
}

// TestDamagedBehindSpool: the events wait in the spool, and are no dead letters.
func TestDamagedBehindSpool(t *testing.T) {
	t.Parallel()
	path := temp(t)
	_ = open(t, path).Shutdown(background)
	copyTo(t, path, path+".copy")
	overwrite(t, path, 4096)
	sink := &failures{Exporter: open(t, path), errs: make(chan error)}
	spool, err := exporters.NewSpool(filepath.Join(t.TempDir(), "spool"), sink, exporters.WithBackoff(time.Millisecond, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer spool.Shutdown(background)
	one := run("a", "")[:1] // of many the spool would doubt the sink first
	if err := spool.Export(background, one); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		<-sink.errs
	}
	if s := spool.Stats(); s.Waiting != 1 || s.DeadLetters != 0 {
		t.Errorf("the spool has %+v, want one that waits", s)
	}
	if err := os.Rename(path+".copy", path); err != nil {
		t.Fatal(err)
	}
	if err := spool.Drain(background); err != nil {
		t.Fatal(err)
	}
	if got := kept(t, raw(t, path)); len(got) != 1 || got[0].ID != one[0].ID {
		t.Errorf("%v are there", got)
	}
}

// TestNilContext: a nil context is context.Background().
func TestNilContext(t *testing.T) {
	t.Parallel()
	a := open(t, temp(t))
	var none context.Context
	export(t, a, run("a", "c")...)
	_, forgotten := a.Forget(none, "c")
	_, pruned := a.Prune(none, noon)
	if err := errors.Join(a.Ping(none), a.Export(none, run("b", "")), a.Flush(none), forgotten, pruned, a.Shutdown(none)); err != nil {
		t.Error(err)
	}
	if err := a.Ping(none); !errors.Is(err, sink.ErrClosed) {
		t.Errorf("Ping after Shutdown: %v", err)
	}
}

// TestFolderInPlace: a folder in the archive's place is no file. The archive takes the file up again.
func TestFolderInPlace(t *testing.T) {
	t.Parallel()
	path := temp(t)
	a := open(t, path)
	if err := errors.Join(os.Rename(path, path+".aside"), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	waits(t, a, time.Minute, "writable")
	if err := errors.Join(os.Remove(path), os.Rename(path+".aside", path)); err != nil {
		t.Fatal(err)
	}
	export(t, a, run("after", "")...)
}

// TestWritingWhileTablesAreMade: the tables of a new file wait for another process that writes to it, as long as the
// context says.
func TestWritingWhileTablesAreMade(t *testing.T) {
	t.Parallel()
	path := temp(t)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	do(t, db, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE")
	a := open(t, path, sqlarchive.WithOpenTimeout(30*time.Millisecond))
	ctx, cancel := context.WithTimeout(background, 30*time.Millisecond) // of its own: a call that does not wait fails otherwise
	defer cancel()
	if err := a.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) || sink.IsPermanent(err) {
		t.Errorf("Ping: %v", err)
	}
	do(t, db, "ROLLBACK")
	export(t, a, run("after", "")...)
}
