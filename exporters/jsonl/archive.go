package jsonl

import (
	"bytes"
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
	foreign    = ".foreign" // behind a gzipped file's name: what had the name and was none
)

var errAborted = errors.New("it is shut down")

// archive is the closed files of one file. One goroutine at a time gzips and removes them.
type archive struct {
	path, prefix, ext string
	folder            string
	cfg               config
	last              time.Time // when the last file was closed; the exporter's turn guards it

	mu      sync.Mutex
	again   bool          // there is something to do
	running chan struct{} // closed when the goroutine has ended; nil where there is none
	abort   atomic.Bool
}

func newArchive(path string, c config) (*archive, error) {
	ext := filepath.Ext(path)
	a := &archive{path: path, prefix: strings.TrimSuffix(path, ext) + "-", ext: ext, folder: filepath.Dir(path), cfg: c}
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

// next returns the name of the file that is closed next: it is behind all others', whatever the clock says.
func (a *archive) next() string {
	at := time.Now().UTC()
	if !at.After(a.last) {
		at = a.last.Add(1)
	}
	a.last = at
	return a.name(at)
}

// add makes the file one of the closed.
func (a *archive) add() error {
	if err := a.cfg.disk.Rename(a.path, a.next()); err != nil {
		return err
	}
	a.tidy()
	return a.cfg.disk.SyncFolder(a.folder)
}

// closed returns the names of all closed files, in order.
func (a *archive) closed() ([]string, error) {
	entries, err := a.cfg.disk.List(a.folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := filepath.Join(a.folder, e.Name())
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
			faults = append(faults, remove(a.cfg.disk, name))
			continue
		case !kept[plain]:
			kept[plain] = true
			order = append(order, plain)
		}
	}
	excess := 0
	if a.cfg.files > 0 {
		excess = max(len(order)-a.cfg.files, 0)
	}
	for _, plain := range order[:excess] {
		faults = append(faults, remove(a.cfg.disk, plain), remove(a.cfg.disk, plain+zipped))
	}
	for _, plain := range order[excess:] {
		if a.cfg.plain {
			break
		}
		faults = append(faults, a.gzip(plain))
	}
	return errors.Join(faults...)
}

// remove removes a file that may be there.
func remove(d disk, name string) error {
	if err := d.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// gzip puts a file's gzipped form in its place: it is on the disk before the file is removed.
func (a *archive) gzip(plain string) error {
	d := a.cfg.disk
	src, err := d.Open(plain, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is gzipped
	}
	if err != nil {
		return err
	}
	defer src.Close() //nolint:errcheck // it was only read
	switch had, err := a.gzipped(plain, src); {
	case err != nil:
		return err
	case had == other:
		_ = src.Close() // Windows renames no open file
		return a.aside(plain, plain+zipped)
	case had == broken:
		err = a.aside(plain+zipped, plain)
		if err != nil {
			return err
		}
		fallthrough
	case had == none:
		if err := a.gzipTo(plain, src); err != nil {
			return errors.Join(err, remove(d, plain+unfinished))
		}
		if err := d.Rename(plain+unfinished, plain+zipped); err != nil {
			return err
		}
	}
	// Also where it was done: the process may have ended before its name was on the disk.
	if err := d.SyncFolder(a.folder); err != nil {
		return err
	}
	_ = src.Close() // Windows removes no open file
	return remove(d, plain)
}

// aside gives a file that is not what its name says another one.
func (a *archive) aside(name, of string) error {
	if err := a.cfg.disk.Rename(name, name+foreign); err != nil {
		return err
	}
	otel.Handle(fmt.Errorf("cairn: jsonl: %s and %s do not say the same: the first is set aside as %s", //nolint:err113 // a report, no caller branches on it
		name, filepath.Base(of), filepath.Base(name+foreign)))
	return nil
}

// zip is what has the name of a file's gzipped form.
type zip int

const (
	none   zip = iota
	same       // as a crash leaves it before the file is removed
	other      // the gzipped form of something else
	broken     // no gzipped file
)

// gzipped says what has the name of the gzipped form.
func (a *archive) gzipped(plain string, src handle) (zip, error) {
	d := a.cfg.disk
	gz, err := d.Open(plain+zipped, os.O_RDONLY, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return none, nil
	case errors.Is(err, errNotRegular):
		return broken, nil
	case err != nil:
		return none, err
	}
	info, err := src.Stat()
	if err != nil {
		return none, errors.Join(err, gz.Close())
	}
	had, err := a.compare(gz, io.NewSectionReader(src, 0, info.Size()))
	return had, errors.Join(err, gz.Close())
}

// compare reads all of gz, because only its end tells that it is whole.
func (a *archive) compare(gz, src io.Reader) (zip, error) {
	from := &stoppable{Reader: gz, stop: &a.abort}
	with := &comparer{src: src}
	r, err := gzip.NewReader(from)
	if err == nil {
		_, err = io.Copy(with, r) //nolint:gosec // it is compared with a file, and kept nowhere
	}
	switch {
	case from.err != nil: // it is not known what gz is
		return none, from.err
	case with.err != nil:
		return none, with.err
	case err != nil:
		return broken, nil //nolint:nilerr // it is what the error says
	}
	switch n, err := src.Read(make([]byte, 1)); {
	case err != nil && !errors.Is(err, io.EOF):
		return none, err //nolint:wrapcheck // it names the file
	case n > 0 || with.differs:
		return other, nil
	default:
		return same, nil
	}
}

// comparer is a writer that compares with what src says.
type comparer struct {
	src     io.Reader
	differs bool
	err     error // src cannot be read
}

func (c *comparer) Write(b []byte) (int, error) {
	has := make([]byte, len(b))
	n, err := io.ReadFull(c.src, has)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		c.err = err
		return 0, err //nolint:wrapcheck // it names the file
	}
	c.differs = c.differs || !bytes.Equal(has[:n], b)
	return len(b), nil
}

func (a *archive) gzipTo(plain string, src handle) error {
	dst, err := create(a.cfg.disk, plain+unfinished, a.cfg.mode)
	if err != nil {
		return err
	}
	info, err := src.Stat()
	if err != nil {
		return errors.Join(err, dst.Close())
	}
	w := gzip.NewWriter(dst)
	_, err = io.Copy(w, &stoppable{Reader: io.NewSectionReader(src, 0, info.Size()), stop: &a.abort})
	return errors.Join(err, w.Close(), dst.Chmod(a.cfg.mode), dst.Sync(), dst.Close())
}

// stoppable is a reader that ends when it is told to.
type stoppable struct {
	io.Reader

	stop *atomic.Bool
	err  error // why it has ended before the end of what it reads
}

func (r *stoppable) Read(b []byte) (n int, err error) {
	if r.stop.Load() {
		err = errAborted
	} else {
		n, err = r.Reader.Read(b)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err //nolint:wrapcheck // what it says is passed on
}
