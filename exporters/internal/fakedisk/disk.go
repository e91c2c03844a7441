// Package fakedisk has a disk in memory for the tests of what writes files. It forgets at a power cut what was not synced, and
// its calls can fail. A sync that fails takes what was written for clean, as Linux does: the next sync does not write it either.
package fakedisk

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Disk is the disk. Make it with [New]. Its methods and those of its files are safe for concurrent use.
type Disk struct {
	// Call is called before a call takes effect, with what it does ("open", "look at", "rename", "remove", "list", "sync",
	// "stat", "read", "write", "truncate", "chmod", "lock" or "close") and the name of the file or the folder. Its error is that
	// of the call. After [ErrCrash] every call fails. A write that fails has written the half. nil lets every call pass. The
	// disk's lock is held.
	Call func(does, name string) error
	// Bad is the error of a read of n bytes from at on. nil reads everything.
	Bad func(name string, at, n int64) error

	// Mu is the disk's lock, for a test that holds it around its own data too.
	Mu sync.Mutex

	names  map[string]*inode // as programs see them
	synced map[string]*inode // as the disk has them
	down   bool
	open   map[*File]bool
	misuse []string
}

type inode struct {
	data  []byte
	dirty []bool // of data: not on the disk
	disk  []byte
	names int
	owner *File // has the lock
}

// ErrCrash is the error of every call after the machine has stopped.
var ErrCrash = errors.New("the machine has stopped")

// New returns an empty disk.
func New() *Disk {
	return &Disk{names: map[string]*inode{}, synced: map[string]*inode{}, open: map[*File]bool{}}
}

// Cut is how a process or a machine ends.
type Cut int

// The cuts.
const (
	Kill   Cut = iota // the process ends: the system has everything
	Power             // what was not synced is gone
	Zeroed            // as Power, but names are there, and files are as long as they were: zeros are in them
)

// String returns the name for a failure.
func (c Cut) String() string {
	return [...]string{"kill -9", "power cut", "power cut that leaves zeros"}[c]
}

// After returns the disk as it is after the end. Its Call and Bad are nil.
func (d *Disk) After(c Cut) *Disk {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	out := New()
	names := d.names
	if c == Power {
		names = d.synced
	}
	copies := map[*inode]*inode{}
	for name, n := range names {
		if copies[n] == nil {
			data := slices.Clone(n.data)
			if c != Kill {
				data = make([]byte, len(n.disk), max(len(n.disk), len(n.data)))
				copy(data, n.disk)
			}
			if c == Zeroed && len(data) < len(n.data) {
				data = data[:len(n.data)]
			}
			copies[n] = &inode{data: data, dirty: make([]bool, len(data)), disk: slices.Clone(data)}
		}
		copies[n].names++
		out.names[name], out.synced[name] = copies[n], copies[n]
	}
	return out
}

// Put makes a file, all of which is on the disk.
func (d *Disk) Put(name, text string) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	n := &inode{data: []byte(text), dirty: make([]bool, len(text)), disk: []byte(text), names: 1}
	d.names[name], d.synced[name] = n, n
}

// Delete removes the name of a file, as another program does. Programs see that, and it is not durable.
func (d *Disk) Delete(name string) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	delete(d.names, name)
}

// Append adds text to a file, as another program does. A sync does not make it durable.
func (d *Disk) Append(name, text string) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	n := d.names[name]
	n.data, n.dirty = append(n.data, text...), append(n.dirty, make([]bool, len(text))...)
}

// Damage changes a bit of the byte at the offset of a file.
func (d *Disk) Damage(name string, at int) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	d.names[name].data[at] ^= 1
}

// Names returns the names of all files, sorted.
func (d *Disk) Names() []string {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return slices.Sorted(maps.Keys(d.names))
}

// Text returns the content of a file.
func (d *Disk) Text(name string) string {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return string(d.names[name].data)
}

// Down reports whether the machine has stopped.
func (d *Disk) Down() bool {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return d.down
}

// OpenFiles returns the names of the files that are open.
func (d *Disk) OpenFiles() (names []string) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	for f := range d.open {
		names = append(names, f.name)
	}
	return names
}

