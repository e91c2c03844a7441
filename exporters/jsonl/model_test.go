package jsonl_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cairncx.dev/cairn/cx/event"
	"cairncx.dev/cairn/exporters/jsonl"
)

// model is a disk in memory that forgets at a power cut what was not synced, and whose calls can fail. A
// sync that fails takes what was written for clean, as Linux does: the next one does not write it either.
type model struct {
	mu     sync.Mutex
	names  map[string]*inode // as programs see them
	synced map[string]*inode // as the disk has them
	fail   func(call string) error
	nth    map[string]int // how often there was such a call
	trace  []string       // the calls, such as "write events.jsonl 3"
	down   bool           // crashed: every call fails
	open   map[*modelFile]string
	misuse []string // calls of a handle that was closed
}

type inode struct {
	data  []byte
	dirty []bool // of data: not on the disk
	disk  []byte
	names int
	owner *modelFile
}

var errCrash = errors.New("the machine has stopped")

func newModel() *model {
	return &model{names: map[string]*inode{}, synced: map[string]*inode{}, nth: map[string]int{}, open: map[*modelFile]string{}}
}

// cut is how a process or a machine ends.
type cut int

const (
	killed cut = iota // the process is: the system has everything
	power             // what was not synced is gone
	zeroed            // as above, but names are there, and files are as long as they were: zeros are in them
)

func (c cut) String() string {
	return [...]string{"kill -9", "power cut", "power cut that leaves zeros"}[c]
}

// after returns the disk as it is after the end.
func (m *model) after(c cut) *model {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := newModel()
	names := m.names
	if c == power {
		names = m.synced
	}
	copies := map[*inode]*inode{}
	for name, n := range names {
		if copies[n] == nil {
			data := slices.Clone(n.data)
			if c != killed {
				data = make([]byte, len(n.disk), max(len(n.disk), len(n.data)))
				copy(data, n.disk)
			}
			if c == zeroed && len(data) < len(n.data) {
				data = data[:len(n.data)]
			}
			copies[n] = &inode{data: data, dirty: make([]bool, len(data)), disk: slices.Clone(data)}
		}
		copies[n].names++
		out.names[name], out.synced[name] = copies[n], copies[n]
	}
	return out
}

// put makes a file, all of which is on the disk.
func (m *model) put(name, text string) {
	n := &inode{data: []byte(text), dirty: make([]bool, len(text)), disk: []byte(text), names: 1}
	m.names[name], m.synced[name] = n, n
}

// call notes a call, and says whether it fails.
func (m *model) call(does, name string) error {
	if m.down {
		return errCrash
	}
	base := filepath.Base(name)
	if after, ok := strings.CutPrefix(base, "events-"); ok {
		base = "closed" + after[len("20060102T150405.000000000Z"):] // when it was closed differs
	}
	what := does + " " + base
	m.nth[what]++
	what = fmt.Sprintf("%s %d", what, m.nth[what])
	m.trace = append(m.trace, what)
	if m.fail == nil {
		return nil
	}
	err := m.fail(what)
	if errors.Is(err, errCrash) {
		m.down = true
	}
	return err
}

func (m *model) Open(name string, flag int, _ fs.FileMode) (jsonl.Handle, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("open", name); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	n := m.names[name]
	switch {
	case n != nil && flag&os.O_EXCL != 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case n == nil && flag&os.O_CREATE == 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case n == nil:
		n = &inode{names: 1}
		m.names[name] = n
	}
	f := &modelFile{m: m, n: n, name: name}
	m.open[f] = name
	return f, nil
}

func (m *model) Lstat(name string) (fs.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("look at", name); err != nil {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: err}
	}
	if n := m.names[name]; n != nil {
		return modelInfo{name, n, int64(len(n.data))}, nil
	}
	if slices.ContainsFunc(slices.Collect(maps.Keys(m.names)), func(n string) bool { return strings.HasPrefix(n, name+"/") }) {
		return modelInfo{name, nil, 0}, nil
	}
	return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
}

func (m *model) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("rename", from); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	n := m.names[from]
	if n == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrNotExist}
	}
	if old := m.names[to]; old != nil {
		old.names--
	}
	delete(m.names, from)
	m.names[to] = n
	return nil
}

func (m *model) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("remove", name); err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: err}
	}
	n := m.names[name]
	if n == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	n.names--
	delete(m.names, name)
	return nil
}

func (m *model) List(folder string) (list []fs.DirEntry, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("list", folder); err != nil {
		return nil, &fs.PathError{Op: "open", Path: folder, Err: err}
	}
	for _, name := range slices.Sorted(maps.Keys(m.names)) {
		if filepath.Dir(name) == folder {
			list = append(list, fs.FileInfoToDirEntry(modelInfo{name, m.names[name], int64(len(m.names[name].data))}))
		}
	}
	return list, nil
}

func (m *model) SyncFolder(folder string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.call("sync", folder); err != nil {
		return err
	}
	m.synced = maps.Clone(m.names)
	return nil
}

func (m *model) Same(a, b fs.FileInfo) bool {
	return a.(modelInfo).n == b.(modelInfo).n
}

func (m *model) Links(info fs.FileInfo) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return info.(modelInfo).n.names
}

// text returns what the file says.
func (m *model) text(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return string(m.names[name].data)
}

