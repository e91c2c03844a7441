//go:build unix && !aix && !solaris

package jsonl_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"cairncx.dev/cairn/exporters/jsonl"
)

// slow is the operating system's disk, on which one kind of call waits until the gate is open: "read" of a closed file, or
// "write" or "sync" of the file that is written to.
type slow struct {
	jsonl.Disk

	does          string
	once          sync.Once
	reached, gate chan struct{}
}

func newSlow(does string) *slow {
	return &slow{Disk: jsonl.System(), does: does, reached: make(chan struct{}), gate: make(chan struct{})}
}

// wait waits if that is the kind of call.
func (d *slow) wait(does string) {
	if does != d.does {
		return
	}
	d.once.Do(func() { close(d.reached) })
	<-d.gate
}

func (d *slow) Open(name string, flag int, mode fs.FileMode) (jsonl.Handle, error) {
	h, err := d.Disk.Open(name, flag, mode)
	if base := filepath.Base(name); err == nil && (d.does != "read" && base == "events.jsonl" ||
		d.does == "read" && strings.HasPrefix(base, "events-") && flag&os.O_CREATE == 0) {
		h = slowly{h, d}
	}
	return h, err
}

type slowly struct {
	jsonl.Handle

	d *slow
}

func (h slowly) ReadAt(b []byte, at int64) (int, error) {
	h.d.wait("read")
	return h.Handle.ReadAt(b, at)
}

func (h slowly) Read(b []byte) (int, error) {
	h.d.wait("read")
	return h.Handle.Read(b)
}

func (h slowly) Write(b []byte) (int, error) {
	h.d.wait("write")
	return h.Handle.Write(b)
}

func (h slowly) Sync() error {
	h.d.wait("sync")
	return h.Handle.Sync()
}

var errStop = errors.New("the caller gives up")

// TestLockAfterTimeout: a Shutdown whose context is done first releases the lock when the operating system has finished the
// call that held it up, though no caller waits for it.
func TestLockAfterTimeout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, does, reason string
	}{
		{"nothing is held up", "", "a context that is done already is no reason to keep the file"},
		{"a write", "write", "the batch of an Export that has given up is under way"},
		{"the sync", "sync", "Shutdown itself waits for the disk"},
		{"gzipping", "read", "the goroutine that gzips has a file open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "events.jsonl")
			write(t, filepath.Join(folder, "events-20260417T120000.000000000Z.jsonl"), line(t, "closed"))
			synctest.Test(t, func(t *testing.T) {
				d := newSlow(c.does)
				e, err := jsonl.New(path, jsonl.WithDisk(d))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				exported := make(chan error, 1)
				go func() { exported <- e.Export(ctx, touches(1, 1, "pay")) }()
				synctest.Wait()
				cancel(errStop)
				if err := <-exported; (err != nil) != (c.does == "write") {
					t.Errorf("Export says %v", err)
				}
				if err := e.Shutdown(ctx); !errors.Is(err, errStop) {
					t.Errorf("Shutdown says %v, want the cause of its context", err)
				}
				synctest.Wait()
				if again, err := jsonl.New(path); c.does != "" && !errors.Is(err, jsonl.ErrLocked) {
					t.Errorf("while the file is used another exporter is told %v", err)
				} else if err == nil {
					shut(t, again)
				}
				close(d.gate)
				synctest.Wait()
				again, err := jsonl.New(path)
				if err != nil {
					t.Fatalf("after that another exporter is told %v: %s", err, c.reason)
				}
				shut(t, again)
				shut(t, e) // it finds that all is done
			})
			if n := len(read(t, path)); n != 2 {
				t.Errorf("%d events are there, want 2", n)
			}
		})
	}
}

// TestShutdownWhileGzipping: when its context is done first, the file that is being gzipped is left as it is, for the
// next New. The next Shutdown waits until that is so.
func TestShutdownWhileGzipping(t *testing.T) {
	t.Parallel()
	text := line(t, "pay")
	for name, has := range map[string]string{"gzipping": "", "comparing with what is there": zip(text)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			closed := filepath.Join(folder, "events-20260417T120000.000000000Z.jsonl")
			write(t, closed, text)
			if has != "" {
				write(t, closed+".gz", has)
			}
			synctest.Test(t, func(t *testing.T) { stopGzipping(t, folder) })
			if b, err := os.ReadFile(closed); string(b) != text {
				t.Errorf("the closed file is %q: %v", b, err)
			}
			if b, err := os.ReadFile(closed + ".gz"); string(b) != has || errors.Is(err, fs.ErrNotExist) != (has == "") {
				t.Errorf("its gzipped form has changed after Shutdown had given up: %q, %v", b, err)
			}
			path := filepath.Join(folder, "events.jsonl")
			shut(t, open(t, path))
			if names := files(t, path); len(names) != 2 || names[0] != closed+".gz" {
				t.Errorf("the files are %q, want the closed one to be gzipped", names)
			}
		})
	}
}

// stopGzipping shuts an exporter down that is gzipping.
func stopGzipping(t *testing.T, folder string) {
	t.Helper()
	path := filepath.Join(folder, "events.jsonl")
	d := newSlow("read")
	e, err := jsonl.New(path, jsonl.WithDisk(d))
	if err != nil {
		t.Fatal(err)
	}
	<-d.reached
	for range 2 {
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() { done <- e.Shutdown(ctx) }()
		synctest.Wait() // it waits for the file
		cancel(errStop)
		if err := <-done; !errors.Is(err, errStop) {
			t.Errorf("Shutdown says %v, want the cause of its context", err)
		}
	}
	if _, err := jsonl.New(path); !errors.Is(err, jsonl.ErrLocked) {
		t.Errorf("while it gzips another exporter is told %v", err)
	}
	close(d.gate)
	shut(t, e)
}