// Misuse returns the calls of a file after its Close.
func (d *Disk) Misuse() []string {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return slices.Clone(d.misuse)
}

// Step is a call of the disk that a test adds. It returns the error of Call. The caller holds Mu.
func (d *Disk) Step(does, name string) error {
	if d.down {
		return ErrCrash
	}
	if d.Call == nil {
		return nil
	}
	err := d.Call(does, name)
	d.down = errors.Is(err, ErrCrash)
	return err
}

// Open opens a file, or makes it with [os.O_CREATE].
func (d *Disk) Open(name string, flag int) (*File, error) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if err := d.Step("open", name); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	n := d.names[name]
	switch {
	case n != nil && flag&os.O_EXCL != 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case n == nil && flag&os.O_CREATE == 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case n == nil:
		n = &inode{names: 1}
		d.names[name] = n
	}
	f := &File{disk: d, n: n, name: name}
	d.open[f] = true
	return f, nil
}

// Lstat returns what is known of a file, or of a folder with a file in it.
func (d *Disk) Lstat(name string) (fs.FileInfo, error) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if err := d.Step("look at", name); err != nil {
		return nil, &fs.PathError{Op: "lstat", Path: name, Err: err}
	}
	if n := d.names[name]; n != nil {
		return info{name, n, int64(len(n.data))}, nil
	}
	for file := range d.names {
		if strings.HasPrefix(file, name+"/") {
			return info{name, nil, 0}, nil
		}
	}
	return nil, &fs.PathError{Op: "lstat", Path: name, Err: fs.ErrNotExist}
}

// Rename renames a file. It replaces a file that has the name.
func (d *Disk) Rename(from, to string) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if err := d.Step("rename", from); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	n := d.names[from]
	if n == nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: fs.ErrNotExist}
	}
	if old := d.names[to]; old != nil {
		old.names--
	}
	delete(d.names, from)
	d.names[to] = n
	return nil
}

// Remove removes the name of a file.
func (d *Disk) Remove(name string) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if err := d.Step("remove", name); err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: err}
	}
	n := d.names[name]
	if n == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	n.names--
	delete(d.names, name)
	return nil
}

// List returns the files of a folder, sorted.
func (d *Disk) List(folder string) (list []fs.DirEntry, err error) {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if err := d.Step("list", folder); err != nil {
		return nil, &fs.PathError{Op: "open", Path: folder, Err: err}
	}
	for _, name := range slices.Sorted(maps.Keys(d.names)) {
		if n := d.names[name]; filepath.Dir(name) == folder {
			list = append(list, fs.FileInfoToDirEntry(info{name, n, int64(len(n.data))}))
		}
	}
	return list, nil
}

// SyncFolder makes all names durable.
func (d *Disk) SyncFolder(folder string) error {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	if err := d.Step("sync", folder); err != nil {
		return err
	}
	d.synced = maps.Clone(d.names)
	return nil
}

// Same reports whether both are of one file.
func (*Disk) Same(a, b fs.FileInfo) bool { return inodeOf(a) == inodeOf(b) }

// Links returns how many names the file has.
func (d *Disk) Links(of fs.FileInfo) int {
	d.Mu.Lock()
	defer d.Mu.Unlock()
	return inodeOf(of).names
}

// inodeOf returns the inode of a file, or nil for a folder or another disk's file.
func inodeOf(of fs.FileInfo) *inode {
	i, _ := of.(info)
	return i.n
}

// info is of a file, or of a folder if n is nil.
type info struct {
	name string
	n    *inode
	size int64
}

// Name implements [fs.FileInfo].
func (i info) Name() string { return filepath.Base(i.name) }

// Size implements [fs.FileInfo].
func (i info) Size() int64 { return i.size }

// Mode implements [fs.FileInfo].
func (i info) Mode() fs.FileMode {
	if i.n == nil {
		return fs.ModeDir | 0o700
	}
	return 0o600
}

// ModTime implements [fs.FileInfo].
func (i info) ModTime() time.Time { return time.Now() }

// IsDir implements [fs.FileInfo].
func (i info) IsDir() bool { return i.n == nil }

// Sys implements [fs.FileInfo].
func (i info) Sys() any { return nil }