// check fails if a handle was used after its Close, or was not closed when the exporter is at its end.
func (m *model) check(t *testing.T, at string, over bool) {
	t.Helper()
	if len(m.misuse) > 0 {
		t.Errorf("%s: files were used after they were closed: %q", at, m.misuse)
	}
	if over && !m.down && len(m.open) > 0 {
		t.Errorf("%s: files are left open: %q", at, slices.Collect(maps.Values(m.open)))
	}
}

// has returns the numbers of the events in the path's files in their order, and fails where a line is not whole, or
// has zeros in it and must not.
func (m *model) has(t *testing.T, at string, zeros bool) (numbers []int) {
	t.Helper()
	// By name the closed files are in the order in which they were closed, before the one that is written to.
	for _, name := range slices.Sorted(maps.Keys(m.names)) {
		text := m.text(name)
		switch {
		case strings.HasSuffix(name, ".jsonl.gz"):
			r, err := gzip.NewReader(strings.NewReader(text))
			if err != nil {
				t.Fatalf("%s: %s: %v", at, name, err)
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatalf("%s: %s: %v", at, name, err)
			}
			text = string(b)
		case !strings.HasSuffix(name, ".jsonl"):
			continue
		}
		for line := range bytes.Lines([]byte(text)) {
			e, err := event.ParseJSON(line)
			if zeros && name != onModel && bytes.IndexByte(line, 0) >= 0 {
				continue
			}
			if err != nil {
				t.Fatalf("%s: %s: %.80q: %v", at, name, line, err)
			}
			numbers = append(numbers, e.Visit)
		}
	}
	return numbers
}

// modelInfo is of a file, or of a folder where n is nil.
type modelInfo struct {
	name string
	n    *inode
	size int64
}

func (i modelInfo) Name() string { return filepath.Base(i.name) }
func (i modelInfo) Size() int64  { return i.size }
func (i modelInfo) Mode() fs.FileMode {
	if i.n == nil {
		return fs.ModeDir | 0o700
	}
	return 0o600
}
func (i modelInfo) ModTime() time.Time { return time.Now() }
func (i modelInfo) IsDir() bool        { return i.n == nil }
func (i modelInfo) Sys() any           { return nil }

type modelFile struct {
	m    *model
	n    *inode
	name string
	at   int64
}

func (f *modelFile) Name() string { return f.name }

// call notes a call of the file.
func (f *modelFile) call(does string) error {
	if f.m.open[f] == "" && !f.m.down {
		f.m.misuse = append(f.m.misuse, does+" "+filepath.Base(f.name))
		return os.ErrClosed
	}
	return f.m.call(does, f.name)
}

func (f *modelFile) Stat() (fs.FileInfo, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.call("stat"); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: f.name, Err: err}
	}
	return modelInfo{f.name, f.n, int64(len(f.n.data))}, nil
}

func (f *modelFile) Read(b []byte) (int, error) {
	n, err := f.ReadAt(b, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (f *modelFile) ReadAt(b []byte, at int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.call("read"); err != nil {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: err}
	}
	if at >= int64(len(f.n.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.n.data[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *modelFile) Write(b []byte) (int, error) { return f.write(b, -1) }

func (f *modelFile) WriteAt(b []byte, at int64) (int, error) { return f.write(b, int(at)) }

// write writes at the end where at is negative. A write that fails has written the half.
func (f *modelFile) write(b []byte, at int) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.m.down {
		return 0, errCrash
	}
	err := f.call("write")
	switch {
	case f.m.open[f] == "":
		b = nil
	case err != nil:
		b = b[:len(b)/2]
	}
	if at < 0 {
		at = len(f.n.data)
	}
	for len(f.n.data) < at+len(b) {
		f.n.data, f.n.dirty = append(f.n.data, 0), append(f.n.dirty, true)
	}
	copy(f.n.data[at:], b)
	for i := range b {
		f.n.dirty[at+i] = true
	}
	if err != nil {
		err = &fs.PathError{Op: "write", Path: f.name, Err: err}
	}
	return len(b), err
}

func (f *modelFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.call("truncate"); err != nil {
		return &fs.PathError{Op: "truncate", Path: f.name, Err: err}
	}
	for int64(len(f.n.data)) < size {
		f.n.data, f.n.dirty = append(f.n.data, 0), append(f.n.dirty, true)
	}
	f.n.data, f.n.dirty = f.n.data[:size], f.n.dirty[:size]
	return nil
}

func (f *modelFile) Sync() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	err := f.call("sync")
	if err == nil {
		disk := make([]byte, len(f.n.data))
		copy(disk, f.n.disk)
		for i, dirty := range f.n.dirty {
			if dirty {
				disk[i] = f.n.data[i]
			}
		}
		f.n.disk = disk
	}
	clear(f.n.dirty) // also when it has failed
	if err != nil {
		return &fs.PathError{Op: "sync", Path: f.name, Err: err}
	}
	return nil
}

func (f *modelFile) Chmod(fs.FileMode) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return f.call("chmod")
}

func (f *modelFile) Close() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.m.open[f] == "" && !f.m.down {
		return os.ErrClosed // a program may do that
	}
	if f.n.owner == f {
		f.n.owner = nil
	}
	err := f.call("close")
	delete(f.m.open, f)
	return err
}

func (f *modelFile) Lock() error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if err := f.call("lock"); err != nil {
		return err
	}
	if f.n.owner != nil && f.n.owner != f {
		return jsonl.ErrLocked
	}
	f.n.owner = f
	return nil
}
