package jsonl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"go.opentelemetry.io/otel"

	"cairncx.dev/cairn/cx/event"
)

const (
	damaged = ".damaged"    // the ending of a damaged file that was set aside
	mending = ".mended.tmp" // the ending of the file with the whole lines of a damaged one
	sector  = 512           // the least number of zeros that a power cut leaves, in bytes
)

// errDamaged is the error of mend for a file with zeros in it.
var errDamaged = errors.New("it has zeros in it")

// salvage writes the whole lines of the damaged file to a new file in its place, and sets the damaged file aside. The new file
// is on the disk before the damaged one is renamed. After a crash in between, [file.resume] continues.
func (f *file) salvage(h handle) error {
	info, err := h.Stat()
	if err != nil {
		return err
	}
	dst, err := create(f.cfg.disk, f.path+mending, info.Mode().Perm())
	if err != nil {
		return err
	}
	found, err := recovered(dst, io.NewSectionReader(h, 0, info.Size()))
	err = errors.Join(err, dst.Chmod(info.Mode().Perm()), dst.Sync(), dst.Close())
	if err == nil && found.whole == 0 && !found.ours {
		err = fmt.Errorf("%w: %s has zeros in it and no event; move it away or name another", ErrForeign, f.path)
	}
	if err != nil {
		return errors.Join(err, remove(f.cfg.disk, f.path+mending))
	}
	aside, err := f.setAside()
	if err != nil {
		return err
	}
	otel.Handle(fmt.Errorf("cairn: jsonl: %s was damaged, as by a power cut: %d pieces of lines are lost, %d whole lines are kept; the damaged file is %s", //nolint:err113 // a report, no caller branches on it
		f.path, found.lost, found.whole, aside))
	return f.resume()
}

// setAside renames the path's file to a name that the exporter never touches again.
func (f *file) setAside() (name string, err error) {
	name = f.archive.next() + damaged
	if err := f.cfg.disk.Rename(f.path, name); err != nil {
		return "", err
	}
	return name, nil
}

// resume moves the repaired file to the place of the damaged one, which is set aside already. If the damaged file still has
// its name, the repaired file is incomplete, and resume removes it.
func (f *file) resume() error {
	d := f.cfg.disk
	switch _, err := d.Lstat(f.path + mending); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	switch _, err := d.Lstat(f.path); {
	case err == nil:
		return remove(d, f.path+mending)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := d.Rename(f.path+mending, f.path); err != nil {
		return err
	}
	return d.SyncFolder(f.archive.folder)
}

// finding is the result of reading a damaged file.
type finding struct {
	whole, lost int
	ours        bool // the file may be one of this package in which no line is whole
}

// recovered writes the whole lines of src to dst. Zeros separate lines as line breaks do, so a line whose line break has
// become a zero is whole.
func recovered(dst io.Writer, src io.Reader) (finding, error) {
	var found finding
	w := bufio.NewWriter(dst)
	in := bufio.NewScanner(src)
	in.Buffer(nil, 2*event.MaxJSON)
	text, zeros, longest, first := true, 0, 0, true
	in.Split(piece)
	for in.Scan() {
		switch p := in.Bytes(); {
		case p[0] == 0:
			zeros += len(p)
			longest = max(longest, zeros)
		case p[0] == '\n':
		case len(p) <= event.MaxJSON && p[0] == '{' && json.Valid(p):
			found.whole++
			zeros = 0
			_, _ = w.Write(p) // Flush returns the error
			_ = w.WriteByte('\n')
		default:
			text = text && !bytes.ContainsFunc(p, func(r rune) bool { return r < ' ' })
			if first && p[0] == '{' {
				found.ours = true
			}
			found.lost++
			zeros = 0
		}
		first = false
	}
	found.ours = text && (found.ours || longest >= sector)
	return found, errors.Join(in.Err(), w.Flush())
}

// piece is a [bufio.SplitFunc]. It splits at line breaks, each of which is a separate piece, and at runs of zeros.
func piece(data []byte, atEOF bool) (int, []byte, error) {
	if len(data) == 0 {
		return 0, nil, nil
	}
	switch end := bytes.IndexAny(data, "\n\x00"); {
	case end == 0 && data[0] == 0:
		run := len(data) - len(bytes.TrimLeft(data, "\x00"))
		return run, data[:run], nil
	case end == 0:
		return 1, data[:1], nil
	case end > 0:
		return end, data[:end:end], nil
	case atEOF || len(data) > event.MaxJSON: // no line is so long: piece cuts it in parts, and none of them is whole
		return len(data), data[:len(data):len(data)], nil
	default:
		return 0, nil, nil
	}
}
