package fakedisk

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File is an open file of a [Disk]. A call after Close is an error, and is in [Disk.Misuse], but for Close itself.
type File struct {
	disk *Disk
	n    *inode
	name string
	at   int64 // of the next Read
}

// Name returns the name with which the file was opened.
func (f *File) Name() string { return f.name }

// call returns the error of a call of the file.
func (f *File) call(does string) error {
	if !f.disk.open[f] && !f.disk.down {
		f.disk.misuse = append(f.disk.misuse, does+" "+filepath.Base(f.name))
		return os.ErrClosed
	}
	return f.disk.Step(does, f.name)
}

// failed returns the error of a call as the operating system has it.
func (f *File) failed(does string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: does, Path: f.name, Err: err}
}

// Stat returns what is known of the file.
func (f *File) Stat() (fs.FileInfo, error) {
	f.disk.Mu.Lock()
	defer f.disk.Mu.Unlock()
	if err := f.call("stat"); err != nil {
		return nil, f.failed("stat", err)
	}
	return info{f.name, f.n, int64(len(f.n.data))}, nil
}

// Read implements [io.Reader].
func (f *File) Read(b []byte) (int, error) {
	n, err := f.ReadAt(b, f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt implements [io.ReaderAt].
func (f *File) ReadAt(b []byte, at int64) (int, error) {
	f.disk.Mu.Lock()
	defer f.disk.Mu.Unlock()
	err := f.call("read")
	if err == nil && f.disk.Bad != nil {
		err = f.disk.Bad(f.name, at, int64(len(b)))
	}
	if err != nil {
		return 0, f.failed("read", err)
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

// Write writes at the end of the file.
func (f *File) Write(b []byte) (int, error) { return f.write(b, -1) }

// WriteAt implements [io.WriterAt].
func (f *File) WriteAt(b []byte, at int64) (int, error) { return f.write(b, int(at)) }

// write writes at the end if at is negative. A write that fails has written the half.
func (f *File) write(b []byte, at int) (int, error) {
	f.disk.Mu.Lock()
	defer f.disk.Mu.Unlock()
	if f.disk.down {
		return 0, ErrCrash
	}
	open := f.disk.open[f]
	err := f.call("write")
	switch {
	case !open:
		b = nil
	case err != nil:
		b = b[:len(b)/2]
	}
	if at < 0 {
		at = len(f.n.data)
	}
	f.grow(at + len(b))
	copy(f.n.data[at:], b)
	for i := range b {
		f.n.dirty[at+i] = true
	}
	return len(b), f.failed("write", err)
}

// grow makes the file at least so long.
func (f *File) grow(size int) {
	for len(f.n.data) < size {
		f.n.data, f.n.dirty = append(f.n.data, 0), append(f.n.dirty, true)
	}
}

// Truncate makes the file so long.
func (f *File) Truncate(size int64) error {
	f.disk.Mu.Lock()
	defer f.disk.Mu.Unlock()
	if err := f.call("truncate"); err != nil {
		return f.failed("truncate", err)
	}
	f.grow(int(size))
	f.n.data, f.n.dirty = f.n.data[:size], f.n.dirty[:size]
	return nil
}

// Sync makes the content durable. After an error the content counts as clean.
func (f *File) Sync() error {
	f.disk.Mu.Lock()
	defer f.disk.Mu.Unlock()
	if f.disk.down {
		return ErrCrash
	}
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
	clear(f.n.dirty) // also after an error
	return f.failed("sync", err)
}

// Chmod does nothing.
func (f *File) Chmod(fs.FileMode) error {
	f.disk.Mu.Lock()
	defer f.disk.Mu.Unlock()
	return f.call("chmod")
}

// Lock takes the lock of the file until Close, or returns held if another open file has it.
func (f *File) Lock(held error) error {
	f.disk.Mu.Lock()
	defer f.disk.Mu.Unlock()
	if err := f.call("lock"); err != nil {
		return err
	}
	if f.n.owner != nil && f.n.owner != f {
		return held
	}
	f.n.owner = f
	return nil
}

// Close implements [io.Closer]. The file is closed also after an error.
func (f *File) Close() error {
	f.disk.Mu.Lock()
	defer f.disk.Mu.Unlock()
	if !f.disk.open[f] && !f.disk.down {
		return os.ErrClosed // a program may do that
	}
	if f.n.owner == f {
		f.n.owner = nil
	}
	err := f.call("close")
	delete(f.disk.open, f)
	return err
}
