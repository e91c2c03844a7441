package exporters_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"cairncx.dev/cairn/exporters"
)

// handles is a disk that knows which of its files are open, and what was done with each.
type handles struct {
	*model

	toRead func() error // called for each file that is opened to be read; nil lets all pass

	mu    sync.Mutex
	files []*handle
}

// handle is one open file.
type handle struct {
	exporters.DiskFile

	all    *handles
	name   string
	closed int
	after  []string // what was done after a sync that failed
	failed bool     // a sync has
}

func (h *handles) Open(name string, flag int) (exporters.DiskFile, error) {
	if h.toRead != nil && flag == os.O_RDONLY {
		if err := h.toRead(); err != nil {
			return nil, err
		}
	}
	f, err := h.model.Open(name, flag)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	one := &handle{DiskFile: f, all: h, name: filepath.Base(name)}
	h.files = append(h.files, one)
	return one, nil
}

// open returns the names of the files that are open.
func (h *handles) open() (names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.files {
		if f.closed == 0 {
			names = append(names, f.name)
		}
	}
	return names
}

// misused returns what was closed twice, or used after a sync that failed.
func (h *handles) misused() (list []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.files {
		if f.closed > 1 || len(f.after) > 0 {
			list = append(list, fmt.Sprintf("%s: closed %d times; after a failed sync: %q", f.name, f.closed, f.after))
		}
	}
	return list
}

func (f *handle) use(what string) {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if f.failed {
		f.after = append(f.after, what)
	}
}

func (f *handle) WriteAt(b []byte, at int64) (int, error) {
	f.use("write")
	return f.DiskFile.WriteAt(b, at)
}

func (f *handle) Sync() error {
	f.use("sync")
	err := f.DiskFile.Sync()
	if err != nil {
		f.all.mu.Lock()
		f.failed = true
		f.all.mu.Unlock()
	}
	return err
}

func (f *handle) Close() error {
	f.all.mu.Lock()
	f.closed++
	f.all.mu.Unlock()
	return f.DiskFile.Close()
}
