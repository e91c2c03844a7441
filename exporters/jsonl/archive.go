package jsonl

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
)

const (
	stamp      = "20060102T150405.000000000Z" // when a file was closed, in UTC
	zipped     = ".gz"
	unfinished = ".gz.tmp"
)

var errAborted = errors.New("it is shut down")

// archive is the closed files of one file. One goroutine at a time gzips and removes them.
type archive struct {
	path, prefix, ext string
	cfg               config
	last              time.Time // that a file was closed at; of who has the exporter's turn

	mu      sync.Mutex
	again   bool          // there is something to do
	running chan struct{} // closed when the goroutine has ended; nil where there is none
	abort   atomic.Bool
}

func newArchive(path string, c config) (*archive, error) {
	ext := filepath.Ext(path)
	a := &archive{path: path, prefix: strings.TrimSuffix(path, ext) + "-", ext: ext, cfg: c}
	closed, err := a.closed()
	if err != nil {
		return nil, err
	}
	for _, name := range closed {
		at, _, _ := a.parse(name)
		if at.After(a.last) {
			a.last = at
		}
	}
	return a, nil
}

// name returns the name of the file that was closed at the time.
func (a *archive) name(at time.Time) string { return a.prefix + at.UTC().Format(stamp) + a.ext }

// parse reads such a name, with or without the ending of a gzipped one.
func (a *archive) parse(name string) (at time.Time, ending string, ok bool) {
	rest, ok := strings.CutPrefix(name, a.prefix)
	if !ok || len(rest) < len(stamp)+len(a.ext) {
		return at, "", false
	}
	ending = rest[len(stamp)+len(a.ext):]
	at, err := time.Parse(stamp, rest[:len(stamp)])
	if err != nil || rest[len(stamp):len(stamp)+len(a.ext)] != a.ext || a.name(at)+ending != name {
		return at, "", false
	}
	return at, ending, ending == "" || ending == zipped || ending == unfinished
}

// add makes the file one of the closed. Its name is behind all others', whatever the clock says.
func (a *archive) add() error {
	at := time.Now().UTC()
	if !at.After(a.last) {
		at = a.last.Add(1)
	}
	if err := os.Rename(a.path, a.name(at)); err != nil {
		return err //nolint:wrapcheck // it names both
	}
	a.last = at
	a.tidy()
	return syncFolder(a.path)
}

// closed returns the names of all closed files, in order.
func (a *archive) closed() ([]string, error) {
	folder := filepath.Dir(a.path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the folder
	}
	var names []string
	for _, e := range entries {
		name := filepath.Join(folder, e.Name())
		if _, _, ok := a.parse(name); ok && e.Type().IsRegular() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// tidy gzips and removes in a goroutine what there is to gzip and remove.
func (a *archive) tidy() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.again = true
	if a.running == nil {
		a.running = make(chan struct{})
		go a.run()
	}
}

func (a *archive) run() {
	for {
		a.mu.Lock()
		if !a.again || a.abort.Load() {
			close(a.running)
			a.running = nil
			a.mu.Unlock()
			return
		}
		a.again = false
		a.mu.Unlock()
		if err := a.once(); err != nil && !errors.Is(err, errAborted) {
			otel.Handle(fmt.Errorf("cairn: jsonl: closed files of %s: %w", a.path, hint(err)))
		}
	}
}

// stop waits until the goroutine has ended, and tells it to when ctx is done first.
func (a *archive) stop(ctx context.Context) error {
	a.mu.Lock()
	running := a.running
	a.mu.Unlock()
	if running == nil {
		return nil
	}
	select {
	case <-running:
		return nil
	case <-ctx.Done():
		a.abort.Store(true)
		return fmt.Errorf("gzipping closed files: %w", context.Cause(ctx))
	}
}

// once gzips what is not yet, and removes what is too much.
func (a *archive) once() error {
	names, err := a.closed()
	if err != nil {
		return err
	}
	var faults []error
	kept := map[string]bool{} // without their ending
	var order []string
	for _, name := range names {
		_, ending, _ := a.parse(name)
		plain := strings.TrimSuffix(name, ending)
		switch {
		case ending == unfinished: // by a crash; what it was made of is still there
			faults = append(faults, os.Remove(name))
			continue
		case !kept[plain]:
			kept[plain] = true
			order = append(order, plain)
		}
	}
	if n := len(order) - a.cfg.files; a.cfg.files > 0 && n > 0 {
		for _, plain := range order[:n] {
			faults = append(faults, remove(plain), remove(plain+zipped))
		}
		order = order[n:]
	}
	for _, plain := range order {
		if a.cfg.plain {
			break
		}
		faults = append(faults, a.gzip(plain))
	}
	return errors.Join(faults...)
}

// remove removes a file that may be there.
func remove(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err //nolint:wrapcheck // it names the file; nil is nil
	}
	return nil
}

// gzip puts a file's gzipped form in its place: it is on the disk before the file is removed.
func (a *archive) gzip(plain string) error {
	src, err := os.Open(plain) //nolint:gosec // a name that parse has read, beside the caller's own file
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is gzipped
	}
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	defer src.Close() //nolint:errcheck // it was only read
	if _, err := os.Stat(plain + zipped); err != nil {
		if err := a.gzipTo(plain, src); err != nil {
			return errors.Join(err, remove(plain+unfinished))
		}
		if err := os.Rename(plain+unfinished, plain+zipped); err != nil {
			return err //nolint:wrapcheck // it names both
		}
		if err := syncFolder(plain); err != nil {
			return err
		}
	}
	_ = src.Close() // Windows removes no open file
	return remove(plain)
}

func (a *archive) gzipTo(plain string, src io.Reader) error {
	dst, err := os.OpenFile(plain+unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, a.cfg.mode) //nolint:gosec // as above
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	w := gzip.NewWriter(dst)
	_, err = io.Copy(w, &stoppable{src, &a.abort})
	return errors.Join(err, w.Close(), dst.Chmod(a.cfg.mode), dst.Sync(), dst.Close())
}

// stoppable is a reader that ends when it is told to.
type stoppable struct {
	io.Reader

	stop *atomic.Bool
}

func (r *stoppable) Read(b []byte) (int, error) {
	if r.stop.Load() {
		return 0, errAborted
	}
	return r.Reader.Read(b) //nolint:wrapcheck // what it says is passed on
}
