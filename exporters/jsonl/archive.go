package jsonl

import (
	"bytes"
	"compress/gzip"
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
	stamp      = "20060102T150405.000000000Z" // the time at which a file was closed, in UTC
	zipped     = ".gz"
	unfinished = ".gz.tmp"
	foreign    = ".foreign" // the ending of a file that had the name of an archived file and was set aside
)

var errAborted = errors.New("it is shut down")

// archive is the set of closed files of one file. One goroutine at a time gzips and removes them.
type archive struct {
	path, prefix, ext string
	folder            string
	cfg               config
	last              time.Time // the time of the last closing; the exporter's turn guards it

	mu      sync.Mutex
	again   bool          // there is work for the goroutine
	running chan struct{} // closed when the goroutine ends; nil if none runs
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

// parse reads the name of a closed file. ending is "", or the ending of a gzipped or half gzipped file.
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

// next returns the name of the next closed file. It sorts after all earlier names, even if the clock goes back.
func (a *archive) next() string {
	at := time.Now().UTC()
	if !at.After(a.last) {
		at = a.last.Add(1)
	}
	a.last = at
	return a.name(at)
}

// add renames the file, so that it is one of the closed files, and starts tidy.
func (a *archive) add() error {
	if err := a.cfg.disk.Rename(a.path, a.next()); err != nil {
		return err
	}
	a.tidy()
	return a.cfg.disk.SyncFolder(a.folder)
}

// closed returns the names of all closed files, sorted, with those of gzipped and half gzipped ones.
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

// tidy starts the goroutine that gzips and removes closed files, or makes the running one look again.
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

// wait waits until the goroutine has ended.
func (a *archive) wait() {
	a.mu.Lock()
	running := a.running
	a.mu.Unlock()
	if running != nil {
		<-running
	}
}

// once gzips the closed files that are not gzipped yet, and removes the oldest ones beyond WithMaxFiles.
func (a *archive) once() error {
	names, err := a.closed()
	if err != nil {
		return err
	}
	var faults []error
	kept := map[string]bool{} // by the name without an ending
	var order []string
	for _, name := range names {
		_, ending, _ := a.parse(name)
		plain := strings.TrimSuffix(name, ending)
		switch {
		case ending == unfinished: // a crash left it; its source still exists
			faults = append(faults, remove(a.cfg.disk, name))
			continue
		case !kept[plain]:
			kept[plain] = true
			order = append(order, plain)
		}
	}
	excess := 0
	if a.cfg.bounded {
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

// remove removes a file. A file that does not exist is no error.
func remove(d disk, name string) error {
	if err := d.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// gzip replaces a closed file by its gzipped form. The gzipped form is on the disk before gzip removes the file.
func (a *archive) gzip(plain string) error {
	d := a.cfg.disk
	src, err := d.Open(plain, os.O_RDONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is gzipped already
	}
	if err != nil {
		return err
	}
	defer src.Close() //nolint:errcheck // the file is only read
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
	// This is needed also for an earlier gzip: the process may have ended before the name was on the disk.
	if err := d.SyncFolder(a.folder); err != nil {
		return err
	}
	_ = src.Close() // Windows removes no open file
	return remove(d, plain)
}

// aside renames a file whose content does not fit its name, and reports it.
func (a *archive) aside(name, of string) error {
	if err := a.cfg.disk.Rename(name, name+foreign); err != nil {
		return err
	}
	otel.Handle(fmt.Errorf("cairn: jsonl: %s and %s do not say the same: the first is set aside as %s", //nolint:err113 // a report, no caller branches on it
		name, filepath.Base(of), filepath.Base(name+foreign)))
	return nil
}

// zip says which file has the name of a closed file's gzipped form.
type zip int

const (
	none   zip = iota
	same       // its gzipped form, which a crash left beside the closed file
	other      // the gzipped form of something else
	broken     // not a gzipped file
)

// gzipped returns which file has the name of the gzipped form.
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

// compare compares the content of gz with src. It reads all of gz, because only its end shows that it is complete.
func (a *archive) compare(gz, src io.Reader) (zip, error) {
	from := &stoppable{Reader: gz, stop: &a.abort}
	with := &comparer{src: src}
	r, err := gzip.NewReader(from)
	if err == nil {
		_, err = io.Copy(with, r) //nolint:gosec // the data is compared with a file and not kept
	}
	switch {
	case from.err != nil: // the content of gz is unknown
		return none, from.err
	case with.err != nil:
		return none, with.err
	case err != nil:
		return broken, nil //nolint:nilerr // the error means that gz is broken
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

// comparer is a writer that compares its input with src.
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

// stoppable is a reader that ends with errAborted when stop is set.
type stoppable struct {
	io.Reader

	stop *atomic.Bool
	err  error // the error that ended the reading early
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
	return n, err //nolint:wrapcheck // the caller gets the error unchanged
}
