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

// slow is the operating system's disk, on which a closed file is read when the gate is open.
type slow struct {
	jsonl.Disk

	once          sync.Once
	reached, gate chan struct{}
}

func (d *slow) Open(name string, flag int, mode fs.FileMode) (jsonl.Handle, error) {
	h, err := d.Disk.Open(name, flag, mode)
	if err == nil && strings.HasPrefix(filepath.Base(name), "events-") && flag&os.O_CREATE == 0 {
		h = slowly{h, d}
	}
	return h, err
}

type slowly struct {
	jsonl.Handle

	d *slow
}

func (h slowly) ReadAt(b []byte, at int64) (int, error) {
	h.d.once.Do(func() { close(h.d.reached) })
	<-h.d.gate
	return h.Handle.ReadAt(b, at)
}

func (h slowly) Read(b []byte) (int, error) {
	h.d.once.Do(func() { close(h.d.reached) })
	<-h.d.gate
	return h.Handle.Read(b)
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
	d := &slow{Disk: jsonl.System(), reached: make(chan struct{}), gate: make(chan struct{})}
	e, err := jsonl.New(path, jsonl.WithDisk(d))
	if err != nil {
		t.Fatal(err)
	}
	<-d.reached
	errStop := errors.New("the caller gives up")
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
